"""What happens in a region world. Every event names the company; `usd_micro` and `sat` are what it has there now."""

from gamefold.engine.ruleset import Event


class RegionOpened(Event, frozen=True):
    """There is a new region world."""

    season: int
    region: str


class CompanyOpened(Event, frozen=True):
    """A company was founded."""

    company: str
    owner: str
    name: str
    guest: bool
    region: str
    tick: int
    usd_micro: int


class CompanyUpgraded(Event, frozen=True):
    """A guest's company is an account's now."""

    company: str
    name: str


class BranchFounded(Event, frozen=True):
    """A company that is at home in another region has a branch here."""

    company: str
    owner: str
    name: str
    guest: bool
    home: str
    region: str
    tick: int


class BranchJoined(Event, frozen=True):
    """A company that is at home here has a branch in `region`."""

    company: str
    region: str


class BranchChanged(Event, frozen=True):
    """The home of a branch told what the company is called now, and whether it is a guest's."""

    company: str
    name: str
    guest: bool


class FundsChanged(Event, frozen=True):
    """Money came to a company here or left it, other than by mining, energy, and what a branch settles in its tick.

    `reason`: sent, received, claimed, site, rigs, sold, maintenance, research, license, quest, granted, restored ...
    """

    company: str
    reason: str
    usd_change_micro: int
    sat_change: int
    usd_micro: int
    sat: int


class FundsUnclaimed(Event, frozen=True):
    """Money came for a company nobody knows here. It waits."""

    company: str
    usd_micro: int
    sat: int


class FundsGranted(Event, frozen=True):
    """Live operations gave or took."""

    company: str
    usd_micro: int
    sat: int
    reason: str


class SiteCreated(Event, frozen=True):
    """A site was bought."""

    company: str
    site: str
    name: str
    grid_tier: int
    cooling: str
    slots: int
    cost_micro: int


class RigsAdded(Event, frozen=True):
    """Rigs were bought; their numbers run from `first_rid`."""

    company: str
    site: str
    model: str
    first_rid: int
    count: int
    hash_ghs: tuple[int, ...]
    power_w: tuple[int, ...]
    cost_micro: int


class RigsRemoved(Event, frozen=True):
    """Rigs were sold."""

    company: str
    site: str
    rigs: tuple[int, ...]
    value_micro: int


class RigsMaintained(Event, frozen=True):
    """Worn rigs are as good as new, and the repair of failed ones has begun."""

    company: str
    site: str
    renewed: tuple[int, ...]
    repairing: tuple[int, ...]
    ready_tick: int  # when the repaired ones run again
    cost_micro: int


class FirmwareSet(Event, frozen=True):
    """Rigs run on other firmware."""

    company: str
    site: str
    rigs: tuple[int, ...]
    firmware: str


class RigsFailed(Event, frozen=True):
    """Rigs of one site broke down in a tick."""

    company: str
    site: str
    rigs: tuple[int, ...]
    tick: int


class RigsRepaired(Event, frozen=True):
    """Rigs of one site run again."""

    company: str
    site: str
    rigs: tuple[int, ...]
    tick: int


class ContractSigned(Event, frozen=True):
    """A site has an energy contract."""

    company: str
    site: str
    contract: str
    kind: str
    provider: str
    price: int  # micro-USD per kWh; of an INDEX contract: basis points of the spot price
    capacity_kw: int
    starts: int
    ends: int


class ContractEnded(Event, frozen=True):
    """A site pays the spot price again."""

    company: str
    site: str
    contract: str
    tick: int


class PayoutChosen(Event, frozen=True):
    """A company mines by another scheme."""

    company: str
    payout: str


class CurtailmentSet(Event, frozen=True):
    """A site's margin was set; None runs always."""

    company: str
    site: str
    margin_bp: int | None


class OutageBegan(Event, frozen=True):
    """A site has no power."""

    company: str
    site: str
    tick: int


class OutageEnded(Event, frozen=True):
    """A site has power again."""

    company: str
    site: str
    tick: int


class SitesCut(Event, frozen=True):
    """A company cannot pay for energy: its sites stand still from this tick on. Told once, until it can."""

    company: str
    tick: int
    needed_micro: int
    usd_micro: int


class SitesReconnected(Event, frozen=True):
    """A company that was cut can pay again."""

    company: str
    tick: int


class BlocksFound(Event, frozen=True):
    """A company that mines alone found blocks."""

    company: str
    blocks: int
    sat: int
    tick: int


class CompanyRestored(Event, frozen=True):
    """Live operations put back what a company had at an earlier tick. `rigs` and `sites` are how many it has now."""

    company: str
    reason: str
    of_tick: int
    usd_micro: int
    sat: int
    sites: int
    rigs: int
