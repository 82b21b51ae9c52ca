"""Sites, rigs and energy: what a company has, in whichever region. The first site in a region opens a branch there."""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, HTTPException, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from gamefold.engine.refusal import Rejected
from gamefold.engine.ruleset import Intent
from gamefold.games.tycoon.intents.region import (
    CAPACITY_INVALID,
    COMPANY_NOT_FOUND,
    CONTRACT_RUNNING,
    COOLING_INVALID,
    COUNT_INVALID,
    DURATION_INVALID,
    FIRMWARE_INVALID,
    INSUFFICIENT_FUNDS,
    MAINTENANCE_NEEDLESS,
    MARGIN_INVALID,
    MODEL_INVALID,
    NAME_INVALID,
    PAYOUT_INVALID,
    REGION_UNKNOWN,
    RIG_NOT_FOUND,
    RIG_REPAIRING,
    SITE_FULL,
    SITE_LIMIT,
    SITE_NOT_FOUND,
    TIER_INVALID,
    AddRigs,
    ChoosePayout,
    CreateSite,
    MaintainRigs,
    RemoveRigs,
    SetCurtailment,
    SetFirmware,
    SignContract,
)
from gamefold.games.tycoon.routes.amounts import efficiency
from gamefold.games.tycoon.routes.answers.sites import (
    OffersShown,
    PayoutShown,
    QuotesShown,
    SiteDetailShown,
    SitesShown,
)
from gamefold.games.tycoon.routes.bounds import bounds
from gamefold.games.tycoon.routes.contracts import contract_shown, quote_shown
from gamefold.games.tycoon.routes.described import INSIDE
from gamefold.games.tycoon.routes.desk import Desk
from gamefold.games.tycoon.routes.envelope import Asked, shown
from gamefold.games.tycoon.routes.player import CurrentOwner, Owner
from gamefold.games.tycoon.routes.shapes import shape
from gamefold.games.tycoon.state import region_views as views
from gamefold.games.tycoon.state.region import COOLINGS, FIRMWARES, MODELS, PAYOUTS, region_of_site
from gamefold.games.tycoon.state.units import REGIONS
from gamefold.web.bodies import Text, Whole
from gamefold.web.errors import Refused
from gamefold.web.idempotency import request_entropy

RIGS_SHOWN_MAX = 1_000
QUOTE_DAYS_MAX = 3_650
NO_SUCH_SITE = "The company has no such site."  # as the worlds say it

SiteId = Annotated[Text, Field(max_length=64, examples=["us-west-1"])]
Word = Annotated[Text, Field(max_length=40)]
Number = Annotated[int, Field(ge=-(2**31), le=2**31 - 1)]
RigIds = Annotated[list[Number], Field(max_length=10_000, examples=[[1, 2, 3]]), bounds(minItems=1)]
FirstRow = Annotated[Whole, Query(ge=0)]
Rows = Annotated[Whole, Query(ge=1, le=RIGS_SHOWN_MAX)]
Days = Annotated[Whole, Query(ge=1, le=QUOTE_DAYS_MAX)]
RegionAsked = Annotated[Text | None, Query(max_length=40)]


class CreateSiteBody(Asked):
    """A new site, at home where no region is named."""

    name: Annotated[Text, Field(max_length=200, examples=["Lone Pine"]), bounds(minLength=1, maxLength=40)]
    region: Annotated[Word, bounds(enum=REGIONS)] | None = None
    grid_tier: Annotated[Number, bounds(minimum=1, maximum=5)] = 1
    cooling_type: Annotated[Word, bounds(enum=COOLINGS)] = "AIR"


class AddRigsBody(Asked):
    """Rigs to buy and start."""

    site_id: SiteId
    type: Annotated[Word, bounds(enum=MODELS)]
    count: Annotated[Number, bounds("At most as many as the site has slots.", minimum=1)] = 1


class RigsBody(Asked):
    """Rigs of one site, by their numbers."""

    site_id: SiteId
    rig_ids: RigIds


