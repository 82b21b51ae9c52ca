"""World events: how often they come, what they do, and what live-ops may ask of them."""

from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamefold.engine.refusal import Rejected
from gamefold.engine.ruleset import Event
from gamefold.games.tycoon.balance import SHEET
from gamefold.games.tycoon.events.world import WorldEventBegan, WorldEventEnded, WorldEventPlanned
from gamefold.games.tycoon.intents.world import (
    AHEAD_TICKS_MAX,
    EVENT_INVALID,
    EVENT_NOT_FOUND,
    EVENT_TYPE_UNKNOWN,
    CancelEvent,
    InjectEvent,
)
from gamefold.games.tycoon.rules.happenings import HANDLERS, cancel, effects_of, happen, inject, region_conditions
from gamefold.games.tycoon.state.units import DAY_S, EPOCH_S
from gamefold.games.tycoon.state.world import (
    MARKET_EVENTS,
    REGION_EVENTS,
    SEVERITIES,
    ActiveEvent,
    Happenings,
    Modifiers,
)

from .builders import QUIET, after_tick, at_tick, numbers

EUROPE = "EUROPE"


def play(
    happenings: Happenings, ticks: int, *, first: int = 1, conditions: tuple[str, ...] = (), **changes: Any
) -> list:
    """Let ticks pass in a world that holds nothing but happenings."""
    balance = numbers(changes)
    told: list[Event] = []
    for tick in range(first, first + ticks):
        told += happen(happenings, at_tick(tick, balance), conditions)
    return told


def began(told: list[Event]) -> list[ActiveEvent]:
    return [event.event for event in told if isinstance(event, WorldEventBegan)]


def only(kind: str, rate: int) -> dict[str, Any]:
    """Let only one type happen by chance."""
    return {"event_rate": QUIET["event_rate"] | {kind: rate}}


def refused(happenings: Happenings, intent: InjectEvent | CancelEvent) -> str:
    """Ask for what must be refused without a change, and give the code."""
    before = msgspec.json.encode(happenings)
    handler = HANDLERS[type(intent)]
    with pytest.raises(Rejected) as refusal:
        handler(SimpleNamespace(happenings=happenings), intent, after_tick(10))
    assert msgspec.json.encode(happenings) == before
    return refusal.value.code


@pytest.mark.parametrize("compression", [60, 720])
def test_events_come_as_often_as_the_table_says_however_fast_the_game_runs(compression: int) -> None:
    # Of 100 a day that last 1 hour on average; while one is active no other can begin.
    days, a_day = 12, DAY_S // (5 * compression)
    changes = only("HEATWAVE", 4_000) | {"time_compression": compression, "event_hours": _lasting(1)}
    found = began(play(Happenings(EUROPE), days * a_day, **changes))
    free = days / (1 / 4 + 1 / 24)  # a quarter of a day until the next, then an hour that is taken
    assert len(found) == pytest.approx(free, abs=4 * free**0.5)


def test_conditions_change_how_often_events_come() -> None:
    def count(*conditions: str) -> int:
        changes = only("HEATWAVE", 3_000) | {"event_hours": _lasting(1)}
        return len(began(play(Happenings(EUROPE), 288 * 10, conditions=conditions, **changes)))

    usual = count()
    assert count("WINTER") == 0
    assert count("SUMMER") > 1.5 * usual
    assert count("STRAINED") == usual  # a heatwave does not care


def test_an_active_event_is_a_condition_for_others() -> None:
    def count(active: list[ActiveEvent]) -> int:
        changes = only("POWER_OUTAGE", 2_000) | {"event_hours": _lasting(1)}
        return len(began(play(Happenings(EUROPE, active), 288 * 10, **changes)))

    heat = ActiveEvent("heat", "HEATWAVE", "LOW", EUROPE, 0, 1 << 40, {})
    assert count([heat]) > 1.5 * count([])


def test_only_a_worlds_own_types_befall_it() -> None:
    often = {"event_rate": dict.fromkeys(QUIET["event_rate"], 20_000)}
    assert {event.kind for event in began(play(Happenings(EUROPE), 500, **often))} == set(REGION_EVENTS)
    assert {event.kind for event in began(play(Happenings(), 500, **often))} == set(MARKET_EVENTS)


def test_every_region_has_luck_of_its_own() -> None:
    often = {"event_rate": dict.fromkeys(QUIET["event_rate"], 2_000)}
    here, there = (began(play(Happenings(region), 300, **often)) for region in (EUROPE, "ASIA"))
    assert [event.begins for event in here] != [event.begins for event in there]
    assert {event.region for event in here} == {EUROPE}


