"""Column types that one database has and the other has to imitate. Tables and migrations share them.

| here         | PostgreSQL    | SQLite                                   | Python              |
|--------------|---------------|------------------------------------------|---------------------|
| `UUID_TEXT`  | `UUID`        | `TEXT`, 36 characters, lower case        | `str`               |
| `UtcTime()`  | `TIMESTAMPTZ` | `DATETIME`, UTC without saying so        | `datetime` with UTC |
"""

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import DateTime, Dialect, Text
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.types import TypeDecorator

UUID_TEXT: Final = Text().with_variant(UUID(as_uuid=False), "postgresql")


class UtcTime(TypeDecorator[datetime]):
    """A moment. SQLite knows no zones: what it keeps is UTC, in a form that sorts and that its own functions read."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Make a moment ready for the database. A time without a zone would be a guess."""
        if value is None:
            return None
        assert value.tzinfo is not None, "a moment has a zone"
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give a moment back as UTC."""
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def moment(time_ms: int) -> datetime:
    """Give a time in milliseconds since 1970 as a moment, exactly."""
    seconds, ms = divmod(time_ms, 1_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=ms * 1_000)


def milliseconds(moment: datetime) -> int:
    """Give a moment as whole milliseconds since 1970."""
    return int(moment.timestamp()) * 1_000 + moment.microsecond // 1_000
