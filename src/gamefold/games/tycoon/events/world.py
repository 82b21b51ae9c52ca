"""What befalls worlds, and what the market world decides about itself."""

from gamefold.engine.ruleset import Event
from gamefold.games.tycoon.state.world import ActiveEvent


class WorldEventPlanned(Event, frozen=True):
    """Live-ops or a vote planned an event for a later tick."""

    event: ActiveEvent


class WorldEventBegan(Event, frozen=True):
    """An event acts from this tick on."""

    event: ActiveEvent


class WorldEventEnded(Event, frozen=True):
    """An event is over: its time was up, or it was cancelled (perhaps before it began)."""

    id: str
    kind: str
    region: str | None
    cancelled: bool = False


class DifficultyChanged(Event, frozen=True):
    """2,016 blocks were found; the next ones are as hard as it takes to find them in 14 days."""

    height: int
    difficulty: int
    previous: int


class SubsidyHalved(Event, frozen=True):
    """A block mints half as much from now on."""

    height: int
    subsidy_sat: int


class RegimeChanged(Event, frozen=True):
    """The index moves more calmly or more wildly from now on: CALM, NORMAL or WILD."""

    regime: str


class ProposalOpened(Event, frozen=True):
    """A vote was called. Regions fix the weights at tick `begins`; it is decided at tick `deadline`."""

    id: str
    company: str
    kind: str
    title: str
    description: str
    parameter: str
    value: int
    duration_ticks: int
    begins: int
    deadline: int


class BallotCounted(Event, frozen=True):
    """A vote counted. The weights are the sums so far."""

    proposal: str
    company: str
    choice: str
    weight: int
    weight_for: int
    weight_against: int
    weight_abstain: int


class ProposalClosed(Event, frozen=True):
    """A vote was decided: PASSED or REJECTED (which ties and missed quorums are)."""

    id: str
    company: str
    outcome: str
    weight_for: int
    weight_against: int
    weight_abstain: int
    entitled: int
    quorum_met: bool


class ParameterChanged(Event, frozen=True):
    """A proposal that passed changed a world parameter until tick `ends`."""

    parameter: str
    value: int
    previous: int
    proposal: str
    ends: int


class ParameterRestored(Event, frozen=True):
    """A change has run its time; the parameter is what it is without votes."""

    parameter: str
    value: int
    proposal: str


WORLD_EVENTS = (
    WorldEventPlanned,
    WorldEventBegan,
    WorldEventEnded,
    DifficultyChanged,
    SubsidyHalved,
    RegimeChanged,
    ProposalOpened,
    BallotCounted,
    ProposalClosed,
    ParameterChanged,
    ParameterRestored,
)
