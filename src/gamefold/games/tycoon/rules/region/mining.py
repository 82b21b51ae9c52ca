"""What is mined in a tick, and how it is shared out (sections 1.4 and 4.2).

FPPS pays every company its share of what the network is expected to mine. PPLNS pays by the blocks its pool finds, and
SOLO by those one finds alone: a block is always its subsidy and fees, however fast the network is at the moment.
Shares are thousandths of a satoshi; what is less stays with the region's pool, and what is less than a satoshi with the
company, until it makes a whole one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gamefold.engine.ruleset import Context, Event
from gamefold.games.tycoon.events.region import BlocksFound
from gamefold.games.tycoon.rules import chance
from gamefold.games.tycoon.rules.region.shares import rate_of, share_out
from gamefold.games.tycoon.state.border import MarketNews
from gamefold.games.tycoon.state.region import FPPS, PPLNS, SOLO, Region
from gamefold.games.tycoon.state.units import BP

MSAT: Final = 1_000
SHARES_LAST_BITS: Final = 6  # the PPLNS pool forgets 1/64 of all shares in a tick

_BLOCKS_MOST_Q32: Final = 4_096 << 32  # of a tick; a month of blocks, and it fits


def mine(
    region: Region, news: MarketNews, supply: NDArray[np.int64], mined: NDArray[np.int64], ctx: Context
) -> Iterator[Event]:
    """Work out every company's hashrate and pay it. `mined` (satoshi, by row) takes what each was paid."""
    sites, ledger = region.sites, region.ledger
    hashes = np.zeros(len(ledger), np.int64)
    np.add.at(hashes, sites["company"], sites["hash"] * supply >> 12)
    if news.effects.hashrate_bp != BP:
        hashes = hashes * np.int64(news.effects.hashrate_bp) // BP
    ledger["hash"][:] = hashes

    # Hashrates are known to the market a tick late: nobody is paid for more than the whole network.
    network = max(1, news.network_ghs, int(hashes.sum()))
    more_bp = BP + news.effects.mining_subsidy_bp
    luck = _luck_of(news, network, more_bp, ctx)
    msat = ledger["msat"].astype(np.int64)
    payout = ledger["payout"]
    msat += _even_shares(region, np.where(payout == FPPS, hashes, 0), network, news.reward_sat * more_bp // BP, ctx)
    _share_the_pool(region, hashes, luck, msat, ctx)
    yield from _alone(region, np.flatnonzero((payout == SOLO) & (hashes > 0)), luck, mined, ctx)

    whole = msat // MSAT
    mined += whole
    ledger["msat"][:] = msat - whole * MSAT
    sat, mined_sat = ledger["sat"], ledger["mined_sat"]
    sat += mined
    mined_sat += mined
    region.flows.count("mined", sat=int(mined.sum()))


def _even_shares(
    region: Region, hashes: NDArray[np.int64], network: int, reward_sat: int, ctx: Context
) -> NDArray[np.int64]:
    """FPPS: the pool carries the luck and keeps its fee. What cannot be shared out waits for the next tick."""
    earned_msat = reward_sat * MSAT * int(hashes.sum()) // network
    kept_bp = BP - ctx.balance["pool_fee_bp"]["FPPS"]
    shares, region.pool_msat = share_out(region.pool_msat + earned_msat * kept_bp // BP, hashes)
    return shares


def _share_the_pool(
    region: Region, hashes: NDArray[np.int64], luck: "_Luck", msat: NDArray[np.int64], ctx: Context
) -> None:
    """PPLNS: the pool's blocks are shared by the last shares, of the players and of others who mine there."""
    rows = np.flatnonzero(region.ledger["payout"] == PPLNS)  # whoever leaves the pool leaves the shares there
    shares, added = region.ledger["shares"][rows], hashes[rows]
    shares += added - (shares >> SHARES_LAST_BITS)
    region.ledger["shares"][rows] = shares
    in_pool = int(shares.sum())
    if in_pool == 0:
        return
    others = luck.network * ctx.balance["pool_pplns_network_bp"] // BP
    pool = min(luck.network, others + int(added.sum()))
    drawn = chance.draw_u64(chance.key_of(ctx.rng("pplns")), np.zeros(1, np.int64))
    blocks = int(chance.poisson(drawn, luck.expected(np.array([pool], np.int64)))[0])
    kept_bp = BP - ctx.balance["pool_fee_bp"]["PPLNS"]
    paid_msat = blocks * luck.block_sat * MSAT * kept_bp // BP
    rate, shift = rate_of(paid_msat, in_pool + (others << SHARES_LAST_BITS), int(shares.max()))
    msat[rows] += shares * np.int64(rate) >> np.int64(shift)


def _alone(
    region: Region, rows: NDArray[np.int64], luck: "_Luck", mined: NDArray[np.int64], ctx: Context
) -> Iterator[Event]:
    """SOLO: whoever finds a block keeps it."""
    if not len(rows):
        return
    drawn = chance.draw_u64(chance.key_of(ctx.rng("solo")), rows)
    blocks = chance.poisson(drawn, luck.expected(region.ledger["hash"][rows]))
    block_sat = luck.block_sat * (BP - ctx.balance["pool_fee_bp"]["SOLO"]) // BP
    for row, found in zip(rows[blocks > 0].tolist(), blocks[blocks > 0].tolist(), strict=True):
        mined[row] += found * block_sat
        yield BlocksFound(region.companies[row].id, found, found * block_sat, region.tick)


@dataclass(frozen=True, slots=True)
class _Luck:
    """What those who live by blocks draw for: how many the network finds in this tick, and what one pays."""

    network: int  # GH/s
    blocks_q32: int
    block_sat: int

    def expected(self, hashes: NDArray[np.int64]) -> NDArray[np.int64]:
        """Give how many blocks such hashrates are expected to find in a tick, Q32."""
        rate, shift = rate_of(self.blocks_q32, self.network, int(hashes.max()))
        return hashes * np.int64(rate) >> np.int64(shift)


def _luck_of(news: MarketNews, network: int, more_bp: int, ctx: Context) -> _Luck:
    block_sat = max(1, news.subsidy_sat + ctx.balance["network_fee_sat"])
    return _Luck(network, min((news.reward_sat << 32) // block_sat, _BLOCKS_MOST_Q32), block_sat * more_bp // BP)
