"""Nothing was made and nothing was lost: a world where this does not hold stops rather than pay."""

from typing import Final

from gamefold.engine.ruleset import Context, Event
from gamefold.games.tycoon.state.market import Market

WALKED_LEAST: Final = 2_000  # accounts a tick: all, unless there are twice as many
WALKED_IN: Final = 60  # ticks at most, however many there are


def prove(market: Market, _ctx: Context) -> list[Event]:
    """Hold what the market has against what came and went, and the longs of every instrument against its shorts.

    Accounts that changed are counted again, the others are as they were counted last. That they are is looked at too:
    a rule that changes an account and does not say so is found in the same tick, and in a market of many thousands
    within `WALKED_IN` ticks.
    """
    tally = market.count_changed()
    held, expected = (tally.usd + market.usd_elsewhere(), tally.sat), market.flows.balance()
    assert held == expected, f"the market holds {held} micro-USD and satoshi instead of {expected}"
    step = min(WALKED_IN, max(1, len(market.accounts) // WALKED_LEAST))
    for number in range(market.tick % step, len(market.accounts), step):
        account = market.accounts[number]
        assert tally.knows(number, account.money()), f"the account of {account.company} changed and nobody said so"
    for name, listing in sorted(market.listings.items()):
        if listing.positions is not None and listing.positions.total("lots"):
            longs, shorts = listing.positions.open_interest()
            raise AssertionError(f"{name} has {longs} lots long and {shorts} short")
    return []
