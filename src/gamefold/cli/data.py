"""`backup`, `restore`, `db`: the store as a whole."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from gamefold.cli.options import Config, Data, lock_of, settings_of
from gamefold.cli.told import CommandFailed
from gamefold.storage import backup as backups
from gamefold.storage.migrate import current, downgrade, head, upgrade

database = typer.Typer(help="The tables of the database.", no_args_is_help=True, rich_markup_mode=None)


def add_to(application: typer.Typer) -> None:
    """Add the commands."""
    application.command()(backup)
    application.command()(restore)
    application.add_typer(database, name="db")


def backup(
    path: Annotated[Path, typer.Argument(help="The file to write.")], data: Data = None, config: Config = None
) -> None:
    """Write everything into one file, also while a server runs."""
    settings = settings_of(data, config)
    file = settings.sqlite_file
    if file is not None and not file.exists():
        raise CommandFailed(f"there is no data at {file}; --data names another place")
    rows = asyncio.run(backups.backup(settings.url, path))
    typer.echo(f"Wrote {rows} rows to {path} ({path.stat().st_size} bytes).")


def restore(
    path: Annotated[Path, typer.Argument(help="A file that `gamefold backup` wrote.")],
    data: Data = None,
    config: Config = None,
    force: Annotated[bool, typer.Option("--force", help="Replace what is there.")] = False,
) -> None:
    """Bring a backup back, into SQLite or PostgreSQL whichever it came from. No server may run meanwhile."""
    settings = settings_of(data, config)
    with lock_of(settings):
        rows = asyncio.run(backups.restore(path, settings.url, force=force))
    typer.echo(f"Restored {rows} rows from {path}.")


@database.command("upgrade")
def upgrade_command(
    revision: Annotated[str, typer.Argument(help="A version of the tables.")] = "head",
    data: Data = None,
    config: Config = None,
) -> None:
    """Bring the tables up to a version; the newest one by default."""
    settings = settings_of(data, config)
    with lock_of(settings):
        asyncio.run(upgrade(settings.url, revision))
    typer.echo(f"The tables are at version {asyncio.run(current(settings.url))}.")


@database.command("downgrade")
def downgrade_command(
    revision: Annotated[str, typer.Argument(help="A version of the tables; `base` drops them all.")],
    data: Data = None,
    config: Config = None,
) -> None:
    """Take the tables back to an older version. What only newer ones hold is lost: back up first."""
    settings = settings_of(data, config)
    with lock_of(settings):
        asyncio.run(downgrade(settings.url, revision))
    typer.echo(f"The tables are at version {asyncio.run(current(settings.url))}.")


@database.command("current")
def current_command(data: Data = None, config: Config = None) -> None:
    """Say which version the tables are at."""
    settings = settings_of(data, config)
    typer.echo(f"{asyncio.run(current(settings.url))} (newest: {head()})")
