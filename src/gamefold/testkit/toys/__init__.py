"""Small games: complete enough to show how one is written, and to try the engine on.

A ledger (lives in one process, has tables), a clockwork (ticks), and a purse (on demand).
"""

from gamefold.testkit.toys.clockwork import CLOCKWORK
from gamefold.testkit.toys.ledger import LEDGER
from gamefold.testkit.toys.purse import PURSE
from gamefold.testkit.toys.tables import METADATA, PROJECTORS

__all__ = ["CLOCKWORK", "LEDGER", "METADATA", "PROJECTORS", "PURSE"]
