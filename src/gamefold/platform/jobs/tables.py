"""The table of jobs, as statements see it."""

from typing import Final

from sqlalchemy import Column, Index, Integer, Table, Text

from gamefold.platform.schema import METADATA
from gamefold.storage.columns import UtcTime

job_runs: Final = Table(
    "job_runs",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("fire_at", UtcTime, primary_key=True),
    Column("node", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("lease_until", UtcTime, nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("finished_at", UtcTime),
    Column("outcome", Text),
    Index("ix_platform_job_runs_fire_at", "fire_at"),
)
