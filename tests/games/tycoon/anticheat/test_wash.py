"""Wash trading: pairs and rings, among honest people and makers."""

from gamefold.games.tycoon.reactors.anticheat.detect import trading_findings
from gamefold.games.tycoon.reactors.anticheat.findings import CHURN, WASH_PAIR, WASH_RING

from .town import FIRST_TICK, HOUR_TICKS, PERP, SPOT, THRESHOLDS, Town, precision_and_recall, subjects


def wash(town: Town, one: int, other: int, trades: int = 24, instrument: int = SPOT) -> None:
    """Back and forth; sizes differ, and the last trade brings both back to where they were."""
    net = 0
    for number in range(trades - 1):
        lots = town.draw(300, 700)
        there = number % 2 == 0
        net += lots if there else -lots
        town.trade(*((one, other) if there else (other, one)), lots=lots, instrument=instrument)
    town.trade(*((other, one) if net > 0 else (one, other)), lots=max(1, abs(net)), instrument=instrument)


def a_day_at_the_market(seed: int) -> tuple[Town, list[int]]:
    town = Town(seed)
    people = town.people(2_000)
    town.honest_trades(people, 60_000)
    return town, people


def test_160_washers_are_found_and_nobody_else() -> None:
    town, _ = a_day_at_the_market(11)
    in_pairs, in_rings = town.people(100, "washer"), town.people(60, "ringer")
    for one, other in zip(in_pairs[::2], in_pairs[1::2], strict=True):
        wash(town, one, other)
    for first in range(0, 60, 4):
        ring = in_rings[first : first + 4]
        for _ in range(25):
            lots = town.draw(300, 700)
            for place in range(4):  # round and round: everybody buys from the one before
                town.trade(ring[place], ring[place - 1], lots=lots)
    town.honest_trades([*in_pairs, *in_rings], 400)  # they trade with others, too
    findings = trading_findings(town.records(), THRESHOLDS)
    found = subjects(findings, WASH_PAIR) | subjects(findings, WASH_RING)
    assert precision_and_recall(found, town.ids([*in_pairs, *in_rings])) == (1, 1)
    assert subjects(findings, WASH_PAIR) == town.ids(in_pairs)
    assert subjects(findings, WASH_RING) == town.ids(in_rings)


def test_the_evidence_names_the_partner_and_the_ticks() -> None:
    town = Town()
    one, other = town.people(2)
    wash(town, one, other, trades=40)
    [about, _] = [finding for finding in trading_findings(town.records(), THRESHOLDS) if finding.kind == WASH_PAIR]
    evidence = about.evidence
    assert about.subject == town.names[one]
    assert evidence["with"] == town.names[other]
    assert evidence["world"] == "tycoon-market/s1"
    assert (evidence["trades"], evidence["net_lots"], evidence["share_bp"]) == (40, 0, 10_000)
    ticks = [trade[0] for trade in town.trades]
    assert (evidence["from_tick"], evidence["upto_tick"]) == (min(ticks), max(ticks))
    assert FIRST_TICK <= evidence["from_tick"] < evidence["upto_tick"] < FIRST_TICK + HOUR_TICKS


def test_friends_who_trade_in_one_direction_are_no_washers() -> None:
    town, people = a_day_at_the_market(12)
    for _ in range(40):
        town.trade(people[0], people[1], lots=3_000)
    findings = trading_findings(town.records(), THRESHOLDS)
    assert not subjects(findings, WASH_PAIR)
    assert not subjects(findings, WASH_RING)


def test_a_chain_of_close_trades_that_does_not_close_is_no_ring() -> None:
    town, _ = a_day_at_the_market(13)
    chain = town.people(5, "chained")
    for _ in range(25):
        for place in range(4):
            town.trade(chain[place], chain[place + 1], lots=500)
    assert not subjects(trading_findings(town.records(), THRESHOLDS), WASH_RING)


def test_what_is_traded_with_makers_is_no_wash_trade() -> None:
    town = Town()
    [person] = town.people(1)
    wash(town, person, 0, trades=100)
    wash(town, 1, 2, trades=100)
    findings = trading_findings(town.records(), THRESHOLDS)
    assert not subjects(findings, WASH_PAIR)
    assert subjects(findings, CHURN) == {town.names[person]}  # never one of the makers


def test_washing_one_kind_of_instrument_is_not_hidden_by_trading_another() -> None:
    town, people = a_day_at_the_market(14)
    one, other = town.people(2, "washer")
    wash(town, one, other, instrument=PERP, trades=30)
    for _ in range(200):
        town.trade(one, people[town.draw(0, 2_000)], lots=5_000)
        town.trade(people[town.draw(0, 2_000)], other, lots=5_000)
    assert subjects(trading_findings(town.records(), THRESHOLDS), WASH_PAIR) == town.ids([one, other])


def test_the_same_rows_in_another_order_give_the_same_findings() -> None:
    town, _ = a_day_at_the_market(15)
    pair = town.people(2, "washer")
    wash(town, *pair)
    before = trading_findings(town.records(), THRESHOLDS)
    town.trades.reverse()
    assert trading_findings(town.records(), THRESHOLDS) == before


def test_churners_trade_more_than_nearly_everybody_and_end_where_they_began() -> None:
    town, people = a_day_at_the_market(16)
    churner, builder = town.people(2, "busy")
    for number in range(200):
        other = people[town.draw(0, 2_000)]
        town.trade(*((churner, other) if number % 2 else (other, churner)), lots=9_000)
        town.trade(builder, other, lots=9_000)  # as much, but to have it
    assert subjects(trading_findings(town.records(), THRESHOLDS), CHURN) == {town.names[churner]}
