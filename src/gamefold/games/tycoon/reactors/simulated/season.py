"""A season without a server: the worlds of one season in memory, hearing each other as they do behind the journal."""

from collections import deque
from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Any, Final

from gamefold.engine.codec import encode
from gamefold.engine.entropy import commitment_of
from gamefold.engine.journal import Run
from gamefold.engine.lifecycle import Begin
from gamefold.engine.rng import SEED_BYTES
from gamefold.engine.ruleset import CLOCK, Event, Intent, Tick
from gamefold.engine.world import World
from gamefold.games.tycoon.events.border import Crossed, MarketTicked, RegionTicked
from gamefold.games.tycoon.intents.border import HearMarket, HearRegion, Receive
from gamefold.games.tycoon.intents.market import MarketSpec
from gamefold.games.tycoon.intents.region import RegionSpec
from gamefold.games.tycoon.rules import MARKET_RULESET, REGION_RULESET
from gamefold.games.tycoon.state.border import MARKET
from gamefold.games.tycoon.state.units import REGIONS, TICK_S
from gamefold.games.tycoon.state.worlds import world_of

START_MS: Final = 1_767_225_600_000  # 2026-01-01T00:00:00Z; rules look at ticks, not at this
ACTOR: Final = "border"


class Season:
    """All worlds of one season. The same seed and the same intents give the same states, to the bit."""

    def __init__(
        self,
        seed: bytes,
        balance: Mapping[str, Any] | None = None,
        season: int = 1,
        heard: Callable[[str, Event], None] = lambda _place, _event: None,
    ) -> None:
        """`seed` is 32 bytes. `balance` replaces numbers of the sheet; raises Rejected where they are out of bounds.

        `heard` gets every event of every world, with its place, as soon as it has happened.
        """
        MARKET_RULESET.balance.check(balance or {})
        self.ticks = 0
        self._heard = heard
        self._worlds: dict[str, World] = {}
        self._under_way: deque[tuple[str, Intent]] = deque()
        for place in (MARKET, *REGIONS):
            market = place == MARKET
            ruleset = MARKET_RULESET if market else REGION_RULESET
            # As on a server, each world has a seed of its own: regions must not share their luck.
            own = blake2b(place.encode(), key=seed, digest_size=SEED_BYTES).digest()
            run = Run(world=world_of(season, place), run=1, seed=own, commitment=commitment_of(own))
            self._worlds[place] = World(run.world, ruleset, run)
            spec = MarketSpec(season) if market else RegionSpec(season, place)
            numbers = {**ruleset.balance.values(), **(balance or {})}
            self._play(place, Begin(encode(spec), numbers, run.commitment), "")
        self._deliver()

    @property
    def now_ms(self) -> int:
        """The time of the season's clock."""
        return START_MS + self.ticks * TICK_S * 1_000

    def state(self, place: str) -> Any:
        """Give a world's state: a `Market` for MARKET, else a `Region`. Only to be looked at."""
        return self._worlds[place].state

    def digest(self, place: str) -> bytes:
        """Hash a world's state."""
        return self._worlds[place].digest()

    def submit(self, place: str, actor: str, intent: Intent) -> tuple[Event, ...]:
        """Ask a world, and let what crosses the border arrive. Raises Rejected; then nothing has changed."""
        events = self._play(place, intent, actor)
        self._deliver()
        return events

    def tick(self) -> tuple[Event, ...]:
        """Let the market tick, and every region with it; give what the market told."""
        self.ticks += 1
        events = self._play(MARKET, Tick(), CLOCK)
        self._deliver()
        return events

    def _play(self, place: str, intent: Intent, actor: str) -> tuple[Event, ...]:
        played = self._worlds[place].play(intent, actor, self.now_ms)
        events = tuple(record.event for record in played.records)
        for event in events:
            self._heard(place, event)
            self._carry(place, event)
        return events

    def _carry(self, place: str, event: Event) -> None:
        match event:
            case Crossed(to=to, no=no, cargo=cargo, tick=tick):
                self._under_way.append((to, Receive(place, no, cargo, tick)))
            case MarketTicked(news=market_news):
                self._under_way.extend((region, HearMarket(market_news)) for region in REGIONS)
            case RegionTicked(news=region_news):
                self._under_way.append((MARKET, HearRegion(region_news)))

    def _deliver(self) -> None:
        while self._under_way:
            place, intent = self._under_way.popleft()
            self._play(place, intent, ACTOR)
