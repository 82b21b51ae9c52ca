"""Empty databases on both engines, made for one test or one session and gone after it."""

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg

from .settings import POSTGRES_URL


async def _ask(statement: str) -> Any:
    connection = await asyncpg.connect(POSTGRES_URL, timeout=3)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def why_no_postgres() -> str | None:
    try:
        asyncio.run(_ask("SELECT 1"))
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        return f"no PostgreSQL answers at {POSTGRES_URL.rpartition('@')[2]}: {type(error).__name__}"
    return None


@contextmanager
def postgres_database() -> Iterator[str]:
    name = f"gamefold_test_{secrets.token_hex(6)}"
    asyncio.run(_ask(f"CREATE DATABASE {name}"))
    try:
        yield f"{POSTGRES_URL.rpartition('/')[0]}/{name}"
    finally:
        asyncio.run(_ask(f"DROP DATABASE {name} WITH (FORCE)"))
