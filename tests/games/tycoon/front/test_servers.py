"""Servers come and go, and worlds go back: nothing that was answered is lost, and nobody hears half of it."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from gamefold.engine.feed import Record
from gamefold.games.tycoon.events.border import Crossed, MarketTicked
from gamefold.games.tycoon.intents.market import SendHome
from gamefold.games.tycoon.state.border import MARKET
from gamefold.games.tycoon.state.units import REGIONS
from gamefold.games.tycoon.state.worlds import together, world_of
from gamefold.games.tycoon.tables.schema import homes, seasons
from gamefold.testkit.clock import VirtualClock
from tests.serving import eventually

from .floor import NOON_MS, Floor, Person, a_floor, good, refused


async def test_a_restart_keeps_everything(own_data: Path) -> None:
    clock = VirtualClock(NOON_MS)
    async with a_floor(own_data, clock) as floor:
        me = await floor.person()
        site = await me.site()
        await me.posts("/site/rig/add", {"siteId": site, "type": "ANTMINER_S19"}, status=201)
        await floor.ticks(2)
        bid = (await me.gets("/market/book/BTC-SPOT"))["bids"][0][0]
        order = (await me.trades(price=str(bid - 100)))["order"]["id"]
        before = (await me.balances(), await me.gets("/site/list"), await me.gets("/market/orders"))
        async with me.watches() as viewer:
            await viewer.until("player:update", event="Balances")
            position = viewer.position
    async with a_floor(own_data, clock) as floor:
        me = Person(floor, me.tokens)
        assert before == (await me.balances(), await me.gets("/site/list"), await me.gets("/market/orders"))
        tick = await floor.ticks(1)
        async with me.watches(position) as viewer:  # the stream goes on where it was
            seen = await viewer.upto("tick:update", tick=tick)
            assert [one["data"]["tick"] for one in seen if one["type"] == "tick:update"] == [tick]
        assert (await me.asks("DELETE", f"/market/order/{order}")).status_code == 200
        assert [row["number"] for row in await floor.rows(seasons)] == [1]


@pytest.mark.postgres
async def test_two_servers_on_one_database_have_one_season_and_the_second_takes_over(
    postgres_url: str, tmp_path: Path
) -> None:
    clock = VirtualClock(NOON_MS)
    secret = {"DATABASE_URL": postgres_url, "JWT_SECRET": "a secret that both of the servers share, 32+"}
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    async with contextlib.AsyncExitStack() as first, contextlib.AsyncExitStack() as second:
        one = await first.enter_async_context(a_floor(tmp_path / "a", clock, **secret))
        me = await one.person()
        two = await second.enter_async_context(a_floor(tmp_path / "b", clock, **secret))
        elsewhere = Person(two, me.tokens)
        # The worlds are in the first server; the second says so, and does not break anything.
        answer = await elsewhere.asks("GET", "/site/list")
        assert answer.status_code == 503
        assert answer.headers["retry-after"]
        assert [row["number"] for row in await two.rows(seasons)] == [1]
        assert len(await two.rows(homes)) == 1
        await _comes_in_at_the_second(two, one, me)
        site = await me.site()
        tick = await one.ticks(1)
        await first.aclose()

        async def serves() -> bool:
            return (await elsewhere.asks("GET", "/site/list")).status_code == 200

        await eventually(serves)
        assert (await elsewhere.gets("/site/list"))["sites"][0]["id"] == site
        assert await two.ticks(1) == tick + 1
        assert (await elsewhere.balances())["usd"] == Decimal(40_000)
        assert await two.money() == (0, 0)


async def _comes_in_at_the_second(two: Floor, one: Floor, me: Person) -> None:
    """Nobody is half registered there, and nobody's session ends because it was refreshed there."""
    body = {"email": "wrong-door@example.com", "password": "correct-Pferd 7 Batterie"}
    for path, person in (("/auth/register", body), ("/auth/guest", {})):
        answer = await two.http.post(path, json=person)
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "WORLD_STOPPED")
    assert len(await two.rows(homes)) == 1
    assert good(await one.http.post("/auth/register", json=body), 201)["company"]
    refreshed = good(await two.http.post("/auth/refresh", json={"refreshToken": me.tokens["refreshToken"]}))
    assert refreshed["company"] is None
    later = good(await one.http.post("/auth/refresh", json={"refreshToken": refreshed["refreshToken"]}))
    assert later["company"]["id"] == me.company


