"""Value handed over by mispriced trades: by pair, to hubs, and within a network."""

import pytest

from gamefold.games.tycoon.reactors.anticheat.detect import trading_findings
from gamefold.games.tycoon.reactors.anticheat.findings import FUNNEL, LINKED_ACCOUNTS, PEERS_MOST, VALUE_TRANSFER

from .town import THRESHOLDS, Town, precision_and_recall, subjects

USD = 100_000  # in lots times price ticks


@pytest.fixture(scope="module")
def quiet() -> Town:
    town = Town(21)
    town.honest_trades(town.people(2_000), 60_000)
    return town


def an_hour_like(quiet: Town) -> Town:
    """Another town with the same people and their trades."""
    return Town(22, names=[*quiet.names], trades=[*quiet.trades])


def hand_over(town: Town, giver: int, taker: int, usd: int, parts: int = 3) -> None:
    """The giver buys above the mark or sells below it, in parts."""
    for part in range(parts):
        lots = town.draw(500, 1_500)
        over = usd * USD // (parts * lots) + 1
        if part % 2:
            town.trade(giver, taker, lots=lots, over=over)
        else:
            town.trade(taker, giver, lots=lots, over=-over)


def test_honest_people_hand_over_nothing(quiet: Town) -> None:
    kinds = {finding.kind for finding in trading_findings(quiet.records(), THRESHOLDS)}
    assert not kinds & {VALUE_TRANSFER, FUNNEL, LINKED_ACCOUNTS}


def test_mispriced_transfers_are_found(quiet: Town) -> None:
    town = an_hour_like(quiet)
    givers, takers = town.people(500, "giver"), town.people(500, "taker")
    for giver, taker in zip(givers, takers, strict=True):
        hand_over(town, giver, taker, usd=town.draw(2_100, 50_000))
    many = [finding for finding in trading_findings(town.records(), THRESHOLDS) if finding.kind == VALUE_TRANSFER]
    precision, recall = precision_and_recall({finding.subject for finding in many}, town.ids(takers))
    assert precision == 1
    assert recall >= 0.99
    pairs = {(finding.evidence["from"], finding.subject) for finding in many}
    assert pairs <= {(town.names[one], town.names[other]) for one, other in zip(givers, takers, strict=True)}


def test_the_evidence_says_how_much_and_what_is_usual(quiet: Town) -> None:
    town = an_hour_like(quiet)
    giver, taker = town.people(2, "friend")
    hand_over(town, giver, taker, usd=30_000)
    [finding] = [one for one in trading_findings(town.records(), THRESHOLDS) if one.kind == VALUE_TRANSFER]
    assert finding.subject == town.names[taker]
    assert finding.evidence["from"] == town.names[giver]
    assert 30_000 <= finding.evidence["usd"] <= 30_100
    assert THRESHOLDS.transfer_usd_least <= finding.evidence["limit_usd"] < 30_000
    assert finding.evidence["trades"] == 3
    assert finding.score > 400


def test_what_goes_there_and_comes_back_is_no_transfer(quiet: Town) -> None:
    town = an_hour_like(quiet)
    one, other = town.people(2, "friend")
    for _ in range(3):
        town.trade(one, other, lots=1_000, over=4_000)
        town.trade(other, one, lots=1_000, over=4_000)
    assert not subjects(trading_findings(town.records(), THRESHOLDS), VALUE_TRANSFER)


def test_what_makers_lose_is_nobodys_transfer() -> None:
    town = Town()
    for person in town.people(30):
        hand_over(town, 0, person, usd=20_000)
    assert not trading_findings(town.records(), THRESHOLDS)


def test_fifty_hubs_are_found_and_nobody_else(quiet: Town) -> None:
    town = an_hour_like(quiet)
    hubs = town.people(50, "hub")
    honest = range(3, 2_003)
    for hub in hubs:
        for feeder in town.people(town.draw(4, 9), f"feeder-{hub}"):
            hand_over(town, feeder, hub, usd=town.draw(600, 4_000), parts=2)
            town.trade(feeder, honest[town.draw(0, 2_000)], lots=50)  # an honest trade or two to look like others
        town.trade(hub, honest[town.draw(0, 2_000)], lots=3_000)
    found = subjects(trading_findings(town.records(), THRESHOLDS), FUNNEL)
    assert precision_and_recall(found, town.ids(hubs)) == (1, 1)


def test_three_feeders_make_no_hub(quiet: Town) -> None:
    town = an_hour_like(quiet)
    [hub] = town.people(1, "hub")
    for feeder in town.people(THRESHOLDS.funnel_feeders_least - 1, "feeder"):
        hand_over(town, feeder, hub, usd=1_000)
    assert not subjects(trading_findings(town.records(), THRESHOLDS), FUNNEL)


def test_who_beats_many_that_trade_with_everybody_is_no_hub(quiet: Town) -> None:
    """A quick trader takes stale orders of many; none of them is there for this one."""
    town = an_hour_like(quiet)
    [quick] = town.people(1, "quick")
    for loser in range(3, 23):
        hand_over(town, loser, quick, usd=800, parts=1)
        for _ in range(10):
            town.trade(loser, town.draw(100, 2_000), lots=2_000)
    assert not subjects(trading_findings(town.records(), THRESHOLDS), FUNNEL)


def test_feeders_that_share_a_network_count_for_more(quiet: Town) -> None:
    def score(shared: bool) -> tuple[int, object]:
        town = an_hour_like(quiet)
        [hub] = town.people(1, "hub")
        for key, feeder in enumerate(town.people(5, "feeder")):
            hand_over(town, feeder, hub, usd=900)
            town.links.append((feeder, 7 if shared else key))
        [finding] = [one for one in trading_findings(town.records(), THRESHOLDS) if one.kind == FUNNEL]
        return finding.score, finding.evidence["linked"]

    apart, together = score(shared=False), score(shared=True)
    assert (apart[1], together[1]) == (0, 5)
    assert together[0] == apart[0] + 200


def test_value_that_flows_within_a_network_is_found() -> None:
    """Three accounts share networks in a chain: a - b by one key, b - c by another. Union-find joins all three."""
    town = Town(23)
    a, b, c, stranger = town.people(4)
    town.links += [(a, 1), (b, 1), (b, 2), (c, 2), (stranger, 3)]
    hand_over(town, a, c, usd=900)
    hand_over(town, stranger, b, usd=900)
    [finding] = [one for one in trading_findings(town.records(), THRESHOLDS) if one.kind == LINKED_ACCOUNTS]
    assert finding.subject == town.names[c]
    assert finding.evidence["with"] == [town.names[a]]
    assert 900 <= finding.evidence["usd"] <= 902


def test_a_network_of_a_whole_school_says_nothing() -> None:
    town = Town(24)
    school = town.people(THRESHOLDS.link_accounts_most + 1, "pupil")
    town.links += [(pupil, 1) for pupil in school]
    hand_over(town, school[0], school[1], usd=900)
    assert not subjects(trading_findings(town.records(), THRESHOLDS), LINKED_ACCOUNTS)


def test_evidence_is_bounded(quiet: Town) -> None:
    town = an_hour_like(quiet)
    [hub] = town.people(1, "hub")
    for feeder in town.people(300, "feeder"):
        hand_over(town, feeder, hub, usd=600, parts=1)
    [finding] = [one for one in trading_findings(town.records(), THRESHOLDS) if one.kind == FUNNEL]
    assert finding.evidence["feeders"] == 300
    assert len(finding.evidence["from"]) == PEERS_MOST
    assert finding.score <= 1_000
