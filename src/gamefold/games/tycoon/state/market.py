"""The market world: accounts at work, instruments with their books and positions, and the world around them.

What the world holds is proven each tick (decision 0015): it must equal `Flows.balance()`.
"""

from dataclasses import dataclass, field
from typing import Final

import msgspec
import xxhash

from gamefold.games.tycoon.state.book import Book, Order, serial_id
from gamefold.games.tycoon.state.border import Border, MarketNews, RegionNews
from gamefold.games.tycoon.state.flows import Flows
from gamefold.games.tycoon.state.positions import Positions
from gamefold.games.tycoon.state.tally import Tally
from gamefold.games.tycoon.state.tape import Tape
from gamefold.games.tycoon.state.units import BP, TICK_MICRO
from gamefold.games.tycoon.state.world import Option, World

SPOT: Final = "BTC-SPOT"
PERP: Final = "BTC-PERP"

SPOT_KIND: Final = "SPOT"
PERP_KIND: Final = "PERP"
OPTION_KIND: Final = "OPTION"

MAKERS: Final = ("maker-1", "maker-2", "maker-3")

_encode = msgspec.msgpack.Encoder(order="deterministic").encode


class Account(msgspec.Struct, gc=False, array_like=True):
    """What one company has at work in the market. Money that is idle goes home with every tick."""

    company: str
    home: str  # its region; empty for the makers, who have none
    group: str  # those of one group never trade with each other
    usd_free: int = 0  # micro-USD
    usd_held: int = 0  # for resting orders
    sat_free: int = 0
    sat_held: int = 0
    fee_discount_bp: int = 0
    margin_discount_bp: int = 0
    # Of spot, bought here and not sold yet, wherever it is now:
    spot_lots: int = 0
    spot_cost: int = 0  # micro-USD, with fees
    # Since the beginning, for the sum of what a company owns.
    usd_received: int = 0
    sat_received: int = 0
    usd_sent: int = 0
    sat_sent: int = 0
    # Since the last tick, for the report to its home.
    trades: int = 0
    profitable_trades: int = 0
    volume_micro: int = 0
    realised_micro: int = 0
    liquidations: int = 0
    active: bool = False  # whether it stands in `Market.active`

    def money(self) -> tuple[int, int]:
        """Give its micro-USD and satoshi, free and held."""
        return self.usd_free + self.usd_held, self.sat_free + self.sat_held


class Terms(msgspec.Struct, frozen=True):
    """The numbers of trading, as balance and votes have them since the last tick."""

    fee_maker_bp: dict[str, int]  # by kind of instrument
    fee_taker_bp: dict[str, int]
    band_bp: int  # how far from index or mark a price may be
    market_band_bp: int  # how far a market order may reach
    option_band_bp: int  # of the index: how far from its mark an option's price may be
    stale_bp: int  # a resting perp order this far through the mark is cancelled
    seen_ticks_max: int  # how old the prices may be that an order was decided on
    lots_max: int  # of one order
    position_lots_max: int
    orders_max: int  # open, of one account
    leverage_max: int
    maintenance_from: tuple[int, ...]  # micro-USD of notional, ascending, the first 0
    maintenance_bp: tuple[int, ...]  # from there on
    maintenance_off: tuple[int, ...]  # micro-USD, so that margins do not jump between tiers
    initial_over_maintenance_bp: int  # initial margin is at least this much of the maintenance margin
    option_initial_bp: int  # of the index, short options (tycoon-simulation.md section 4.6)
    option_initial_least_bp: int
    option_maintenance_bp: int


class Funding(msgspec.Struct):
    """What longs pay shorts at the end of the interval. Rates are billionths."""

    began_s: int  # game time
    weighted: int = 0  # sum of i * premium of sample i
    weights: int = 0  # sum of i
    samples: int = 0
    rate_ppb: int = 0  # as it would be paid now
    paid_ppb: int = 0  # as it was paid last
    basis: int = 0  # moving average of the perp's middle minus the index, 1/1,024 ticks


