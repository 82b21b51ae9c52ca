"""What goes wrong in games like this one, and does not here: the list at the end of the design, over HTTP."""

import asyncio
import base64
import hashlib
import hmac
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from .floor import Floor, Person, a_floor, good, refused

pytestmark = pytest.mark.asyncio(loop_scope="module")

START = Decimal(50_000)


@pytest.mark.parametrize("quantity", [-1, "-0.01", 0, "0.00005", 0.00015, 1e-9, -1e308, "1e-4", "-0"])
@pytest.mark.parametrize("instrument", ["BTC-SPOT", "BTC-PERP"])
async def test_a_negative_or_fractional_quantity_credits_nobody(
    floor: Floor, me: Person, instrument: str, quantity: Any
) -> None:
    for side in ("BUY", "SELL"):
        body = {"instrument": instrument, "side": side, "quantity": quantity}
        refused(await me.asks("POST", "/market/trade", body), 422, "QUANTITY_INVALID")
    assert (await me.balances())["usd"] == START


@pytest.mark.parametrize("count", [-1, 0, -(2**31), 1.5, "2", 10**30])
async def test_a_negative_or_fractional_number_of_rigs_credits_nobody(me: Person, count: Any) -> None:
    site = await me.site()
    body = {"siteId": site, "type": "ANTMINER_S19", "count": count}
    answer = await me.asks("POST", "/site/rig/add", body)
    assert answer.status_code == 422, answer.text
    assert (await me.balances())["usd"] == START - 10_000


async def test_rigs_named_twice_are_sold_once(me: Person) -> None:
    site = await me.site()
    bought = await me.posts("/site/rig/add", {"siteId": site, "type": "ANTMINER_S19", "count": 2}, status=201)
    rig = bought["rigs"][0]["id"]
    before = (await me.balances())["usd"]
    answer = await me.asks("POST", "/site/rig/remove", {"siteId": site, "rigIds": [rig, rig, rig]})
    after = (await me.balances())["usd"]
    assert after - before <= 2_800
    assert (await me.gets(f"/site/{site}"))["rigsTotal"] == (1 if answer.status_code == 200 else 2)
    gone = [rig] if answer.status_code == 200 else [rig, 999_999]
    refused(await me.asks("POST", "/site/rig/remove", {"siteId": site, "rigIds": gone}), 404, "RIG_NOT_FOUND")
    assert (await me.balances())["usd"] == after


async def test_a_site_that_cannot_be_paid_is_not_there(me: Person) -> None:
    body = {"name": "Palace", "gridTier": 5, "coolingType": "IMMERSION"}
    refused(await me.asks("POST", "/site/create", body), 409, "INSUFFICIENT_FUNDS")
    assert (await me.gets("/site/list"))["sites"] == []
    answers = await asyncio.gather(*(me.asks("POST", "/site/create", {"name": "One more"}) for _ in range(8)))
    built = sum(answer.status_code == 201 for answer in answers)
    assert built == len((await me.gets("/site/list"))["sites"]) == 5
    assert (await me.balances())["usd"] == START - built * 10_000 == 0


async def test_leverage_is_for_margin_and_profit_counts_once(floor: Floor, me: Person) -> None:
    await floor.ticks(1)
    order = {"instrument": "BTC-PERP", "side": "LONG", "quantity": "0.1", "leverage": 10}
    opened = await me.trades(**order)
    assert opened["position"]["margin"] < Decimal(1_000)  # of 4,300
    await floor.ticks(5)
    held = await me.balances()
    (position,) = (await me.gets("/market/positions"))["positions"]
    moved = (position["mark"] - position["entry"]) * position["quantity"]
    assert position["unrealised"] == moved
    assert position["equity"] == position["margin"] + moved
    closed = await me.posts("/market/close", {"positionId": position["id"]})
    assert closed["position"] is None
    fills = [(fill["price"] * fill["quantity"], fill["fee"]) for fill in (*opened["fills"], *closed["fills"])]
    profit = sum(value for value, _ in fills[len(opened["fills"]) :]) - sum(
        value for value, _ in fills[: len(opened["fills"])]
    )
    await floor.ticks(1)
    after = await me.balances()
    assert after["usd"] == START + profit - sum(fee for _, fee in fills)
    assert after["margin"]["usd"] == 0 < held["margin"]["usd"]


