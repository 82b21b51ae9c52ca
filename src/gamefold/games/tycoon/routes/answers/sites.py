"""Sites, rigs and energy."""

from typing import Annotated, Literal

from pydantic import Field

from gamefold.games.tycoon.routes.answers.units import BasisPoints, Region, Shown, Terahash, Tick, Usd, Watts

Cooling = Literal["AIR", "LIQUID", "IMMERSION"]
Firmware = Literal["STOCK", "ECO", "TURBO"]
ContractType = Literal["FIXED", "INDEX", "INTERRUPTIBLE"]
GridTier = Annotated[int, Field(ge=1, le=5)]
PricePerKWh = Annotated[Usd | None, Field(alias="pricePerKWh", description="USD per kWh; null by INDEX.")]
SpotShare = Annotated[BasisPoints | None, Field(description="Of the spot price, in basis points; null but by INDEX.")]


class ContractShown(Shown):
    """An energy contract, from tick `start` (included) to `end` (not included)."""

    id: str
    site_id: str
    type: ContractType
    provider: str
    price_per_kwh: PricePerKWh
    spot_share_bp: SpotShare
    capacity: Annotated[int, Field(description="kW.")]
    start: Tick
    end: Tick


class SiteShown(Shown):
    """A site as its owner sees it. Hashrate and power are at full supply, power with cooling."""

    id: str
    company_id: str
    name: str
    region: Region
    built_tick: Tick
    grid_tier: GridTier
    cooling_type: Cooling
    slots: int
    rigs: int
    uptime: BasisPoints
    status: Literal["RUNNING", "OUTAGE", "CUT", "CURTAILED", "EMPTY"]
    supply_bp: Annotated[int, Field(description="Of its rigs' hashrate, what worked in the last tick; basis points.")]
    hashrate: Terahash
    power_w: Watts
    curtail_bp: Annotated[int | None, Field(description="Margin over energy below which it stands still; null: none.")]
    contract: ContractShown | None


class ModelShown(Shown):
    """All rigs of one type on a site. Hashrate and power are of those that are OK, wear is the average."""

    type: str
    count: int
    ok: int
    failed: int
    repairing: int
    hashrate: Terahash
    power_w: Watts
    wear: BasisPoints


class RigShown(Shown):
    """One rig. It is OFF while its site stands still."""

    id: int
    site_id: str
    type: str
    status: Literal["OK", "FAILED", "REPAIRING", "OFF"]
    firmware: Firmware
    quality_bp: BasisPoints
    hashrate: Terahash
    power_w: Watts
    efficiency: Annotated[float, Field(description="J/TH; 0 where nothing is mined.")]
    wear: BasisPoints
    repaired_tick: Annotated[int | None, Field(description="When it runs again, of one that is REPAIRING.")]


class SiteDetailShown(Shown):
    """A site with some of its rigs, `rigsTotal` in all."""

    site: SiteShown
    models: list[ModelShown]
    rigs: list[RigShown]
    rigs_total: int


class SitesShown(Shown):
    """All sites of a company, in all regions."""

    sites: list[SiteShown]


class EnergyShown(Shown):
    """Weather and energy in a region."""

    region: Region
    tick: Tick
    heat_mc: Annotated[int, Field(description="Thousandths of a degree Celsius.")]
    price: Annotated[Usd, Field(description="USD per kWh.")]
    interrupted: Annotated[bool, Field(description="Sites with an INTERRUPTIBLE contract stand still.")]


class OffersShown(Shown):
    """What things cost now: rigs by type, sites by cooling and grid tier; and how many rigs a tier holds."""

    rigs: dict[str, Usd]
    sites: dict[Cooling, dict[str, Usd]]
    slots: dict[str, int]
    energy: EnergyShown


class QuoteShown(Shown):
    """What a provider offers. `priceNow` is what a kWh would cost by it at this tick, in USD."""

    type: ContractType
    provider: str
    price_per_kwh: PricePerKWh
    spot_share_bp: SpotShare
    price_now: Usd
    duration_days: Annotated[int, Field(description="Days of game time.")]


class QuotesShown(Shown):
    """One quote for each type of contract."""

    quotes: list[QuoteShown]


class PayoutShown(Shown):
    """How the pool pays from now on."""

    scheme: Literal["FPPS", "PPLNS", "SOLO"]
