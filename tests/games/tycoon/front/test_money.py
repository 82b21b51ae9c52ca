"""No cent is made or lost, whatever people ask at once; and what cannot be paid changes nothing."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from gamefold.games.tycoon.tables.schema import orders

from .floor import Floor, Person, refused

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize(
    ("quantity", "price"),
    [(-1, None), (0, None), ("-0.01", None), ("0.00001", None), (0.00005, None), ("1e5", None), ("NaN", None),
     ("Infinity", None), ("", None), ("0x10", None), (" 1", None), ("1_000", None), ("\u0661", None), (10**13, None),
     ("9" * 30, None), (1.5e300, None), ("0.1", -1), ("0.1", 0), ("0.1", "0.05"), ("0.1", 43_250.01), ("0.1", "NaN"),
     ("0.1", 10**15), ("0.1", 5e-324)],
)  # fmt: skip
async def test_a_number_that_is_none_is_refused_and_changes_nothing(
    floor: Floor, me: Person, quantity: Any, price: Any
) -> None:
    body = {"instrument": "BTC-SPOT", "side": "SELL", "quantity": quantity, "price": price}
    for side in ("BUY", "SELL"):
        answer = await me.asks("POST", "/market/trade", {**body, "side": side})
        refused(answer, 422, "QUANTITY_INVALID" if price is None else "PRICE_INVALID")
    assert (await me.balances())["usd"] == Decimal(50_000)


@pytest.mark.parametrize(
    "body",
    [
        {"quantity": True},
        {"quantity": None},
        {"quantity": []},
        {"quantity": {"value": 1}},
        {"price": True},
        {"leverage": 1.5},
        {"leverage": "5"},
        {"side": "HOLD"},
        {"side": "buy"},
        {"instrument": 7},
        {"instrument": "x" * 1_000},
        {"timeInForce": "GTD"},
        {"type": "STOP"},
        {"postOnly": "yes"},
        {"credit": 1},
        {"company": "somebody"},
        {"companyId": "somebody"},
    ],
)
async def test_a_wrong_shape_is_refused(me: Person, body: dict[str, Any]) -> None:
    order = {"instrument": "BTC-SPOT", "side": "BUY", "quantity": "0.01", **body}
    refused(await me.asks("POST", "/market/trade", order), 422, "INVALID_REQUEST")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"instrument": "DOGE-SPOT"}, 422, "INSTRUMENT_UNKNOWN"),
        ({"leverage": 0}, 422, "LEVERAGE_INVALID"),
        ({"leverage": -5, "instrument": "BTC-PERP"}, 422, "LEVERAGE_INVALID"),
        ({"leverage": 21, "instrument": "BTC-PERP"}, 422, "LEVERAGE_INVALID"),
        ({"type": "LIMIT"}, 422, "PRICE_REQUIRED"),
        ({"price": 1_000_000}, 422, "PRICE_OUT_OF_BAND"),
        ({"quantity": 100_000}, 422, "QUANTITY_INVALID"),
        ({"quantity": 3}, 409, "INSUFFICIENT_FUNDS"),
        ({"side": "SELL"}, 409, "INSUFFICIENT_FUNDS"),
    ],
)
async def test_what_the_market_refuses_is_told_and_changes_nothing(
    floor: Floor, me: Person, body: dict[str, Any], status: int, code: str
) -> None:
    await floor.ticks(1)
    order = {"instrument": "BTC-SPOT", "side": "BUY", "quantity": "0.01", **body}
    refused(await me.asks("POST", "/market/trade", order), status, code)
    await floor.ticks(1)
    assert (await me.balances())["usd"] == Decimal(50_000)
    assert (await me.gets("/market/orders"))["orders"] == []


async def test_what_is_too_dear_leaves_no_site_and_no_rig(floor: Floor, me: Person) -> None:
    answer = await me.asks("POST", "/site/create", {"name": "Palace", "gridTier": 5, "coolingType": "IMMERSION"})
    refused(answer, 409, "INSUFFICIENT_FUNDS")
    assert (await me.gets("/site/list"))["sites"] == []
    site = await me.site()
    body = {"siteId": site, "type": "ANTMINER_S21_PRO", "count": 10}
    refused(await me.asks("POST", "/site/rig/add", body), 409, "INSUFFICIENT_FUNDS")
    assert (await me.gets(f"/site/{site}"))["rigsTotal"] == 0


async def test_hands_that_grab_at_once_get_what_is_there_once(floor: Floor, me: Person) -> None:
    """Fifteen sites for the money of at most five, and orders for the rest of it, all in the same moment."""
    await floor.ticks(1)
    asked = [me.asks("POST", "/site/create", {"name": f"Site {number}"}) for number in range(15)]
    order = {"instrument": "BTC-SPOT", "side": "BUY", "quantity": "0.3"}
    asked += [me.asks("POST", "/market/trade", order) for _ in range(15)]
    answers = await asyncio.gather(*asked)
    codes = [answer.status_code for answer in answers]
    assert set(codes) == {201, 409}
    sites = sum(code == 201 for code in codes[:15])
    bought = sum(code == 201 for code in codes[15:])
    assert sites * 10_000 + bought * 12_000 <= 50_000
    assert len((await me.gets("/site/list"))["sites"]) == sites
    balances = await me.balances()
    assert balances["btc"] == bought * Decimal("0.3")
    assert balances["usd"] >= 0
    await floor.ticks(2)
    later = await me.balances()
    assert (later["usd"], later["btc"]) == (balances["usd"], balances["btc"])
    assert await floor.money() == (0, 0)


async def test_the_same_request_sent_again_is_done_once(floor: Floor, me: Person) -> None:
    await floor.ticks(1)
    headers = {"Idempotency-Key": "buy-once"}
    order = {"instrument": "BTC-SPOT", "side": "BUY", "quantity": "0.05"}
    answers = await asyncio.gather(
        *(me.asks("POST", "/market/trade", order, headers=headers) for _ in range(5)), return_exceptions=False
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["order"]["id"] for answer in answers}) == 1
    assert (await me.balances())["btc"] == Decimal("0.05")
    refused(
        await me.asks("POST", "/market/trade", {**order, "quantity": "1"}, headers=headers),
        422,
        "IDEMPOTENCY_KEY_REUSED",
    )


async def test_many_people_trade_at_once_and_every_unit_is_accounted_for(floor: Floor) -> None:
    people = [await floor.person(region) for region in ("EUROPE", "ASIA", "US_WEST", "US_EAST", "SOUTH_AMERICA")]
    await floor.ticks(1)
    book = await people[0].gets("/market/book/BTC-SPOT")
    bid, ask = book["bids"][0][0], book["asks"][0][0]
    for round_ in range(3):
        asked = []
        for number, person in enumerate(people):
            cross = {"price": str(ask + 50)} if (number + round_) % 2 else {"price": str(bid)}
            asked.append(
                person.asks(
                    "POST", "/market/trade", {"instrument": "BTC-SPOT", "side": "BUY", "quantity": "0.1", **cross}
                )
            )
            perp = {
                "instrument": "BTC-PERP",
                "side": "LONG" if number % 2 else "SHORT",
                "quantity": "0.2",
                "leverage": 10,
            }
            asked.append(person.asks("POST", "/market/trade", perp))
            asked.append(
                person.asks("POST", "/market/trade", {"instrument": "BTC-SPOT", "side": "SELL", "quantity": "0.05"})
            )
        await asyncio.gather(*asked, floor.ticks(1))
        assert await floor.money() == (0, 0)
    rows = await floor.rows(orders)
    assert len(rows) >= 15


async def test_things_of_others_are_like_things_that_are_not(floor: Floor, me: Person) -> None:
    other = await floor.person()
    site = await other.site()
    await floor.ticks(1)
    await other.posts("/site/rig/add", {"siteId": site, "type": "ANTMINER_S19"}, status=201)
    bid = (await other.gets("/market/book/BTC-SPOT"))["bids"][0][0]
    order = (await other.trades(price=str(bid - 100)))["order"]["id"]
    position = (await other.trades(instrument="BTC-PERP", side="LONG", quantity="0.01", leverage=2))["position"]["id"]

    async def answers(site: str, order: str, position: str) -> list[tuple[int, str]]:
        contract = {"siteId": site, "type": "FIXED", "capacityKw": 1, "durationDays": 1}
        asked = [
            ("GET", f"/site/{site}", None),
            ("GET", f"/site/{site}/energy/quotes", None),
            ("POST", "/site/rig/add", {"siteId": site, "type": "ANTMINER_S19"}),
            ("POST", "/site/rig/remove", {"siteId": site, "rigIds": [1]}),
            ("POST", "/site/rig/maintain", {"siteId": site}),
            ("POST", "/site/rig/firmware", {"siteId": site, "rigIds": [1], "firmware": "ECO"}),
            ("POST", "/site/energy", contract),
            ("POST", "/site/curtailment", {"siteId": site, "marginBp": 0}),
            ("PATCH", f"/market/order/{order}", {"quantity": "0.005"}),
            ("DELETE", f"/market/order/{order}", None),
            ("POST", "/market/close", {"positionId": position}),
        ]
        got = [await me.asks(*one) for one in asked]
        return [(answer.status_code, answer.text) for answer in got]

    theirs = await answers(site, order, position)
    nobodys = await answers("europe-9999", "1-77", "1-78")
    assert theirs == nobodys
    assert {status for status, _ in theirs} == {404}
    assert (await other.gets("/market/positions"))["positions"][0]["id"] == position
    assert (await other.gets("/market/orders"))["orders"][0]["id"] == order


async def test_refused_writes_leave_a_trace_but_not_without_end(floor: Floor, me: Person) -> None:
    from gamefold.platform.audit import audit_lines, verify_audit

    for _ in range(15):
        await me.asks("POST", "/market/trade", {"instrument": "BTC-SPOT", "side": "SELL", "quantity": -1})
    lines, verdict = await floor.server.database.read(
        lambda connection: (
            audit_lines(connection, 100, chain="tycoon", subject=me.id),
            verify_audit(connection, "tycoon"),
        )
    )
    assert verdict.holds
    assert 5 <= len(lines) <= 20  # ten in a minute, and the minute may have turned
    assert {line.action for line in lines} == {"request.refused"}
