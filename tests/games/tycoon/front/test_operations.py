"""Live operations of Tycoon: events, grants, restores, seasons, leaderboards."""

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

from gamefold.games.tycoon.state.border import MARKET
from gamefold.games.tycoon.state.units import REGIONS
from gamefold.games.tycoon.state.worlds import worlds_of

from .floor import Person, a_floor, good, refused


async def operates(boss: Person, path: str, status: int = 200, **body: Any) -> Any:
    return good(await boss.asks("POST", f"/liveops/tycoon/{path}", {"reason": "a test", **body}), status)


async def test_an_event_befalls_the_market_one_region_or_all_of_them(own_data: Path) -> None:
    async with a_floor(own_data) as floor:
        me, boss = await floor.person(), await floor.superuser()
        await floor.ticks(1)
        await operates(boss, "events", 201, type="MARKET_SHOCK", severity="HIGH", durationTicks=5)
        await operates(boss, "events", 201, type="HEATWAVE", region="EUROPE", severity="LOW", durationTicks=5)
        await operates(boss, "events", 201, type="DUST_STORM", severity="LOW", durationTicks=5)
        async with me.watches() as viewer:
            await viewer.until("player:update", event="Balances")
            await floor.ticks(1)
            shown = await viewer.until("event:update", event="WorldEventBegan", type="MARKET_SHOCK")
            assert shown["data"]["severity"] == "HIGH"
        events = (await me.gets("/events?active=true"))["events"]
        kinds = sorted((event["type"], event["region"] or "") for event in events)
        assert kinds == [
            *(("DUST_STORM", region) for region in REGIONS),
            ("HEATWAVE", "EUROPE"),
            ("MARKET_SHOCK", ""),
        ]
        listed = good(await boss.asks("GET", "/liveops/tycoon/events"))["events"]
        assert len(listed) == 7
        body = {"reason": "a test", "type": "MARKET_SHOCK", "region": "EUROPE"}
        refused(await boss.asks("POST", "/liveops/tycoon/events", body), 422, "EVENT_INVALID")
        refused(await boss.asks("POST", "/liveops/tycoon/events", {**body, "type": "RAIN"}), 422, "EVENT_TYPE_UNKNOWN")


async def test_grants_are_exact_and_no_balance_goes_below_zero(own_data: Path) -> None:
    async with a_floor(own_data) as floor:
        me, boss = await floor.person(), await floor.superuser()
        told = await operates(boss, "grants", 201, accountId=me.id, usd="0.000001", btc="0.00000001")
        assert (told["before"]["usd"], told["after"]["usd"]) == ("50000.000000", "50000.000001")
        assert (await me.balances())["btc"] == Decimal("0.00000001")
        body = {"reason": "a test", "accountId": me.id, "usd": "-60000"}
        refused(await boss.asks("POST", "/liveops/tycoon/grants", body), 409, "INSUFFICIENT_FUNDS")
        nobody = {**body, "accountId": "11111111-2222-4333-8444-555555555555"}
        refused(await boss.asks("POST", "/liveops/tycoon/grants", nobody), 404, "COMPANY_NOT_FOUND")
        await floor.ticks(1)
        assert await floor.money() == (0, 0)


async def test_a_company_gets_back_what_it_had_at_a_tick(own_data: Path) -> None:
    async with a_floor(own_data) as floor:
        me, boss = await floor.person(), await floor.superuser()
        site = await me.site()
        await me.posts("/site/rig/add", {"siteId": site, "type": "ANTMINER_S19", "count": 3}, status=201)
        then = await floor.ticks(1)
        await floor.ticks(1)  # whatever comes after a tick and before the next one is of that tick
        rigs = [rig["id"] for rig in (await me.gets(f"/site/{site}"))["rigs"]]
        await me.posts("/site/rig/remove", {"siteId": site, "rigIds": rigs})
        await floor.ticks(1)
        dry = await operates(boss, "restore", accountId=me.id, toTick=then, dryRun=True)
        assert (dry["before"]["rigs"], dry["after"]["rigs"]) == (0, 3)
        body = {"reason": "a test", "accountId": me.id, "toTick": 900}
        refused(await boss.asks("POST", "/liveops/tycoon/restore", body), 422, "NO_SUCH_ENTRY")
        assert (await me.gets(f"/site/{site}"))["rigsTotal"] == 0
        await operates(boss, "restore", accountId=me.id, toTick=then, dryRun=False)
        assert sum(one["rigs"] for one in (await me.gets("/site/list"))["sites"]) == 3
        await floor.ticks(1)
        assert await floor.money() == (0, 0)


