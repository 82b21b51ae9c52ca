"""Which processes live: a server names its connections, and the database knows whose are open.

A process that dies loses its connections at once, however it dies. One that hangs keeps them, and keeps its worlds.
"""

from typing import Final

from sqlalchemy import text

from gamefold.storage.database import Database

_CONNECTED: Final = text("SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE application_name = :name)")


def connection_name(node: str) -> str:
    """Give the name under which a process connects."""
    return f"gamefold:{node}"


async def lives(database: Database, node: str) -> bool:
    """Say whether another process is connected. A SQLite file belongs to one process, so there nobody else is."""
    if database.dialect == "sqlite":
        return False
    name = connection_name(node)
    return await database.read(lambda connection: bool(connection.scalar(_CONNECTED, {"name": name})))
