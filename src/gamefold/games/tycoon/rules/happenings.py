"""World events: how they come about by chance, by live-ops and by votes, and what all active ones do together.

Chance is a table of integer rates, conditioned on the world's state. In a tick, a type happens with the chance
`event_rate[type] * factors * game seconds / 1,000 days`, where each condition that holds brings the factor
`event_rate_when_bp["TYPE.CONDITION"]`. One draw of one stream decides for a world whether something happens and what.

Conditions are plain names. A region's are given by `region_conditions`, the market's by `market_conditions` (in
`market/world.py`); `DURING_<TYPE>` holds by itself while such an event is active.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, Protocol

import msgspec

from gamefold.engine.refusal import Rejected
from gamefold.engine.rng import Rng
from gamefold.engine.ruleset import Context, Event, Handler, Intent
from gamefold.games.tycoon.events.world import WorldEventBegan, WorldEventEnded, WorldEventPlanned
from gamefold.games.tycoon.intents.world import (
    AHEAD_TICKS_MAX,
    EVENT_INVALID,
    EVENT_NOT_FOUND,
    EVENT_TYPE_UNKNOWN,
    CancelEvent,
    InjectEvent,
)
from gamefold.games.tycoon.state.units import BP, DAY_S, TICK_S, ticks_of
from gamefold.games.tycoon.state.world import (
    MARKET_EVENTS,
    REGION_EVENTS,
    SEVERITIES,
    ActiveEvent,
    Happenings,
    Modifiers,
)

RATE_DAYS: Final = 1_000  # rates count for this many days of game time
HOT_MC: Final = 30_000  # thousandths of a degree Celsius
COLD_MC: Final = 0
STRAINED_BP: Final = 15_000  # of the energy price: what the grid asks where it is short

_SOUTHERN: Final = ("SOUTH_AMERICA",)
_YEAR_S: Final = 31_557_600
_SIGNED: Final = ("drift_bp_per_day", "price_jump_bp")  # chance says whether up or down
_NEUTRAL: Final = Modifiers()
_FACTORS: Final = frozenset(name for name in Modifiers.__struct_fields__ if getattr(_NEUTRAL, name) == BP)


class Befallen(Protocol):
    """A state that world events can befall."""

    happenings: Happenings


def happen(happenings: Happenings, ctx: Context, conditions: Collection[str]) -> list[Event]:
    """Let this tick end and begin what is due, and draw whether something happens. Called once a tick."""
    told = _end(happenings, ctx.tick)
    for event in [one for one in happenings.planned if one.begins <= ctx.tick]:
        happenings.planned.remove(event)
        if _active(happenings, event.kind):
            told.append(WorldEventEnded(event.id, event.kind, event.region, cancelled=True))
        else:
            told.append(begin(happenings, event))
    rng = ctx.rng("events", happenings.region or "MARKET")
    if (kind := _draw_type(happenings, ctx, conditions, rng)) is not None:
        weights = ctx.balance["event_severity_weight"]
        severity = rng.weighted(SEVERITIES, [weights[one] for one in SEVERITIES])
        told.append(begin(happenings, make(happenings, kind, severity, ctx, rng)))
    return told


def make(
    happenings: Happenings,
    kind: str,
    severity: str,
    ctx: Context,
    rng: Rng,
    *,
    begins: int = 0,
    ticks: int | None = None,
) -> ActiveEvent:
    """Make an event that begins at this tick or later. Chance decides its direction, and how long it lasts if asked."""
    up = rng.below(2) == 1
    span = rng.between(BP // 2, BP * 3 // 2)
    if ticks is None:
        seconds = ctx.balance["event_hours"][kind] * 3_600 * span // BP
        ticks = ticks_of(seconds, ctx.balance["time_compression"])
    first = max(begins, ctx.tick)
    effect = _effect(kind, severity, ctx, up=up)
    return ActiveEvent(ctx.new_id("event"), kind, severity, happenings.region, first, first + ticks, effect)


def begin(happenings: Happenings, event: ActiveEvent) -> Event:
    """Let an event act from now on. None of its type may be active."""
    assert not _active(happenings, event.kind), event
    happenings.active.append(event)
    return WorldEventBegan(event)


def effects_of(active: Iterable[ActiveEvent]) -> Modifiers:
    """Give what events do together: factors multiply, rounded down; what is neutral at 0 adds up."""
    together: dict[str, int] = {}
    for event in active:
        for name, value in sorted(event.effect.items()):
            before = together.get(name)
            if before is None:
                together[name] = value
            else:
                together[name] = before * value // BP if name in _FACTORS else before + value
    return msgspec.structs.replace(_NEUTRAL, **together)


def region_conditions(region: str, game_s: int, heat_mc: int, price_bp: int) -> list[str]:
    """Name what holds in a region. `price_bp` is its energy price in basis points of the usual one.

    SUMMER and WINTER (the three warmest and coldest months of the hemisphere), HOT and COLD (of the air),
    STRAINED (energy is dear, so the grid is short).
    """
    # The warmest months begin 151 days into the year (June) in the north, half a year later in the south.
    day = (game_s % _YEAR_S) // DAY_S
    if region in _SOUTHERN:
        day = (day + 183) % 365
    holds = {
        "SUMMER": 151 <= day < 243,
        "WINTER": day >= 334 or day < 59,
        "HOT": heat_mc >= HOT_MC,
        "COLD": heat_mc <= COLD_MC,
        "STRAINED": price_bp >= STRAINED_BP,
    }
    return [name for name, true in holds.items() if true]


def inject(happenings: Happenings, intent: InjectEvent, ctx: Context) -> list[Event]:
    """Plan an event. Refused: EVENT_TYPE_UNKNOWN, EVENT_INVALID."""
    if intent.kind not in REGION_EVENTS + MARKET_EVENTS:
        raise Rejected(EVENT_TYPE_UNKNOWN, f"There is no event of type {intent.kind}.")
    if intent.severity not in SEVERITIES:
        raise Rejected(EVENT_INVALID, f"A severity is one of {', '.join(SEVERITIES)}.")
    if intent.region != happenings.region or intent.kind not in _types_of(happenings):
        raise Rejected(EVENT_INVALID, f"{intent.kind} does not befall {intent.region or 'the whole market'} here.")
    if not 0 <= intent.starts_in_ticks <= AHEAD_TICKS_MAX:
        raise Rejected(EVENT_INVALID, f"An event starts in 0 to {AHEAD_TICKS_MAX} ticks.")
    if intent.duration_ticks is not None and not 1 <= intent.duration_ticks <= AHEAD_TICKS_MAX:
        raise Rejected(EVENT_INVALID, f"An event lasts 1 to {AHEAD_TICKS_MAX} ticks.")
    if is_taken(happenings, intent.kind):
        raise Rejected(EVENT_INVALID, f"A {intent.kind} is active or planned; cancel it first.")

    begins = ctx.tick + 1 + intent.starts_in_ticks
    rng = ctx.rng("injected")
    return [plan(happenings, intent.kind, intent.severity, ctx, rng, begins=begins, ticks=intent.duration_ticks)]


def plan(
    happenings: Happenings, kind: str, severity: str, ctx: Context, rng: Rng, *, begins: int, ticks: int | None
) -> Event:
    """Let an event begin at a later tick. None of its type may be active or planned."""
    assert not is_taken(happenings, kind), kind
    event = make(happenings, kind, severity, ctx, rng, begins=begins, ticks=ticks)
    happenings.planned = sorted([*happenings.planned, event], key=lambda one: (one.begins, one.id))
    return WorldEventPlanned(event)


def cancel(happenings: Happenings, intent: CancelEvent, _ctx: Context) -> list[Event]:
    """End an event before its time, or take back a planned one. Refused: EVENT_NOT_FOUND."""
    for events in (happenings.active, happenings.planned):
        for event in events:
            if event.id == intent.event:
                events.remove(event)
                return [WorldEventEnded(event.id, event.kind, event.region, cancelled=True)]
    raise Rejected(EVENT_NOT_FOUND, f"No event {intent.event} is active or planned here.")


def is_taken(happenings: Happenings, kind: str) -> bool:
    """Say whether an event of this type is active or planned."""
    return _active(happenings, kind) or any(event.kind == kind for event in happenings.planned)


def inject_event(befallen: Befallen, intent: InjectEvent, ctx: Context) -> list[Event]:
    """Handle `InjectEvent` in a world whose state has `happenings`."""
    return inject(befallen.happenings, intent, ctx)


def cancel_event(befallen: Befallen, intent: CancelEvent, ctx: Context) -> list[Event]:
    """Handle `CancelEvent` in a world whose state has `happenings`."""
    return cancel(befallen.happenings, intent, ctx)


HANDLERS: Final[Mapping[type[Intent], Handler]] = {InjectEvent: inject_event, CancelEvent: cancel_event}


def _end(happenings: Happenings, tick: int) -> list[Event]:
    over = [event for event in happenings.active if event.ends <= tick]
    happenings.active = [event for event in happenings.active if event.ends > tick]
    return [WorldEventEnded(event.id, event.kind, event.region) for event in over]


def _draw_type(happenings: Happenings, ctx: Context, conditions: Collection[str], rng: Rng) -> str | None:
    """Draw what happens in this tick, if anything. A type that is active or planned cannot."""
    seconds = TICK_S * ctx.balance["time_compression"]
    during = [f"DURING_{event.kind}" for event in happenings.active]
    holds = sorted({*conditions, *during})
    drawn = rng.below(RATE_DAYS * DAY_S)
    for kind in _types_of(happenings):
        if not is_taken(happenings, kind):
            drawn -= _rate(kind, holds, ctx) * seconds
            if drawn < 0:
                return kind
    return None


def _rate(kind: str, holds: Sequence[str], ctx: Context) -> int:
    """Give how often a type happens in 1,000 days while these conditions hold."""
    rate: int = ctx.balance["event_rate"][kind] * BP
    factors: dict[str, int] = ctx.balance["event_rate_when_bp"]
    for condition in holds:
        rate = rate * factors.get(f"{kind}.{condition}", BP) // BP
    return rate // BP


def _effect(kind: str, severity: str, ctx: Context, *, up: bool) -> dict[str, int]:
    """Scale the effects of a type by severity."""
    factor = ctx.balance["event_severity_bp"][severity]
    effect: dict[str, int] = {}
    for key, change in sorted(ctx.balance["event_effect_low"].items()):
        of, _, name = key.partition(".")
        if of == kind:
            scaled = change * factor // BP
            if name in _SIGNED and kind == "MARKET_SHOCK" and not up:
                scaled = -scaled
            neutral: int = getattr(_NEUTRAL, name)
            # A factor may stop something altogether, but never turn it around.
            effect[name] = max(0, neutral + scaled) if neutral else scaled
    return effect


def _types_of(happenings: Happenings) -> tuple[str, ...]:
    return MARKET_EVENTS if happenings.region is None else REGION_EVENTS


def _active(happenings: Happenings, kind: str) -> bool:
    return any(event.kind == kind for event in happenings.active)
