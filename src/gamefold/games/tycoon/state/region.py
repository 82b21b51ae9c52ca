"""The state of one region world: companies and branches there, their sites and rigs, energy and weather.

A company is at home in one region. In another it may have a branch: a row like any other, whose `Company.home` names
the home. It owns sites there, and settles with home at every tick (`branches.Branches`).

Numbers that every tick touches stand in tables (`columns.Table`); the rest of a company is a `Company`. A row of the
ledger is a company's for the whole season, and a row of the sites is a site's: neither table ever shrinks. Rigs are
sorted by site, then by number (`rid`), so the rigs of a site are one slice.

Neither a tick nor a snapshot must write 100,000 companies down, nor a start read them. Therefore they are `Records`,
and whoever changes a `Company` says so with `Region.touched(row)`; only those are written and hashed again.
"""

from collections.abc import Mapping
from typing import ClassVar, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from gamefold.games.tycoon.state.border import Border, MarketNews
from gamefold.games.tycoon.state.branches import Branches
from gamefold.games.tycoon.state.columns import Table
from gamefold.games.tycoon.state.flows import Flows
from gamefold.games.tycoon.state.progress import Progress, ProgressBook, Standings
from gamefold.games.tycoon.state.records import Records
from gamefold.games.tycoon.state.units import REGIONS
from gamefold.games.tycoon.state.world import Happenings

# Names stand in tables as their place in these tuples, so new ones go to the end.
MODELS: Final = (
    "ANTMINER_S19",
    "ANTMINER_S19_PRO",
    "ANTMINER_S19_XP",
    "ANTMINER_S21",
    "ANTMINER_S21_PRO",
    "WHATSMINER_M30S",
    "WHATSMINER_M50",
    "WHATSMINER_M60",
)
COOLINGS: Final = ("AIR", "LIQUID", "IMMERSION")
FIRMWARES: Final = ("STOCK", "ECO", "TURBO")
PAYOUTS: Final = ("FPPS", "PPLNS", "SOLO")
CONTRACTS: Final = ("SPOT", "FIXED", "INDEX", "INTERRUPTIBLE")  # SPOT: there is no contract
STATUSES: Final = ("OK", "FAILED", "REPAIRING")

OK, FAILED, REPAIRING = range(3)
SPOT, FIXED, INDEX, INTERRUPTIBLE = range(4)
FPPS, PPLNS, SOLO = range(3)

NOBODY: Final = -1  # in `Sites.company`: the site is closed
NEVER: Final = (1 << 63) - 1  # a load no site reaches
PERKS: Final = ("hash", "power", "wear", "cooling", "outage", "energy", "repair")  # `Ledger.perk_<name>_bp`
NOT_CURTAILED: Final = -1_000_000  # in `Sites.curtail_bp`: runs at any margin
Q30: Final = 1 << 30  # wear of one whole life
WEAR_MOST: Final = (1 << 31) - 1  # nearly two lives: no rig outlives them


def site_id(region: str, row: int) -> str:
    """Give the id of the site in a row of a region, which no other site of the season has: `south-america-3`."""
    return f"{region.lower().replace('_', '-')}-{row + 1}"


def region_of_site(site: str) -> str | None:
    """Give the region that a site's id names, or None where it names none."""
    region = site.rpartition("-")[0].upper().replace("-", "_")
    return region if region in REGIONS else None


class Ledger(Table):
    """One row for each company, in the order in which they were founded."""

    COLUMNS: ClassVar[Mapping[str, str]] = {
        "usd": "i8",  # micro-USD that it has in this region
        "sat": "i8",
        "sent_usd": "i8",  # to the market and other regions, since the beginning
        "sent_sat": "i8",
        "received_usd": "i8",  # from the market and other regions, since the beginning
        "received_sat": "i8",
        "mined_sat": "i8",  # since the beginning
        "energy_usd": "i8",  # paid for energy since the beginning, micro-USD
        "msat": "i4",  # thousandths of a satoshi that are earned and not yet paid, 0..999
        "payout": "i1",  # in PAYOUTS
        "shares": "i8",  # score in the PPLNS pool
        "cut": "i1",  # 1: the last energy bill could not be paid
        "hash": "i8",  # GH/s that worked in the last tick
        "away": "i8",  # GH/s that worked in its branches, as they told last; only at home
        "power": "i8",  # W that were drawn in the last tick
        "rigs": "i4",  # how many, whatever their status
        "failed": "i4",  # how many of them are FAILED: nobody repairs them yet
        # What research makes of these, as factors; 10,000 changes nothing. Set through `Standings.perks_changed`.
        "perk_hash_bp": "i4",
        "perk_power_bp": "i4",
        "perk_wear_bp": "i4",
        "perk_cooling_bp": "i4",  # of what cooling draws
        "perk_outage_bp": "i4",  # of how often sites lose power
        "perk_energy_bp": "i4",  # of the energy bill
        "perk_repair_bp": "i4",  # of what maintenance costs
    }
    __slots__ = ()


