"""Simulated players in a real host: they come with the ticks, and are back after a restart."""

from collections.abc import Sequence

from gamefold.engine.reactors import Reactor
from gamefold.engine.ruleset import Event
from gamefold.games.tycoon.balance import SHEET
from gamefold.games.tycoon.intents.market import MarketSpec
from gamefold.games.tycoon.intents.region import RegionSpec
from gamefold.games.tycoon.reactors.border import Carrier
from gamefold.games.tycoon.reactors.simulated.people import people
from gamefold.games.tycoon.reactors.simulated.serving import SimulatedPlayers
from gamefold.games.tycoon.rules import MARKET_RULESET, REGION_RULESET
from gamefold.games.tycoon.state.border import MARKET
from gamefold.games.tycoon.state.units import REGIONS, TICK_S
from gamefold.games.tycoon.state.worlds import world_of
from gamefold.testkit.clock import VirtualClock
from gamefold.testkit.hosted import Hosted, hosted

COUNT = 9
LOOKED_MS = 30 * TICK_S * 1_000  # long enough for everybody to have looked at least once


async def a_season(house: Hosted) -> None:
    for region in REGIONS:
        await house.host.ensure(world_of(1, region), RegionSpec(1, region), actor="season")
    await house.host.ensure(world_of(1, MARKET), MarketSpec(1), actor="season")


async def companies(house: Hosted) -> set[str]:
    found: set[str] = set()
    for region in REGIONS:
        found |= await house.host.query(world_of(1, region), lambda state: {one.id for one in state.companies})
    return found


async def done(house: Hosted) -> list[Event]:
    """Give everything that happened at home."""
    return [record.event for region in REGIONS async for record in house.host.history(world_of(1, region))]


async def test_players_found_companies_and_act_and_the_same_ones_are_back_after_a_restart() -> None:
    clock = VirtualClock()
    players = SimulatedPlayers(COUNT, clock.now_ms, SHEET.values(), bytes(32))
    reactors: dict[str, Sequence[Reactor]] = {
        MARKET_RULESET.name: [*(Carrier(region, clock.now_ms) for region in REGIONS), players],
        REGION_RULESET.name: [Carrier(MARKET, clock.now_ms)],
    }
    async with hosted(MARKET_RULESET, REGION_RULESET, reactors=reactors, clock=clock) as house:
        await a_season(house)
        await clock.elapse(LOOKED_MS)
        expected = {person.company for person in people(COUNT)}
        assert await companies(house) == expected
        names = {type(event).__name__ for event in await done(house)}
        assert {"SiteCreated", "RigsAdded", "ResearchStarted", "QuestClaimed"} <= names
        before = len(await done(house))

        await house.close()
        clock.advance(3_600_000)
        await house.reopen()
        await a_season(house)
        await clock.elapse(LOOKED_MS)
        assert await companies(house) == expected
        assert len(await done(house)) > before


async def test_without_players_nobody_plays() -> None:
    clock = VirtualClock()
    players = SimulatedPlayers(0, clock.now_ms, SHEET.values(), bytes(32))
    async with hosted(MARKET_RULESET, REGION_RULESET, reactors={MARKET_RULESET.name: [players]}, clock=clock) as house:
        await a_season(house)
        await clock.elapse(LOOKED_MS)
        assert await companies(house) == set()
