"""What may be asked of a region world, and how it may be refused.

`company` is an id; whoever submits has made sure whose it is. A company that has neither its home nor a branch here is
COMPANY_NOT_FOUND for every intent; a site that is unknown, closed or somebody else's is SITE_NOT_FOUND for every intent
that names one.
"""

from typing import Annotated, Final

import msgspec

from gamefold.engine.ruleset import Intent, Spec

REGION_UNKNOWN: Final = "REGION_UNKNOWN"  # there is none of that name, or it is this one and another is asked for
NOT_AT_HOME: Final = "NOT_AT_HOME"  # this can be asked only where the company is at home, not in a branch
COMPANY_NOT_FOUND: Final = "COMPANY_NOT_FOUND"
COMPANY_EXISTS: Final = "COMPANY_EXISTS"  # by its id, or by its owner: one company an owner
COMPANY_NOT_GUEST: Final = "COMPANY_NOT_GUEST"  # it has been upgraded
COMPANY_INVALID: Final = "COMPANY_INVALID"  # an id or owner that cannot be one
NAME_INVALID: Final = "NAME_INVALID"  # not 1..40 printable characters
INSUFFICIENT_FUNDS: Final = "INSUFFICIENT_FUNDS"
AMOUNT_INVALID: Final = "AMOUNT_INVALID"
SITE_NOT_FOUND: Final = "SITE_NOT_FOUND"
SITE_LIMIT: Final = "SITE_LIMIT"  # the company has as many sites as it may
SITE_FULL: Final = "SITE_FULL"  # no slot for so many rigs
TIER_INVALID: Final = "TIER_INVALID"
COOLING_INVALID: Final = "COOLING_INVALID"
MODEL_INVALID: Final = "MODEL_INVALID"
COUNT_INVALID: Final = "COUNT_INVALID"
RIG_NOT_FOUND: Final = "RIG_NOT_FOUND"
RIG_REPAIRING: Final = "RIG_REPAIRING"
MAINTENANCE_NEEDLESS: Final = "MAINTENANCE_NEEDLESS"  # all of these rigs are as good as new
FIRMWARE_INVALID: Final = "FIRMWARE_INVALID"
CONTRACT_INVALID: Final = "CONTRACT_INVALID"  # its kind
CONTRACT_RUNNING: Final = "CONTRACT_RUNNING"  # the site's contract has not ended
CAPACITY_INVALID: Final = "CAPACITY_INVALID"
DURATION_INVALID: Final = "DURATION_INVALID"
PAYOUT_INVALID: Final = "PAYOUT_INVALID"
MARGIN_INVALID: Final = "MARGIN_INVALID"
DOCUMENT_INVALID: Final = "DOCUMENT_INVALID"

RIGS_NAMED_MOST: Final = 10_000  # rigs in one intent

Rids = Annotated[tuple[int, ...], msgspec.Meta(max_length=RIGS_NAMED_MOST)]


class RegionSpec(Spec, frozen=True):
    """Which region of which season."""

    season: int
    region: str


class OpenCompany(Intent, frozen=True):
    """Found a company with the start capital.

    Refused: COMPANY_INVALID, COMPANY_EXISTS (by id or by owner), NAME_INVALID.
    """

    company: str
    owner: str
    name: str
    guest: bool = False


class OpenBranch(Intent, frozen=True):
    """Let a company that is at home in another region, `home`, own sites here. Its money comes from there.

    Refused: COMPANY_INVALID, COMPANY_EXISTS (by id or by owner), NAME_INVALID, REGION_UNKNOWN (`home`).
    """

    company: str
    owner: str
    name: str
    guest: bool
    home: str


class UpgradeCompany(Intent, frozen=True):
    """A guest's company becomes an account's, once; it may take another name. Branches follow.

    Refused: NOT_AT_HOME, COMPANY_NOT_GUEST, NAME_INVALID.
    """

    company: str
    name: str | None = None


