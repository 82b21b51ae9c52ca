"""What a region remembers of the branches in it: of companies that are at home in another region."""

from collections.abc import Mapping
from typing import ClassVar

from gamefold.games.tycoon.state.columns import Table


class Branches(Table):
    """One row for each branch, in the order of their rows in the ledger."""

    COLUMNS: ClassVar[Mapping[str, str]] = {
        "company": "i8",  # row in the ledger
        "bill": "i8",  # the last energy bill that was not 0, paid or not, micro-USD
        "ask_from": "i8",  # the tick from which it may ask home for money again
        # Since home was told last:
        "hash": "i8",  # GH/s, as it was told
        "sites_built": "i4",
        "rigs_added": "i4",  # how often, however many
        "bills_unpaid": "i4",  # how often its sites were cut
    }
    __slots__ = ()

    def at(self, row: int) -> int:
        """Give where the branch of a row of the ledger stands."""
        at = int(self["company"].searchsorted(row))
        assert int(self["company"][at]) == row, row
        return at
