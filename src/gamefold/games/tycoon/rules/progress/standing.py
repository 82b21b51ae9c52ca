"""Standing orders: what a company with AUTOMATION_BASIC has done by itself at every tick."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from gamefold.engine.refusal import Rejected
from gamefold.engine.ruleset import Context, Event
from gamefold.games.tycoon.events.progress import AutoSellWanted, StandingOrdersSet
from gamefold.games.tycoon.intents.progress import AUTOMATION_LOCKED, KEEP_INVALID, SetStandingOrders
from gamefold.games.tycoon.rules.branches import tell_branches, terms_at
from gamefold.games.tycoon.rules.plant.maintenance import repair_failed
from gamefold.games.tycoon.rules.progress.perks import totals_at
from gamefold.games.tycoon.rules.purse import home_row
from gamefold.games.tycoon.state.region import Region
from gamefold.games.tycoon.state.research_tree import AUTOMATION
from gamefold.games.tycoon.state.units import LOT_SAT, SAT

KEEP_MOST_SAT: Final = 21_000_000 * SAT


def set_standing_orders(region: Region, intent: SetStandingOrders, ctx: Context) -> Iterator[Event]:
    """Switch on or off what happens by itself."""
    row = home_row(region, intent.company)
    if (intent.auto_repair or intent.auto_sell) and AUTOMATION not in totals_at(region, row, ctx):
        raise Rejected(AUTOMATION_LOCKED, "Standing orders need AUTOMATION_BASIC.")
    if not 0 <= intent.keep_sat <= KEEP_MOST_SAT:
        raise Rejected(KEEP_INVALID, "Keep 0 to 21 million BTC.")

    standings = region.standings
    standings["auto_repair"][row] = intent.auto_repair
    standings["auto_sell"][row] = intent.auto_sell
    standings["keep_sat"][row] = intent.keep_sat
    yield StandingOrdersSet(intent.company, intent.auto_repair, intent.auto_sell, intent.keep_sat)
    yield from tell_branches(region, row, terms_at(region, row))


def obey_standing_orders(region: Region, ctx: Context) -> Iterator[Event]:
    """Repair what has failed, and ask for the sale of BTC that is not to be kept, in whole lots."""
    wanted = (region.standings["auto_repair"] == 1) & (region.ledger["failed"] > 0)
    for row in np.flatnonzero(wanted).tolist():
        yield from repair_failed(region, row, ctx)
    above_sat = region.ledger["sat"] - region.standings["keep_sat"]
    for row in np.flatnonzero((region.standings["auto_sell"] == 1) & (above_sat >= LOT_SAT)).tolist():
        yield AutoSellWanted(region.companies[row].id, int(above_sat[row]) // LOT_SAT * LOT_SAT)
