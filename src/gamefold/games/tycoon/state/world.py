"""What the market world knows of the world around its books, and what can happen in any world of Tycoon.

Everything is an integer. Q40 is a fraction of 2**40, Q32 of 2**32; logarithms are natural. Times are ticks, or seconds
of game time since 1970 (`game_s`), which the world counts itself because `time_compression` may change while it runs.
"""

from typing import Final

import msgspec

from gamefold.games.tycoon.state.border import PatentClaim, PatentTerms
from gamefold.games.tycoon.state.units import EPOCH_S

REGION_EVENTS: Final = ("DUST_STORM", "ENERGY_CRISIS", "HEATWAVE", "POWER_OUTAGE")  # act in one region's world
MARKET_EVENTS: Final = (  # act in the market world, and from there on all regions
    "DIFFICULTY_SPIKE",
    "HALVING",
    "HARDWARE_SHORTAGE",
    "MARKET_SHOCK",
    "REGULATION",
    "TECH_BREAKTHROUGH",
)
SEVERITIES: Final = ("LOW", "MEDIUM", "HIGH", "CRITICAL")

PARAMETERS: Final = ("energy_tax_bp", "leverage_cap", "mining_subsidy_bp")  # what a vote can change

OPEN: Final = "OPEN"
PASSED: Final = "PASSED"
REJECTED: Final = "REJECTED"


class ActiveEvent(msgspec.Struct, frozen=True):
    """Something that befalls a world, from tick `begins` up to but not including tick `ends`.

    `effect` holds values for fields of `Modifiers`, only those that are not neutral.
    """

    id: str
    kind: str
    severity: str
    region: str | None  # None: everywhere
    begins: int
    ends: int
    effect: dict[str, int]


class Modifiers(msgspec.Struct, frozen=True):
    """What all active events of a world do together. A field that is 10,000 by itself is a factor in basis points."""

    # In the region it befalls.
    supply_bp: int = 10_000  # the share of the power drawn that the grid still delivers
    outage_bp: int = 10_000  # how often sites lose power
    cooling_bp: int = 10_000  # what cooling still achieves
    heat_mc: int = 0  # added to the temperature of the air, in thousandths of a degree Celsius
    wear_bp: int = 10_000  # how fast rigs wear
    energy_price_bp: int = 10_000
    # In the market world, and through `Effects` in every region.
    rig_price_bp: int = 10_000
    hashrate_bp: int = 10_000
    research_bp: int = 10_000  # speed of research
    energy_tax_bp: int = 0
    leverage_cap_bp: int = 10_000  # of the leverage that is otherwise allowed
    difficulty_bp: int = 10_000  # the rest of the network grows by this factor, and difficulty with it
    # Once, when it begins (see `PriceShock`).
    price_jump_bp: int = 0  # of the index, as a change of its logarithm
    vol_bp: int = 10_000
    drift_bp_per_day: int = 0  # a change of the logarithm for each game day, as long as the event lasts


class Happenings(msgspec.Struct):
    """What befalls one world now, and what is planned to."""

    region: str | None = None  # None: this is the market world
    active: list[ActiveEvent] = []  # sorted by id
    planned: list[ActiveEvent] = []  # by live-ops or a vote; sorted by (begins, id)


class PriceShock(msgspec.Struct):
    """What is left of one shock to the index: volatility that calms down, and drift as long as its event lasts."""

    event: str
    vol_q40: int  # added to the logarithm of volatility; halves every `half_life_s` of game time
    half_life_s: int
    drift_q40_per_day: int  # added to the logarithm of the index


class PriceState(msgspec.Struct):
    """The process behind the index (tycoon-simulation.md section 4.1)."""

    log_q40: int  # logarithm of the index in micro-USD
    index_micro: int  # exp(log), rounded
    fast_q40: int = 0  # logarithm of volatility that reverts within hours
    slow_q40: int = 0  # and within weeks
    regime: str = "NORMAL"  # CALM, NORMAL or WILD
    offspring_q40: int = 0  # jumps that earlier jumps are still expected to set off
    shocks: list[PriceShock] = []


class Chain(msgspec.Struct):
    """The Bitcoin network."""

    difficulty: int  # as of the last retarget
    height: int  # blocks found
    subsidy_sat: int  # of one block
    rest_ghs: int  # hashrate of those who are not players
    start_ghs: int  # the whole network when the world began
    start_block_micro: int  # what a block was worth then, in micro-USD
    began_s: int  # game time when the world began
    period_began_s: int  # game time of the last retarget
    progress_q32: int = 0  # of the block under way
    players_ghs: int = 0  # as last heard from the regions
    reward_carry: int = 0  # of the last tick's reward, what is less than a satoshi (Q32)
    # Of the last tick, for the news.
    difficulty_now: int = 0  # with what events add
    network_ghs: int = 0
    reward_sat: int = 0


class Option(msgspec.Struct, frozen=True):
    """One European option on the index, settled in cash."""

    name: str  # BTC-<YYYYMMDD>-<strike>-C|P
    expiry_s: int  # game time
    strike_micro: int  # micro-USD per BTC
    call: bool


class Sample(msgspec.Struct, frozen=True):
    """The index at some time."""

    game_s: int
    index_micro: int


class Proposal(msgspec.Struct):
    """One vote. Weights are fixed by the regions at tick `begins`, in whose news it is called."""

    id: str
    company: str
    region: str  # where the company is at home
    kind: str  # REGULATION, SUBSIDY or EVENT
    title: str
    description: str
    parameter: str  # one of PARAMETERS, or the type of an event
    value: int  # of the parameter; of an event its severity, 0 (LOW) .. 3 (CRITICAL)
    duration_ticks: int  # of what it brings about once passed
    begins: int
    deadline: int  # it is decided at this tick
    entitled: dict[str, int] = {}  # by region: the weight of all who may vote
    weight_for: int = 0
    weight_against: int = 0
    weight_abstain: int = 0
    ballots: int = 0
    outcome: str = OPEN


class ParameterChange(msgspec.Struct, frozen=True):
    """A world parameter is `value` until tick `ends`, because a proposal passed."""

    parameter: str
    value: int
    proposal: str
    ends: int


class World(msgspec.Struct):
    """The world around the books, embedded in the market's state."""

    price: PriceState
    chain: Chain
    tick: int = 0
    game_s: int = EPOCH_S
    happenings: Happenings = msgspec.field(default_factory=Happenings)
    options: list[Option] = []  # listed; sorted by (expiry_s, strike_micro, name)
    samples: list[Sample] = []  # the index of the last half hour of game time, oldest first
    proposals: list[Proposal] = []  # open ones and the last that were decided, oldest first
    changes: list[ParameterChange] = []  # in force; sorted by parameter
    proposals_begun: list[str] = []  # for the next news
    proposals_ended: list[str] = []
    ballots_ignored: int = 0  # for votes that were over
    patents: dict[str, PatentTerms] = {}  # by node; those that have expired too
    patent_claims: list[tuple[str, PatentClaim]] = []  # since the last tick, with the claimant's region
    patents_changed: list[str] = []  # for the next news, sorted


def proposal_of(world: World, proposal: str) -> Proposal | None:
    """Find a proposal, open or among the last decided."""
    return next((one for one in world.proposals if one.id == proposal), None)
