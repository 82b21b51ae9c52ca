"""How much companies are worth, and how unequal that is. For reports only: floats are welcome here."""

from collections.abc import Sequence
from typing import Final

from gamefold.engine.balance import Values
from gamefold.games.tycoon.reactors.simulated.look import positions_of
from gamefold.games.tycoon.state.market import Market
from gamefold.games.tycoon.state.region import Region
from gamefold.games.tycoon.state.resale import resale_micro
from gamefold.games.tycoon.state.units import MICRO, SAT

DECILES: Final = 10


def net_worth(region: Region, row: int, market: Market, numbers: Values) -> int:
    """Give what a company owns, at the prices of now: money at home and in the market, positions, and its rigs' resale
    value; of a branch, what is there. Whole USD, rounded down; sites sell for nothing.
    """
    company, home = region.companies[row].id, region.companies[row].home
    usd, sat = int(region.ledger["usd"][row]), int(region.ledger["sat"][row])
    if not home and (account := market.account_of(company)) is not None:
        usd += account.usd_free + account.usd_held
        sat += account.sat_free + account.sat_held
        usd += sum(position.equity_micro for position in positions_of(market, company))
    for site in region.companies[row].sites:
        usd += int(resale_micro(region, region.rows_on(site.row), numbers).sum())
    return (usd + sat * market.world.price.index_micro // SAT) // MICRO


def gini(values: Sequence[int]) -> float:
    """Give the Gini coefficient: 0 where all have the same, nearly 1 where one has everything. Debts count as 0."""
    ordered = sorted(max(0, value) for value in values)
    total, count = sum(ordered), len(ordered)
    if not total:
        return 0.0
    weighted = sum(rank * value for rank, value in enumerate(ordered, 1))
    return round((2 * weighted - (count + 1) * total) / (count * total), 6)


def lorenz(values: Sequence[int]) -> list[tuple[float, float]]:
    """Give the Lorenz curve: which share of everything the poorest share of all has, from (0, 0) to (1, 1)."""
    ordered = sorted(max(0, value) for value in values)
    total, count = sum(ordered), len(ordered)
    points, so_far = [(0.0, 0.0)], 0
    for rank, value in enumerate(ordered, 1):
        so_far += value
        points.append((round(rank / count, 6), round(so_far / total, 6) if total else round(rank / count, 6)))
    return points


def deciles(values: Sequence[int]) -> list[int]:
    """Give what the richest of each tenth has, the poorest tenth first. Empty where there is nobody."""
    ordered = sorted(values)
    count = len(ordered)
    return [ordered[max(0, -(-part * count // DECILES) - 1)] for part in range(1, DECILES + 1)] if count else []
