"""How long do the anti-cheat detectors look at a million rows?

The rows are the tests' town: 20,000 honest people, 500,000 trades and 500,000 orders of one hour, the makers' quotes,
and 200 pairs who trade with each other only, so that there is something to find. `hour` is all detectors of the hourly
job over all rows; the others are each by itself. They run in a thread beside the server, once an hour.
"""

from collections.abc import Callable
from typing import Any

from bench.common import Effort, median, rounded, run, say, spread, take_turns, timed
from gamefold.games.tycoon.reactors.anticheat.churn import churn
from gamefold.games.tycoon.reactors.anticheat.detect import trading_findings
from gamefold.games.tycoon.reactors.anticheat.pace import command_rate, order_to_trade
from gamefold.games.tycoon.reactors.anticheat.pairs import pairs_of
from gamefold.games.tycoon.reactors.anticheat.rhythm import rhythm
from gamefold.games.tycoon.reactors.anticheat.spoofing import spoofing
from gamefold.games.tycoon.reactors.anticheat.transfers import transfers, transfers_of
from gamefold.games.tycoon.reactors.anticheat.wash import wash
from tests.games.tycoon.anticheat.town import FIRST_TICK, HOUR_TICKS, THRESHOLDS, Town


def main(arguments: list[str] | None = None) -> None:
    """Measure and report."""
    run("tycoon_detectors", measure, arguments)


async def measure(effort: Effort) -> dict[str, Any]:
    """Give milliseconds for a million rows."""
    town = a_town(effort.pick(500_000, 20_000))
    records, upto_ms = town.records(), (FIRST_TICK + HOUR_TICKS) * 5_000
    trades, orders, companies, commands = records.trades, records.orders, records.companies, records.commands
    rows = len(trades) + len(orders) + len(commands)
    pairs = pairs_of(trades, companies)
    parts: dict[str, Callable[[], Any]] = {
        "hour": lambda: trading_findings(records, THRESHOLDS),
        "pairs": lambda: pairs_of(trades, companies),
        "wash": lambda: wash(pairs, companies, THRESHOLDS),
        "churn": lambda: churn(trades, companies, THRESHOLDS),
        "transfers": lambda: transfers(transfers_of(pairs, THRESHOLDS), companies),
        "spoofing": lambda: spoofing(orders, trades, companies, THRESHOLDS),
        "order_to_trade": lambda: order_to_trade(orders, trades, companies, THRESHOLDS),
        "command_rate": lambda: command_rate(commands, companies, THRESHOLDS),
        "rhythm": lambda: rhythm(commands, companies, upto_ms, THRESHOLDS),
    }
    findings = trading_findings(records, THRESHOLDS)
    assert findings, "what was planted is not found"
    sides = {name: timed(part) for name, part in parts.items()}
    results = await take_turns(sides, effort.pick(7, 2), effort.pick(1.0, 0.1), 0.5)
    figures: dict[str, Any] = {"rows": rows, "findings": len(findings)}
    for name, rates in results.items():
        times = [1_000 / rate for rate in rates]
        figures[name] = {
            "ms": rounded(median(times)),
            "spread": spread(times),
            "ms_per_million_rows": rounded(median(times) / rows * 1e6),
        }
        say(f"{name:16} {median(times):>9.2f} ms over {rows:,} rows")
    return figures


def a_town(rows: int) -> Town:
    """Give an hour of a market with so many trades and as many orders."""
    town = Town()
    people = town.people(rows // 25)
    town.honest_trades(people, rows)
    town.honest_orders(people, rows - 3 * HOUR_TICKS)
    town.makers_quote()
    for company in people[: rows // 100]:
        town.command(company, town.tick() * 5_000)
    washers = town.people(400, "washer")
    for one, other in zip(washers[::2], washers[1::2], strict=True):
        for number in range(30):
            town.trade(*((one, other) if number % 2 else (other, one)), lots=50)
    return town


if __name__ == "__main__":
    main()
