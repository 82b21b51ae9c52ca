"""All detectors, in one order, over the records of one period."""

from dataclasses import replace

from gamefold.games.tycoon.reactors.anticheat.churn import churn
from gamefold.games.tycoon.reactors.anticheat.findings import Finding, strongest
from gamefold.games.tycoon.reactors.anticheat.funnels import funnels, linked_accounts, networks_of
from gamefold.games.tycoon.reactors.anticheat.pace import command_rate, order_to_trade
from gamefold.games.tycoon.reactors.anticheat.pairs import pairs_of
from gamefold.games.tycoon.reactors.anticheat.records import Records
from gamefold.games.tycoon.reactors.anticheat.rhythm import rhythm
from gamefold.games.tycoon.reactors.anticheat.sizes import sizes_of
from gamefold.games.tycoon.reactors.anticheat.spoofing import spoofing
from gamefold.games.tycoon.reactors.anticheat.thresholds import Thresholds
from gamefold.games.tycoon.reactors.anticheat.transfers import transfers, transfers_of
from gamefold.games.tycoon.reactors.anticheat.wash import wash


def trading_findings(records: Records, thresholds: Thresholds) -> list[Finding]:
    """Find what can be seen in an hour: in trades, orders and commands. The highest scores first."""
    trades, orders, companies = records.trades, records.orders, records.companies
    pairs = pairs_of(trades, companies)
    handed_over = transfers_of(pairs, thresholds)
    networks = networks_of(records.links, thresholds.link_accounts_most)
    found = (
        *wash(pairs, companies, thresholds),
        *churn(trades, companies, thresholds),
        *transfers(handed_over, companies),
        *funnels(handed_over, networks, companies, thresholds),
        *linked_accounts(handed_over, networks, companies, thresholds),
        *spoofing(orders, trades, companies, thresholds),
        *order_to_trade(orders, trades, companies, thresholds),
        *command_rate(records.commands, companies, thresholds),
    )
    reported = strongest(found, thresholds.findings_most)
    numbers = {company: number for number, company in enumerate(companies.ids)}
    sizes = sizes_of(trades, {numbers[finding.subject] for finding in reported}, thresholds)
    return [_with_sizes(finding, sizes.get(numbers[finding.subject], {}), records.world) for finding in reported]


def rhythm_findings(records: Records, upto_ms: int, thresholds: Thresholds) -> list[Finding]:
    """Find what takes two days to be seen: in commands."""
    found = strongest(rhythm(records.commands, records.companies, upto_ms, thresholds), thresholds.findings_most)
    return [_with_sizes(finding, {}, records.world) for finding in found]


def _with_sizes(finding: Finding, sizes: dict[str, int], world: str) -> Finding:
    evidence = {"world": world, **finding.evidence, **({"sizes": sizes} if sizes else {})}
    return replace(finding, evidence=evidence)
