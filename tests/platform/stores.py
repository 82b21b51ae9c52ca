"""Empty databases on both engines, and where the tests find the servers they need."""

import asyncio
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg

POSTGRES_URL = os.environ.get("GAMEFOLD_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/test")
REDIS_URL = os.environ.get("GAMEFOLD_TEST_REDIS", "redis://127.0.0.1:6379")


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
    name = f"gamefold_platform_{secrets.token_hex(6)}"
    asyncio.run(_ask(f"CREATE DATABASE {name}"))
    try:
        yield f"{POSTGRES_URL.rpartition('/')[0]}/{name}"
    finally:
        asyncio.run(_ask(f"DROP DATABASE {name} WITH (FORCE)"))
