"""Who the simulated players are, when they look at the game, and what they want then.

A player is a number: name, region and kind follow from it, so the same ones are there after every restart. What they
want follows from what they see and from chance keyed by player and tick, so a season with them can be repeated.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from gamefold.engine.rng import Rng
from gamefold.engine.ruleset import Intent
from gamefold.games.tycoon.intents.region import OpenCompany
from gamefold.games.tycoon.reactors.simulated.citizens import politician, saver
from gamefold.games.tycoon.reactors.simulated.miners import industrialist, miner
from gamefold.games.tycoon.reactors.simulated.options import option_buyer, option_writer
from gamefold.games.tycoon.reactors.simulated.seen import Seen
from gamefold.games.tycoon.reactors.simulated.traders import contrarian, gambler, trend
from gamefold.games.tycoon.state.units import REGIONS

Policy = Callable[[Seen, Rng], Iterable[Intent]]

KINDS: Final[Mapping[str, Policy]] = {
    "miner": miner,
    "industrialist": industrialist,
    "trend": trend,
    "contrarian": contrarian,
    "gambler": gambler,
    "option_buyer": option_buyer,
    "option_writer": option_writer,
    "saver": saver,
    "politician": politician,
}
# In this order, again and again: every kind is there as soon as there are as many players as kinds.
_SEATS: Final = (
    *KINDS,
    "miner",
    "industrialist",
    "gambler",
    "miner",
    "trend",
    "miner",
    "contrarian",
    "industrialist",
    "miner",
    "gambler",
    "saver",
)
_GUEST_EVERY: Final = 7  # players; guests trade and mine, and have no vote
_PAUSES: Final = (6, 12, 12, 18, 24)  # ticks between two looks

PLAYERS_MOST: Final = 2_000  # of one season

_FIRST: Final = (
    "Ada", "Bo", "Cleo", "Dmitri", "Elif", "Femi", "Gita", "Hugo", "Ines", "Jun", "Kofi", "Lena", "Mio", "Nils", "Oya",
    "Pia", "Quinn", "Rosa", "Sami", "Tove",
)  # fmt: skip
_LAST: Final = ("Hash", "Block", "Volt", "Nonce", "Ledger", "Kilowatt", "Satoshi", "Grid", "Merkle")


@dataclass(frozen=True, slots=True)
class Person:
    """One simulated player in one season."""

    number: int  # from 0
    season: int
    kind: str
    home: str  # region
    pause_ticks: int

    @property
    def company(self) -> str:
        """Its company's id."""
        return _id(f"company {self.number} of season {self.season}")

    @property
    def owner(self) -> str:
        """Whose the company is. No account has this id, so nobody can log in as a simulated player."""
        return _id(f"player {self.number}")

    @property
    def name(self) -> str:
        """What the company is called."""
        round_ = self.number // (len(_FIRST) * len(_LAST))
        name = f"{_FIRST[self.number % len(_FIRST)]} {_LAST[self.number % len(_LAST)]}"
        return f"{name} {round_ + 1}" if round_ else name

    @property
    def guest(self) -> bool:
        """Whether it plays without an account, and so without a vote."""
        return self.number % _GUEST_EVERY == _GUEST_EVERY - 1

    def founding(self) -> OpenCompany:
        """Give what founds its company."""
        return OpenCompany(self.company, self.owner, self.name, self.guest)

    def is_due(self, tick: int) -> bool:
        """Say whether it looks at the game at this tick. They do not all look at once."""
        return (tick + self.number) % self.pause_ticks == 0

    def wishes(self, seen: Seen, seed: bytes) -> list[Intent]:
        """Say what it wants. `seed` is 32 bytes; the same seed, tick and sight give the same wishes."""
        rng = Rng(seed, "wishes", self.number, seen.desk.tick)
        return list(KINDS[self.kind](seen, rng))


@lru_cache(maxsize=4)
def simulated_companies(season: int) -> frozenset[str]:
    """Give the ids of all companies of a season that simulated players may have."""
    return frozenset(person.company for person in people(PLAYERS_MOST, season))


def people(count: int, season: int = 1) -> list[Person]:
    """Give the first so many simulated players of a season."""
    assert 0 <= count <= PLAYERS_MOST, count
    return [
        Person(
            number,
            season,
            kind=_SEATS[number % len(_SEATS)],
            # Not in step with the kinds, so that every region has all of them.
            home=REGIONS[(number + number // len(REGIONS)) % len(REGIONS)],
            pause_ticks=_PAUSES[number % len(_PAUSES)],
        )
        for number in range(count)
    ]


def _id(name: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"gamefold:tycoon:simulated:{name}"))
