"""A crowd of simulated players in one season: whoever's turn it is looks, and does what it wants."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from gamefold.engine.balance import Values
from gamefold.engine.refusal import Rejected
from gamefold.engine.ruleset import Intent
from gamefold.games.tycoon.reactors.simulated.broker import Worlds, carry_out
from gamefold.games.tycoon.reactors.simulated.look import see_desk, see_home
from gamefold.games.tycoon.reactors.simulated.people import Person
from gamefold.games.tycoon.reactors.simulated.seen import Home, Seen
from gamefold.games.tycoon.state.border import MARKET

ACTOR: Final = "simulated"


class Crowd:
    """The simulated players of a season, and a count of what they did."""

    def __init__(self, players: Sequence[Person], numbers: Values, seed: bytes) -> None:
        """`numbers` is the balance sheet they know, `seed` (32 bytes) what their chance comes from."""
        self.players: Final = players
        self.done: Final[Counter[tuple[str, str]]] = Counter()  # by kind of player and name of intent
        self.refused: Final[Counter[tuple[str, str]]] = Counter()  # by kind of player and code
        self._numbers = numbers
        self._seed = seed

    async def act(self, worlds: Worlds, tick: int) -> None:
        """Let everybody act who looks at the game at this tick, one after the other."""
        for person in self.players:
            if person.is_due(tick):
                await self._visit(worlds, person)

    async def _visit(self, worlds: Worlds, person: Person) -> None:
        home = await self._home(worlds, person)
        if home is None:
            await self._try(worlds, person, person.founding())
            home = await self._home(worlds, person)
            if home is None:
                return  # refused: an operator has founded a company for this owner
        desk = await worlds.look(MARKET, lambda market: see_desk(market, person.company))
        for wish in person.wishes(Seen(person.company, home, desk, self._numbers), self._seed):
            await self._try(worlds, person, wish)

    async def _home(self, worlds: Worlds, person: Person) -> Home | None:
        return await worlds.look(person.home, lambda region: see_home(region, person.company, self._numbers))

    async def _try(self, worlds: Worlds, person: Person, wish: Intent) -> None:
        try:
            await carry_out(worlds, person.home, ACTOR, wish)
        except Rejected as refusal:
            # Like people, they act on what they saw a moment ago, and on more than they can pay for.
            self.refused[person.kind, refusal.code] += 1
        else:
            self.done[person.kind, type(wish).__name__] += 1
