"""Spoofing, pace and rhythm: what orders and commands show."""

from dataclasses import replace

import pytest

from gamefold.games.tycoon.reactors.anticheat.detect import rhythm_findings, trading_findings
from gamefold.games.tycoon.reactors.anticheat.findings import BOT_RHYTHM, COMMAND_RATE, ORDER_TO_TRADE, SPOOFING
from gamefold.games.tycoon.reactors.anticheat.records import MINUTE_TICKS

from .town import FIRST_TICK, THRESHOLDS, Town, precision_and_recall, subjects

HOUR_MS = 3_600_000
MINUTE_MS = 60_000
NOON_MS = 1_800_000_000_000


def spoof(town: Town, company: int, minute: int, *, buy: bool = True, away: int = 2, other: int = 0) -> None:
    """Layers on one side, a fill on the other, and the layers are gone. Starts at a minute of the ticks."""
    tick = FIRST_TICK + minute * MINUTE_TICKS
    for layer in range(4):
        town.order(company, opened=tick + layer, closed=tick + layer + 4, withdrawn=True, buy=buy, away=away, lots=900)
    if other:
        town.order(company, opened=tick, closed=tick + 4, withdrawn=True, buy=not buy, away=away, lots=other)
    trade = (3, company) if buy else (company, 3)  # 3 is the first person of every town here
    town.trade(*trade, lots=100, tick=tick + 6)


def a_busy_hour(seed: int) -> tuple[Town, list[int]]:
    town = Town(seed)
    people = town.people(1_000)
    town.honest_trades(people, 20_000)
    town.honest_orders(people, 30_000)
    town.makers_quote()
    return town, people


def test_spoofers_are_found_and_nobody_else() -> None:
    town, _ = a_busy_hour(31)
    spoofers = town.people(40, "spoofer")
    for company in spoofers:
        for minute in range(town.draw(5, 9)):
            spoof(town, company, 2 * minute, buy=bool(company % 2))
    found = subjects(trading_findings(town.records(), THRESHOLDS), SPOOFING)
    assert precision_and_recall(found, town.ids(spoofers)) == (1, 1)


@pytest.mark.parametrize(
    ("minutes", "options"),
    [
        pytest.param(4, {}, id="too few times"),
        pytest.param(9, {"away": 6}, id="too far from the touch to move anybody"),
        pytest.param(9, {"other": 1_000}, id="both sides: who makes a market takes back on both"),
    ],
)
def test_honest_withdrawals_are_no_spoofing(minutes: int, options: dict[str, int]) -> None:
    town = Town(32)
    _, person = town.people(2)
    for minute in range(minutes):
        spoof(town, person, minute, **options)
    assert not subjects(trading_findings(town.records(), THRESHOLDS), SPOOFING)


def test_what_stood_longer_than_six_ticks_was_meant() -> None:
    town = Town(33)
    _, quick, slow = town.people(3)
    for minute in range(9):
        spoof(town, quick, minute)
        spoof(town, slow, minute)
    town.orders = [
        (opened - 3, *rest) if rest[-1] == slow else (opened, *rest) for opened, *rest in town.orders
    ]  # stood for 7 ticks instead of 4
    assert subjects(trading_findings(town.records(), THRESHOLDS), SPOOFING) == town.ids([quick])


def test_withdrawing_without_a_trade_gains_nothing() -> None:
    town = Town(34)
    _, person = town.people(2)
    for minute in range(9):
        spoof(town, person, minute)
    town.trades.clear()
    assert not subjects(trading_findings(town.records(), THRESHOLDS), SPOOFING)


def test_the_evidence_covers_the_minutes() -> None:
    town = Town(35)
    _, person = town.people(2)
    for minute in (3, 4, 5, 9, 20):
        spoof(town, person, minute)
    [finding] = [one for one in trading_findings(town.records(), THRESHOLDS) if one.kind == SPOOFING]
    assert finding.subject == town.names[person]
    assert (finding.evidence["minutes"], finding.evidence["withdrawn_lots"]) == (5, 5 * 3_600)
    assert finding.evidence["traded_lots"] == 500
    assert finding.evidence["from_tick"] == FIRST_TICK + 3 * MINUTE_TICKS
    assert finding.evidence["upto_tick"] == FIRST_TICK + 21 * MINUTE_TICKS - 1


def test_more_than_a_hundred_orders_for_each_trade_are_noise() -> None:
    town, people = a_busy_hour(36)
    noisy, busy = town.people(2, "busy")
    for number in range(600):
        tick = FIRST_TICK + number
        town.order(noisy, opened=tick, closed=tick + 50, withdrawn=True, buy=bool(number % 2), away=40)
        town.order(busy, opened=tick, closed=tick + 50, withdrawn=True, buy=bool(number % 2), away=40)
    for _ in range(6):
        town.trade(busy, people[0])
        town.trade(people[1], busy)
    assert subjects(trading_findings(town.records(), THRESHOLDS), ORDER_TO_TRADE) == town.ids([noisy])


