"""Digests of whole worlds of Tycoon, besides those of its arithmetic: `python -m tests.games.tycoon.digests`.

Prints one JSON object. Needs numpy, msgspec, xxhash, zstandard and the pure parts of gamefold; no pytest, so that it
runs where nothing else is installed. Worlds follow the balance file and the rules, so a change of either changes their
digests on purpose: `test_digests.py` says how to write the new ones down. docs/determinism.md says where this was run.
"""

import json
import sys
from collections.abc import Callable, Iterator
from hashlib import blake2b
from typing import Any, Final

from gamefold.engine.refusal import Rejected
from gamefold.engine.ruleset import Intent
from gamefold.engine.world import World
from gamefold.games.tycoon.intents.border import HearMarket
from gamefold.games.tycoon.intents.market import CancelAll, PlaceOrder
from gamefold.games.tycoon.intents.progress import CastVote, ClaimQuest, SetStandingOrders, StartResearch
from gamefold.games.tycoon.intents.region import (
    AddRigs,
    ChoosePayout,
    CreateSite,
    GrantFunds,
    MaintainRigs,
    OpenBranch,
    OpenCompany,
    RegionSpec,
    SendToMarket,
    SendToRegion,
    SetCurtailment,
    SetFirmware,
    SignContract,
)
from gamefold.games.tycoon.intents.world import InjectEvent, Propose
from gamefold.games.tycoon.reactors.simulated.season import Season
from gamefold.games.tycoon.rules import REGION_RULESET
from gamefold.games.tycoon.state.border import MARKET, MarketNews
from gamefold.games.tycoon.state.market import PERP, SPOT
from gamefold.games.tycoon.state.region import COOLINGS, FIRMWARES, MODELS, PAYOUTS, site_id
from gamefold.games.tycoon.state.units import MICRO, REGIONS
from gamefold.testkit.clock import START_MS
from gamefold.testkit.play import SEED, a_world

from .world.digests import all_digests

REGION_COMPANIES: Final = 80
REGION_RIGS: Final = 250  # of each company: 20,000 together
REGION_TICKS: Final = 100

SEASON_COMPANIES: Final = 15
SEASON_TICKS: Final = 200


def region() -> str:
    """Hash what a region of 20,000 rigs is after each of 100 ticks."""
    world = a_world(REGION_RULESET, RegionSpec(1, "EUROPE"), now_ms=START_MS)
    for number in range(REGION_COMPANIES):
        _found(world, number)
    hashed = blake2b(digest_size=8)
    for tick in range(1, REGION_TICKS + 1):
        # Few others mine, so that blocks are found alone and by the pool.
        news = MarketNews(tick, (43_000 + tick) * MICRO, 1_000_000_000, 20_000_000, 312_500_000, 625_000_000)
        world.play(HearMarket(news), "border", START_MS)
        hashed.update(world.digest())
    assert len(world.state.rigs) == REGION_COMPANIES * REGION_RIGS
    return hashed.hexdigest()


