"""What crosses the border between the market world and the region worlds, and how each end counts it."""

from typing import Final

import msgspec

MARKET: Final = "MARKET"  # the market's name as a sender or receiver; a region's is its own


class Cargo(msgspec.Struct, frozen=True, tag=True):
    """One thing that crosses."""


class Money(Cargo, frozen=True):
    """Funds of one company. Both 0 or more, not both 0."""

    company: str
    usd_micro: int = 0
    sat: int = 0


class Ballot(Cargo, frozen=True):
    """Region to market: one company's vote, weighed by its home."""

    company: str
    proposal: str
    choice: str  # FOR, AGAINST or ABSTAIN
    weight: int


class Perks(Cargo, frozen=True):
    """Region to market: what a company's research means for its trading."""

    company: str
    fee_discount_bp: int
    margin_discount_bp: int


class TradeReport(Cargo, frozen=True):
    """Market to region: what one company traded in a tick, for quests and reputation."""

    company: str
    trades: int
    profitable_trades: int  # those that closed something at a gain
    volume_micro: int
    realised_micro: int  # gain (+) or loss (-) of what was closed
    liquidations: int = 0


class Prize(Cargo, frozen=True):
    """Market to region: a change of a company's standing that the market knows of, such as a proposal that passed."""

    company: str
    reputation: str  # miners, traders, regulators or anarchists
    points: int


class BranchOpened(Cargo, frozen=True):
    """Region to home: a company has a branch here from now on."""

    company: str
    region: str


class BranchReport(Cargo, frozen=True):
    """Branch to home: what happened there since the last report, for quests and reputation."""

    company: str
    hash_ghs: int  # that works there now
    mined_sat: int = 0
    sites_built: int = 0
    rigs_added: int = 0  # how often, however many
    bills_unpaid: int = 0  # how often its sites were cut


class FundsWanted(Cargo, frozen=True):
    """Branch to home: it will soon not be able to pay for energy, and needs this much to be safe."""

    company: str
    usd_micro: int


class SitePerks(Cargo, frozen=True):
    """Home to branch: what a company's research means for its sites, as factors; 10,000 changes nothing."""

    company: str
    hash_bp: int
    power_bp: int
    wear_bp: int
    cooling_bp: int
    outage_bp: int
    energy_bp: int
    repair_bp: int


class BranchTerms(Cargo, frozen=True):
    """Home to branch: what else holds wherever the company is."""

    company: str
    name: str
    guest: bool
    auto_repair: bool


class PatentClaim(Cargo, frozen=True):
    """Home to market: a company has finished a node that nobody has a patent on, as far as its home knows."""

    company: str
    node: str
    due: int  # on the research clock, which all regions share: when it was finished
    founded_tick: int  # of the company
    fee_micro: int  # what a license costs until the holder says otherwise


class LicenseFee(Cargo, frozen=True):
    """Home to market: the holder of a patent has set another fee."""

    company: str
    node: str
    fee_micro: int


class LicenseSold(Cargo, frozen=True):
    """Home to market: the company has bought a license."""

    company: str
    node: str


class Royalty(Cargo, frozen=True):
    """Home to home: what a license costs has been paid, and is the holder's."""

    company: str  # the holder
    node: str
    usd_micro: int


AnyCargo = (
    Money
    | Ballot
    | Perks
    | TradeReport
    | Prize
    | BranchOpened
    | BranchReport
    | FundsWanted
    | SitePerks
    | BranchTerms
    | PatentClaim
    | LicenseFee
    | LicenseSold
    | Royalty
)


class Border(msgspec.Struct):
    """One world's end of the border. Names are `MARKET` or a region's."""

    sent: dict[str, int] = {}  # by receiver: the number of the last crossing
    through: dict[str, int] = {}  # by sender: every crossing up to this number is in
    ahead: dict[str, list[int]] = {}  # by sender: numbers beyond `through` that are in, sorted


class Effects(msgspec.Struct, frozen=True):
    """What events and passed proposals do to every region at this tick. Factors are basis points; 10,000 is none."""

    energy_price_bp: int = 10_000  # on top of the region's own price
    energy_tax_bp: int = 0  # added by regulation: a share of the energy bill
    mining_subsidy_bp: int = 0  # added to what is mined, paid in BTC that comes into being
    rig_price_bp: int = 10_000  # hardware shortage
    hashrate_bp: int = 10_000  # technological breakthrough
    research_bp: int = 10_000  # speed of research


class PatentTerms(msgspec.Struct, frozen=True):
    """A patent as it stands in the whole game."""

    node: str
    holder: str
    home: str  # the holder's region
    granted_day: int  # game days
    expires_day: int
    fee_micro: int
    licenses: int = 0  # how many were sold


class MarketNews(msgspec.Struct, frozen=True):
    """What the market world tells every region about its tick `tick`."""

    tick: int
    index_micro: int  # of one BTC, in micro-USD
    difficulty: int
    network_ghs: int  # all regions' and the rest of the world's hashrate, GH/s
    reward_sat: int  # what the whole network mines in this tick, in satoshi: subsidy and fees
    subsidy_sat: int  # of one block
    effects: Effects = Effects()
    proposals_begun: tuple[str, ...] = ()  # voting on them begins: regions fix the weights now
    proposals_ended: tuple[str, ...] = ()
    patents: tuple[PatentTerms, ...] = ()  # those that were granted or changed since the last tick, by node


class RegionNews(msgspec.Struct, frozen=True):
    """What a region world tells the market about its tick `tick`."""

    tick: int
    region: str
    hashrate_ghs: int
    power_kw: int
    energy_micro_per_kwh: int
    mined_sat: int
    companies: int
    sites: int
    rigs: int
    digest: bytes  # 16 bytes: xxh3 of the region's state at the end of its tick
    voting_weight: int = 0  # of all who may vote on the proposals that began with this tick; 0 where none did
