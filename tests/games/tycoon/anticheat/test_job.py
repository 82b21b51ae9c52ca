"""The checks: what worlds have told comes to those who review anomalies, once, on both databases."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import Connection, func, select, text

from gamefold.engine.feed import Record
from gamefold.engine.journal import Status
from gamefold.engine.ruleset import Event
from gamefold.games.tycoon.balance import SHEET
from gamefold.games.tycoon.events.market import OrderClosed, OrderPlaced, Traded
from gamefold.games.tycoon.intents.market import STANDING
from gamefold.games.tycoon.reactors.anticheat.findings import BOT_RHYTHM, SPOOFING, WASH_PAIR, WORLD_QUARANTINED
from gamefold.games.tycoon.reactors.anticheat.gather import Period, Reading, records_of
from gamefold.games.tycoon.reactors.anticheat.job import HOUR_MS, RHYTHM, SETTLE_MS, TRADING, AntiCheat
from gamefold.games.tycoon.reactors.simulated.people import people
from gamefold.games.tycoon.tables import Home, TycoonProjector, begin_season, claim_home, link_key, note_link
from gamefold.games.tycoon.tables.checked import PAGE
from gamefold.games.tycoon.tables.links import KEPT_MS, forget_links
from gamefold.games.tycoon.tables.schema import links, orders
from gamefold.platform.audit import Actor, audit_lines
from gamefold.platform.jobs.schedules import DAY_MS
from gamefold.platform.liveops.anomalies import Anomaly, list_anomalies, review_anomaly
from gamefold.testkit.clock import START_MS, VirtualClock
from gamefold.testkit.hosted import Hosted, hosted
from gamefold.testkit.toys.ledger import LEDGER, LedgerSpec

MARKET = "tycoon-market/s1"
NOON_MS = START_MS - START_MS % DAY_MS + 12 * HOUR_MS
WALL_MS = NOON_MS + 5  # real time is another one
# Stands in for the market: what matters here is its name and its numbers.
RULESET = replace(LEDGER, name="tycoon-market", balance=SHEET)
PROJECTOR = TycoonProjector()


def company(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


def account(number: int) -> str:
    return f"11111111-0000-4000-8000-{number:012}"


@dataclass
class Office:
    house: Hosted
    position: int = 0
    orders: int = 0

    def check(self) -> AntiCheat:
        return AntiCheat(
            host=self.house.host, database=self.house.database, entropy=self.house.host.entropy, wall_ms=lambda: WALL_MS
        )

    async def people(self, count: int) -> None:
        def transaction(connection: Connection) -> None:
            begin_season(connection, "Season 1", NOON_MS - 3 * DAY_MS)
            for number in range(count):
                columns = "(id, email, hashed_password)"
                person = f"('{account(number)}', 'p{number}@example.com', '')"
                connection.execute(text(f"INSERT INTO platform.users {columns} VALUES {person}"))
                home = Home(1, account(number), company(number), "ASIA", f"Company {number}")
                claim_home(connection, home, NOON_MS)

        await self.house.database.write(transaction)

    async def tell(self, events: list[tuple[int, Event]]) -> None:
        """Project events of the market, each at a time in ms."""
        records = []
        for at_ms, event in events:
            self.position += 1
            tick = (at_ms - NOON_MS) // 5_000 + 100_000
            records.append(Record(MARKET, 1, self.position, self.position, tick, at_ms, event, 0))

        def transaction(connection: Connection) -> None:
            for record in records:
                PROJECTOR.project(connection, record)

        await self.house.database.write(transaction)

    def order(self, owner: int, *, buy: bool = True, client: str = "", away: int = 0, lots: int = 10) -> OrderPlaced:
        self.orders += 1
        return OrderPlaced(
            f"o{self.orders}",
            company(owner),
            "BTC-SPOT",
            "BUY" if buy else "SELL",
            "LIMIT",
            "GTC",
            lots,
            432_500,
            post_only=False,
            reduce_only=False,
            leverage=1,
            client_order_id=client,
            away=away,
        )

    async def anomalies(self, **wanted: Any) -> list[Anomaly]:
        return await self.house.database.read(lambda connection: list_anomalies(connection, 1_000, **wanted))

    async def lines(self) -> int:
        return len(await self.house.database.read(lambda connection: audit_lines(connection, 100, chain="tycoon")))


def traded(maker: str, taker: str, lots: int = 100, side: str = "BUY", price: int = 432_500) -> Traded:
    return Traded("BTC-SPOT", side, price, lots, maker, "", 0, taker, "", 0, 432_500)


def wash_trades(from_ms: int, one: int = 0, other: int = 1, count: int = 40) -> list[tuple[int, Event]]:
    sides = ("BUY", "SELL")
    return [
        (from_ms + number * 20_000, traded(company(one), company(other), side=sides[number % 2]))
        for number in range(count)
    ]


@pytest.fixture
async def office(url: str) -> AsyncIterator[Office]:
    """A house with the tables of everything, and eight people whose market is there."""
    async with hosted(RULESET, clock=VirtualClock(NOON_MS - 3 * DAY_MS), url=url) as house:
        yield await _opened(house)


async def _opened(house: Hosted) -> Office:
    office = Office(house)
    await house.host.ensure(MARKET, LedgerSpec())
    await office.people(8)
    return office


async def test_a_wash_pair_of_the_last_hour_comes_to_review(office: Office) -> None:
    await office.tell(wash_trades(NOON_MS - HOUR_MS))
    await office.check().check_trading(NOON_MS + SETTLE_MS)
    found = await office.anomalies()
    assert {(one.game, one.kind, one.subject) for one in found} == {
        ("tycoon", WASH_PAIR, company(0)),
        ("tycoon", WASH_PAIR, company(1)),
    }
    [about] = [one for one in found if one.subject == company(0)]
    assert about.evidence["with"] == company(1)
    assert about.evidence["account"] == account(0)
    assert about.evidence["world"] == MARKET
    assert (about.evidence["from_tick"], about.evidence["upto_tick"]) == (100_000 - 720, 100_000 - 720 + 39 * 4)
    assert (about.count, about.first_seen_ms, about.status) == (1, WALL_MS, "OPEN")
    assert await office.lines() == 1


async def test_a_period_is_looked_at_once(office: Office) -> None:
    await office.tell(wash_trades(NOON_MS - HOUR_MS))
    for _ in range(2):
        await office.check().check_trading(NOON_MS + SETTLE_MS)  # again: the first run's process died
    await office.check().check_trading(NOON_MS + HOUR_MS + SETTLE_MS)
    assert [one.count for one in await office.anomalies()] == [1, 1]
    await office.tell(wash_trades(NOON_MS + HOUR_MS))
    await office.check().check_trading(NOON_MS + 2 * HOUR_MS + SETTLE_MS)
    assert [one.count for one in await office.anomalies()] == [2, 2]
    assert await office.lines() == 2


async def test_of_two_processes_one_reports(office: Office) -> None:
    await office.tell(wash_trades(NOON_MS - HOUR_MS))
    slow = office.check()
    since = await slow._since(TRADING)
    await office.check().check_trading(NOON_MS + SETTLE_MS)
    await slow._report(TRADING, since, NOON_MS, [])  # it had read before, and comes late
    assert [one.count for one in await office.anomalies()] == [1, 1]
    assert await office.lines() == 1


async def test_after_a_downtime_what_happened_meanwhile_is_looked_at(office: Office) -> None:
    await office.check().check_trading(NOON_MS - 9 * HOUR_MS + SETTLE_MS)
    await office.tell(wash_trades(NOON_MS - 7 * HOUR_MS))
    await office.check().check_trading(NOON_MS + SETTLE_MS)
    assert len(await office.anomalies()) == 2


async def test_what_somebody_dismissed_is_reported_again_only_when_it_happens_again(office: Office) -> None:
    await office.tell(wash_trades(NOON_MS - HOUR_MS))
    await office.check().check_trading(NOON_MS + SETTLE_MS)

    def dismiss(connection: Connection) -> None:
        for one in list_anomalies(connection, 10):
            review_anomaly(connection, Actor("op"), one.id, "DISMISSED", "cousins", WALL_MS, chain="tycoon")

    await office.house.database.write(dismiss)
    await office.check().check_trading(NOON_MS + HOUR_MS + SETTLE_MS)
    assert not await office.anomalies(status="OPEN")


async def test_live_ops_move_the_line(office: Office) -> None:
    await office.house.host.tune(MARKET, "op", {"anticheat_wash_trades_least": 41}, "too many reports")
    await office.tell(wash_trades(NOON_MS - HOUR_MS, count=40))
    await office.check().check_trading(NOON_MS + SETTLE_MS)
    assert not await office.anomalies()


async def test_a_spoofer_is_seen_by_orders_and_trades(office: Office) -> None:
    told: list[tuple[int, Event]] = []
    for minute in range(6):
        at_ms = NOON_MS - HOUR_MS + minute * 120_000
        for _ in range(3):
            placed = office.order(2, away=1, lots=900)
            told.append((at_ms, placed))
            told.append((at_ms + 10_000, OrderClosed(placed.order, company(2), "BTC-SPOT", 900, "CANCELLED")))
        told.append((at_ms + 5_000, traded("maker-1", company(2), side="SELL")))
    await office.tell(told)
    await office.check().check_trading(NOON_MS + SETTLE_MS)
    [found] = await office.anomalies()
    assert (found.kind, found.subject, found.evidence["minutes"]) == (SPOOFING, company(2), 6)
    assert found.evidence["withdrawn_lots"] == 6 * 2_700


async def test_programs_are_known_after_two_days_but_not_standing_orders_and_simulated_players(office: Office) -> None:
    told: list[tuple[int, Event]] = []
    for at_ms in range(NOON_MS - 48 * HOUR_MS, NOON_MS, 600_000):
        told.append((at_ms, office.order(3)))
        told.append((at_ms, office.order(4, client=f"{STANDING}-{at_ms}")))
        told.append((at_ms, structs.replace(office.order(5), company=people(1)[0].company)))
    await office.tell(told)
    await office.check().check_rhythm(NOON_MS + SETTLE_MS)
    await office.check().check_rhythm(NOON_MS + SETTLE_MS)
    [found] = await office.anomalies()
    assert (found.kind, found.subject, found.count) == (BOT_RHYTHM, company(3), 1)
    assert found.evidence["spread_bp"] == 0
    assert await office.house.database.read(lambda connection: len(audit_lines(connection, 9, subject=RHYTHM))) == 1


async def test_a_world_in_quarantine_is_reported_once(office: Office) -> None:
    office.house.clock.advance(3 * DAY_MS - 1_000)  # to a second before noon
    await office.house.settle()
    await office.house.journal.set_status(MARKET, Status.QUARANTINED, "AssertionError: money was made")
    for hours in range(3):
        await office.check().check_trading(NOON_MS + hours * HOUR_MS + SETTLE_MS)
    [found] = await office.anomalies()
    assert (found.kind, found.subject, found.score, found.count) == (WORLD_QUARANTINED, MARKET, 1_000, 1)
    assert found.evidence["reason"] == "AssertionError: money was made"


async def test_all_pages_are_read_and_rows_outside_of_the_period_are_not(office: Office) -> None:
    inside = [(NOON_MS - HOUR_MS + number % 7, traded("maker-1", company(number % 5))) for number in range(PAGE + 500)]
    around = [(NOON_MS - HOUR_MS - 1, traded("maker-1", company(6))), (NOON_MS, traded("maker-1", company(7)))]
    placed = [(NOON_MS - HOUR_MS + number % 7, office.order(number % 5)) for number in range(PAGE + 500)]
    await office.tell([*inside, *around, *placed])
    period = Period(MARKET, 1, NOON_MS - HOUR_MS, NOON_MS)
    records = await records_of(office.house.database, period, 1_000_000)
    assert len(records.trades) == PAGE + 500
    assert len(records.commands) == PAGE + 500
    assert set(records.companies.ids) == {"maker-1", *(company(number) for number in range(5))}
    assert [bool(maker) for maker in records.companies.makers] == [name == "maker-1" for name in records.companies.ids]
    few = await records_of(office.house.database, period, PAGE)
    assert len(few.trades) == len(few.commands) == PAGE


async def test_a_row_becomes_a_record_as_it_was_told(office: Office) -> None:
    placed = office.order(1, buy=False, away=3, lots=70)
    amended = office.order(1)
    await office.tell(
        [
            (NOON_MS - 60_000, placed),
            (NOON_MS - 50_000, Traded("BTC-PERP", "SELL", 11, 5, company(0), "", 0, company(1), placed.order, 0, 13)),
            (NOON_MS - 40_000, OrderClosed(placed.order, company(1), "BTC-SPOT", 65, "CANCELLED")),
            (NOON_MS - 30_000, amended),
            (NOON_MS - 20_000, OrderClosed(amended.order, company(1), "BTC-SPOT", 10, "AMENDED")),
        ]
    )
    records = await records_of(office.house.database, Period(MARKET, 1, NOON_MS - HOUR_MS, NOON_MS), 1_000_000)
    trades, orders, ids = records.trades, records.orders, records.companies.ids
    assert [(int(trades.price[0]), int(trades.lots[0]), int(trades.mark[0]), int(trades.tick[0]))] == [
        (11, 5, 13, 99_990)
    ]
    # Who came sold: the seller is the taker.
    assert (ids[trades.buyer[0]], ids[trades.seller[0]], bool(trades.buyer_took[0])) == (company(0), company(1), False)
    assert records.instruments[trades.instrument[0]] == "BTC-PERP"
    assert (orders.opened.tolist(), orders.closed.tolist()) == ([99_988, 99_994], [99_992, 99_996])
    assert (orders.buy.tolist(), orders.away.tolist()) == ([False, True], [3, 0])
    assert (orders.lots.tolist(), orders.filled.tolist()) == ([70, 10], [5, 0])
    assert orders.withdrawn.tolist() == [True, True]
    # Placed twice and taken back once; the replacing itself is the placing of another order.
    assert (records.commands.time_ms - NOON_MS).tolist() == [-60_000, -40_000, -30_000]


async def test_an_order_that_changes_while_pages_are_read_was_placed_once(office: Office) -> None:
    placed = office.order(1)
    await office.tell([(NOON_MS - 60_000, placed)])
    reading, rows = Reading(Period(MARKET, 1, NOON_MS - HOUR_MS, NOON_MS)), select(orders)
    [row] = await office.house.database.read(lambda connection: list(connection.execute(rows)))
    reading.order(row)
    await office.tell([(NOON_MS + 60_000, OrderClosed(placed.order, company(1), "BTC-SPOT", 10, "CANCELLED"))])
    [row] = await office.house.database.read(lambda connection: list(connection.execute(rows)))
    reading.order(row)
    assert (reading.records().commands.time_ms - NOON_MS).tolist() == [-60_000]


async def test_networks_are_known_by_hashes_that_only_this_server_can_make(office: Office) -> None:
    key = link_key(b"secret", "203.0.113.7")
    assert key == link_key(b"secret", "203.0.113.7")
    assert len({key, link_key(b"other", "203.0.113.7"), link_key(b"secret", "203.0.113.8")}) == 3
    assert len(key) == 32

    def seen(connection: Connection) -> None:
        for number, at_ms in ((0, NOON_MS), (0, NOON_MS + 5), (1, NOON_MS), (2, NOON_MS - KEPT_MS)):
            note_link(connection, account(number), key, at_ms)

    await office.house.database.write(seen)
    await office.tell([(NOON_MS - 1, traded(company(0), company(1)))])
    records = await records_of(office.house.database, Period(MARKET, 1, NOON_MS - HOUR_MS, NOON_MS), 1_000)
    assert sorted(records.companies.ids[company] for company in records.links.company) == [company(0), company(1)]
    assert len(set(records.links.key.tolist())) == 1
    assert await office.house.database.write(lambda connection: forget_links(connection, NOON_MS + 1)) == 1
    left = select(func.count()).select_from(links)
    assert await office.house.database.read(lambda connection: connection.scalar(left)) == 2


async def test_the_checks_are_jobs_of_their_own_times(office: Office) -> None:
    trading, rhythm = office.check().jobs()
    assert (trading.name, rhythm.name) == (TRADING, RHYTHM)
    assert trading.schedule.latest(NOON_MS + 30 * 60_000) == NOON_MS + SETTLE_MS
    assert trading.schedule.following(NOON_MS + 30 * 60_000) == NOON_MS + HOUR_MS + SETTLE_MS
    assert rhythm.schedule.following(NOON_MS + 30 * 60_000) == NOON_MS + 12 * HOUR_MS + SETTLE_MS
