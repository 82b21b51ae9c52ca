"""All live operations: their routes, their voice in errors, and their work of every minute."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from fastapi import APIRouter
from fastapi.routing import APIRoute

from gamefold.platform.jobs.runner import Job
from gamefold.platform.jobs.schedules import DAY_MS, every
from gamefold.platform.liveops import accounts, games, numbers, reviews, worlds
from gamefold.platform.liveops.anomalies import purge_anomalies
from gamefold.platform.liveops.desk import Desk
from gamefold.platform.liveops.refusals import STATUS_OF
from gamefold.web.errors import ErrorStyle

PREFIX: Final = "/liveops"
STYLE: Final = ErrorStyle(status_of=STATUS_OF)
REVIEWED_KEPT_MS: Final = 180 * DAY_MS


def operation_id(route: APIRoute) -> str:
    """Name an operation for those who generate clients: `liveops_rollback`."""
    return f"liveops_{route.name}"


def liveops_router(desk: Desk) -> APIRouter:
    """Give the routes, for superusers with the token of any game. What names no game comes before what does."""
    router = APIRouter(prefix=PREFIX, tags=["liveops"], generate_unique_id_function=operation_id)
    for part in (
        accounts.build_doors(desk),
        worlds.build(desk),
        accounts.build(desk),
        reviews.build(desk),
        numbers.build(desk),
        games.build(desk),
    ):
        router.include_router(part)
    return router


def liveops_jobs(desk: Desk) -> Sequence[Job]:
    """End bans that have run out, and forget what was reviewed long ago."""

    async def tidy(_fire_ms: int) -> None:
        await desk.platform.moderation.end_bans()
        before_ms = desk.wall.now_ms() - REVIEWED_KEPT_MS
        await desk.database.write(partial(purge_anomalies, before_ms=before_ms))

    return [Job(name="liveops_tidy", schedule=every(minutes=1), run=tidy)]
