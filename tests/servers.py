"""The PostgreSQL and the Redis that tests may use, and databases on the former: made for a test and gone after it."""

import asyncio
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import pytest

POSTGRES_URL = os.environ.get("GAMEFOLD_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/test")
REDIS_URL = os.environ.get("GAMEFOLD_TEST_REDIS", "redis://127.0.0.1:6379")
DIALECTS = ("sqlite", pytest.param("postgresql", marks=pytest.mark.postgres))
# Where nothing listens, the refusal comes at once. A server under load is waited for: its tests must not be skipped.
CONNECT_S = 30


async def ask_postgres(statement: str, url: str = POSTGRES_URL) -> Any:
    """Give the first value of the answer to one statement, in a connection of its own."""
    connection = await asyncpg.connect(url, timeout=CONNECT_S)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def why_no_postgres() -> str | None:
    """Say why tests that need PostgreSQL cannot run; None where they can."""
    try:
        asyncio.run(ask_postgres("SELECT 1"))
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        return f"no PostgreSQL answers at {POSTGRES_URL.rpartition('@')[2]}: {type(error).__name__}"
    return None


@contextmanager
def postgres_database(*, template: str | None = None, owner_may: str | None = None) -> Iterator[str]:
    """Make a database and give its URL: an empty one, or a copy of the database whose URL is `template`.

    `owner_may` gives it an owner of its own, with these attributes (such as CREATEROLE).
    """
    name = f"gamefold_test_{secrets.token_hex(6)}"
    server = POSTGRES_URL.rpartition("/")[0]
    options = ""
    if template is not None:
        options += f" TEMPLATE {template.rpartition('/')[2]}"
    if owner_may is not None:
        asyncio.run(ask_postgres(f"CREATE ROLE {name} LOGIN {owner_may}"))
        options += f" OWNER {name}"
        server = f"postgresql://{name}@{server.rpartition('@')[2]}"
    asyncio.run(ask_postgres(f"CREATE DATABASE {name}{options}"))
    try:
        yield f"{server}/{name}"
    finally:
        asyncio.run(ask_postgres(f"DROP DATABASE {name} WITH (FORCE)"))
        if owner_may is not None:
            asyncio.run(ask_postgres(f"DROP ROLE {name}"))


class SharedPostgres:
    """One database with all tables for test after test: to empty it takes less time than to copy it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._schemas: set[str] = set()
        self._empty: list[str] = []  # what brings the rows back to what migrations left

    async def remember(self) -> None:
        """Take note of what migrations leave behind, which every test finds."""
        connection = await asyncpg.connect(self.url, timeout=CONNECT_S)
        schemas = await _schemas(connection)
        await connection.execute("CREATE SCHEMA kept")
        for schema in sorted(schemas):
            rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = $1", schema)
            for number, table in enumerate(f'"{schema}"."{row["tablename"]}"' for row in rows):
                self._empty.append(f"DELETE FROM {table}")
                if await connection.fetchval(f"SELECT count(*) FROM {table}"):
                    kept = f'kept."{schema}_{number}"'
                    await connection.execute(f"CREATE TABLE {kept} AS TABLE {table}")
                    self._empty.append(f"INSERT INTO {table} OVERRIDING SYSTEM VALUE TABLE {kept}")
        self._schemas = await _schemas(connection)
        await connection.close()

    async def emptied(self) -> str:
        """Give the database as migrations leave it, whoever was there before."""
        connection = await asyncpg.connect(self.url, timeout=CONNECT_S)
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        async with connection.transaction():
            for schema in sorted(await _schemas(connection) - self._schemas):
                await connection.execute(f'DROP SCHEMA "{schema}" CASCADE')
            # Everything goes, so no key can be left pointing nowhere, and the order is of no concern.
            await connection.execute("SET LOCAL session_replication_role = replica")
            await connection.execute("; ".join(self._empty))
        await connection.close()
        return self.url


async def _schemas(connection: asyncpg.Connection) -> set[str]:
    rows = await connection.fetch(
        "SELECT nspname FROM pg_namespace"
        " WHERE nspname NOT LIKE 'pg\\_%' AND nspname NOT IN ('information_schema', 'public')"
    )
    return {row["nspname"] for row in rows}