class Sites(Table):
    """One row for each site. `site_id` makes its id."""

    COLUMNS: ClassVar[Mapping[str, str]] = {
        "company": "i8",  # row in the ledger, or NOBODY
        "tier": "i1",  # 1..5, of the grid
        "cooling": "i1",  # in COOLINGS
        "outage": "i1",  # 1: its own line is down
        "curtailed": "i1",  # 1: it stood still in the last tick by its owner's margin or its contract
        "curtail_bp": "i4",  # margin over energy below which it stands still; NOT_CURTAILED: never
        "supply": "i4",  # Q12: which share of its rigs' hashrate worked in the last tick
        "load": "i8",  # Q12 seconds that its rigs have worked, counted double where heat wore them double
        "next_failure": "i8",  # the load at which the first of its rigs fails, or NEVER
        "hash": "i8",  # GH/s of its rigs that are OK
        "power": "i8",  # W of its rigs that are OK, without cooling
        "overhead_bp": "i4",  # what cooling needs on top
        "up_ticks": "i8",  # in which it had power, used or not
        "ticks": "i8",  # since it was built
        "rigs": "i4",
        "contract": "i1",  # in CONTRACTS
        "price": "i8",  # micro-USD per kWh of a FIXED or INTERRUPTIBLE contract; basis points of spot of an INDEX one
        "capacity_w": "i8",
        "ends": "i8",  # the tick from which the contract counts no more
    }
    __slots__ = ()


class Rigs(Table):
    """One row for each rig, sorted by site, then by rid.

    While a rig is OK its wear is `wear + ((sites.load - load0) * rate >> 24)`, and it fails where that reaches `fails`.
    """

    COLUMNS: ClassVar[Mapping[str, str]] = {
        "rid": "i4",
        "site": "i4",  # row in the sites
        "model": "i1",  # in MODELS
        "status": "i1",  # in STATUSES
        "firmware": "i1",  # in FIRMWARES
        "quality_bp": "i2",  # of its chips, 10,000 is as advertised
        "hash": "i4",  # GH/s, as of the last look at its wear
        "power": "i4",  # W
        "wear": "i4",  # Q30 of a life, at `load0`; of a rig that is not OK: now
        "load0": "i8",  # the site's load when it was started
        "rate": "i4",  # wear (Q30) for 2**24 of load
        "fails": "i4",  # wear (Q30) at which it fails
    }
    __slots__ = ()


class Repairs(Table):
    """Rigs that are being repaired, in the order in which it began."""

    COLUMNS: ClassVar[Mapping[str, str]] = {
        "tick": "i8",  # at which it runs again
        "rid": "i4",
        "site": "i4",
    }
    __slots__ = ()


class Contract(msgspec.Struct, frozen=True, gc=False):
    """Energy for one site, from tick `starts` (included) to `ends` (not included)."""

    id: str
    kind: str
    provider: str
    price: int  # micro-USD per kWh; of an INDEX contract: basis points of the spot price
    capacity_kw: int
    starts: int
    ends: int


class Site(msgspec.Struct, gc=False):
    """What is seldom asked of a site."""

    row: int
    id: str
    name: str
    built: int  # tick
    contract: Contract | None = None  # the last one that was signed; it may have ended