async def test_who_asks_twice_at_once_has_one_company(own_data: Path) -> None:
    async with a_floor(own_data) as floor:
        body = {"email": "twin@example.com", "password": "correct-Pferd 7 Batterie"}
        answers = await asyncio.gather(*(floor.http.post("/auth/register", json=body) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
        logins = await asyncio.gather(*(floor.http.post("/auth/login", json=body) for _ in range(4)))
        assert len({good(answer)["company"]["id"] for answer in logins}) == 1
        assert len(await floor.rows(homes)) == 1


async def test_a_rollback_of_the_season_takes_back_what_happened_and_viewers_come_back(own_data: Path) -> None:
    async with a_floor(own_data) as floor:
        me = await floor.person()
        await floor.ticks(2)
        await me.trades(quantity="0.1")
        kept = await floor.ticks(2)
        before = await me.balances()
        await floor.ticks(1)
        async with me.watches() as viewer:
            await viewer.until("player:update", event="Balances")
            late = await floor.person("ASIA")
            await late.site()
            await me.trades(quantity="0.2")
            await floor.ticks(3)
            await viewer.until("tick:update", tick=kept + 4)
            position = viewer.position
            host = floor.server.host
            cuts = {world: await _last_seq(host, world, kept) for world in together(world_of(1, MARKET))}
            await host.rollback_together(cuts, actor="operator", reason="a test")
            async with asyncio.timeout(60):
                await viewer.wire.wait_closed()
            assert viewer.wire.close_code == 1012
        async with me.watches(position) as viewer:
            tick = await floor.ticks(1)
            assert tick == kept + 1
            seen = await viewer.upto("tick:update", tick=tick)
            assert [one["data"]["tick"] for one in seen if one["type"] == "tick:update"] == [tick]
        after = await me.balances()
        assert (after["usd"], after["btc"]) == (before["usd"], before["btc"])
        # Somebody whose company is of the time that is undone begins again, with the same company id.
        assert (await late.gets("/player/me"))["company"]["id"] == late.company
        assert (await late.balances())["usd"] == Decimal(50_000)
        assert await floor.money() == (0, 0)


async def test_money_that_a_region_has_forgotten_to_have_received_arrives_again(own_data: Path) -> None:
    async with a_floor(own_data) as floor:
        me = await floor.person()
        await floor.ticks(2)
        bid = (await me.gets("/market/book/BTC-SPOT"))["bids"][0][0]
        order = (await me.trades(price=str(bid - 100), quantity="0.5"))["order"]["id"]
        await me.asks("DELETE", f"/market/order/{order}")
        home, host = world_of(1, me.region), floor.server.host
        before_seq = await host.look(home, lambda one: one.head.seq)
        sent = await host.submit(world_of(1, MARKET), me.id, SendHome(me.company))
        assert any(isinstance(event, Crossed) for event in sent.events)
        await eventually(lambda: _has_at_home(me, 50_000))
        # Alone, so that the market does not tell everything again by itself.
        await host.rollback(home, actor="operator", reason="a test", seq=before_seq)
        assert not await _has_at_home(me, 50_000)
        assert (await me.balances())["usd"] == Decimal(50_000)
        await floor.ticks(4)
        assert await _has_at_home(me, 50_000)
        assert await floor.money() == (0, 0)


async def test_a_region_that_stands_still_holds_up_nobody_and_catches_up(own_data: Path) -> None:
    async with a_floor(own_data) as floor:
        await floor.person("ASIA")
        await floor.ticks(1)
        host, asia = floor.server.host, world_of(1, "ASIA")
        back = await host.look(asia, lambda one: one.head.seq)
        await floor.ticks(3)
        # Alone, which no operator would do: its ticks are behind the market's, and missing.
        await host.rollback(asia, actor="operator", reason="a test", seq=back)
        tick = await floor.ticks(2)
        for region in REGIONS:
            assert await floor.state(region, lambda one: one.tick) == tick


async def test_a_server_that_goes_down_says_so(own_data: Path) -> None:
    async with a_floor(own_data) as floor:
        me = await floor.person()
        async with me.watches() as viewer:
            await viewer.until("player:update", event="Balances")
            floor.server.drain.begin()
            last = await viewer.until("bye")
            assert last["position"] == viewer.position
            async with asyncio.timeout(60):
                await viewer.wire.wait_closed()
            assert viewer.wire.close_code == 1012


async def test_a_server_that_goes_down_amid_what_a_viewer_missed_says_how_far_it_came(
    own_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = VirtualClock(NOON_MS)
    async with a_floor(own_data, clock) as floor:
        me = await floor.person()
        async with me.watches() as viewer:
            first = await floor.ticks(1)
            await viewer.until("tick:update", tick=first)
            position = viewer.position
        await floor.ticks(3)
        history = floor.server.host.history

        async def that_takes_long(world: str, after: int = 0) -> AsyncIterator[Record]:
            async for record in history(world, after):
                yield record
                if isinstance(record.event, MarketTicked):
                    await asyncio.sleep(60)

        monkeypatch.setattr(floor.server.host, "history", that_takes_long)
        async with me.watches(position) as viewer:
            seen = await viewer.upto("tick:update", tick=first + 1)
            await floor.ticks(1)  # which happens behind what they have not seen
            floor.server.drain.begin()
            seen += await viewer.upto("bye")
            position = viewer.position
    async with a_floor(own_data, clock) as floor:
        me = Person(floor, me.tokens)
        async with me.watches(position) as viewer:
            last = await floor.ticks(1)
            seen += await viewer.upto("tick:update", tick=last)
    ticks = [one["data"]["tick"] for one in seen if one["type"] == "tick:update"]
    assert ticks == list(range(first + 1, last + 1))


async def test_a_ban_closes_the_socket_and_the_door(own_data: Path) -> None:
    async with a_floor(own_data) as floor:
        me = await floor.person()
        boss = await floor.superuser()
        async with me.watches() as viewer:
            await viewer.until("player:update", event="Balances")
            answer = await boss.asks("POST", f"/liveops/accounts/{me.id}/ban", {"reason": "cheating"})
            assert answer.status_code == 200, answer.text
            async with asyncio.timeout(60):
                await viewer.wire.wait_closed()
            assert viewer.wire.close_code == 1008
        refused(await me.asks("GET", "/player/me"), 401, "UNAUTHORIZED")


async def test_standing_orders_sell_what_is_mined(own_data: Path) -> None:
    async with a_floor(own_data) as floor:
        me, boss = await floor.person(), await floor.superuser()
        grant = {"accountId": me.id, "usd": "200000", "btc": "1", "reason": "a test"}
        good(await boss.asks("POST", "/liveops/tycoon/grants", grant), 201)
        refused(await me.asks("POST", "/standing-orders", {"autoSell": True}), 403, "AUTOMATION_LOCKED")
        await me.posts("/research/start", {"nodeId": "AUTOMATION_BASIC"})
        await floor.ticks(1)
        shown = await me.posts("/standing-orders", {"autoSell": True, "keepBtc": "0.25"})
        assert shown == {"autoRepair": False, "autoSell": True, "keepBtc": Decimal("0.25")}
        await floor.ticks(2)
        await eventually(lambda: _sold(me))
        fills = (await me.gets("/market/fills"))["fills"]
        assert {fill["side"] for fill in fills} == {"SELL"}
        assert await floor.money() == (0, 0)


async def _sold(me: Person) -> bool:
    return (await me.balances())["btc"] <= Decimal("0.2501")


async def _has_at_home(me: Person, usd: int) -> bool:
    row = await me.floor.state(me.region, lambda one: int(one.ledger["usd"][one.row_of(me.company)]))
    return row == usd * 1_000_000


async def _last_seq(host, world: str, tick: int) -> int:
    from gamefold.engine.history import last_seq_of

    return await last_seq_of(host.journal, world, tick)


def test_together_is_the_whole_season() -> None:
    assert json.dumps(together("tycoon-region/s3/ASIA")) == json.dumps(together("tycoon-market/s3"))
    assert len(together("tycoon-market/s3")) == 6
