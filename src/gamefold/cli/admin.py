"""`admin`: people with special rights. Passwords come from a prompt or the environment, never from the command line."""

import asyncio
import os
from typing import Annotated

import typer

from gamefold.cli.options import Config, Data, settings_of
from gamefold.cli.told import CommandFailed
from gamefold.engine.clock import RealClock
from gamefold.engine.entropy import Entropy
from gamefold.platform.accounts.moderation import create_superuser
from gamefold.platform.accounts.passwords import Passwords
from gamefold.platform.accounts.users import User
from gamefold.settings import Settings
from gamefold.storage.migrate import current, head
from gamefold.storage.opening import open_database

PASSWORD_VARIABLE = "GAMEFOLD_ADMIN_PASSWORD"  # noqa: S105

admin = typer.Typer(help="People with special rights.", no_args_is_help=True, rich_markup_mode=None)


def add_to(application: typer.Typer) -> None:
    """Add the commands."""
    application.add_typer(admin, name="admin")


@admin.callback()
def _group() -> None:
    """People with special rights."""


@admin.command("create-superuser")
def create_superuser_command(
    email: Annotated[
        str, typer.Option("--email", envvar="GAMEFOLD_ADMIN_EMAIL", prompt="Email", help="Their address.")
    ],
    data: Data = None,
    config: Config = None,
) -> None:
    """Add somebody who may do everything. Asks for a password, or takes GAMEFOLD_ADMIN_PASSWORD.

    A server may run meanwhile.
    """
    settings = settings_of(data, config)
    # What cannot work should fail before somebody has thought of a password.
    asyncio.run(_check_tables(settings))
    password = os.environ.get(PASSWORD_VARIABLE) or typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    user = asyncio.run(_create(settings, email, password))
    typer.echo(f"{user.email} may do everything now (id {user.id}).")


async def _check_tables(settings: Settings) -> None:
    file = settings.sqlite_file
    if file is not None and not file.exists():
        raise CommandFailed(f"there is no data at {file}; `gamefold serve` makes it, --data names another place")
    if (version := await current(settings.url)) != head():
        raise CommandFailed(f"the tables are at version {version}, not {head()}; run `gamefold db upgrade`")


async def _create(settings: Settings, email: str, password: str) -> User:
    database = open_database(settings.url)
    passwords = Passwords(threads=1)
    try:
        return await create_superuser(database, RealClock(), passwords, email, password, entropy=Entropy())
    finally:
        passwords.close()
        await database.close()
