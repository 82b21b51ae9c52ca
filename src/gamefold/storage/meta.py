"""Facts about the store itself."""

from typing import Final

from sqlalchemy import BigInteger, Connection, Text, cast

from gamefold.storage.database import Database
from gamefold.storage.statements import insert
from gamefold.storage.tables import META

_STARTS: Final = "starts"


async def count_start(database: Database) -> int:
    """Count this start of a server, and give how many there were before it. StorageUnavailable.

    Ids that are derived from a fixed seed, and claims of processes that died, are told apart by this number.
    """

    def transaction(connection: Connection) -> int:
        first = insert(connection, META).values(key=_STARTS, value="1")
        counted = first.on_conflict_do_update(
            index_elements=[META.c.key], set_={"value": cast(cast(META.c.value, BigInteger) + 1, Text)}
        )
        return int(connection.execute(counted.returning(META.c.value)).scalar_one()) - 1

    return await database.write(transaction)
