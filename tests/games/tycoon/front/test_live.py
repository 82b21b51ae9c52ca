"""The WebSocket: everything, once, in order, to whom it belongs; and frames of people who mean no good."""

import asyncio
import contextlib
import json

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.serving import eventually

from .floor import Floor, Person, Watcher

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def closed_with(watcher: Watcher) -> int | None:
    """Read until the server closes, and give its code."""
    async with asyncio.timeout(60):
        try:
            while True:
                await watcher.wire.recv()
        except ConnectionClosed:
            return watcher.wire.close_code


async def test_a_viewer_is_greeted_told_what_they_own_and_every_tick(floor: Floor, me: Person) -> None:
    async with me.watches() as viewer:
        hello = await viewer.next()
        assert (hello["type"], hello["data"]["channels"]) == ("subscribed", ["region:EUROPE"])
        own = await viewer.until("player:update", event="Balances")
        assert own["data"]["usd"] == 50_000
        tick = await floor.ticks(1)
        shown = (await viewer.until("tick:update", tick=tick))["data"]
        assert {"btcPrice", "difficulty", "regionalPrices"} <= set(shown)
        assert (await viewer.until("region:update", tick=tick))["data"]["region"] == "EUROPE"


async def test_a_socket_that_was_cut_off_misses_nothing_and_hears_nothing_twice(floor: Floor, me: Person) -> None:
    async with me.watches() as viewer:
        first = await floor.ticks(1)
        await viewer.until("tick:update", tick=first)
        position = viewer.position
    await me.site("Nobody Watches")
    await floor.ticks(2)
    await me.trades(quantity="0.01")
    last = await floor.ticks(1)
    async with me.watches(position) as viewer:
        seen = await viewer.upto("tick:update", tick=last)
        seen += await viewer.upto("region:update", tick=last)
        live = await floor.ticks(1)
        seen += await viewer.upto("tick:update", tick=live)
    ticks = [message["data"]["tick"] for message in seen if message["type"] == "tick:update"]
    assert ticks == list(range(first + 1, live + 1))
    own = [message["data"]["event"] for message in seen if message["type"] == "player:update"]
    assert own.count("SiteCreated") == own.count("OrderPlaced") == own.count("Fill") == 1


async def test_every_position_is_a_place_to_go_on_from(floor: Floor, me: Person) -> None:
    """Cut the same stream off behind each of its messages: what follows is always the rest."""
    async with me.watches() as viewer:
        await viewer.until("player:update", event="Balances")
        start = viewer.position
    await me.site()
    await floor.ticks(2)

    async def rest_after(position: str, upto: str | None) -> list[tuple[str, str]]:
        told: list[tuple[str, str]] = []
        async with me.watches(position) as again:
            await again.next()  # hello
            while not told or told[-1][1] != upto:
                message = await again.next()
                if message["data"].get("event") == "Balances":
                    if upto is None:
                        return told  # they come last, when everything that was missed is told
                    continue
                told.append((message["type"], message["position"]))
        return told

    whole = await rest_after(start, None)
    assert {"tick:update", "region:update", "player:update", "prices:update"} <= {kind for kind, _ in whole}
    assert len({position for _, position in whole}) == len(whole)
    for number, (_, position) in enumerate(whole[:-1]):
        assert await rest_after(position, whole[-1][1]) == whole[number + 1 :], number


async def test_what_is_private_goes_to_its_owner_alone(floor: Floor, me: Person) -> None:
    other = await floor.person()
    await floor.ticks(1)
    async with me.watches() as mine, other.watches() as theirs:
        await mine.until("player:update", event="Balances")
        await theirs.until("player:update", event="Balances")
        await me.site("Secret Valley")
        await me.trades(quantity="0.02")
        tick = await floor.ticks(1)
        own = await mine.upto("region:update", tick=tick)
        seen = await theirs.upto("region:update", tick=tick)
    assert {"SiteCreated", "Fill"} <= {message["data"].get("event") for message in own}
    assert "Secret Valley" not in json.dumps(seen, default=str)
    assert {message["data"].get("event") for message in seen if message["type"] == "player:update"} <= {"Balances"}
    assert me.company not in json.dumps(seen, default=str)
    # Not even its own trade tells who the other side was.
    fill = next(message["data"] for message in own if message["data"].get("event") == "Fill")
    assert "maker" not in json.dumps(fill, default=str).lower().replace('"liquidity": "taker"', "")