@dataclass(slots=True)
class Listing:
    """One instrument that can be traded."""

    name: str
    kind: str  # SPOT, PERP or OPTION
    mark: int  # ticks; of spot the index
    option: Option | None = None
    positions: Positions | None = None  # none for spot
    book: Book = field(default_factory=Book)
    tape: Tape = field(default_factory=Tape)
    greeks: tuple[int, int, int] = (0, 0, 0)  # options: delta, gamma, vega as their model gives them
    # What follows from the rest, and is not written down.
    reducing: dict[int, int] = field(default_factory=dict)  # by account: lots of its resting reduce-only orders
    low: int = 1  # prices of new orders, ticks
    high: int = 1
    market_low: int = 1  # how far MARKET orders reach
    market_high: int = 1
    index: int = 1  # as of the mark
    maker_bp: int = 0
    taker_bp: int = 0
    worst_bp: int = 0  # the larger of the two fees
    pasts: dict[str, tuple[int, bytes]] = field(default_factory=dict)  # by interval: what `past_of` gave, since when

    def past_of(self, interval: str) -> bytes:
        """Hash all candles of an interval but the last: 16 bytes of xxh3. They change only when another one begins."""
        candles = self.tape.candles[interval]
        since_s = candles[-1].begins_s
        known = self.pasts.get(interval)
        if known is None or known[0] != since_s:
            self.pasts[interval] = known = since_s, xxhash.xxh3_128_digest(_encode(candles[:-1]))
        return known[1]

    def fence(self, terms: Terms, index: int) -> None:
        """Set the band of prices around the mark (ticks), and the fees."""
        self.index = index
        self.maker_bp, self.taker_bp = terms.fee_maker_bp[self.kind], terms.fee_taker_bp[self.kind]
        self.worst_bp = max(self.maker_bp, self.taker_bp)
        if self.kind == OPTION_KIND:
            reach = max(1, index * terms.option_band_bp // BP)
            self.low, self.high = max(1, self.mark - reach), self.mark + reach
            self.market_low, self.market_high = self.low, self.high
        else:
            reach, near = self.mark * terms.band_bp // BP, self.mark * terms.market_band_bp // BP
            self.low, self.high = max(1, self.mark - reach), self.mark + reach
            self.market_low, self.market_high = max(1, self.mark - near), self.mark + near


@dataclass(slots=True)
class Market:
    """Everything the market world remembers."""

    season: int
    world: World
    terms: Terms
    funding: Funding
    tick: int = 0
    serial: int = 0  # ids given in this tick
    border: Border = field(default_factory=Border)
    flows: Flows = field(default_factory=Flows)
    accounts: list[Account] = field(default_factory=list)
    listings: dict[str, Listing] = field(default_factory=dict)
    expired: list[str] = field(default_factory=list)  # the last options that expired, oldest first
    groups: dict[str, str] = field(default_factory=dict)  # of linked companies, with or without an account
    fund_micro: int = 0  # the insurance fund
    fees_micro: int = 0  # fees of this tick
    regions: dict[str, RegionNews] = field(default_factory=dict)  # as last heard
    news: MarketNews | None = None  # of the last tick
    active: list[int] = field(default_factory=list)  # accounts to look at when the tick ends
    # What follows from the rest, and is not written down.
    numbers: dict[str, int] = field(default_factory=dict)  # of accounts, by company
    open_orders: list[dict[str, Order]] = field(default_factory=list)  # by account, by name, oldest first
    client_ids: dict[tuple[int, str], int] = field(default_factory=dict)  # of open orders
    tally: Tally = field(default_factory=Tally)
    stale: list[int] = field(default_factory=list)  # accounts to count again, besides those that are active

    def new_serial(self) -> int:
        """Give an id to an order or a position."""
        self.serial += 1
        return serial_id(self.tick, self.serial)

    def account_of(self, company: str) -> Account | None:
        """Find a company's account."""
        number = self.numbers.get(company)
        return None if number is None else self.accounts[number]

    def open_account(self, account: Account) -> int:
        """Add an account and give its number."""
        assert account.company not in self.numbers, account.company
        self.numbers[account.company] = number = len(self.accounts)
        self.accounts.append(account)
        self.open_orders.append({})
        self.tally.enter()
        self.touch(number)
        return number

    def touch(self, number: int) -> None:
        """Note that an account changes, or one of its orders. Everybody who changes one says so."""
        account = self.accounts[number]
        if not account.active:
            account.active = True
            self.active.append(number)

    def index(self) -> int:
        """Give the index in ticks, rounded."""
        return (self.world.price.index_micro + TICK_MICRO // 2) // TICK_MICRO

    def count_changed(self) -> Tally:
        """Count the accounts that changed since this was asked last; give the tally of all."""
        for number in {*self.stale, *self.active}:  # sums, so their order does not matter
            account = self.accounts[number]
            # Orders are hashed with their account. Within a price an older id comes first, so a book has no order of
            # its own that could be forgotten.
            orders = [*self.open_orders[number].values()]
            self.tally.count(number, account.money(), _encode([number, account, orders]))
        self.stale.clear()
        return self.tally

    def holdings(self) -> tuple[int, int]:
        """Give all micro-USD and satoshi that are here, in whoever's name. Walks over all accounts."""
        money = [account.money() for account in self.accounts]
        return sum(usd for usd, _ in money) + self.usd_elsewhere(), sum(sat for _, sat in money)

    def usd_elsewhere(self) -> int:
        """Give the micro-USD that are in no account: the insurance fund, fees, and what positions hold.

        What a perpetual's longs would owe at a price of 0 and its shorts would get counts too: a gain is paid when a
        position is closed, even where the loss it comes from is still open (the two open sides always match).
        """
        usd = self.fund_micro + self.fees_micro
        for listing in self.listings.values():
            positions = listing.positions
            if positions is not None and positions.ids:
                usd += positions.total("margin")
                if not positions.paid_up:
                    usd -= positions.total("cost")
        return usd