class Company(msgspec.Struct, gc=False):
    """What no tick needs of a company."""

    id: str
    owner: str
    name: str
    guest: bool
    founded: int  # tick
    sites: list[Site] = []  # sorted by row
    home: str = ""  # of a branch: the region where the company is at home
    branches: list[str] = []  # at home: the regions of its branches, sorted
    branch_ghs: dict[str, int] = {}  # at home: by region, the hashrate its branch told last; none is 0
    progress: Progress = msgspec.field(default_factory=Progress)


class Weather(msgspec.Struct):
    """Heat, and what the region's energy market makes of the hour."""

    heat_mc: int = 15_000  # thousandths of a degree Celsius
    heat_noise: int = 0  # the part of it that season and hour do not explain
    price_noise: int = 0  # basis points by which the price is off by chance alone
    price_micro: int = 100_000  # micro-USD per kWh at the spot


class Name(msgspec.Struct, gc=False):
    """What is asked of all companies at once."""

    id: str
    owner: str
    name: str
    home: str = ""


class Companies(Records[Company]):
    """One for each row of the ledger."""

    KIND = Company
    __slots__ = ()


class Index:
    """Where companies stand; found again from the state when it is read back, never written."""

    __slots__ = ("company", "owner")

    def __init__(self) -> None:
        self.company: dict[str, int] = {}  # row by id
        self.owner: dict[str, int] = {}  # row by owner


class Region(msgspec.Struct):
    """Everything of one region world."""

    season: int
    region: str
    tick: int = 0  # of the market, as last heard
    border: Border = msgspec.field(default_factory=Border)
    flows: Flows = msgspec.field(default_factory=Flows)
    news: MarketNews | None = None
    weather: Weather = msgspec.field(default_factory=Weather)
    happenings: Happenings = msgspec.field(default_factory=Happenings)
    book: ProgressBook = msgspec.field(default_factory=ProgressBook)
    pool_msat: int = 0  # thousandths of a satoshi that could not be shared out yet
    rigs_made: int = 0  # the last rid
    unclaimed: dict[str, tuple[int, int]] = {}  # micro-USD and satoshi that came for companies nobody knows
    companies: Companies = msgspec.field(default_factory=Companies)
    ledger: Ledger = msgspec.field(default_factory=Ledger)
    standings: Standings = msgspec.field(default_factory=Standings)
    branches: Branches = msgspec.field(default_factory=Branches)
    sites: Sites = msgspec.field(default_factory=Sites)
    rigs: Rigs = msgspec.field(default_factory=Rigs)
    repairs: Repairs = msgspec.field(default_factory=Repairs)
    index: Index = msgspec.field(default_factory=Index)

    def __post_init__(self) -> None:
        names = self.companies.parts(Name)
        self.index.company = {company.id: row for row, company in enumerate(names)}
        self.index.owner = {company.owner: row for row, company in enumerate(names)}

    def row_of(self, company: str) -> int | None:
        """Give the row of a company or of its branch, or None where it has neither here."""
        return self.index.company.get(company)

    def row_of_owner(self, owner: str) -> int | None:
        """Give the row of the company or branch somebody owns here, or None."""
        return self.index.owner.get(owner)

    def branch_at(self, row: int) -> int | None:
        """Give where in `branches` the company of a row stands, or None where it is at home here."""
        return self.branches.at(row) if self.companies[row].home else None

    def enter(self, row: int) -> None:
        """Make a new company known by its id and owner."""
        company = self.companies[row]
        self.index.company[company.id] = row
        self.index.owner[company.owner] = row

    def touched(self, row: int) -> None:
        """Say that `companies[row]` has changed. Everybody who changes one says so."""
        self.companies.changed(row)

    def site_of(self, row: int, site_id: str) -> Site | None:
        """Give a company's site, or None where it has none of that id."""
        return next((site for site in self.companies[row].sites if site.id == site_id), None)

    def rigs_of(self, site_row: int) -> slice:
        """Give where a site's rigs stand."""
        column = self.rigs["site"]
        wanted = np.int32(site_row)
        first, last = column.searchsorted(wanted, "left"), column.searchsorted(wanted, "right")
        return slice(int(first), int(last))

    def rows_on(self, site_row: int) -> NDArray[np.int64]:
        """Give the rows of a site's rigs."""
        where = self.rigs_of(site_row)
        return np.arange(where.start, where.stop, dtype=np.int64)
