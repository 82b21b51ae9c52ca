"""The Bitcoin network: blocks, their reward, difficulty and halvings (tycoon-simulation.md section 4.2).

Blocks are expected ones, not drawn: in a tick the network finds `hashrate * seconds / (difficulty * 2**32)`, and earns
subsidy and fees for each. At the pace of the protocol that is `seconds / 600` blocks; whoever works faster earns more
until the next retarget. What somebody earns for a hash depends on difficulty alone, whatever others do.

The rest of the world, those who are not players, follows the money: free entry keeps what the whole network earns for a
hash where it was at the start, less the progress of hardware (`network_growth_bp_per_year`). So the rest moves towards

    start network * (block worth now / block worth at the start) * growth - what players have

with a memory of `network_rest_days`, and never below `network_rest_least_bp` of that network. Real difficulty is
rounded to a compact form and measured over 2,015 intervals; ours is exact.
"""

from typing import Final

from gamefold.engine.balance import Values
from gamefold.engine.ruleset import Context, Event
from gamefold.games.tycoon.events.world import DifficultyChanged, SubsidyHalved
from gamefold.games.tycoon.state.units import BP, DAY_S, EPOCH_S, MICRO, SAT, TICK_S
from gamefold.games.tycoon.state.world import Chain, Modifiers

BLOCK_S: Final = 600
RETARGET_BLOCKS: Final = 2_016
PERIOD_S: Final = RETARGET_BLOCKS * BLOCK_S
HALVING_BLOCKS: Final = 210_000
# At the protocol's pace, block 840,000 comes on 2024-04-20, as it did.
START_HEIGHT: Final = 824_160
START_SUBSIDY_SAT: Final = 625_000_000
BOOM_BP: Final = 12_000  # of the network there is: what would pay
SLUMP_BP: Final = 8_000
LEAST_FACTOR_BP: Final = 1_000  # events never make blocks more than ten times as easy, whatever they are tuned to

_GIGA: Final = 10**9
_Q32_MASK: Final = (1 << 32) - 1
_YEAR_S: Final = 31_557_600


def start_chain(balance: Values) -> Chain:
    """Give the chain as a season begins, with a network that finds a block every 600 seconds."""
    difficulty = balance["network_difficulty_start"]
    network_ghs = max(1, (difficulty << 32) // (BLOCK_S * _GIGA))
    block_sat = START_SUBSIDY_SAT + balance["network_fee_sat"]
    return Chain(
        difficulty=difficulty,
        height=START_HEIGHT,
        subsidy_sat=START_SUBSIDY_SAT,
        rest_ghs=network_ghs,
        start_ghs=network_ghs,
        start_block_micro=max(1, balance["price_start_usd"] * MICRO * block_sat // SAT),
        began_s=EPOCH_S,
        # As if the period under way had begun on time.
        period_began_s=EPOCH_S - START_HEIGHT % RETARGET_BLOCKS * BLOCK_S,
        difficulty_now=difficulty,
        network_ghs=network_ghs,
    )


def find_blocks(chain: Chain, game_s: int, index_micro: int, modifiers: Modifiers, ctx: Context) -> list[Event]:
    """Let the network work for the tick that ends at `game_s`."""
    seconds = TICK_S * ctx.balance["time_compression"]
    # An event that raises difficulty raises the rest of the network with it, so blocks keep their pace.
    factor_bp = max(LEAST_FACTOR_BP, modifiers.difficulty_bp)
    chain.difficulty_now = max(1, chain.difficulty * factor_bp // BP)
    chain.network_ghs = max(1, chain.rest_ghs * factor_bp // BP + chain.players_ghs)
    found_q32 = chain.network_ghs * _GIGA * seconds // chain.difficulty_now  # expected blocks times 2**32
    reward_q32 = found_q32 * (chain.subsidy_sat + ctx.balance["network_fee_sat"]) + chain.reward_carry
    chain.reward_sat, chain.reward_carry = reward_q32 >> 32, reward_q32 & _Q32_MASK

    before = chain.height
    progress_q32 = chain.progress_q32 + found_q32
    chain.height, chain.progress_q32 = before + (progress_q32 >> 32), progress_q32 & _Q32_MASK
    _follow_the_money(chain, game_s, index_micro, ctx.balance, seconds)
    told: list[Event] = []
    if chain.height // HALVING_BLOCKS > before // HALVING_BLOCKS:
        told.append(halve(chain))
    if chain.height // RETARGET_BLOCKS > before // RETARGET_BLOCKS:
        told.append(_retarget(chain, game_s, found_q32, seconds))
    return told


def halve(chain: Chain) -> Event:
    """Let a block mint half as much from now on."""
    chain.subsidy_sat //= 2
    return SubsidyHalved(chain.height, chain.subsidy_sat)


def paying_ghs(chain: Chain, game_s: int, index_micro: int, balance: Values) -> int:
    """Give the network that would earn for a hash what it earned at the start, less the progress of hardware."""
    block_micro: int = index_micro * (chain.subsidy_sat + balance["network_fee_sat"]) // SAT
    growth: int = BP * _YEAR_S + balance["network_growth_bp_per_year"] * (game_s - chain.began_s)
    return chain.start_ghs * block_micro * growth // (chain.start_block_micro * BP * _YEAR_S)


def network_conditions(chain: Chain, game_s: int, index_micro: int, balance: Values) -> list[str]:
    """Name what holds of mining: BOOM where a larger network would pay, SLUMP where only a smaller one would."""
    paying, there = paying_ghs(chain, game_s, index_micro, balance), chain.network_ghs
    if paying * BP > there * BOOM_BP:
        return ["BOOM"]
    return ["SLUMP"] if paying * BP < there * SLUMP_BP else []


def _follow_the_money(chain: Chain, game_s: int, index_micro: int, balance: Values, seconds: int) -> None:
    paying = paying_ghs(chain, game_s, index_micro, balance)
    least = max(1, paying * balance["network_rest_least_bp"] // BP)
    wanted = max(least, paying - chain.players_ghs)
    chain.rest_ghs = max(
        1, chain.rest_ghs + (wanted - chain.rest_ghs) * seconds // (balance["network_rest_days"] * DAY_S)
    )


def _retarget(chain: Chain, game_s: int, found_q32: int, seconds: int) -> Event:
    """Set difficulty for the next 2,016 blocks; by a factor of 4 at most, both ways."""
    beyond_q32 = (chain.height % RETARGET_BLOCKS << 32) + chain.progress_q32
    ended_s = game_s - beyond_q32 * seconds // max(1, found_q32)
    took_s = min(max(ended_s - chain.period_began_s, PERIOD_S // 4), PERIOD_S * 4)
    previous, chain.difficulty = chain.difficulty, max(1, chain.difficulty * PERIOD_S // took_s)
    chain.period_began_s = ended_s
    return DifficultyChanged(chain.height, chain.difficulty, previous)
