"""What may be asked of the world around the books: events by live-ops, and proposals by companies."""

from typing import Final

from gamefold.engine.ruleset import Intent

EVENT_TYPE_UNKNOWN: Final = "EVENT_TYPE_UNKNOWN"
EVENT_INVALID: Final = "EVENT_INVALID"
EVENT_NOT_FOUND: Final = "EVENT_NOT_FOUND"
PROPOSAL_INVALID: Final = "PROPOSAL_INVALID"
PROPOSAL_OPEN: Final = "PROPOSAL_OPEN"  # one open proposal for each company
PARAMETER_UNKNOWN: Final = "PARAMETER_UNKNOWN"
PARAMETER_OUT_OF_BOUNDS: Final = "PARAMETER_OUT_OF_BOUNDS"
GUESTS_CANNOT_PROPOSE: Final = "GUESTS_CANNOT_PROPOSE"

TITLE_MAX: Final = 80  # characters
DESCRIPTION_MAX: Final = 2_000
AHEAD_TICKS_MAX: Final = 1_000_000  # how far ahead an event may be planned, and how long it may last


class InjectEvent(Intent, frozen=True):
    """Live-ops: let an event befall this world, now (at the next tick) or `starts_in_ticks` later.

    A region's world takes REGION_EVENTS with its own `region`, the market's MARKET_EVENTS with None. No
    `duration_ticks` means as long as such an event usually lasts.
    Refused: EVENT_TYPE_UNKNOWN; EVENT_INVALID (severity, region, times, or another of its type is active or planned).
    """

    kind: str
    severity: str
    region: str | None = None
    starts_in_ticks: int = 0
    duration_ticks: int | None = None


class CancelEvent(Intent, frozen=True):
    """Live-ops: end an event, or take back a planned one. Refused: EVENT_NOT_FOUND."""

    event: str


class Propose(Intent, frozen=True):
    """Call a vote. `region` (the company's home) and `guest` are what the route knows of it.

    REGULATION sets energy_tax_bp or leverage_cap, SUBSIDY sets mining_subsidy_bp, EVENT brings about the event named by
    `parameter` with severity `value` (0 LOW .. 3 CRITICAL; none is LOW). `duration_hours` of game time is how long
    that lasts once it has passed; none is the usual time.
    Refused: GUESTS_CANNOT_PROPOSE, PROPOSAL_INVALID (kind, words, region, duration), PARAMETER_UNKNOWN,
    PARAMETER_OUT_OF_BOUNDS, PROPOSAL_OPEN.
    """

    company: str
    region: str
    kind: str
    title: str
    description: str
    parameter: str | None = None
    value: int | None = None
    duration_hours: int | None = None
    guest: bool = False
