"""The market written down: for snapshots, and for the digest of every tick. The same market is the same bytes.

Resting orders are kept by priority, positions as their rows lie; everything else is sorted by the encoder.
"""

from typing import Any

import msgspec
import xxhash

from gamefold.games.tycoon.state.book import Book, Order
from gamefold.games.tycoon.state.border import Border, MarketNews, RegionNews
from gamefold.games.tycoon.state.flows import Flows
from gamefold.games.tycoon.state.market import Account, Funding, Listing, Market, Terms
from gamefold.games.tycoon.state.positions import Positions
from gamefold.games.tycoon.state.tally import Tally
from gamefold.games.tycoon.state.tape import Tape
from gamefold.games.tycoon.state.world import Option, World

_encode = msgspec.msgpack.Encoder(order="deterministic").encode


class _Listing(msgspec.Struct, array_like=True):
    name: str
    kind: str
    mark: int
    option: Option | None
    greeks: tuple[int, int, int]
    tape: Tape
    orders: list[Order]
    paid_up: bool
    positions: dict[str, bytes] | None


class _Market(msgspec.Struct):
    season: int
    world: World
    terms: Terms
    funding: Funding
    tick: int
    serial: int
    border: Border
    flows: Flows
    accounts: list[Account]
    listings: list[_Listing]
    expired: list[str]
    groups: dict[str, str]
    fund_micro: int
    fees_micro: int
    regions: dict[str, RegionNews]
    news: MarketNews | None
    active: list[int]


_decoder = msgspec.msgpack.Decoder(_Market)


def encode_market(market: Market) -> bytes:
    """Write a market down."""
    listings = [_of_listing(listing) for _, listing in sorted(market.listings.items())]
    return _encode(_written(market, market.accounts, listings))


def decode_market(raw: bytes | memoryview) -> Market:
    """Read what `encode_market` wrote. ValueError (msgspec.DecodeError is one) where it is something else."""
    saved = _decoder.decode(raw)
    market = Market(
        season=saved.season,
        world=saved.world,
        terms=saved.terms,
        funding=saved.funding,
        tick=saved.tick,
        serial=saved.serial,
        border=saved.border,
        flows=saved.flows,
        accounts=saved.accounts,
        expired=saved.expired,
        groups=saved.groups,
        fund_micro=saved.fund_micro,
        fees_micro=saved.fees_micro,
        regions=saved.regions,
        news=saved.news,
        active=saved.active,
    )
    market.numbers = {account.company: number for number, account in enumerate(market.accounts)}
    market.open_orders = [{} for _ in market.accounts]
    market.tally = Tally(len(market.accounts))
    market.stale = list(range(len(market.accounts)))
    orders: list[Order] = []
    for one in saved.listings:
        listing = market.listings[one.name] = _listing(one)
        listing.fence(market.terms, market.index())
        orders += one.orders
    for order in sorted(orders, key=lambda order: order.id):
        market.open_orders[order.account][order.name] = order
        if order.client_id:
            market.client_ids[order.account, order.client_id] = order.id
        if order.reduce_only:
            reducing = market.listings[order.instrument].reducing
            reducing[order.account] = reducing.get(order.account, 0) + order.lots
    return market


def digest_market(market: Market) -> bytes:
    """Hash a market: 16 bytes. Costs what its accounts and orders cost that changed, its columns and its charts."""
    tally = market.count_changed()
    listings = [_hashed(listing) for _, listing in sorted(market.listings.items())]
    rest = _encode([_written(market, [], []), len(market.accounts), tally.hash_sum.to_bytes(16, "big"), listings])
    return xxhash.xxh3_128_digest(rest)


def _written(market: Market, accounts: list[Account], listings: list[_Listing]) -> _Market:
    return _Market(
        season=market.season,
        world=market.world,
        terms=market.terms,
        funding=market.funding,
        tick=market.tick,
        serial=market.serial,
        border=market.border,
        flows=market.flows,
        accounts=accounts,
        listings=listings,
        expired=market.expired,
        groups=market.groups,
        fund_micro=market.fund_micro,
        fees_micro=market.fees_micro,
        regions=market.regions,
        news=market.news,
        active=market.active,
    )


def _hashed(listing: Listing) -> tuple[Any, ...]:
    """Give all of an instrument but its orders, with its positions and its candles as hashes."""
    positions = None if listing.positions is None else listing.positions.digest()
    tape = listing.tape
    candles = [(name, listing.past_of(name), some[-1]) for name, some in sorted(tape.candles.items()) if some]
    chart = tape.last, tape.fresh, tape.trades, candles
    return listing.name, listing.kind, listing.mark, listing.option, listing.greeks, chart, positions


def _of_listing(listing: Listing) -> _Listing:
    positions = listing.positions
    return _Listing(
        name=listing.name,
        kind=listing.kind,
        mark=listing.mark,
        option=listing.option,
        greeks=listing.greeks,
        tape=listing.tape,
        orders=listing.book.orders(),
        paid_up=positions is not None and positions.paid_up,
        positions=None if positions is None else positions.packed(),
    )


def _listing(one: _Listing) -> Listing:
    positions: Any = None
    if one.positions is not None:
        positions = Positions.unpacked(one.positions, paid_up=one.paid_up)
    return Listing(
        name=one.name,
        kind=one.kind,
        mark=one.mark,
        option=one.option,
        greeks=one.greeks,
        tape=one.tape,
        book=Book(one.orders),
        positions=positions,
    )
