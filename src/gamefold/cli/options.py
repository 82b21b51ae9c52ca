"""Options that many commands share, and opening the store behind them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import typer

from gamefold.app import PROJECTORS
from gamefold.cli.told import CommandFailed
from gamefold.settings import Settings, read_settings
from gamefold.storage.data_lock import DataLock
from gamefold.storage.journal import SqlJournal
from gamefold.storage.migrate import current, head
from gamefold.storage.opening import open_database

Data = Annotated[Path | None, typer.Option("--data", help="The data directory.", show_default="./data")]
Config = Annotated[Path | None, typer.Option("--config", help="A settings file in the form of .env.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
WorldId = Annotated[str, typer.Argument(help="A world's id, or a match's.")]
RunNumber = Annotated[int | None, typer.Option("--run", help="A run of the world; the current one by default.")]
Seq = Annotated[int | None, typer.Option("--seq", help="An entry's number.", min=1)]
TickNumber = Annotated[int | None, typer.Option("--tick", help="A tick's number.", min=0)]


def settings_of(data: Path | None, config: Path | None = None) -> Settings:
    """Read the settings for a command. SettingsError."""
    return read_settings(config, GAMEFOLD_DATA=data)


@asynccontextmanager
async def journal_of(settings: Settings) -> AsyncIterator[SqlJournal]:
    """Open an existing store. CommandFailed where there is none or its tables are of another version."""
    file = settings.sqlite_file
    if file is not None and not file.exists():
        raise CommandFailed(f"there is no data at {file}; `gamefold serve` makes it, --data names another place")
    if (version := await current(settings.url)) != head():
        raise CommandFailed(f"the tables are at version {version}, not {head()}; run `gamefold db upgrade`")
    database = open_database(settings.url)
    try:
        yield SqlJournal(database, PROJECTORS)
    finally:
        await database.close()


def lock_of(settings: Settings) -> DataLock:
    """Give the lock that only one writing process holds. With PostgreSQL it guards this directory's files alone."""
    file = settings.sqlite_file
    return DataLock(file.with_name(f"{file.name}.lock") if file is not None else settings.data / "server.lock")


def full_id(world: str) -> str:
    """Turn a match's bare id into its world's."""
    return world if "/" in world else f"spellcasters/{world}"