def test_more_commands_in_a_minute_than_hands_can_give() -> None:
    town = Town(37)
    fast, calm = town.people(2)
    most = THRESHOLDS.rate_per_minute_most
    for number in range(most + 1):
        town.command(fast, NOON_MS + number * 100)
        town.command(0, NOON_MS + number * 100)  # makers never stop
        if number < most:
            town.command(calm, NOON_MS + number * 100)
    [finding] = [one for one in trading_findings(town.records(), THRESHOLDS) if one.kind == COMMAND_RATE]
    assert finding.subject == town.names[fast]
    assert finding.evidence["commands"] == most + 1
    assert (finding.evidence["from_ms"], finding.evidence["upto_ms"]) == (NOON_MS, NOON_MS + MINUTE_MS)


def people_by_the_clock(town: Town, upto_ms: int) -> tuple[list[int], list[int]]:
    """Two days of: people who sleep, people who share an account and do not, programs of two kinds, and makers."""
    from_ms = upto_ms - 48 * HOUR_MS
    sleepers, sharers = town.people(30, "sleeper"), town.people(10, "sharer")
    even, waiting = town.people(20, "even"), town.people(20, "waiting")
    resting, watchers = town.people(20, "resting"), town.people(10, "watcher")
    for company in (*sleepers, *sharers):
        time = from_ms
        while (time := time + 1_000 + int(town.luck.exponential(300_000))) < upto_ms:
            asleep = company in sleepers and (time // HOUR_MS + company) % 24 < 7
            if not asleep:
                town.command(company, time)
    for company in even:
        period, time = town.draw(30_000, 600_000), from_ms
        while (time := time + period + town.draw(-period // 20, period // 20)) < upto_ms:
            town.command(company, time)
    for company in waiting:  # acts at some ticks, always as long after them
        answers_ms, time = town.draw(0, 4_800), from_ms
        while (time := time + 5_000 * town.draw(1, 200)) < upto_ms:
            town.command(company, time // 5_000 * 5_000 + answers_ms + town.draw(0, 200))
    for company in resting:  # adds chance to its pauses, and is switched off for two hours a day
        period, time = town.draw(30_000, 300_000), from_ms
        while (time := time + period + town.draw(-period // 4, period // 4)) < upto_ms:
            if time // HOUR_MS % 24 >= 2:
                town.command(company, time)
    for company in watchers:  # people who take turns and wait for the tick: a second or two, more or less
        time = from_ms
        while (time := time + 1_000 + int(town.luck.exponential(200_000))) < upto_ms:
            town.command(company, time // 5_000 * 5_000 + int(1_000 * town.luck.lognormal(0.6, 0.5)))
    for tick in range(0, 48 * HOUR_MS, 60_000):
        town.command(0, from_ms + tick)
    return [*even, *waiting, *resting], [*sleepers, *sharers, *watchers]


def test_programs_are_known_by_their_rhythm() -> None:
    town = Town(38)
    programs, _ = people_by_the_clock(town, NOON_MS)
    found = subjects(rhythm_findings(town.records(), NOON_MS, THRESHOLDS), BOT_RHYTHM)
    assert precision_and_recall(found, town.ids(programs)) == (1, 1)


def test_a_program_that_sleeps_for_four_hours_is_taken_for_a_person() -> None:
    def found(pause_minutes: int) -> set[str]:
        town = Town(39)
        [person] = town.people(1)
        rest = range(20 * HOUR_MS, 20 * HOUR_MS + pause_minutes * MINUTE_MS - 1)
        for time in range(0, 48 * HOUR_MS, MINUTE_MS):
            if time not in rest:
                town.command(person, NOON_MS - 48 * HOUR_MS + time)
        return subjects(rhythm_findings(town.records(), NOON_MS, THRESHOLDS), BOT_RHYTHM)

    assert not found(THRESHOLDS.rhythm_pause_minutes)
    assert found(THRESHOLDS.rhythm_pause_minutes - 10)


def test_a_few_commands_have_no_rhythm() -> None:
    town = Town(40)
    [person] = town.people(1)
    for time in range(0, 48 * HOUR_MS, HOUR_MS):
        town.command(person, NOON_MS - 48 * HOUR_MS + time)
    assert not rhythm_findings(town.records(), NOON_MS, THRESHOLDS)
    few = replace(THRESHOLDS, rhythm_commands_least=40)
    assert subjects(rhythm_findings(town.records(), NOON_MS, few), BOT_RHYTHM) == town.ids([person])


def test_an_hour_without_anything_finds_nothing() -> None:
    assert trading_findings(Town().records(), THRESHOLDS) == []
    assert rhythm_findings(Town(names=[]).records(), NOON_MS, THRESHOLDS) == []
    assert trading_findings(Town(names=[]).records(), THRESHOLDS) == []


def test_an_honest_hour_finds_nothing_but_churners() -> None:
    town, _ = a_busy_hour(41)
    assert {finding.kind for finding in trading_findings(town.records(), THRESHOLDS)} <= {"CHURN"}