def test_no_two_events_of_a_type_are_active_at_once() -> None:
    often = {"event_rate": dict.fromkeys(QUIET["event_rate"], 50_000)}
    happenings = Happenings(EUROPE)
    for tick in range(1, 400):
        play(happenings, 1, first=tick, **often)
        kinds = [event.kind for event in happenings.active]
        assert len(kinds) == len(set(kinds))


def test_every_event_that_begins_ends_once_at_its_time() -> None:
    often = {"event_rate": dict.fromkeys(QUIET["event_rate"], 5_000), "event_hours": _lasting(2)}
    happenings, ends = Happenings(EUROPE), {}
    for tick in range(1, 1_000):
        for event in play(happenings, 1, first=tick, **often):
            if isinstance(event, WorldEventBegan):
                assert event.event.begins == tick
                ends[event.event.id] = event.event.ends
            else:
                assert isinstance(event, WorldEventEnded)
                assert ends.pop(event.id) == tick
    assert set(ends) == {event.id for event in happenings.active}


@pytest.mark.parametrize("kind", [*REGION_EVENTS, *MARKET_EVENTS])
def test_every_type_has_an_effect_that_grows_with_severity(kind: str) -> None:
    region = EUROPE if kind in REGION_EVENTS else None
    neutral, before = Modifiers(), 0
    for severity in SEVERITIES:
        happenings = Happenings(region)
        inject(happenings, InjectEvent(kind, severity, region), after_tick(1))
        (event,) = happenings.planned
        assert event.effect
        assert set(event.effect) <= set(Modifiers.__struct_fields__)
        changes = {name: abs(value - getattr(neutral, name)) for name, value in event.effect.items()}
        assert all(changes.values())
        assert sum(changes.values()) > before
        before = sum(changes.values())


def test_every_type_has_all_its_numbers() -> None:
    values = SHEET.values()
    kinds = {*REGION_EVENTS, *MARKET_EVENTS}
    assert set(values["event_rate"]) == set(values["event_hours"]) == kinds
    assert {key.partition(".")[0] for key in values["event_effect_low"]} == kinds
    assert {key.partition(".")[0] for key in values["event_rate_when_bp"]} <= kinds
    assert set(values["event_severity_bp"]) == set(values["event_severity_weight"]) == set(SEVERITIES)


def test_shocks_go_both_ways() -> None:
    often = only("MARKET_SHOCK", 50_000) | {"event_hours": _lasting(1)}
    jumps = {event.effect["price_jump_bp"] > 0 for event in began(play(Happenings(), 500, **often))}
    assert jumps == {True, False}


def test_factors_multiply_and_sums_add() -> None:
    events = [
        ActiveEvent("a", "HEATWAVE", "LOW", EUROPE, 0, 9, {"energy_price_bp": 12_000, "heat_mc": 4_000}),
        ActiveEvent("b", "ENERGY_CRISIS", "LOW", EUROPE, 0, 9, {"energy_price_bp": 15_000, "heat_mc": 1_000}),
    ]
    together = effects_of(events)
    assert (together.energy_price_bp, together.heat_mc) == (18_000, 5_000)
    assert msgspec.structs.replace(together, energy_price_bp=10_000, heat_mc=0) == Modifiers()
    assert effects_of([]) == Modifiers()


@given(
    st.lists(
        st.dictionaries(st.sampled_from(Modifiers.__struct_fields__), st.integers(0, 50_000), max_size=4),
        max_size=5,
    )
)
def test_factors_never_turn_around(effects: list[dict[str, int]]) -> None:
    together = effects_of([ActiveEvent(str(at), "X", "LOW", None, 0, 1, one) for at, one in enumerate(effects)])
    assert all(value >= 0 for value in msgspec.structs.astuple(together))


def test_an_effect_too_strong_stops_something_but_does_not_turn_it_around() -> None:
    strong = {"event_effect_low": SHEET.values()["event_effect_low"] | {"POWER_OUTAGE.supply_bp": -10_000}}
    happenings = Happenings(EUROPE)
    inject(happenings, InjectEvent("POWER_OUTAGE", "CRITICAL", EUROPE), after_tick(1, numbers(strong)))
    assert happenings.planned[0].effect["supply_bp"] == 0


def test_an_injected_event_begins_when_asked_and_lasts_as_asked() -> None:
    happenings = Happenings(EUROPE)
    told = inject(happenings, InjectEvent("DUST_STORM", "HIGH", EUROPE, 5, 7), after_tick(10))
    assert told == [WorldEventPlanned(happenings.planned[0])]
    told = play(happenings, 20, first=11, **QUIET)
    assert [(event.begins, event.ends, event.severity) for event in began(told)] == [(16, 23, "HIGH")]
    assert isinstance(told[-1], WorldEventEnded)
    assert happenings == Happenings(EUROPE)