async def test_what_a_company_had_in_the_market_comes_back_as_money_once(own_data: Path) -> None:
    async with a_floor(own_data) as floor:
        me, boss = await floor.person(), await floor.superuser()
        await floor.ticks(1)
        old = (await me.trades(instrument="BTC-PERP", side="LONG", quantity=0.2, leverage=2))["position"]
        await me.trades(instrument="BTC-SPOT", side="BUY", quantity=0.1, price=round(float(old["mark"]) * 0.9))
        then = await floor.ticks(1)
        (held,) = (await me.gets("/market/positions"))["positions"]
        worth = (await me.balances())["usd"] + held["unrealised"]
        await floor.ticks(1)  # whatever comes after a tick and before the next one is of that tick
        await me.posts("/market/cancel-all", {})
        await me.posts("/market/close", {"positionId": old["id"]})
        await me.trades(instrument="BTC-SPOT", side="BUY", quantity=0.3)
        await me.trades(instrument="BTC-PERP", side="SHORT", quantity=0.1)
        await me.site()
        await floor.ticks(2)
        dry = await operates(boss, "restore", accountId=me.id, toTick=then, dryRun=True)
        assert (dry["market"]["then"]["orders"], dry["market"]["then"]["positions"]) == (1, 1)
        assert (dry["market"]["now"]["orders"], dry["market"]["now"]["positions"]) == (0, 1)
        done = await operates(boss, "restore", accountId=me.id, toTick=then, dryRun=False)
        assert done["after"]["usd"] == dry["after"]["usd"]
        assert (done["after"]["sites"], Decimal(done["after"]["btc"])) == (0, 0)
        # All it had then, wherever it was, is what it has now, wherever it is.
        now = done["market"]["now"]
        assert Decimal(done["after"]["usd"]) + Decimal(now["usd"]) == worth
        await floor.ticks(1)
        assert await floor.money() == (0, 0)


async def test_a_season_that_ends_amid_orders_and_ticks_stays_ended(own_data: Path) -> None:
    async with a_floor(own_data) as floor:
        boss = await floor.superuser()
        people = [await floor.person(region) for region in REGIONS]
        await floor.ticks(2)
        ending = asyncio.Event()

        async def trades(person: Person) -> None:
            while not ending.is_set():
                answer = await person.asks("POST", "/market/trade", _order())
                assert answer.status_code in (201, 409, 503), answer.text

        async def time_passes() -> None:
            while not ending.is_set():
                floor.clock.advance(5_000)
                await asyncio.sleep(0.05)

        async with people[0].watches() as viewer, asyncio.TaskGroup() as group:
            for person in people * 3:
                group.create_task(trades(person))
            group.create_task(time_passes())
            await viewer.until("tick:update", tick=5)
            await operates(boss, "seasons/end")
            assert not set(worlds_of(1)) & set(floor.server.host.resident_worlds())
            await asyncio.sleep(0.3)
            ending.set()
        await asyncio.sleep(0.3)
        assert not set(worlds_of(1)) & set(floor.server.host.resident_worlds())
        async with people[0].watches() as viewer:
            assert (await viewer.next())["data"]["code"] == "SEASON_OVER"
        starting = asyncio.create_task(operates(boss, "seasons/start", 201))
        while not starting.done():
            assert (await people[0].asks("GET", "/leaderboard")).status_code == 200
        await starting
        assert (await people[0].balances())["usd"] == Decimal(50_000)
        assert not set(worlds_of(1)) & set(floor.server.host.resident_worlds())


