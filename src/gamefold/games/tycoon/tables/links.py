"""From which networks an account came. An address is never kept: only a hash of it, under a key that never leaves.

Equal hashes tell anti-cheat that two accounts share a network. Nobody can turn one back into an address without the
server's key, and rows that were not seen for 90 days go.
"""

import hmac
from typing import Final

from sqlalchemy import Connection, delete

from gamefold.games.tycoon.tables.schema import links
from gamefold.storage.columns import moment
from gamefold.storage.statements import insert

KEPT_MS: Final = 90 * 86_400_000
_PURPOSE: Final = b"gamefold.tycoon.links"


def link_key(secret: bytes, address: str) -> str:
    """Give the keyed hash of an address, as 32 hexadecimal digits. The same secret and address give the same one."""
    own = hmac.digest(secret, _PURPOSE, "sha256")  # a key of its own: the secret is used elsewhere too
    return hmac.digest(own, address.encode(), "sha256")[:16].hex()


def note_link(connection: Connection, owner_id: str, key: str, now_ms: int) -> None:
    """Write down that an account came from a network: at every login and registration."""
    at = moment(now_ms)
    row = insert(connection, links).values(owner_id=owner_id, key=key, first_seen=at, last_seen=at)
    connection.execute(row.on_conflict_do_update(index_elements=["owner_id", "key"], set_={"last_seen": at}))


def forget_links(connection: Connection, now_ms: int) -> int:
    """Delete what was not seen for 90 days; give how many rows that were."""
    return connection.execute(delete(links).where(links.c.last_seen < moment(now_ms - KEPT_MS))).rowcount
