"""What may be asked of the market, and how it refuses. Routes check who asks; `company` is who it is for."""

from typing import Final

from gamefold.engine.ruleset import Intent, Spec
from gamefold.games.tycoon.intents.border import Receive

INSTRUMENT_NOT_FOUND: Final = "INSTRUMENT_NOT_FOUND"  # of what is only looked at
INSTRUMENT_UNKNOWN: Final = "INSTRUMENT_UNKNOWN"
MARKET_CLOSED: Final = "MARKET_CLOSED"  # an option that has expired
SIDE_INVALID: Final = "SIDE_INVALID"
ORDER_TYPE_INVALID: Final = "ORDER_TYPE_INVALID"  # kind, time in force and post-only do not go together
QUANTITY_INVALID: Final = "QUANTITY_INVALID"
PRICE_INVALID: Final = "PRICE_INVALID"
PRICE_REQUIRED: Final = "PRICE_REQUIRED"
PRICE_OUT_OF_BAND: Final = "PRICE_OUT_OF_BAND"
STALE_PRICE: Final = "STALE_PRICE"
LEVERAGE_INVALID: Final = "LEVERAGE_INVALID"
CLIENT_ORDER_ID_INVALID: Final = "CLIENT_ORDER_ID_INVALID"
DUPLICATE_CLIENT_ORDER_ID: Final = "DUPLICATE_CLIENT_ORDER_ID"
TOO_MANY_ORDERS: Final = "TOO_MANY_ORDERS"
POST_ONLY_WOULD_CROSS: Final = "POST_ONLY_WOULD_CROSS"
FOK_NOT_FILLABLE: Final = "FOK_NOT_FILLABLE"
REDUCE_ONLY_INVALID: Final = "REDUCE_ONLY_INVALID"
POSITION_LIMIT: Final = "POSITION_LIMIT"
POSITION_NOT_FOUND: Final = "POSITION_NOT_FOUND"
ORDER_NOT_FOUND: Final = "ORDER_NOT_FOUND"
INSUFFICIENT_FUNDS: Final = "INSUFFICIENT_FUNDS"
NOTHING_TO_SEND: Final = "NOTHING_TO_SEND"
AMOUNT_INVALID: Final = "AMOUNT_INVALID"
MARGIN_NEEDED: Final = "MARGIN_NEEDED"  # a position cannot spare that much of its margin
MARGIN_NEEDLESS: Final = "MARGIN_NEEDLESS"  # a long option is paid for
GROUP_INVALID: Final = "GROUP_INVALID"

BUY: Final = "BUY"
SELL: Final = "SELL"
LIMIT: Final = "LIMIT"
MARKET: Final = "MARKET"
GTC: Final = "GTC"
IOC: Final = "IOC"
FOK: Final = "FOK"

CLIENT_ORDER_ID_MAX: Final = 64  # characters
STANDING: Final = "auto-sell"  # the actor of standing orders. Client order ids that begin with it are for them alone
COMPANIES_MAX: Final = 100  # linked at once
GROUP_MAX: Final = 64  # characters
REASON_MAX: Final = 500


class MarketSpec(Spec, frozen=True):
    """A new market: the season it is for. The makers' and the fund's capital are numbers of the balance sheet."""

    season: int = 1


class PlaceOrder(Intent, frozen=True):
    """Trade, now or when the market comes to `price`.

    `lots` of 0.0001 BTC, `price` in ticks of 0.10 USD (per BTC, for options too), none for MARKET orders, which reach
    as far as the price band. An order that can only close a position is reduce-only by itself and needs no margin.
    `seen_tick` is the tick of the prices the order was decided on. `arrived` is the crossing from home that pays for
    the order: it is received with it, in one entry. A refused order changes nothing, and receives nothing.

    Refused, in this order: INSTRUMENT_UNKNOWN, MARKET_CLOSED, SIDE_INVALID, ORDER_TYPE_INVALID, QUANTITY_INVALID
    (below 1), PRICE_REQUIRED, CLIENT_ORDER_ID_INVALID, STALE_PRICE, QUANTITY_INVALID (too many), PRICE_INVALID,
    PRICE_OUT_OF_BAND, LEVERAGE_INVALID, DUPLICATE_CLIENT_ORDER_ID, TOO_MANY_ORDERS, REDUCE_ONLY_INVALID (or
    PRICE_OUT_OF_BAND, where the position could not pay for it), POSITION_LIMIT, POST_ONLY_WOULD_CROSS,
    INSUFFICIENT_FUNDS, FOK_NOT_FILLABLE. An IOC or MARKET order that finds nothing is accepted and closed.
    """

    company: str
    instrument: str
    side: str
    lots: int
    kind: str = LIMIT
    price: int | None = None
    tif: str = GTC  # of LIMIT orders; MARKET orders are IOC or FOK, and GTC stands for IOC
    post_only: bool = False
    reduce_only: bool = False
    leverage: int = 1
    client_order_id: str = ""
    seen_tick: int | None = None
    arrived: Receive | None = None


class AmendOrder(Intent, frozen=True):
    """Change price or size (lots left) of a resting order; None leaves it.

    Only a smaller size at the same price keeps the order's place; anything else is a cancel and a new order (which has
    a new id) in one entry. Refused: ORDER_NOT_FOUND, and what PlaceOrder is refused for.
    """

    company: str
    order: str
    lots: int | None = None
    price: int | None = None
    seen_tick: int | None = None
    arrived: Receive | None = None


class CancelOrder(Intent, frozen=True):
    """Take a resting order off the book. Refused: ORDER_NOT_FOUND."""

    company: str
    order: str


class CancelAll(Intent, frozen=True):
    """Take all resting orders off the books, of one instrument or of all. Refused: INSTRUMENT_UNKNOWN."""

    company: str
    instrument: str | None = None


class ClosePosition(Intent, frozen=True):
    """Close a whole position by a reduce-only MARKET order; what finds nobody stays open.

    Refused: POSITION_NOT_FOUND, and what PlaceOrder is refused for.
    """

    company: str
    position: str
    client_order_id: str = ""


class AdjustMargin(Intent, frozen=True):
    """Put more behind a position (`usd_micro` above 0), or take out what it can spare (below 0).

    What can be spared leaves the initial margin that the position would need at its mark and leverage, and is never a
    gain that is not realised. `arrived` as in PlaceOrder. Refused: POSITION_NOT_FOUND, AMOUNT_INVALID (0),
    MARGIN_NEEDLESS, INSUFFICIENT_FUNDS, MARGIN_NEEDED.
    """

    company: str
    position: str
    usd_micro: int
    arrived: Receive | None = None


class SendHome(Intent, frozen=True):
    """Let idle funds go home now instead of with the next tick. Refused: NOTHING_TO_SEND."""

    company: str


class LinkAccounts(Intent, frozen=True):
    """Live-ops: these companies are one beneficial owner's and must not trade with each other.

    A company that has no account yet gets its group when it opens one. An empty `group` unlinks.
    Refused: GROUP_INVALID (no companies, too many, a name or reason that is too long or missing).
    """

    companies: tuple[str, ...]
    group: str
    reason: str