async def test_a_season_ends_with_a_frozen_leaderboard_and_the_next_begins_with_new_worlds(own_data: Path) -> None:
    async with a_floor(own_data) as floor:
        me, boss = await floor.person(), await floor.superuser()
        await me.site()
        await floor.ticks(1)
        refused(await boss.asks("POST", "/liveops/tycoon/seasons/start", {"reason": "a test"}), 409, "SEASON_RUNNING")
        ended = await operates(boss, "seasons/end")
        assert (ended["season"], ended["companies"]) == (1, 2)
        assert not set(worlds_of(1)) & set(floor.server.host.resident_worlds())
        refused(await me.asks("GET", "/site/list"), 409, "SEASON_OVER")
        refused(await me.asks("POST", "/market/trade", _order()), 409, "SEASON_OVER")
        frozen = (await me.gets("/leaderboard?season=1"))["entries"]
        assert {entry["companyId"] for entry in frozen} == {me.company, boss.company}
        assert good(await floor.http.post("/auth/guest", json={}), 201)["company"] is None
        assert not set(worlds_of(1)) & set(floor.server.host.resident_worlds())

        started = await operates(boss, "seasons/start", 201, name="Winter")
        assert started["season"] == 2
        again = (await me.gets("/player/me"))["company"]
        assert (again["season"], again["balances"]["usd"]) == (2, Decimal(50_000))
        assert again["id"] != me.company
        floor.clock.advance(5_000)
        assert await floor.state(MARKET, lambda market: market.season, season=2) == 2
        assert (await me.gets("/leaderboard?season=1"))["entries"] == frozen
        seasons = good(await boss.asks("GET", "/liveops/tycoon/seasons"))["seasons"]
        assert [(one["number"], one["status"]) for one in seasons] == [(2, "RUNNING"), (1, "ENDED")]


async def test_rigs_count_on_the_leaderboard_as_what_they_would_sell_for(own_data: Path) -> None:
    async with a_floor(own_data) as floor:
        me = await floor.person()
        site = await me.site()  # sells for nothing
        bought = await me.posts("/site/rig/add", {"siteId": site, "type": "ANTMINER_S21", "count": 3}, status=201)
        usd = (await me.balances())["usd"]
        [entry] = (await me.gets("/leaderboard"))["entries"]
        await me.posts("/site/rig/remove", {"siteId": site, "rigIds": [rig["id"] for rig in bought["rigs"]]})
        assert (await me.balances())["usd"] == entry["netWorth"] > usd


async def test_linked_accounts_do_not_trade_with_each_other(own_data: Path) -> None:
    async with a_floor(own_data) as floor:
        me, friend, boss = await floor.person(), await floor.person(), await floor.superuser()
        await floor.ticks(1)
        (perp,) = [one for one in (await me.gets("/market/list"))["instruments"] if one["instrument"] == "BTC-PERP"]
        price = float(perp["bid"]) + 0.1  # better than the makers'
        pair = {"accountIds": [me.id, friend.id]}
        told = await operates(boss, "links", **pair, group="brothers")
        assert (len(told["companyIds"]), told["group"]) == (2, "brothers")

        async def meet() -> list[str]:
            """Give what becomes of my order when my friend's comes."""
            order = (await me.trades(instrument="BTC-PERP", side="BUY", quantity=0.01, price=price))["order"]
            await friend.trades(instrument="BTC-PERP", side="SELL", quantity=0.01, price=price, timeInForce="IOC")
            orders = (await me.gets("/market/orders?status=all"))["orders"]
            return [one["status"] for one in orders if one["id"] == order["id"]]

        assert await meet() == ["SELF_TRADE"]
        await operates(boss, "links", **pair)
        assert await meet() == ["FILLED"]
        nobody = "00000000-0000-4000-8000-000000000000"
        refused(
            await boss.asks("POST", "/liveops/tycoon/links", {"reason": "x", "accountIds": [nobody], "group": "x"}),
            404,
            "COMPANY_NOT_FOUND",
        )


async def test_who_is_excluded_is_on_no_leaderboard(own_data: Path) -> None:
    async with a_floor(own_data) as floor:
        me, boss = await floor.person(), await floor.superuser()
        await operates(boss, "leaderboard/exclude", accountId=me.id)
        assert me.company not in await _listed(boss)
        shown = good(await boss.asks("GET", "/liveops/tycoon/leaderboard?season=1"))["leaderboard"]
        assert {one["companyId"]: one["excluded"] for one in shown} == {me.company: True, boss.company: False}
        await operates(boss, "leaderboard/include", accountId=me.id)
        assert me.company in await _listed(boss)


async def test_none_of_this_is_for_players(own_data: Path) -> None:
    async with a_floor(own_data) as floor:
        me = await floor.person()
        for path in ("events", "grants", "restore", "seasons/start", "seasons/end", "leaderboard/exclude"):
            answer = await me.asks("POST", f"/liveops/tycoon/{path}", {"reason": "please"})
            assert answer.status_code == 403, path


def _order() -> dict[str, Any]:
    return {"instrument": "BTC-SPOT", "side": "BUY", "quantity": "0.01"}


async def _listed(person: Person) -> set[str]:
    return {entry["companyId"] for entry in (await person.gets("/leaderboard"))["entries"]}
