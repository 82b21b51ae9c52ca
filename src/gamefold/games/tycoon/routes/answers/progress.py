"""Research, patents, quests, standing orders, governance."""

from typing import Annotated, Literal

from pydantic import Field

from gamefold.games.tycoon.routes.answers.units import BasisPoints, Btc, GameSecond, Moment, Region, Shown, Tick, Usd

Choice = Literal["FOR", "AGAINST", "ABSTAIN"]
GameSeconds = Annotated[int, Field(description="Seconds of game time.")]


class PatentShown(Shown):
    """A patent that stands. `licensed` says whether whoever asks has a license."""

    node: str
    holder: str
    fee: Usd
    granted_s: GameSecond
    expires_s: GameSecond
    licensed: bool
    licenses: int


class PatentsShown(Shown):
    """The patents that stand in the game, by node."""

    patents: list[PatentShown]


class PrototypeShown(Shown):
    """What came of a prototype so far. `price` is of another attempt."""

    attempts: int
    quality_bp: BasisPoints
    works: bool
    price: Usd


class NodeShown(Shown):
    """One node of the research tree. `level` is 1 once it has its effect."""

    node: str
    category: Literal["MINING", "COOLING_ENERGY", "HARDWARE", "TRADING", "ORGANISATION"]
    effect: str
    effect_bp: Annotated[int, Field(description="Basis points; 0 where the effect is not a share.")]
    drawback_bp: Annotated[int, Field(description="More wear, in basis points.")]
    needs: list[str]
    status: Literal["LOCKED", "AVAILABLE", "RUNNING", "DONE"]
    level: Literal[0, 1]
    cost: Usd
    seconds: GameSeconds
    remaining_s: GameSeconds
    progress: BasisPoints
    prototype: PrototypeShown | None
    patent: PatentShown | None


class TreeShown(Shown):
    """The research tree as a company sees it, and its research points."""

    points: int
    nodes: list[NodeShown]


class QuestShown(Shown):
    """A quest. `rewardReputation` is how much of the `reputation` with that name is earned."""

    id: str
    title: str
    repeats: Literal["ONCE", "DAILY", "WEEKLY"]
    status: Literal["ACTIVE", "COMPLETED", "CLAIMED"]
    progress: int
    goal: int
    resets: Annotated[Moment | None, Field(description="When it begins again, by the game's calendar.")]
    reward_usd: Annotated[int, Field(description="Whole USD.")]
    reward_btc: Btc
    reward_points: Annotated[int, Field(description="Research points.")]
    reward_reputation: int
    reputation: str


class QuestsShown(Shown):
    """All quests."""

    quests: list[QuestShown]


class StandingOrdersShown(Shown):
    """What happens by itself: repairs, and selling BTC above `keepBtc`."""

    auto_repair: bool
    auto_sell: bool
    keep_btc: Btc


class VotesShown(Shown):
    """Weights of votes so far."""

    for_: Annotated[int, Field(alias="for")]
    against: int
    abstain: int


class ProposalShown(Shown):
    """A proposal. Weights are fixed at tick `begins`, and it is decided at tick `deadline`."""

    id: str
    company_id: str
    region: Region
    type: Literal["REGULATION", "SUBSIDY", "EVENT"]
    title: str
    description: str
    parameter: str
    value: Annotated[int, Field(description="Of the parameter; of an event its severity, 0 (LOW) to 3 (CRITICAL).")]
    duration_ticks: Annotated[int, Field(description="How long what it brings about lasts.")]
    begins: Tick
    deadline: Tick
    votes: VotesShown
    entitled_weight: int
    ballots: int
    outcome: Literal["OPEN", "PASSED", "REJECTED"]


class OwnProposalShown(ProposalShown):
    """A proposal, with what whoever asks has voted and the weight of that vote."""

    my_vote: Choice | None
    my_weight: int


class ProposalsShown(Shown):
    """Proposals, the newest first."""

    proposals: list[OwnProposalShown]


class VotedShown(Shown):
    """The vote as it counts."""

    proposal_id: str
    choice: Choice
