"""What somebody meets who wrote a client from the pages alone: things a page promises and a careless server breaks."""

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest

from .floor import Floor, Person, a_floor, good, refused

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_an_order_that_a_tick_overtakes_is_filled_all_the_same(floor: Floor, me: Person) -> None:
    """Its money is reckoned at one price and may meet another; who has plenty of it is never told it is too little."""
    await floor.ticks(1)
    stop = asyncio.Event()

    async def time_flies() -> None:
        while not stop.is_set():
            await floor.ticks(1)

    flying = asyncio.create_task(time_flies())
    try:
        answers = []
        for _ in range(20):
            answers.append((await me.asks("POST", "/market/trade", _spot("BUY", "0.7"))).text[:99])
            answers.append((await me.asks("POST", "/market/trade", _spot("SELL", "0.7"))).text[:99])
    finally:
        stop.set()
        await flying
    assert [answer for answer in answers if not answer.startswith('{"order"')] == []
    await floor.ticks(2)
    assert (await me.balances())["btc"] == Decimal(0)
    assert await floor.money() == (0, 0)


async def test_a_vote_may_follow_at_once_and_counts_when_voting_begins(floor: Floor, me: Person) -> None:
    other = await floor.person("ASIA")
    await floor.ticks(1)
    proposal = (await me.posts("/governance/propose", _proposal(), status=201))["id"]
    voting = asyncio.create_task(other.asks("POST", "/governance/vote", {"proposalId": proposal, "choice": "AGAINST"}))
    await asyncio.sleep(0.3)
    assert not voting.done()
    await floor.ticks(1)
    good(await voting)
    await floor.ticks(1)
    shown = next(one for one in (await me.gets("/governance/proposals"))["proposals"] if one["id"] == proposal)
    assert shown["votes"] == {"for": 0, "against": 6, "abstain": 0}


async def test_who_asks_for_an_instrument_that_is_not_there_sees_nothing_and_who_orders_it_is_wrong(me: Person) -> None:
    refused(await me.asks("GET", "/market/book/DOGE-SPOT"), 404, "INSTRUMENT_NOT_FOUND")
    order = {"instrument": "DOGE-SPOT", "side": "BUY", "quantity": 1}
    refused(await me.asks("POST", "/market/trade", order), 422, "INSTRUMENT_UNKNOWN")
    refused(await me.asks("POST", "/market/cancel-all", {"instrument": "DOGE-SPOT"}), 422, "INSTRUMENT_UNKNOWN")


async def test_a_guest_needs_to_say_nothing(floor: Floor) -> None:
    assert good(await floor.http.post("/auth/guest"), 201)["user"]["guest"] is True


@pytest.mark.parametrize("path", ["/site/create", "/site/energy", "/site/payout", "/site/curtailment", "/site/rig/add"])
async def test_an_address_that_takes_only_posts_says_so(me: Person, path: str) -> None:
    answer = await me.asks("GET", path)
    refused(answer, 405, "METHOD_NOT_ALLOWED")
    assert "POST" in answer.headers["allow"]


async def test_money_in_messages_is_usd_and_btc(floor: Floor, me: Person) -> None:
    await floor.ticks(1)
    async with me.watches() as watcher:
        await me.site()
        told = await watcher.until("player:update", event="FundsChanged")
        assert (told["data"]["usdChange"], told["data"]["usd"]) == (Decimal(-10_000), Decimal(40_000))


async def test_sentences_speak_of_usd_and_btc_too(floor: Floor, me: Person) -> None:
    await floor.ticks(1)

    async def sentence(status: int, code: str, **order: object) -> str:
        answer = await me.asks("POST", "/market/trade", {**_spot("BUY", "0.01"), **order})
        return refused(answer, status, code)

    assert await sentence(422, "QUANTITY_INVALID", quantity=100_000) == "An order is for 0.0001 BTC to 500 BTC."
    assert "USD and " in await sentence(422, "PRICE_OUT_OF_BAND", price=1)
    perpetual = {"instrument": "BTC-PERP", "reduceOnly": True}
    assert await sentence(409, "REDUCE_ONLY_INVALID", **perpetual) == "This order could close 0 BTC."


@pytest.mark.parametrize("quantity", [True, None, [], {"value": 1}])
async def test_a_quantity_of_a_wrong_kind_is_told_which_kinds_there_are(me: Person, quantity: object) -> None:
    order = {"instrument": "BTC-SPOT", "side": "BUY", "quantity": quantity}
    sentence = refused(await me.asks("POST", "/market/trade", order), 422, "INVALID_REQUEST")
    assert sentence == "The field quantity must be a number, or a decimal number as text."


async def test_moments_of_the_game_are_told_as_all_others(me: Person) -> None:
    quests = {quest["id"]: quest for quest in (await me.gets("/quests"))["quests"]}
    assert quests["DAILY_MINING"]["resets"].startswith("2024-01-02T00:00:00")
    assert quests["FIRST_SITE"]["resets"] is None


async def test_effects_of_events_have_the_names_they_have_in_messages(own_data: Path) -> None:
    async with a_floor(own_data) as floor:
        boss = await floor.superuser()
        storm = {"type": "DUST_STORM", "severity": "HIGH", "region": "ASIA", "reason": "a test"}
        await boss.posts("/liveops/tycoon/events", storm, status=201)
        await floor.ticks(2)
        event = next(one for one in (await boss.gets("/events"))["events"] if one["type"] == "DUST_STORM")
        assert set(event["payload"]["effect"]) == {"coolingBp", "wear"}


async def test_a_company_keeps_its_name_and_its_home_in_the_next_season(own_data: Path) -> None:
    async with a_floor(own_data) as floor:
        me, boss = await floor.person("ASIA", companyName="Night Shift"), await floor.superuser()
        await boss.posts("/liveops/tycoon/seasons/end", {"reason": "a test"})
        await boss.posts("/liveops/tycoon/seasons/start", {"reason": "a test"}, status=201)
        again = (await me.gets("/player/me"))["company"]
        assert (again["name"], again["region"], again["season"]) == ("Night Shift", "ASIA", 2)


def _proposal() -> dict[str, object]:
    return {
        "type": "SUBSIDY",
        "title": "More",
        "description": "More for those who mine.",
        "parameter": "mining_subsidy_bp",
        "value": 100,
    }


def _spot(side: str, quantity: str) -> dict[str, str]:
    return {"instrument": "BTC-SPOT", "side": side, "quantity": quantity}
