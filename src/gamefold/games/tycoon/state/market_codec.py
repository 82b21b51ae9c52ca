"""The market written down: for snapshots, and for the digest of every tick. The same market is the same bytes.

Resting orders are kept by priority, positions as their rows lie; everything else is sorted by the encoder.
"""

from typing import Any, Final

import msgspec
import xxhash

from gamefold.games.tycoon.state.book import Book, Order
from gamefold.games.tycoon.state.border import Border, MarketNews, RegionNews
from gamefold.games.tycoon.state.flows import Flows
from gamefold.games.tycoon.state.market import Account, Funding, Listing, Market, Terms
from gamefold.games.tycoon.state.positions import Positions
from gamefold.games.tycoon.state.tape import Tape
from gamefold.games.tycoon.state.world import Option, World

_DIGEST_LIMIT: Final = 1 << 128

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
    return _encode(_written(market, market.accounts))


def decode_market(raw: bytes) -> Market:
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
    market.digests = [0] * len(market.accounts)
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
    """Hash a market: 16 bytes. Accounts are many and few change, so each keeps its hash, and their sum counts."""
    for number in {*market.stale, *market.active}:  # the order does not matter for a sum
        before = market.digests[number]
        now = market.digests[number] = xxhash.xxh3_128_intdigest(_encode([number, market.accounts[number]]))
        market.digest_sum = (market.digest_sum - before + now) % _DIGEST_LIMIT
    market.stale.clear()
    rest = _encode(_written(market, []))
    return xxhash.xxh3_128_digest(rest + market.digest_sum.to_bytes(16, "big"))


def _written(market: Market, accounts: list[Account]) -> _Market:
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
        listings=[_of_listing(listing) for _, listing in sorted(market.listings.items())],
        expired=market.expired,
        groups=market.groups,
        fund_micro=market.fund_micro,
        fees_micro=market.fees_micro,
        regions=market.regions,
        news=market.news,
        active=market.active,
    )


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