class SomeRigsBody(Asked):
    """Rigs of one site; all of them where none are named."""

    site_id: SiteId
    rig_ids: RigIds | None = None


class FirmwareBody(SomeRigsBody):
    """How rigs run."""

    firmware: Annotated[Word, bounds(enum=FIRMWARES)]


class EnergyBody(Asked):
    """A contract for one site, at the price of the moment."""

    site_id: SiteId
    type: Literal["FIXED", "INDEX", "INTERRUPTIBLE"]
    capacity_kw: Annotated[Number, bounds("kW.", minimum=1)]
    duration_days: Annotated[Number, bounds("Days of game time.", minimum=1, maximum=QUOTE_DAYS_MAX)]


class PayoutBody(Asked):
    """How the pool pays."""

    scheme: Annotated[Word, bounds(enum=PAYOUTS)]


class CurtailmentBody(Asked):
    """The margin over the price of energy, in basis points, below which a site stands still; null runs always."""

    site_id: SiteId
    margin_bp: Annotated[Number, bounds("Basis points.", minimum=-10_000, maximum=100_000)] | None


ONLY_WRITTEN: Final = frozenset({"create", "curtailment", "energy", "payout"})
"""Below `/site/`, like the id of a site, but for POST alone."""


def build(router: APIRouter, desk: Desk) -> None:
    """Add the routes of sites."""

    async def found_site(owner: Owner, site_id: str) -> views.SiteDetail:
        company = owner.home.company_id
        found = await desk.region(
            owner.home.season,
            region_named(site_id),
            lambda region, balance: views.site_view(region, company, site_id, balance),
        )
        if found is None:
            raise Rejected(SITE_NOT_FOUND, NO_SUCH_SITE)
        return found

    async def detail(owner: Owner, site_id: str, offset: int = 0, limit: int = RIGS_SHOWN_MAX) -> dict[str, Any]:
        return detail_shown(await found_site(owner, site_id), offset, limit)

    async def submit(owner: Owner, intent: Intent, site_id: str, request: Request) -> None:
        """Ask the region of a site. A company that has nothing there has no such site either."""
        try:
            await desk.submit(owner.home, intent, request_entropy(request), at=region_named(site_id))
        except Rejected as refusal:
            if refusal.code == COMPANY_NOT_FOUND:
                raise Rejected(SITE_NOT_FOUND, NO_SUCH_SITE) from None
            raise

    async def changed(owner: Owner, intent: Intent, site_id: str, request: Request) -> Response:
        await submit(owner, intent, site_id, request)
        return shown(await detail(owner, site_id))

    async def rigs_of(owner: Owner, body: SomeRigsBody) -> tuple[int, ...]:
        if body.rig_ids is not None:
            return tuple(body.rig_ids)
        return tuple(rig.id for rig in (await found_site(owner, body.site_id)).rigs[:10_000])

    @router.post(
        "/site/create",
        **INSIDE.write(
            "Build a site",
            SiteDetailShown,
            REGION_UNKNOWN,
            NAME_INVALID,
            TIER_INVALID,
            COOLING_INVALID,
            SITE_LIMIT,
            INSUFFICIENT_FUNDS,
            status=201,
            links={name: {"site_id": "/site/id"} for name in ("tycoon_site", "tycoon_quotes")},
        ),
    )
    async def create_site(body: CreateSiteBody, owner: CurrentOwner, request: Request) -> Response:
        home, place = owner.home, region_asked(owner, body.region)
        intent = CreateSite(home.company_id, body.name, body.grid_tier, body.cooling_type)
        try:
            ack = await desk.submit(home, intent, request_entropy(request), at=place)
        except Rejected as refusal:
            if refusal.code != COMPANY_NOT_FOUND or place == home.region:
                raise
            await desk.open_branch(home, place)
            ack = await desk.submit(home, intent, request_entropy(request), at=place)
        site_id = next(event.site for event in ack.events if hasattr(event, "site"))
        return shown(await detail(owner, site_id), 201)

    @router.get("/site/list", **INSIDE.read("The own sites", SitesShown))
    async def list_sites(owner: CurrentOwner) -> Response:
        company = owner.home.company_id
        sites: list[views.SiteView] = []
        for place in await desk.regions(owner.home):
            sites += await desk.region(
                owner.home.season, place, lambda region, balance: views.sites_of(region, company, balance)
            )
        return shown({"sites": [site_shown(site) for site in sites]})

    @router.get("/site/offers", **INSIDE.read("What rigs and sites cost now", OffersShown, REGION_UNKNOWN))
    async def offers(owner: CurrentOwner, region: RegionAsked = None) -> Response:
        offer, energy = await desk.region(
            owner.home.season,
            region_asked(owner, region),
            lambda region, balance: (views.offers(region, balance), views.energy_view(region, balance)),
        )
        priced = {
            "rigs": offer.rigs_micro,
            "sites": {
                cooling: {str(tier): cost for tier, cost in tiers.items()}
                for cooling, tiers in offer.sites_micro.items()
            },
        }
        return shown(
            {
                **{name: shape({"all_micro": part})["all"] for name, part in priced.items()},
                "slots": {str(tier): slots for tier, slots in offer.slots.items()},
                "energy": shape(energy),
            }
        )

    @router.get("/site/{site_id}", **INSIDE.read("A site and its rigs", SiteDetailShown, SITE_NOT_FOUND))
    async def site(site_id: str, owner: CurrentOwner, offset: FirstRow = 0, limit: Rows = 200) -> Response:
        if site_id in ONLY_WRITTEN:
            raise HTTPException(405)
        return shown(await detail(owner, site_id, offset, limit))

    @router.get(
        "/site/{site_id}/energy/quotes", **INSIDE.read("What energy contracts cost now", QuotesShown, SITE_NOT_FOUND)
    )
    async def quotes(site_id: str, owner: CurrentOwner, days: Days = 30) -> Response:
        await detail(owner, site_id, 0, 1)
        offered = await desk.region(
            owner.home.season,
            region_named(site_id),
            lambda region, balance: views.energy_quotes(region, days, balance),
        )
        return shown({"quotes": [quote_shown(quote, days) for quote in offered]})

    @router.post(
        "/site/rig/add",
        **INSIDE.write(
            "Buy rigs",
            SiteDetailShown,
            SITE_NOT_FOUND,
            MODEL_INVALID,
            COUNT_INVALID,
            SITE_FULL,
            INSUFFICIENT_FUNDS,
            status=201,
        ),
    )
    async def add_rigs(body: AddRigsBody, owner: CurrentOwner, request: Request) -> Response:
        intent = AddRigs(owner.home.company_id, body.site_id, body.type, body.count)
        await submit(owner, intent, body.site_id, request)
        return shown(await detail(owner, body.site_id), 201)

    @router.post(
        "/site/rig/remove",
        **INSIDE.write("Sell rigs", SiteDetailShown, SITE_NOT_FOUND, COUNT_INVALID, RIG_NOT_FOUND),
    )
    async def remove_rigs(body: RigsBody, owner: CurrentOwner, request: Request) -> Response:
        intent = RemoveRigs(owner.home.company_id, body.site_id, tuple(body.rig_ids))
        return await changed(owner, intent, body.site_id, request)

    @router.post(
        "/site/rig/maintain",
        **INSIDE.write(
            "Maintain and repair rigs",
            SiteDetailShown,
            SITE_NOT_FOUND,
            COUNT_INVALID,
            RIG_NOT_FOUND,
            RIG_REPAIRING,
            MAINTENANCE_NEEDLESS,
            INSUFFICIENT_FUNDS,
        ),
    )
    async def maintain_rigs(body: SomeRigsBody, owner: CurrentOwner, request: Request) -> Response:
        intent = MaintainRigs(owner.home.company_id, body.site_id, await rigs_of(owner, body))
        return await changed(owner, intent, body.site_id, request)

    @router.post(
        "/site/rig/firmware",
        **INSIDE.write(
            "Run rigs otherwise", SiteDetailShown, SITE_NOT_FOUND, FIRMWARE_INVALID, COUNT_INVALID, RIG_NOT_FOUND
        ),
    )
    async def firmware(body: FirmwareBody, owner: CurrentOwner, request: Request) -> Response:
        intent = SetFirmware(owner.home.company_id, body.site_id, await rigs_of(owner, body), body.firmware)
        return await changed(owner, intent, body.site_id, request)

    @router.post(
        "/site/energy",
        **INSIDE.write(
            "Sign an energy contract",
            SiteDetailShown,
            SITE_NOT_FOUND,
            CAPACITY_INVALID,
            DURATION_INVALID,
            CONTRACT_RUNNING,
            status=201,
        ),
    )
    async def sign(body: EnergyBody, owner: CurrentOwner, request: Request) -> Response:
        if not 1 <= body.duration_days <= QUOTE_DAYS_MAX:
            raise Refused(422, DURATION_INVALID, f"A contract lasts 1 to {QUOTE_DAYS_MAX} days.")
        intent = SignContract(owner.home.company_id, body.site_id, body.type, body.capacity_kw, body.duration_days)
        await submit(owner, intent, body.site_id, request)
        return shown(await detail(owner, body.site_id), 201)

    @router.post("/site/payout", **INSIDE.write("Choose how the pool pays", PayoutShown, PAYOUT_INVALID))
    async def payout(body: PayoutBody, owner: CurrentOwner, request: Request) -> Response:
        for place in await desk.regions(owner.home):
            intent = ChoosePayout(owner.home.company_id, body.scheme)
            await desk.submit(owner.home, intent, request_entropy(request), at=place)
        return shown({"scheme": body.scheme})

    @router.post(
        "/site/curtailment",
        **INSIDE.write("Let a site stand still below a margin", SiteDetailShown, SITE_NOT_FOUND, MARGIN_INVALID),
    )
    async def curtailment(body: CurtailmentBody, owner: CurrentOwner, request: Request) -> Response:
        intent = SetCurtailment(owner.home.company_id, body.site_id, body.margin_bp)
        return await changed(owner, intent, body.site_id, request)


