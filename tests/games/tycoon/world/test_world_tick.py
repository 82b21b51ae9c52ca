"""The market's tick around its books: what regions hear, and a world that can be written down and played again."""

from types import SimpleNamespace

import msgspec
import pytest

from gamefold.engine.codec import encode
from gamefold.engine.refusal import Rejected
from gamefold.games.tycoon.events.world import WORLD_EVENTS, SubsidyHalved, WorldEventEnded
from gamefold.games.tycoon.intents.world import EVENT_INVALID, CancelEvent, InjectEvent, Propose
from gamefold.games.tycoon.rules.market.world import WORLD_HANDLERS, leverage_cap, market_conditions
from gamefold.games.tycoon.state.units import EPOCH_S, MICRO
from gamefold.games.tycoon.state.world import MARKET_EVENTS, World

from .builders import QUIET, Played


def ask(played: Played, intent: InjectEvent | CancelEvent | Propose) -> list:
    """Ask the market world as its ruleset would."""
    return WORLD_HANDLERS[type(intent)](SimpleNamespace(world=played.world), intent, played.now())


def test_news_tell_what_the_world_is_like() -> None:
    played = Played(QUIET)
    played.go(1)
    (news,) = played.news
    world = played.world
    assert (news.tick, news.index_micro, news.difficulty) == (1, world.price.index_micro, 62_500_000_000_000)
    assert (news.network_ghs, news.subsidy_sat) == (world.chain.network_ghs, 625_000_000)
    assert news.reward_sat == pytest.approx(655_000_000 / 2, rel=1e-4)
    assert news.effects == type(news.effects)()


def test_players_hashrate_counts_in_the_network() -> None:
    played = Played(QUIET)
    played.go(1, players_ghs=10**11)
    assert played.news[0].network_ghs == 62_500_000_000_000 * 2**32 // 600 // 10**9 + 10**11


@pytest.mark.parametrize("compression", [1, 60, 720])
def test_game_time_passes_as_fast_as_the_balance_says(compression: int) -> None:
    played = Played(QUIET | {"time_compression": compression})
    played.go(3)
    assert played.world.game_s == EPOCH_S + 15 * compression


def test_game_time_goes_on_from_where_it_was_when_its_speed_changes() -> None:
    played = Played(QUIET)
    played.go(2)
    played.balance["time_compression"] = 1
    played.go(2)
    assert played.world.game_s == EPOCH_S + 2 * 300 + 2 * 5


def test_a_world_written_down_and_read_back_goes_on_the_same() -> None:
    played = Played()
    ask(played, Propose("acme", "ASIA", "REGULATION", "A tax", "On energy.", "energy_tax_bp", 500))
    ask(played, InjectEvent("MARKET_SHOCK", "HIGH", None, 3, 50))
    played.go(20)
    raw = encode(played.world)
    copy = Played()
    copy.world, copy.tick = msgspec.msgpack.decode(raw, type=World), played.tick
    assert encode(copy.world) == raw
    assert played.go(200) == copy.go(200)
    assert encode(copy.world) == encode(played.world)


def test_the_same_seed_gives_the_same_world_and_another_seed_another() -> None:
    worlds = [Played(seed=seed) for seed in (bytes(32), bytes(32), bytes([1] * 32))]
    for played in worlds:
        played.go(300)
    assert encode(worlds[0].world) == encode(worlds[1].world)
    assert encode(worlds[0].world) != encode(worlds[2].world)


def test_a_shock_moves_the_index_in_the_tick_it_begins() -> None:
    calm = QUIET | {"price_base_vol_bp": 100, "price_jumps_per_1000_days": 0}
    played = Played(calm)
    ask(played, InjectEvent("MARKET_SHOCK", "CRITICAL", None, 1, 10))
    played.go(1)
    before = played.world.price.index_micro
    played.go(1)
    moved = played.world.price.index_micro / before
    assert moved == pytest.approx(1.1735, abs=0.02) or moved == pytest.approx(0.8521, abs=0.02)


def test_regulation_taxes_energy_and_caps_leverage() -> None:
    played = Played(QUIET)
    ask(played, InjectEvent("REGULATION", "CRITICAL", None, 0, 10))
    played.go(1)
    assert played.news[-1].effects.energy_tax_bp == 1_200
    assert leverage_cap(played.world, played.now()) == 8
    played.go(10)
    assert played.news[-1].effects.energy_tax_bp == 0
    assert leverage_cap(played.world, played.now()) == 20


@pytest.mark.parametrize(
    ("kind", "field"), [("HARDWARE_SHORTAGE", "rig_price_bp"), ("TECH_BREAKTHROUGH", "hashrate_bp")]
)
def test_events_of_the_market_reach_every_region(kind: str, field: str) -> None:
    played = Played(QUIET)
    ask(played, InjectEvent(kind, "HIGH", None, 0, 5))
    played.go(6)
    values = [getattr(news.effects, field) for news in played.news]
    assert all(value > 10_000 for value in values[:5])
    assert values[5] == 10_000


def test_a_spike_raises_the_difficulty_that_is_told() -> None:
    played = Played(QUIET)
    ask(played, InjectEvent("DIFFICULTY_SPIKE", "CRITICAL", None, 0, 2))
    played.go(3)
    assert [news.difficulty for news in played.news] == [75_000_000_000_000] * 2 + [62_500_000_000_000]


def test_an_injected_halving_halves_the_subsidy_for_good() -> None:
    played = Played(QUIET)
    ask(played, InjectEvent("HALVING", "LOW", None, 0, 5))
    told = played.go(10)
    assert [event.subsidy_sat for event in told if isinstance(event, SubsidyHalved)] == [312_500_000]
    assert [news.subsidy_sat for news in played.news] == [312_500_000] * 10


def test_a_cancelled_event_acts_no_more() -> None:
    played = Played(QUIET)
    ask(played, InjectEvent("HARDWARE_SHORTAGE", "HIGH", None, 0, 50))
    played.go(2)
    (event,) = played.world.happenings.active
    told = ask(played, CancelEvent(event.id))
    assert told == [WorldEventEnded(event.id, "HARDWARE_SHORTAGE", None, cancelled=True)]
    played.go(1)
    assert played.news[-1].effects.rig_price_bp == 10_000


def test_a_region_cannot_be_told_what_befalls_the_market() -> None:
    played = Played(QUIET)
    with pytest.raises(Rejected) as refusal:
        ask(played, InjectEvent("HEATWAVE", "LOW", "EUROPE"))
    assert refusal.value.code == EVENT_INVALID


def test_conditions_name_regime_and_mood_of_mining() -> None:
    played = Played(QUIET)
    assert market_conditions(played.world, played.balance) == ["NORMAL"]
    played.world.price.index_micro = 100_000 * MICRO
    played.world.price.regime = "WILD"
    assert market_conditions(played.world, played.balance) == ["WILD", "BOOM"]


def test_every_world_event_of_a_hundred_days_can_be_written_down() -> None:
    played = Played({"event_rate": dict.fromkeys(QUIET["event_rate"], 300), "time_compression": 720})
    told = played.go(100 * 24)
    assert {type(event) for event in told} <= set(WORLD_EVENTS)
    for event in told:
        assert msgspec.msgpack.decode(encode(event), type=type(event)) == event
    kinds = {event.event.kind for event in told if hasattr(event, "event")}
    assert kinds == set(MARKET_EVENTS)