async def test_an_alert_is_told_when_it_begins_and_not_again(floor: Floor, me: Person) -> None:
    boss = await floor.superuser()
    site = await me.site()
    await me.posts("/site/rig/add", {"siteId": site, "type": "ANTMINER_S19", "count": 5}, status=201)
    left = (await me.balances())["usd"]
    taken = {"accountId": me.id, "usd": str(-left), "reason": "a test"}
    assert (await boss.asks("POST", "/liveops/tycoon/grants", taken)).status_code == 201
    async with me.watches() as viewer:
        await viewer.until("player:update", event="Balances")
        last = await floor.ticks(4)
        seen = await viewer.upto("region:update", tick=last)
    cuts = [one["data"] for one in seen if one["type"] == "alert" and one["data"]["alert"] == "POWER_CUT"]
    assert [one["severity"] for one in cuts] == ["CRITICAL"]
    assert [one["type"] for one in (await me.gets("/alerts"))["alerts"]].count("POWER_CUT") == 1
    assert (await me.gets(f"/site/{site}"))["site"]["status"] == "CUT"


async def test_books_and_regions_are_subscribed_and_left(floor: Floor, me: Person) -> None:
    async with me.watches() as viewer:
        await viewer.says(type="subscribe", channel="book:BTC-SPOT")
        await viewer.until("subscribed", channel="book:BTC-SPOT")
        book = (await viewer.until("book:update"))["data"]
        assert book["bids"][0][0] < book["asks"][0][0]
        await viewer.says(type="subscribe", channel="region:ASIA")
        await viewer.until("subscribed", channel="region:ASIA")
        tick = await floor.ticks(1)
        await viewer.until("region:update", region="ASIA", tick=tick)
        position = viewer.position
        assert "ASIA" in position
        await viewer.says(type="unsubscribe", channel="region:ASIA")
        await viewer.until("unsubscribed", channel="region:ASIA")
        tick = await floor.ticks(1)
        seen = await viewer.upto("region:update", region="EUROPE", tick=tick)
        assert "ASIA" not in {message["data"].get("region") for message in seen}
    async with me.watches(position) as again:  # the position knows what was subscribed
        assert "region:ASIA" in (await again.next())["data"]["channels"]
        await again.until("region:update", region="ASIA", tick=tick)


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "{",
        "[]",
        "null",
        '"subscribe"',
        "{}",
        '{"type": "subscribe"}',
        '{"type": "subscribe", "channel": 7}',
        '{"type": "subscribe", "channel": "book:"}',
        '{"type": "subscribe", "channel": "book:DOGE-SPOT"}',
        '{"type": "subscribe", "channel": "BTC-SPOT"}',
        '{"type": "subscribe", "channel": "region:ATLANTIS"}',
        '{"type": "subscribe", "channel": "book:' + "x" * 1_000 + '"}',
        '{"type": "unsubscribe", "channel": "region:EUROPE"}',
        '{"type": "auth", "token": "again"}',
        '{"type": NaN}',
        "[" * 5_000,
        '{"type": "' + "\\ud800" + '"}',
        '{"a": 1, "a": 2}',
    ],
)
async def test_a_malformed_frame_gets_an_error_and_the_stream_goes_on(floor: Floor, me: Person, frame: str) -> None:
    async with me.watches() as viewer:
        await viewer.wire.send(frame)
        error = await viewer.until("error")
        assert set(error["data"]) == {"code", "message"}
        await viewer.says(type="ping")
        await viewer.until("pong")


async def test_a_viewer_may_not_collect_channels(floor: Floor, me: Person) -> None:
    names = [one["instrument"] for one in (await me.gets("/market/list"))["instruments"]]
    async with me.watches() as viewer:
        for name in names[:19]:  # the home region is one
            await viewer.says(type="subscribe", channel=f"book:{name}")
            await viewer.until("subscribed", channel=f"book:{name}")
        await viewer.says(type="subscribe", channel=f"book:{names[19]}")
        assert (await viewer.until("error"))["data"]["code"] == "TOO_MANY_CHANNELS"