def region_named(site_id: str) -> str:
    """Give the region of a site. Rejected SITE_NOT_FOUND where its id names none."""
    region = region_of_site(site_id)
    if region is None:
        raise Rejected(SITE_NOT_FOUND, NO_SUCH_SITE)
    return region


def region_asked(owner: Owner, region: str | None) -> str:
    """Give the region that was asked for, home where none was. Refused 422 REGION_UNKNOWN."""
    if region is not None and region not in REGIONS:
        raise Refused(422, REGION_UNKNOWN, f"A region is one of {', '.join(REGIONS)}.")
    return region or owner.home.region


def site_shown(site: views.SiteView) -> dict[str, Any]:
    """Give a site as its owner sees it."""
    contract = site.contract
    told = shape(site, without=frozenset({"company", "contract", "built"}))
    return {
        **told,
        "companyId": site.company,
        "builtTick": site.built,
        "contract": None if contract is None else contract_shown(contract.id, site.id, contract),
    }


def detail_shown(found: views.SiteDetail, offset: int, limit: int) -> dict[str, Any]:
    """Give a site with some of its rigs."""
    rigs = found.rigs[offset : offset + limit]
    return {
        "site": site_shown(found.site),
        "models": shape(found.models),
        "rigs": [rig_shown(rig, found.site.id) for rig in rigs],
        "rigsTotal": len(found.rigs),
    }


def rig_shown(rig: views.RigView, site_id: str) -> dict[str, Any]:
    """Give one rig: `hashrate` is TH/s, `efficiency` J/TH, `wear` basis points of a life."""
    return {**shape(rig), "siteId": site_id, "efficiency": efficiency(rig.power_w, rig.hash_ghs)}