async def test_research_takes_the_seconds_it_says(own_data: Path) -> None:
    async with a_floor(own_data) as floor:
        me, boss = await floor.person(), await floor.superuser()
        change = {"changes": {"time_compression": 1}, "reason": "a test"}
        good(await boss.asks("PATCH", "/liveops/tycoon/parameters", change))
        await floor.ticks(1)
        await me.posts("/research/start", {"nodeId": "MINING_EFFICIENCY_1"})

        async def node() -> dict[str, Any]:
            nodes = (await me.gets("/research/tree"))["nodes"]
            return next(one for one in nodes if one["node"] == "MINING_EFFICIENCY_1")

        assert (await node())["remainingS"] == 120
        await floor.ticks(12)  # of 5 seconds
        half = await node()
        assert (half["status"], half["remainingS"], half["progress"], half["level"]) == ("RUNNING", 60, 5_000, 0)
        await floor.ticks(11)
        assert (await node())["status"] == "RUNNING"
        await floor.ticks(1)
        assert ((await node())["status"], (await node())["level"]) == ("DONE", 1)


async def test_no_balance_is_lost_or_made_between_parallel_requests(floor: Floor, me: Person) -> None:
    await floor.ticks(1)
    ask = (await me.gets("/market/book/BTC-SPOT"))["asks"][0][0]
    asked = [me.asks("POST", "/site/create", {"name": f"Site {number}"}) for number in range(3)]
    body = {"instrument": "BTC-SPOT", "side": "BUY", "quantity": "0.02"}
    asked += [me.asks("POST", "/market/trade", body) for _ in range(21)]
    asked += [me.asks("POST", "/market/trade", {**body, "price": str(ask - 300)}) for _ in range(21)]
    asked += [me.asks("POST", "/research/start", {"nodeId": "MINING_EFFICIENCY_1"}) for _ in range(5)]
    answers = [answer for answer in await asyncio.gather(*asked) if answer.is_success]
    told = [json.loads(answer.text, parse_float=Decimal) for answer in answers]
    spent = sum(fill["price"] * fill["quantity"] + fill["fee"] for one in told for fill in one.get("fills", ()))
    spent += 10_000 * sum("site" in one for one in told) + 5_000 * sum("nodes" in one for one in told)
    assert sum("nodes" in one for one in told) <= 1
    for _ in range(2):
        assert (await me.balances())["usd"] == START - spent
        await floor.ticks(1)
    assert await floor.money() == (0, 0)


async def test_guests_have_no_vote_and_get_none_by_becoming_an_account(floor: Floor, me: Person) -> None:
    guest = await floor.guest()
    body = {"type": "SUBSIDY", "title": "T", "description": "D", "parameter": "mining_subsidy_bp", "value": 50}
    proposal = (await me.posts("/governance/propose", body, status=201))["id"]
    await floor.ticks(2)
    vote = {"proposalId": proposal, "choice": "FOR"}
    refused(await guest.asks("POST", "/governance/vote", vote), 403, "GUESTS_CANNOT_VOTE")
    upgrade = {"email": "turncoat@example.com", "password": "correct-Pferd 7 Batterie"}
    account = Person(floor, await guest.posts("/auth/upgrade", upgrade))
    assert account.company == guest.company
    refused(await account.asks("POST", "/governance/vote", vote), 403, "NOT_ENTITLED")
    await floor.ticks(1)
    (shown,) = [one for one in (await me.gets("/governance/proposals"))["proposals"] if one["id"] == proposal]
    assert shown["votes"] == {"for": 0, "against": 0, "abstain": 0}


@pytest.mark.parametrize("secret", ["", "secret", "changeme", "your-secret-key", "dev-secret", "jwt_secret", "0" * 32])
async def test_no_signing_secret_comes_out_of_a_manual(floor: Floor, me: Person, secret: str) -> None:
    head, claims, _ = me.tokens["accessToken"].split(".")
    signed = hmac.new(secret.encode(), f"{head}.{claims}".encode(), hashlib.sha256).digest()
    forged = f"{head}.{claims}.{_base64(signed)}"
    unsigned = _base64(b'{"alg":"none","typ":"at+jwt"}')
    for token in (forged, f"{unsigned}.{claims}."):
        answer = await floor.http.get("/player/me", headers={"Authorization": f"Bearer {token}"})
        refused(answer, 401, "UNAUTHORIZED")


async def test_an_alert_is_told_once_and_not_with_every_tick(floor: Floor, me: Person) -> None:
    boss = await floor.superuser()
    site = await me.site()
    await me.posts("/site/rig/add", {"siteId": site, "type": "ANTMINER_S19", "count": 5}, status=201)
    left = (await me.balances())["usd"]
    taken = {"accountId": me.id, "usd": str(-left), "reason": "a test"}
    good(await boss.asks("POST", "/liveops/tycoon/grants", taken), 201)
    async with me.watches() as viewer:
        await viewer.until("player:update", event="Balances")
        last = await floor.ticks(6)
        seen = await viewer.upto("region:update", tick=last)
    alerts = [message["data"] for message in seen if message["type"] == "alert"]
    assert [alert["alert"] for alert in alerts if alert["alert"] == "POWER_CUT"] == ["POWER_CUT"]
    listed = [(alert["type"], alert["message"]) for alert in (await me.gets("/alerts"))["alerts"]]
    assert len(listed) == len(set(listed))


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