def _found(world: World, number: int) -> None:
    name = f"c{number}"
    site = f"europe-{number + 1}"
    wishes: list[Intent] = [
        OpenCompany(name, f"owner {number}", f"Company {number}", number % 3 == 0),
        GrantFunds(name, usd_micro=3_000_000 * MICRO),
        CreateSite(name, "One", 4, COOLINGS[number % 3]),
        ChoosePayout(name, PAYOUTS[number % 3]),
        *(AddRigs(name, site, MODELS[(number + part) % len(MODELS)], REGION_RIGS // 5) for part in range(5)),
    ]
    if number % 4 == 0:
        wishes.append(SignContract(name, site, ("FIXED", "INDEX", "INTERRUPTIBLE")[number % 3], 500, 2))
    if number % 5 == 0:
        wishes.append(SetCurtailment(name, site, 1_000))
    for intent in wishes:
        world.play(intent, name, START_MS)


def season() -> str:
    """Hash what all six worlds of a season are after each of 200 ticks, and which wishes were refused.

    Companies build, research, trade spot, perpetuals and options, propose and vote, in events and a crash.
    """
    played, hashed, refused = Season(SEED), blake2b(digest_size=8), []
    for tick in range(SEASON_TICKS):
        for place, intent in _wishes(played, tick):
            try:
                played.submit(place, "script", intent)
            except Rejected as refusal:
                refused.append(f"{tick} {refusal.code}")
        played.tick()
        for place in (MARKET, *REGIONS):
            hashed.update(played.digest(place))
    hashed.update(" ".join(refused).encode())
    return hashed.hexdigest()


def _wishes(played: Season, tick: int) -> Iterator[tuple[str, Intent]]:
    if tick == 40:
        yield MARKET, InjectEvent("MARKET_SHOCK", "CRITICAL")
        yield "EUROPE", InjectEvent("HEATWAVE", "CRITICAL", "EUROPE")
    if tick == 60:
        yield MARKET, Propose("c1", "EUROPE", "SUBSIDY", "Mine", "More", "mining_subsidy_bp", 100, 2)
    for number in range(SEASON_COMPANIES):
        home = REGIONS[number % len(REGIONS)]
        yield from ((home, intent) for intent in _at_home(played, home, f"c{number}", number, tick))
        yield from _away(home, f"c{number}", number, tick)
        yield from _trades(played, home, f"c{number}", number, tick)


def _at_home(played: Season, home: str, name: str, number: int, tick: int) -> Iterator[Intent]:
    if tick == number:
        yield OpenCompany(name, f"owner {number}", f"Company {number}", number % 4 == 3)
        yield GrantFunds(name, 2_000_000 * MICRO, 500_000_000)
        yield CreateSite(name, "One", 1 + number % 5, COOLINGS[number % 3])
    state = played.state(home)
    row = state.row_of(name)
    if row is None or tick < number:
        return
    site = state.companies[row].sites[0]
    match tick - number:
        case 1:
            yield AddRigs(name, site.id, MODELS[number % len(MODELS)], 20)
            yield SignContract(name, site.id, ("FIXED", "INDEX", "INTERRUPTIBLE")[number % 3], 60, 1)
            yield StartResearch(name, "FIRMWARE_TUNING_1")
            yield ChoosePayout(name, PAYOUTS[number % 3])
        case 5:
            rids = tuple(state.rigs["rid"][state.rigs_of(site.row)].tolist())
            yield SetFirmware(name, site.id, rids[:10], FIRMWARES[number % 3])
            yield SetCurtailment(name, site.id, 500 * (number % 2))
        case 90:
            yield MaintainRigs(name, site.id, tuple(state.rigs["rid"][state.rigs_of(site.row)].tolist()))
            yield ClaimQuest(name, "FIRST_SITE")
            yield SetStandingOrders(name, auto_repair=True, auto_sell=True, keep_sat=1_000)
        case 50 | 55 | 65 | 75:
            for proposal in sorted(state.book.votings):
                yield CastVote(name, proposal, ("FOR", "AGAINST", "ABSTAIN")[number % 3])


def _away(home: str, name: str, number: int, tick: int) -> Iterator[tuple[str, Intent]]:
    """Every third company has a branch in the next region."""
    if number % 3 or tick != number + 10:
        return
    away = REGIONS[(REGIONS.index(home) + 1) % len(REGIONS)]
    yield away, OpenBranch(name, f"owner {number}", f"Company {number}", number % 4 == 3, home)
    yield home, SendToRegion(name, away, 200_000 * MICRO)
    yield away, CreateSite(name, "Two", 1 + number % 4, COOLINGS[number % 3])
    # Sites of those that are at home there come first, and are as many as companies so far.
    yield from ((away, AddRigs(name, site_id(away, row), MODELS[number % len(MODELS)], 12)) for row in range(6))
    yield away, ChoosePayout(name, PAYOUTS[number % 3])


def _trades(played: Season, home: str, name: str, number: int, tick: int) -> Iterator[tuple[str, Intent]]:
    if tick <= number or (tick + number) % 3:
        return
    market = played.state(MARKET)
    yield home, SendToMarket(name, 50_000 * MICRO, 10_000_000)
    side = "BUY" if (tick // 3 + number) % 2 else "SELL"
    lots = 1 + (tick * 7 + number) % 90
    mark = market.listings[PERP].mark
    away = (tick + number) % 40 - 20
    yield MARKET, PlaceOrder(name, SPOT, side, lots, "MARKET")
    yield MARKET, PlaceOrder(name, SPOT, side, lots, price=market.listings[SPOT].mark + away)
    yield MARKET, PlaceOrder(name, PERP, side, 20 * lots, price=mark + away, leverage=1 + number)
    options = sorted(option for option in market.listings if option not in (SPOT, PERP))
    option = options[(tick + number) % len(options)]
    yield MARKET, PlaceOrder(name, option, side, 1 + lots % 9, price=max(1, market.listings[option].mark + away))
    if tick % 30 == number:
        yield MARKET, CancelAll(name)


WORLDS: Final[dict[str, Callable[[], str]]] = {"region": region, "season": season}


def main() -> None:
    """Print all digests, or those of the worlds that are named."""
    names = sys.argv[1:]
    found: dict[str, Any] = {} if names else all_digests()
    found |= {name: WORLDS[name]() for name in names or WORLDS}
    print(json.dumps(found, indent=2))  # noqa: T201 - that is what the script is for


if __name__ == "__main__":
    main()