class SendToMarket(Intent, frozen=True):
    """Let funds leave for the company's market account. Refused: NOT_AT_HOME, AMOUNT_INVALID, INSUFFICIENT_FUNDS."""

    company: str
    usd_micro: int = 0
    sat: int = 0


class SendToRegion(Intent, frozen=True):
    """Let funds leave for the company's home or branch in another region. They wait there if it is not known yet.

    Refused: REGION_UNKNOWN, AMOUNT_INVALID, INSUFFICIENT_FUNDS.
    """

    company: str
    to: str
    usd_micro: int = 0
    sat: int = 0


class CreateSite(Intent, frozen=True):
    """Buy a site. Refused: NAME_INVALID, TIER_INVALID, COOLING_INVALID, SITE_LIMIT, INSUFFICIENT_FUNDS."""

    company: str
    name: str
    grid_tier: int = 1
    cooling: str = "AIR"


class AddRigs(Intent, frozen=True):
    """Buy rigs and start them. Refused: SITE_NOT_FOUND, MODEL_INVALID, COUNT_INVALID, SITE_FULL, INSUFFICIENT_FUNDS."""

    company: str
    site: str
    model: str
    count: int = 1


class RemoveRigs(Intent, frozen=True):
    """Sell rigs for what is left of their price. Refused: SITE_NOT_FOUND, COUNT_INVALID (none), RIG_NOT_FOUND."""

    company: str
    site: str
    rigs: Rids


class MaintainRigs(Intent, frozen=True):
    """Make worn rigs as good as new, and begin to repair failed ones. Those that need nothing cost nothing.

    Refused: SITE_NOT_FOUND, COUNT_INVALID (none), RIG_NOT_FOUND, RIG_REPAIRING, MAINTENANCE_NEEDLESS,
    INSUFFICIENT_FUNDS.
    """

    company: str
    site: str
    rigs: Rids


class SetFirmware(Intent, frozen=True):
    """Run rigs on STOCK, ECO or TURBO.

    Refused: SITE_NOT_FOUND, FIRMWARE_INVALID, COUNT_INVALID (none), RIG_NOT_FOUND.
    """

    company: str
    site: str
    rigs: Rids
    firmware: str


class SignContract(Intent, frozen=True):
    """Sign what `energy_quotes` offers now for a site, from this tick on.

    Refused: SITE_NOT_FOUND, CONTRACT_INVALID, CAPACITY_INVALID, DURATION_INVALID, CONTRACT_RUNNING.
    """

    company: str
    site: str
    kind: str
    capacity_kw: int
    duration_days: int  # of game time


class ChoosePayout(Intent, frozen=True):
    """Mine by FPPS (even), PPLNS (the pool's luck) or SOLO (one's own). Refused: PAYOUT_INVALID."""

    company: str
    payout: str


class SetCurtailment(Intent, frozen=True):
    """Let a site stand still while mining earns less than energy and `margin_bp` on top; None runs always.

    Refused: SITE_NOT_FOUND, MARGIN_INVALID (outside -10,000 .. 100,000).
    """

    company: str
    site: str
    margin_bp: int | None


class GrantFunds(Intent, frozen=True):
    """Live operations: give (above 0) or take (below 0). Refused: AMOUNT_INVALID, INSUFFICIENT_FUNDS."""

    company: str
    usd_micro: int = 0
    sat: int = 0
    reason: str = ""


class RestoreCompany(Intent, frozen=True):
    """Live operations: what a company has in this region becomes what `company_document` wrote at some earlier time.

    Its home and each of its branches have a document of their own. `no_document` is of a branch that was not there.

    Refused: DOCUMENT_INVALID (unreadable, another company's or another region's).
    """

    company: str
    document: bytes
    reason: str = ""
    # What it had sent from here less what it had received when the document was made: what has left since then, or
    # come, is not given a second time. None takes the document as it is.
    usd_out: int | None = None
    sat_out: int | None = None