def test_an_injected_event_begins_with_the_next_tick_and_lasts_as_usual_unless_asked() -> None:
    happenings = Happenings()
    inject(happenings, InjectEvent("REGULATION", "LOW"), after_tick(10))
    (event,) = began(play(happenings, 1, first=11, **QUIET))
    assert 336 * 12 // 2 <= event.ends - 11 <= 336 * 12 * 3 // 2


def test_planned_events_begin_in_their_order() -> None:
    happenings = Happenings(EUROPE)
    inject(happenings, InjectEvent("DUST_STORM", "LOW", EUROPE, 9, 5), after_tick(1))
    inject(happenings, InjectEvent("HEATWAVE", "LOW", EUROPE, 3, 5), after_tick(1))
    assert [event.kind for event in happenings.planned] == ["HEATWAVE", "DUST_STORM"]
    assert [event.kind for event in began(play(happenings, 20, first=2, **QUIET))] == ["HEATWAVE", "DUST_STORM"]


def test_chance_leaves_a_planned_type_alone() -> None:
    happenings = Happenings(EUROPE)
    inject(happenings, InjectEvent("DUST_STORM", "LOW", EUROPE, 100, 5), after_tick(1))
    found = began(play(happenings, 100, first=2, **only("DUST_STORM", 100_000)))
    assert found == []


@pytest.mark.parametrize("kind", ["", "PARTY", "heatwave"])
def test_unknown_types_are_refused(kind: str) -> None:
    assert refused(Happenings(EUROPE), InjectEvent(kind, "LOW", EUROPE)) == EVENT_TYPE_UNKNOWN


@pytest.mark.parametrize(
    "intent",
    [
        InjectEvent("HEATWAVE", "HUGE", EUROPE),
        InjectEvent("HEATWAVE", "LOW", "ASIA"),
        InjectEvent("HEATWAVE", "LOW", None),
        InjectEvent("REGULATION", "LOW", EUROPE),
        InjectEvent("HEATWAVE", "LOW", EUROPE, -1),
        InjectEvent("HEATWAVE", "LOW", EUROPE, AHEAD_TICKS_MAX + 1),
        InjectEvent("HEATWAVE", "LOW", EUROPE, 0, 0),
        InjectEvent("HEATWAVE", "LOW", EUROPE, 0, AHEAD_TICKS_MAX + 1),
    ],
)
def test_events_that_make_no_sense_are_refused(intent: InjectEvent) -> None:
    assert refused(Happenings(EUROPE), intent) == EVENT_INVALID


def test_the_market_takes_no_regions_event() -> None:
    assert refused(Happenings(), InjectEvent("HEATWAVE", "LOW", None)) == EVENT_INVALID
    assert refused(Happenings(), InjectEvent("REGULATION", "LOW", EUROPE)) == EVENT_INVALID


def test_a_second_event_of_a_type_is_refused() -> None:
    happenings = Happenings(EUROPE)
    inject(happenings, InjectEvent("HEATWAVE", "LOW", EUROPE), after_tick(10))
    assert refused(happenings, InjectEvent("HEATWAVE", "LOW", EUROPE)) == EVENT_INVALID
    play(happenings, 1, first=11, **QUIET)
    assert refused(happenings, InjectEvent("HEATWAVE", "LOW", EUROPE)) == EVENT_INVALID


def test_active_and_planned_events_can_be_cancelled() -> None:
    for ticks in (0, 1):
        happenings = Happenings(EUROPE)
        inject(happenings, InjectEvent("HEATWAVE", "LOW", EUROPE), after_tick(10))
        play(happenings, ticks, first=11, **QUIET)
        (event,) = happenings.planned + happenings.active
        told = cancel(happenings, CancelEvent(event.id), after_tick(11))
        assert told == [WorldEventEnded(event.id, "HEATWAVE", EUROPE, cancelled=True)]
        assert happenings == Happenings(EUROPE)
        assert refused(happenings, CancelEvent(event.id)) == EVENT_NOT_FOUND


def test_seasons_are_those_of_the_hemisphere() -> None:
    july, january = EPOCH_S + 190 * DAY_S, EPOCH_S + 10 * DAY_S
    assert region_conditions(EUROPE, july, 20_000, 10_000) == ["SUMMER"]
    assert region_conditions(EUROPE, january, 20_000, 10_000) == ["WINTER"]
    assert region_conditions("SOUTH_AMERICA", july, 20_000, 10_000) == ["WINTER"]
    assert region_conditions("SOUTH_AMERICA", january, 20_000, 10_000) == ["SUMMER"]
    assert region_conditions("ASIA", EPOCH_S + 100 * DAY_S, 31_000, 16_000) == ["HOT", "STRAINED"]
    assert region_conditions("ASIA", EPOCH_S + 100 * DAY_S, -1_000, 9_000) == ["COLD"]


def _lasting(hours: int) -> dict[str, int]:
    return dict.fromkeys(SHEET.values()["event_hours"], hours)
