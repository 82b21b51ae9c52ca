"""What happens in the market. Tables of orders, trades and positions follow from these alone.

Events of one company name it as `company` and are for its eyes. `Traded` names both sides and is for nobody's view
as it is. What the makers do with their orders and positions is not told, only their trades are.
"""

from gamefold.engine.ruleset import Event


class AccountOpened(Event, frozen=True):
    """A company has come to the market for the first time."""

    company: str
    home: str


class AccountsLinked(Event, frozen=True):
    """Live-ops linked accounts (or, with an empty group, unlinked them)."""

    companies: tuple[str, ...]
    group: str
    reason: str


class OrderPlaced(Event, frozen=True):
    """An order was accepted. Its trades follow, and `OrderClosed` in the same entry unless it rests."""

    order: str
    company: str
    instrument: str
    side: str
    kind: str
    tif: str
    lots: int
    price: int | None
    post_only: bool
    reduce_only: bool
    leverage: int
    client_order_id: str
    away: int = 0  # price ticks behind the best price of its own side when it came; 0 at the touch and for MARKET


class OrderAmended(Event, frozen=True):
    """A resting order became smaller and kept its place."""

    order: str
    company: str
    instrument: str
    lots: int  # left


class OrderClosed(Event, frozen=True):
    """An order is done.

    `reason`: FILLED, CANCELLED, AMENDED (replaced), NOTHING_LEFT (an IOC found no more), SELF_TRADE, POSITION_GONE
    (reduce-only), MARK_MOVED (through its price), LIQUIDATION, EXPIRED.
    """

    order: str
    company: str
    instrument: str
    lots: int  # not filled
    reason: str


class Traded(Event, frozen=True):
    """A resting order (the maker's) met one that came (the taker's). `side` is the taker's."""

    instrument: str
    side: str
    price: int
    lots: int
    maker: str
    maker_order: str
    maker_fee_micro: int
    taker: str
    taker_order: str  # empty where it was a liquidation
    taker_fee_micro: int
    mark: int


class PositionChanged(Event, frozen=True):
    """A position as it is now. One that is not OPEN is over, and its last change has 0 lots.

    `status`: OPEN, CLOSED (also by deleveraging), LIQUIDATED, EXPIRED.
    """

    id: str
    company: str
    instrument: str
    side: str
    lots: int
    cost_micro: int  # what the lots were worth when they were opened: entry price = cost / lots
    margin_micro: int
    leverage: int
    realised_micro: int  # gain or loss of what this change closed
    status: str


class Liquidated(Event, frozen=True):
    """A position lost its margin: all or a part of it was closed by force."""

    company: str
    position: str
    instrument: str
    side: str
    lots: int  # closed now
    lots_left: int
    mark: int
    fund_micro: int  # what the insurance fund got (above 0) or paid


class Deleveraged(Event, frozen=True):
    """A position was closed against a bankrupt one, because nobody else and no fund could take it."""

    company: str
    position: str
    instrument: str
    side: str
    lots: int
    value_micro: int  # what they were closed for
    mark: int


class FundingPaid(Event, frozen=True):
    """One position paid funding (above 0) or got it."""

    company: str
    position: str
    instrument: str
    paid_micro: int
    margin_micro: int  # after that


class FundingSettled(Event, frozen=True):
    """The interval is over. What was rounded went to the insurance fund."""

    instrument: str
    rate_ppb: int
    mark: int
    longs_paid_micro: int  # below 0: got
    shorts_paid_micro: int
    fund_micro: int


class OptionListed(Event, frozen=True):
    """An option can be traded from now on."""

    instrument: str
    expiry_s: int  # game time
    strike_micro: int
    call: bool


class OptionExpired(Event, frozen=True):
    """An option was settled. Positions in it follow as EXPIRED."""

    instrument: str
    settlement_micro: int  # the average index, per BTC
    payoff_micro: int  # of one lot


class Bailout(Event, frozen=True):
    """A loss that neither a margin nor the fund could pay: money came into being so that winners are paid."""

    company: str
    instrument: str
    usd_micro: int


class PricesMoved(Event, frozen=True):
    """Prices at the end of a tick. None where nobody is there."""

    index_micro: int
    spot_bid: int | None
    spot_ask: int | None
    spot_last: int
    perp_mark: int
    perp_bid: int | None
    perp_ask: int | None
    perp_last: int
    funding_ppb: int
    fund_micro: int


MARKET_EVENTS = (
    AccountOpened,
    AccountsLinked,
    OrderPlaced,
    OrderAmended,
    OrderClosed,
    Traded,
    PositionChanged,
    Liquidated,
    Deleveraged,
    FundingPaid,
    FundingSettled,
    OptionListed,
    OptionExpired,
    Bailout,
    PricesMoved,
)
