"""What a company becomes: research, quests, reputation, standing orders, votes.

Hot numbers, which a tick reads for all companies at once, are rows of `Standings`, beside the region's ledger. The rest
is cold: `Progress`, a part of each company, which changes only when that company does something. What the companies of
a region share is `ProgressBook`.
"""

from collections.abc import Mapping
from typing import ClassVar, Final

import msgspec

from gamefold.games.tycoon.state.columns import Table
from gamefold.games.tycoon.state.units import DAY_S, EPOCH_S

REPUTATIONS: Final = ("anarchists", "miners", "regulators", "traders")  # sorted; columns of `Standings`
REPUTATION_MOST: Final = 100
REPUTATION_MIDDLE: Final = 50  # where a score starts and where it decays to

NEVER: Final = 1 << 62  # a research clock that is never reached

ACTIVE: Final = 0  # states of a quest
COMPLETED: Final = 1
CLAIMED: Final = 2


class Standings(Table):
    """One row for each company, the same as its row in the ledger."""

    COLUMNS: ClassVar[Mapping[str, str]] = {
        "anarchists": "i1",  # reputation, 0..100
        "miners": "i1",
        "regulators": "i1",
        "traders": "i1",
        "voter": "i1",  # 1 once the company is an account's, not a guest's
        "research_due": "i8",  # `ProgressBook.research_clock` at which the next of its research is finished, or NEVER
        "mined_today": "i8",  # satoshi since the game day began
        "trades_week": "i4",  # since the game week began
        "daily": "i1",  # state of the daily quest
        "weekly": "i1",
        "auto_repair": "i1",
        "auto_sell": "i1",
        "keep_sat": "i8",  # auto-sell leaves this much
        "perks_changed": "i1",  # 1: a perk in the ledger has changed; the region refreshes its sites and clears this
    }
    __slots__ = ()


class Running(msgspec.Struct):
    """Research under way."""

    node: str
    due: int  # the research clock at which it is finished
    work: int  # how much the research clock had to advance when it began


class Prototype(msgspec.Struct):
    """What came of building a node's prototype."""

    attempts: int = 0
    quality_bp: int = 0  # of the last attempt
    works: bool = False  # only then does the node have its effect, scaled by the quality


class Progress(msgspec.Struct):
    """The cold part of one company's progress."""

    done: list[str] = []  # nodes whose research is finished, sorted
    running: list[Running] = []  # the first to finish comes first
    prototypes: dict[str, Prototype] = {}  # by node
    licenses: list[str] = []  # nodes of other companies' patents this one may use, sorted
    points: int = 0  # research points
    quests: dict[str, int] = {}  # those that come once: COMPLETED or CLAIMED; ACTIVE ones are absent
    best_ghs: int = 0  # the most hashrate it ever had
    gained_day: int = -1  # the game day of `gained`
    gained: dict[str, int] = {}  # by reputation: points that deeds have moved it up on that day
    votes: dict[str, str] = {}  # by proposal, while voting is open: FOR, AGAINST or ABSTAIN
    fee_discount_bp: int = 0  # as the market was told last
    margin_discount_bp: int = 0


class Patent(msgspec.Struct):
    """A node belongs to the company in the game that finished it first, until it expires. Then it is everybody's.

    Every region keeps all patents, as the market's news tell them.
    """

    holder: str
    home: str  # the holder's region
    granted_day: int  # game days
    expires_day: int
    fee_micro: int  # what a license costs
    licenses: int = 0  # how many were sold
    expired: bool = False


class Voting(msgspec.Struct):
    """Who may vote on one proposal, and with which weight: fixed when voting began."""

    begun_tick: int
    weights: bytes  # one byte for each row of the companies then existing; 0 has no vote


class ProgressBook(msgspec.Struct):
    """What the companies of a region share."""

    game_s: int = EPOCH_S  # game time, in Unix seconds; counted here because `time_compression` may change
    # 10,000 for each second of game time at the usual speed of research; more while a breakthrough lasts.
    research_clock: int = 0
    patents: dict[str, Patent] = {}  # by node
    votings: dict[str, Voting] = {}  # by proposal, while it is open
    votings_closed: list[str] = []  # the last proposals that were decided, oldest first


def day_of(game_s: int) -> int:
    """Give the game day of a game time."""
    return game_s // DAY_S


def week_of(game_s: int) -> int:
    """Give the game week of a game time. Weeks begin on Mondays; 1970 began on a Thursday."""
    return (day_of(game_s) + 3) // 7
