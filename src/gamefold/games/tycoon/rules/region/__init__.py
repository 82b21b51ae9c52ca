"""The rules of a region world: companies, sites, rigs, energy, weather, and its tick."""

from collections.abc import Iterable, Mapping
from typing import Final

from gamefold.engine.refusal import Rejected
from gamefold.engine.ruleset import Context, Event, Handler, Intent
from gamefold.games.tycoon.events.border import Crossed, RegionTicked
from gamefold.games.tycoon.events.region import (
    BlocksFound,
    BranchChanged,
    BranchFounded,
    BranchJoined,
    CompanyOpened,
    CompanyRestored,
    CompanyUpgraded,
    ContractEnded,
    ContractSigned,
    CurtailmentSet,
    FirmwareSet,
    FundsChanged,
    FundsGranted,
    FundsUnclaimed,
    OutageBegan,
    OutageEnded,
    PayoutChosen,
    RegionOpened,
    RigsAdded,
    RigsFailed,
    RigsMaintained,
    RigsRemoved,
    RigsRepaired,
    SiteCreated,
    SitesCut,
    SitesReconnected,
)
from gamefold.games.tycoon.intents.border import HearMarket, Receive
from gamefold.games.tycoon.intents.region import (
    REGION_UNKNOWN,
    AddRigs,
    ChoosePayout,
    CreateSite,
    GrantFunds,
    MaintainRigs,
    OpenBranch,
    OpenCompany,
    RegionSpec,
    RemoveRigs,
    RestoreCompany,
    SendToMarket,
    SendToRegion,
    SetCurtailment,
    SetFirmware,
    SignContract,
    UpgradeCompany,
)
from gamefold.games.tycoon.rules.region.branches import open_branch, send_to_region
from gamefold.games.tycoon.rules.region.companies import (
    choose_payout,
    grant_funds,
    open_company,
    send_to_market,
    upgrade_company,
)
from gamefold.games.tycoon.rules.region.contracts import sign_contract
from gamefold.games.tycoon.rules.region.receive import receive
from gamefold.games.tycoon.rules.region.restore import restore_company
from gamefold.games.tycoon.rules.region.rigs import add_rigs, maintain_rigs, remove_rigs, set_firmware
from gamefold.games.tycoon.rules.region.sites import create_site, set_curtailment
from gamefold.games.tycoon.rules.region.tick import hear_market
from gamefold.games.tycoon.state.region import Region, Weather
from gamefold.games.tycoon.state.units import REGIONS
from gamefold.games.tycoon.state.world import Happenings

HANDLERS: Final[Mapping[type[Intent], Handler]] = {
    OpenCompany: open_company,
    OpenBranch: open_branch,
    UpgradeCompany: upgrade_company,
    SendToMarket: send_to_market,
    SendToRegion: send_to_region,
    ChoosePayout: choose_payout,
    GrantFunds: grant_funds,
    RestoreCompany: restore_company,
    CreateSite: create_site,
    SetCurtailment: set_curtailment,
    SignContract: sign_contract,
    AddRigs: add_rigs,
    RemoveRigs: remove_rigs,
    MaintainRigs: maintain_rigs,
    SetFirmware: set_firmware,
    Receive: receive,
    HearMarket: hear_market,
}

EVENTS: Final[tuple[type[Event], ...]] = (
    RegionOpened,
    CompanyOpened,
    CompanyUpgraded,
    CompanyRestored,
    BranchFounded,
    BranchJoined,
    BranchChanged,
    FundsChanged,
    FundsUnclaimed,
    FundsGranted,
    SiteCreated,
    CurtailmentSet,
    ContractSigned,
    ContractEnded,
    RigsAdded,
    RigsRemoved,
    RigsMaintained,
    RigsFailed,
    RigsRepaired,
    FirmwareSet,
    PayoutChosen,
    OutageBegan,
    OutageEnded,
    SitesCut,
    SitesReconnected,
    BlocksFound,
    Crossed,
    RegionTicked,
)


def new_region(spec: RegionSpec, ctx: Context) -> tuple[Region, Iterable[Event]]:
    """Make an empty region. Its first tick is the market's first. Refused REGION_UNKNOWN."""
    if spec.region not in REGIONS:
        raise Rejected(REGION_UNKNOWN, f"A region is one of {', '.join(REGIONS)}.")
    weather = Weather(
        heat_mc=ctx.balance["climate_mean_mc"][spec.region],
        price_micro=ctx.balance["energy_base_micro"][spec.region],
    )
    region = Region(spec.season, spec.region, weather=weather, happenings=Happenings(region=spec.region))
    return region, [RegionOpened(spec.season, spec.region)]


__all__ = ["EVENTS", "HANDLERS", "new_region"]
