"""What a company owns, wherever it is: at home, at its branches, at work in the market, or on its way between them.

Decision 0015: the sum over its worlds of what it has there, and has sent, less what it has received. All are counters
of the company in each world, so the sum is right whichever moment each world is asked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from gamefold.games.tycoon.routes.amounts import btc, usd
from gamefold.games.tycoon.state.market import Market
from gamefold.games.tycoon.state.market_views import orders_of, positions_of
from gamefold.games.tycoon.state.region import Region


@dataclass(frozen=True, slots=True)
class AtHome:
    """What a region knows of a company's money: its home's, or a branch's."""

    usd: int = 0
    sat: int = 0
    usd_sent: int = 0
    sat_sent: int = 0
    usd_received: int = 0
    sat_received: int = 0
    branches: tuple[str, ...] = ()  # only at home: the other regions where it has something


@dataclass(frozen=True, slots=True)
class AtWork:
    """What the market knows of it."""

    usd_free: int = 0
    usd_held: int = 0
    usd_margin: int = 0  # of open positions
    sat_free: int = 0
    sat_held: int = 0
    usd_sent: int = 0
    sat_sent: int = 0
    usd_received: int = 0
    sat_received: int = 0


@dataclass(frozen=True, slots=True)
class Funds:
    """All of them together."""

    home: AtHome
    work: AtWork
    branches: tuple[AtHome, ...] = ()

    @property
    def usd_under_way(self) -> int:
        """Micro-USD that left one world and are not in the other yet."""
        return sum(world.usd_sent - world.usd_received for world in self._worlds)

    @property
    def sat_under_way(self) -> int:
        """Satoshi that left one world and are not in the other yet."""
        return sum(world.sat_sent - world.sat_received for world in self._worlds)

    @property
    def usd_at_branches(self) -> int:
        """Micro-USD that branches keep for their energy."""
        return sum(branch.usd for branch in self.branches)

    @property
    def sat_at_branches(self) -> int:
        """Satoshi that branches have not sent home yet."""
        return sum(branch.sat for branch in self.branches)

    @property
    def usd(self) -> int:
        """All micro-USD of the company."""
        work = self.work
        at_work = work.usd_free + work.usd_held + work.usd_margin
        return self.home.usd + self.usd_at_branches + at_work + self.usd_under_way

    @property
    def sat(self) -> int:
        """All satoshi of the company."""
        return self.home.sat + self.sat_at_branches + self.work.sat_free + self.work.sat_held + self.sat_under_way

    @property
    def _worlds(self) -> tuple[AtHome | AtWork, ...]:
        return (self.home, self.work, *self.branches)

    def shown(self) -> dict[str, Any]:
        """Give balances as JSON."""
        work = self.work
        return {
            "usd": usd(self.usd),
            "btc": btc(self.sat),
            "available": {
                "usd": usd(self.home.usd + work.usd_free + self.usd_under_way),
                "btc": btc(self.home.sat + work.sat_free + self.sat_under_way),
            },
            "heldForOrders": {"usd": usd(work.usd_held), "btc": btc(work.sat_held)},
            "margin": {"usd": usd(work.usd_margin)},
            "atBranches": {"usd": usd(self.usd_at_branches), "btc": btc(self.sat_at_branches)},
        }


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What a company has that no region holds: at work in the market, or on its way between its worlds."""

    usd: int  # positions count as what they would bring at their marks
    sat: int
    orders: int
    positions: int

    def shown(self) -> dict[str, Any]:
        """Give it as JSON."""
        return {"usd": usd(self.usd), "btc": btc(self.sat), "orders": self.orders, "positions": self.positions}


def elsewhere(market: Market, company: str, houses: Sequence[AtHome]) -> Elsewhere:
    """Reckon what a company has outside of its regions, all of which are `houses`."""
    work, held = at_work(market, company), positions_of(market, company)
    worlds: tuple[AtHome | AtWork, ...] = (work, *houses)
    return Elsewhere(
        work.usd_free
        + work.usd_held
        + sum(one.equity_micro for one in held)
        + sum(world.usd_sent - world.usd_received for world in worlds),
        work.sat_free + work.sat_held + sum(world.sat_sent - world.sat_received for world in worlds),
        len(orders_of(market, company)),
        len(held),
    )


NOTHING: Final = Funds(AtHome(), AtWork())


def at_home(region: Region, company: str) -> AtHome:
    """Read a company's money in a region; nothing where it is unknown there."""
    row = region.row_of(company)
    if row is None:
        return AtHome()
    ledger = region.ledger
    return AtHome(
        usd=int(ledger["usd"][row]),
        sat=int(ledger["sat"][row]),
        usd_sent=int(ledger["sent_usd"][row]),
        sat_sent=int(ledger["sent_sat"][row]),
        usd_received=int(ledger["received_usd"][row]),
        sat_received=int(ledger["received_sat"][row]),
        branches=tuple(region.companies[row].branches),
    )


def at_work(market: Market, company: str) -> AtWork:
    """Read a company's money in the market; nothing where it has no account."""
    number = market.numbers.get(company)
    if number is None:
        return AtWork()
    account = market.accounts[number]
    margin = 0
    for listing in market.listings.values():
        positions = listing.positions
        if positions is not None and (row := positions.rows.get(number)) is not None:
            margin += positions.margin[row]
    return AtWork(
        account.usd_free,
        account.usd_held,
        margin,
        account.sat_free,
        account.sat_held,
        account.usd_sent,
        account.sat_sent,
        account.usd_received,
        account.sat_received,
    )
