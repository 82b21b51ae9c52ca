"""Looking at the two worlds with a player's eyes."""

from typing import Final

import numpy as np

from gamefold.engine.balance import Values
from gamefold.games.tycoon.reactors.simulated.seen import Desk, Home, OptionSeen, OrderSeen, PositionSeen, SiteSeen
from gamefold.games.tycoon.state.book import Order, id_name
from gamefold.games.tycoon.state.energy import energy_quotes
from gamefold.games.tycoon.state.market import PERP, SPOT, Listing, Market
from gamefold.games.tycoon.state.prices import slots_of
from gamefold.games.tycoon.state.progress_views import quests, research_tree, standing_orders, vote_weight
from gamefold.games.tycoon.state.region import COOLINGS, FAILED, OK, PAYOUTS, Q30, Region, Site
from gamefold.games.tycoon.state.units import BP, TICK_MICRO
from gamefold.games.tycoon.state.wear import wear_of
from gamefold.games.tycoon.state.world import OPEN

CONTRACT_DAYS: Final = 30  # of the energy contracts that simulated players look at
WORN: Final = Q30 * 3 // 10  # wear from which they have a rig made as good as new
HOURS_SEEN: Final = 48


def see_home(region: Region, company: str, numbers: Values) -> Home | None:
    """Look at a company at home; None where it is not there."""
    row = region.row_of(company)
    if row is None:
        return None
    own, ledger = region.companies[row], region.ledger
    quotes = energy_quotes(region, CONTRACT_DAYS, numbers)
    return Home(
        tick=region.tick,
        region=region.region,
        guest=own.guest,
        usd_micro=int(ledger["usd"][row]),
        sat=int(ledger["sat"][row]),
        hash_ghs=int(ledger["hash"][row]),
        power_w=int(ledger["power"][row]),
        mined_sat=int(ledger["mined_sat"][row]),
        payout=PAYOUTS[ledger["payout"][row]],
        energy_micro=region.weather.price_micro,
        quotes=tuple(quotes),
        sites=tuple(_site(region, site, numbers) for site in own.sites),
        research=tuple(research_tree(region, row, numbers)),
        points=own.progress.points,
        quests=tuple(quests(region, row, numbers)),
        standing=standing_orders(region, row),
        ballots=tuple(
            name
            for name in sorted(region.book.votings)
            if name not in own.progress.votes and vote_weight(region, row, name) > 0
        ),
        news=region.news,
    )


def see_desk(market: Market, company: str) -> Desk:
    """Look at the market; a company that has never traded has nothing there."""
    number = market.numbers.get(company)
    spot, perp = market.listings[SPOT], market.listings[PERP]
    hours = perp.tape.candles.get("1h", [])[-HOURS_SEEN:]
    orders = {} if number is None else market.open_orders[number]
    return Desk(
        tick=market.tick,
        game_s=market.world.game_s,
        index=market.index(),
        spot_bid=spot.book.bid(),
        spot_ask=spot.book.ask(),
        perp_mark=perp.mark,
        perp_bid=perp.book.bid(),
        perp_ask=perp.book.ask(),
        funding_ppb=market.funding.rate_ppb,
        leverage_most=market.terms.leverage_max,
        closes=tuple(hour.close for hour in hours),
        options=tuple(
            _option(market.listings[one.name]) for one in market.world.options if one.name in market.listings
        ),
        positions=positions_of(market, company),
        orders=tuple(_order(order) for order in orders.values()),
        open_proposals=sum(one.outcome == OPEN for one in market.world.proposals),
    )


def positions_of(market: Market, company: str) -> tuple[PositionSeen, ...]:
    """Give a company's open positions, by instrument."""
    number = market.numbers.get(company)
    if number is None:
        return ()
    seen = []
    for name in sorted(market.listings):
        listing = market.listings[name]
        table = listing.positions
        if table is None or (row := table.rows.get(number)) is None:
            continue
        one = table.read(row)
        equity = table.equity(row, listing.mark)
        seen.append(PositionSeen(id_name(one.id), name, one.lots, one.cost, one.margin, equity, one.leverage))
    return tuple(seen)


def _site(region: Region, site: Site, numbers: Values) -> SiteSeen:
    sites, rigs = region.sites, region.rigs
    where = region.rigs_of(site.row)
    rids, status = rigs["rid"][where], rigs["status"][where]
    worn = (wear_of(region, np.arange(where.start, where.stop)) >= WORN) & (status == OK)
    power_w = int(sites["power"][site.row]) * (BP + int(sites["overhead_bp"][site.row])) // BP
    tier = int(sites["tier"][site.row])
    return SiteSeen(
        id=site.id,
        tier=tier,
        cooling=COOLINGS[sites["cooling"][site.row]],
        free=slots_of(numbers, tier) - int(sites["rigs"][site.row]),
        rigs=tuple(rids.tolist()),
        failed=tuple(rids[status == FAILED].tolist()),
        worn=tuple(rids[worn].tolist()),
        power_w=power_w,
        contracted=site.contract is not None and site.contract.ends > region.tick,
    )


def _option(listing: Listing) -> OptionSeen:
    option = listing.option
    assert option is not None, listing.name
    strike = option.strike_micro // TICK_MICRO
    return OptionSeen(
        option.name, option.expiry_s, strike, option.call, listing.mark, listing.book.bid(), listing.book.ask()
    )


def _order(order: Order) -> OrderSeen:
    placed_tick = order.id >> 24
    return OrderSeen(id_name(order.id), order.instrument, order.sign, order.lots, placed_tick)
