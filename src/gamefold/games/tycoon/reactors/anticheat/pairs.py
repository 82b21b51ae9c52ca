"""Who traded with whom: trades summed by pair of companies, in each family of instruments."""

from dataclasses import dataclass

import numpy as np

from gamefold.games.tycoon.reactors.anticheat.groups import by, totals
from gamefold.games.tycoon.reactors.anticheat.records import FAMILIES, Companies, Trades, Whole


@dataclass(frozen=True, slots=True)
class Legs:
    """One row for each pair and instrument: `net` is what `low` bought from `high`, less what it sold to it."""

    pair: Whole  # place in Pairs
    instrument: Whole
    net: Whole


@dataclass(frozen=True, slots=True)
class Pairs:
    """One row for each family of instruments and two players who traded; `low` < `high`. Makers are left out."""

    family: Whole
    low: Whole
    high: Whole
    trades: Whole
    lots: Whole
    residual: Whole  # lots that do not cancel out, over all instruments
    low_share_bp: Whole  # of all lots that `low` traded in this family, with makers too
    high_share_bp: Whole
    from_tick: Whole
    upto_tick: Whole
    to_high: Whole  # what `low` lost to `high` against the marks: lots times price ticks, below 0 the other way
    legs: Legs

    def __len__(self) -> int:
        """Count them."""
        return len(self.low)


def pairs_of(trades: Trades, companies: Companies) -> Pairs:
    """Sum up trades by pair."""
    size, instruments = len(companies), int(trades.instrument.max(initial=0)) + 1
    rows = np.flatnonzero(~(companies.makers[trades.buyer] | companies.makers[trades.seller]))
    buyer, seller, lots, tick = trades.buyer[rows], trades.seller[rows], trades.lots[rows], trades.tick[rows]
    low, high, upward = np.minimum(buyer, seller), np.maximum(buyer, seller), buyer < seller
    over = (trades.price[rows] - trades.mark[rows]) * lots  # what the buyer gave the seller
    pair_keys = (trades.family[rows] * size + low) * size + high
    # One sort, by pair and instrument: the legs of one pair are neighbours, so pairs follow from legs.
    legs = by(pair_keys * instruments + trades.instrument[rows])
    pairs = by(legs.keys // instruments)
    first = legs.order[legs.starts[pairs.starts]]
    family, low, high = trades.family[rows][first], low[first], high[first]
    net = legs.sums(np.where(upward, lots, -lots))
    pair_lots = pairs.sums(legs.sums(lots))
    volume = volume_of(trades, companies)
    return Pairs(
        family=family,
        low=low,
        high=high,
        trades=pairs.sums(legs.counts()),
        lots=pair_lots,
        residual=pairs.sums(np.abs(net)),
        low_share_bp=pair_lots * 10_000 // volume[family, low],
        high_share_bp=pair_lots * 10_000 // volume[family, high],
        from_tick=pairs.least(legs.least(tick)),
        upto_tick=pairs.most(legs.most(tick)),
        to_high=pairs.sums(legs.sums(np.where(upward, over, -over))),
        legs=Legs(
            pair=np.repeat(np.arange(len(pairs), dtype=np.int64), pairs.counts()),
            instrument=legs.keys % instruments,
            net=net,
        ),
    )


def volume_of(trades: Trades, companies: Companies) -> Whole:
    """Give the lots everybody bought and sold, makers too, by family and company."""
    size = FAMILIES * len(companies)
    sold, bought = (trades.family * len(companies) + side for side in (trades.seller, trades.buyer))
    return (totals(sold, trades.lots, size) + totals(bought, trades.lots, size)).reshape(FAMILIES, len(companies))