async def test_bytes_floods_and_giants_are_closed_and_hurt_nobody(floor: Floor, me: Person) -> None:
    async with me.watches() as calm:
        async with me.watches() as bytes_:
            await bytes_.wire.send(b"\x00\x01")
            assert await closed_with(bytes_) == 1003
        async with me.watches() as giant:
            await giant.wire.send("x" * 70_000)
            assert await closed_with(giant) == 1009
        async with me.watches() as flood:
            with contextlib.suppress(ConnectionClosed):
                for _ in range(500):
                    await flood.says(type="ping")
            assert await closed_with(flood) == 1008
        tick = await floor.ticks(1)
        await calm.until("tick:update", tick=tick)


async def test_nobody_stays_without_a_token(floor: Floor) -> None:
    url = f"{floor.url.replace('http', 'ws', 1)}/ws"
    async with connect(url) as wire:
        await wire.send(json.dumps({"type": "auth", "token": "no token"}))
        assert await closed_with(Watcher(wire)) == 4401
    async with connect(url) as wire:
        await wire.send("hello")
        assert await closed_with(Watcher(wire)) == 4401
    with pytest.raises(InvalidStatus):
        async with connect(url, additional_headers={"Authorization": "Bearer nonsense"}):
            pass


async def test_a_token_may_come_as_a_subprotocol(floor: Floor, me: Person) -> None:
    url = f"{floor.url.replace('http', 'ws', 1)}/ws"
    async with connect(url, subprotocols=["bearer", me.tokens["accessToken"]]) as wire:
        assert (await Watcher(wire).next())["type"] == "subscribed"


async def test_a_made_up_position_is_refused_and_an_old_one_begins_anew(floor: Floor, me: Person) -> None:
    for position in ("", "nonsense", "s1.MARKET-1", "s1.MARKET-1-2.MARKET-1-2", "s1.ATLANTIS-1-2", "s1" + "x" * 600, 7):
        url = f"{floor.url.replace('http', 'ws', 1)}/ws"
        async with connect(url) as wire:
            hello = {"type": "auth", "token": me.tokens["accessToken"], "position": position}
            await wire.send(json.dumps(hello))
            assert (await Watcher(wire).next())["data"]["code"] == "POSITION_INVALID"
    async with me.watches("s99.MARKET-1-2") as viewer:
        assert (await viewer.next())["type"] == "subscribed"
        assert (await viewer.next())["data"]["code"] == "POSITION_TOO_OLD"


async def test_a_company_may_not_take_all_sockets(floor: Floor, me: Person) -> None:
    async with contextlib.AsyncExitStack() as stack:
        viewers = [await stack.enter_async_context(me.watches()) for _ in range(10)]
        for viewer in viewers:
            await viewer.next()
        one_more = await stack.enter_async_context(me.watches())
        assert (await one_more.next())["data"]["code"] == "TOO_MANY_SOCKETS"
        assert await closed_with(one_more) == 1008


async def test_nor_by_coming_with_many_at_once(floor: Floor, me: Person) -> None:
    async with me.watches() as viewer:
        await floor.ticks(1)
        position = (await viewer.until("tick:update"))["position"]
    async with contextlib.AsyncExitStack() as stack:
        # With a position, so that every one of them has something to look up before it is let in.
        coming = (stack.enter_async_context(me.watches(position)) for _ in range(25))
        viewers = await asyncio.gather(*coming)
        greetings = await asyncio.gather(*(viewer.next() for viewer in viewers))
        assert [greeting["type"] for greeting in greetings].count("subscribed") == 10


async def test_logout_closes_the_socket(floor: Floor, me: Person) -> None:
    async with me.watches() as viewer:
        await viewer.next()
        assert (await me.asks("POST", "/auth/logout")).status_code == 204
        assert await closed_with(viewer) == 1008


async def test_who_is_connected_is_counted(floor: Floor, me: Person) -> None:
    async def connected() -> float:
        lines = (await floor.http.get("/metrics")).text.splitlines()
        return float(next(line for line in lines if line.startswith("gamefold_tycoon_players_connected ")).split()[1])

    before = await connected()
    async with me.watches() as viewer:
        await viewer.next()
        assert await connected() == before + 1
    await eventually(lambda: _is(connected(), before))


async def _is(number, wanted: float) -> bool:
    return await number == wanted
