"""Carriers between regions: in step with the receiver's ticks, and again where something got lost."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, cast

from gamefold.engine.feed import Record
from gamefold.engine.reactors import WorldRef
from gamefold.engine.refusal import Rejected
from gamefold.engine.ruleset import Intent
from gamefold.games.tycoon.intents.border import TOO_EARLY, HearMarket, Receive
from gamefold.games.tycoon.intents.region import OpenBranch, OpenCompany, SendToRegion
from gamefold.games.tycoon.reactors.border import Carrier
from gamefold.games.tycoon.state.worlds import world_of
from gamefold.testkit.clock import START_MS

from .builders import Home, news_of

HOME, AWAY = world_of(1, "EUROPE"), world_of(1, "ASIA")


class Pair:
    """Two regions, as the reference to the first that a carrier gets."""

    id = HOME

    def __init__(self) -> None:
        self.worlds = {HOME: Home("EUROPE"), AWAY: Home("ASIA")}
        self.records: list[Record] = []
        self.delivered: list[Intent] = []
        self.refusals: list[str] = []
        self.carrier = Carrier("ASIA", lambda: START_MS)

    @property
    def away(self) -> Home:
        """The region that is delivered to."""
        return self.worlds[AWAY]

    def do(self, intent: Intent) -> list[Record]:
        """Ask the first region; give the records of what happened."""
        home = self.worlds[HOME]
        new = [
            Record(HOME, 1, len(self.records) + at, at, home.region.tick, START_MS, event, 0)
            for at, event in enumerate(home.do(intent), 1)
        ]
        self.records += new
        return new

    async def carry(self, *records: Record) -> None:
        """Let the carrier hear some events."""
        for record in records:
            await self.carrier.react(record, cast(WorldRef, self))

    # -- what a carrier asks of a world -------------------------------------------------------------------------

    async def submit_to(self, world_id: str, _actor: str, intent: Intent) -> None:
        try:
            self.worlds[world_id].do(intent)
        except Rejected as refusal:
            self.refusals.append(refusal.code)
            raise
        self.delivered.append(intent)

    async def query(self, view: Callable[[Any], Any]) -> Any:
        return view(self.worlds[HOME].region)

    async def query_of(self, world_id: str, view: Callable[[Any], Any]) -> Any:
        return view(self.worlds[world_id].region)

    async def history(self) -> AsyncIterator[Record]:
        for record in self.records:
            yield record


def opened() -> Pair:
    """A company at home in EUROPE with a branch in ASIA, of which home knows nothing yet."""
    pair = Pair()
    pair.do(OpenCompany("c1", "anna", "Mines"))
    pair.away.do(OpenBranch("c1", "anna", "Mines", False, "EUROPE"))
    return pair


def tick(pair: Pair, world: str) -> list[Record]:
    """Let one of the two hear its next tick; give what the first told."""
    intent = HearMarket(news_of(pair.worlds[world].region.tick + 1))
    if world == HOME:
        return pair.do(intent)
    pair.away.do(intent)
    return []


async def test_money_waits_until_its_receiver_has_had_the_tick_it_left_in() -> None:
    pair = opened()
    tick(pair, HOME)
    carried = asyncio.create_task(pair.carry(*pair.do(SendToRegion("c1", "ASIA", 5_000_000))))
    while not pair.refusals:
        await asyncio.sleep(0)
    assert set(pair.refusals) == {TOO_EARLY}
    assert pair.away.usd_micro("c1") == 0
    tick(pair, AWAY)
    await carried
    assert pair.away.usd_micro("c1") == 5_000_000


async def test_what_is_delivered_twice_counts_once() -> None:
    pair = opened()
    records = pair.do(SendToRegion("c1", "ASIA", 5_000_000))
    await pair.carry(*records, *records)
    assert pair.away.usd_micro("c1") == 5_000_000
    assert len(pair.delivered) == 1


async def test_what_got_lost_is_noticed_at_the_next_tick_and_delivered_again() -> None:
    pair = opened()
    pair.do(SendToRegion("c1", "ASIA", 5_000_000))
    for _ in range(2):
        tick(pair, AWAY)
        await pair.carry(*tick(pair, HOME))
    assert pair.away.usd_micro("c1") == 5_000_000
    assert [type(intent) for intent in pair.delivered] == [Receive]


async def test_regions_do_not_hear_each_others_ticks_nor_themselves() -> None:
    pair = opened()
    for _ in range(3):
        tick(pair, AWAY)
        await pair.carry(*tick(pair, HOME))
    assert pair.delivered == []
    pair.carrier = Carrier("EUROPE", lambda: START_MS)
    await pair.carry(*tick(pair, HOME))
    assert pair.delivered == []
