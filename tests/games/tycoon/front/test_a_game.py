"""One person's way through the game, over HTTP."""

from decimal import Decimal

import pytest

from .floor import Floor, Person, good, refused

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_new_company_has_50_000_usd_no_btc_and_four_reputations_of_50(me: Person) -> None:
    shown = await me.gets("/player/me")
    company = shown["company"]
    assert company["region"] == "EUROPE"
    assert company["reputation"] == {"anarchists": 50, "miners": 50, "regulators": 50, "traders": 50}
    assert (company["balances"]["usd"], company["balances"]["btc"]) == (Decimal(50_000), Decimal(0))
    assert shown["user"]["guest"] is False


async def test_the_answer_of_auth_is_tokens_user_and_company(floor: Floor, me: Person) -> None:
    assert set(me.tokens) == {"accessToken", "refreshToken", "expiresIn", "user", "company"}
    answer = await floor.http.post("/auth/refresh", json={"refreshToken": me.tokens["refreshToken"]})
    assert good(answer)["company"]["id"] == me.company
    assert answer.headers["cache-control"] == "no-store"


async def test_a_site_with_rigs_mines(floor: Floor, me: Person) -> None:
    site = await me.site(region="EUROPE", gridTier=2, coolingType="AIR")
    shown = await me.posts("/site/rig/add", {"siteId": site, "type": "ANTMINER_S19", "count": 2}, status=201)
    assert [rig["type"] for rig in shown["rigs"]] == ["ANTMINER_S19", "ANTMINER_S19"]
    spent = Decimal(50_000) - (await me.balances())["usd"]
    assert spent >= Decimal(10_000) + 2 * Decimal(2_800)
    await floor.ticks(3)
    assert (await me.balances())["btc"] > 0
    assert (await me.gets("/site/list"))["sites"][0]["id"] == site


async def test_energy_is_signed_at_the_price_that_was_quoted(me: Person) -> None:
    site = await me.site()
    quotes = (await me.gets(f"/site/{site}/energy/quotes?days=30"))["quotes"]
    fixed = next(quote for quote in quotes if quote["type"] == "FIXED")
    body = {"siteId": site, "type": "FIXED", "capacityKw": 50, "durationDays": 30}
    signed = (await me.posts("/site/energy", body, status=201))["site"]["contract"]
    assert (signed["pricePerKWh"], signed["capacity"]) == (fixed["pricePerKWh"], 50)


async def test_btc_is_bought_at_once_and_the_money_of_the_answer_is_that_of_the_balances(
    floor: Floor, me: Person
) -> None:
    await floor.ticks(2)
    told = await me.trades(quantity="0.1")
    fee = sum(fill["fee"] for fill in told["fills"])
    cost = sum(fill["price"] * fill["quantity"] for fill in told["fills"])
    assert told["order"]["status"] == "FILLED"
    after = await me.balances()
    assert after["btc"] == Decimal("0.1")
    assert after["usd"] == Decimal(50_000) - cost - fee
    await floor.ticks(1)
    later = await me.balances()  # the proceeds are at home by now, and the sum is the same
    assert (later["usd"], later["btc"]) == (after["usd"], after["btc"])
    assert later["heldForOrders"] == {"usd": Decimal(0), "btc": Decimal(0)}


async def test_long_is_another_word_for_buy_and_leverage_is_for_margin_not_for_profit(floor: Floor, me: Person) -> None:
    await floor.ticks(1)
    told = await me.trades(instrument="BTC-PERP", side="LONG", quantity=0.1, leverage=5)
    position = told["position"]
    assert (position["side"], position["quantity"], position["leverage"]) == ("LONG", Decimal("0.1"), 5)
    moved = (position["mark"] - position["entry"]) * position["quantity"]
    assert position["unrealised"] == moved
    closed = await me.posts("/market/close", {"positionId": position["id"]})
    assert closed["position"] is None
    assert (await me.gets("/market/positions"))["positions"] == []


async def test_more_money_is_put_behind_a_position_and_taken_out_again(floor: Floor, me: Person) -> None:
    await floor.ticks(1)
    position = (await me.trades(instrument="BTC-PERP", side="LONG", quantity=0.1, leverage=20))["position"]
    before = await me.balances()
    backed = (await me.posts("/market/margin", {"positionId": position["id"], "amount": "250.5"}))["position"]
    assert backed["margin"] - position["margin"] == Decimal("250.5")
    assert backed["liquidationPrice"] < position["liquidationPrice"]
    after = await me.balances()
    assert (after["usd"], after["margin"]["usd"] - before["margin"]["usd"]) == (before["usd"], Decimal("250.5"))

    body = {"positionId": position["id"], "amount": 200, "direction": "REMOVE"}
    assert (await me.posts("/market/margin", body))["position"]["margin"] == backed["margin"] - 200
    for change, status, code in (
        ({"amount": 300}, 409, "MARGIN_NEEDED"),
        ({"positionId": "0-1"}, 404, "POSITION_NOT_FOUND"),
        ({"amount": 0}, 422, "AMOUNT_INVALID"),
        ({"amount": 90_000, "direction": "ADD"}, 409, "INSUFFICIENT_FUNDS"),
    ):
        refused(await me.asks("POST", "/market/margin", {**body, **change}), status, code)


async def test_an_order_rests_is_amended_and_cancelled(floor: Floor, me: Person) -> None:
    await floor.ticks(1)
    bid = (await me.gets("/market/book/BTC-SPOT"))["bids"][0][0]
    order = (await me.trades(price=str(bid - 200), quantity="0.2", clientOrderId="mine"))["order"]
    assert (order["status"], order["clientOrderId"]) == ("OPEN", "mine")
    held = (await me.balances())["heldForOrders"]["usd"]
    assert held > (bid - 200) * Decimal("0.2")
    smaller = await me.asks("PATCH", f"/market/order/{order['id']}", {"quantity": "0.1"})
    assert good(smaller)["order"]["remaining"] == Decimal("0.1")
    assert good(await me.asks("DELETE", f"/market/order/{order['id']}"))["order"]["status"] == "CANCELLED"
    assert (await me.gets("/market/orders"))["orders"] == []
    past = (await me.gets("/market/orders?status=all"))["orders"]
    assert [one["status"] for one in past] == ["CANCELLED"]
    await floor.ticks(1)
    assert (await me.balances())["usd"] == Decimal(50_000)


async def test_what_lies_idle_in_the_market_pays_for_a_site(floor: Floor, me: Person) -> None:
    """A cancelled order's money is in the market until the next tick; buying a site fetches it."""
    await floor.ticks(1)
    bid = (await me.gets("/market/book/BTC-SPOT"))["bids"][0][0]
    order = (await me.trades(price=str(bid - 300), quantity="1.1"))["order"]
    await me.asks("DELETE", f"/market/order/{order['id']}")
    await me.site()
    assert (await me.balances())["usd"] == Decimal(40_000)


async def test_research_runs_and_a_quest_is_claimed_once(floor: Floor, me: Person) -> None:
    refused(await me.asks("POST", "/research/start", {"nodeId": "MINING_EFFICIENCY_2"}), 409, "RESEARCH_LOCKED")
    tree = await me.posts("/research/start", {"nodeId": "MINING_EFFICIENCY_1"})
    node = next(node for node in tree["nodes"] if node["node"] == "MINING_EFFICIENCY_1")
    assert (node["status"], node["seconds"], node["cost"]) == ("RUNNING", 120, Decimal(5_000))
    await floor.ticks(1)  # 300 seconds of game time
    quests = {quest["id"]: quest for quest in (await me.gets("/quests"))["quests"]}
    assert quests["FIRST_RESEARCH"]["status"] == "COMPLETED"
    await me.posts("/quests/FIRST_RESEARCH/claim")
    refused(await me.asks("POST", "/quests/FIRST_RESEARCH/claim"), 409, "QUEST_ALREADY_CLAIMED")


async def test_a_proposal_is_voted_on_once_and_guests_have_no_vote(floor: Floor, me: Person) -> None:
    guest = await floor.guest()
    body = {
        "type": "SUBSIDY",
        "title": "More",
        "description": "More for those who mine.",
        "parameter": "mining_subsidy_bp",
        "value": 100,
    }
    proposal = (await me.posts("/governance/propose", body, status=201))["id"]
    await floor.ticks(2)
    vote = {"proposalId": proposal, "choice": "FOR"}
    await me.posts("/governance/vote", vote)
    refused(await me.asks("POST", "/governance/vote", vote), 409, "ALREADY_VOTED")
    refused(await guest.asks("POST", "/governance/vote", vote), 403, "GUESTS_CANNOT_VOTE")
    refused(await guest.asks("POST", "/governance/propose", body), 403, "GUESTS_CANNOT_PROPOSE")
    await floor.ticks(1)
    shown = next(one for one in (await me.gets("/governance/proposals"))["proposals"] if one["id"] == proposal)
    assert shown["votes"]["for"] == shown["myWeight"] == 6
    assert shown["myVote"] == "FOR"


async def test_a_guest_becomes_an_account_once_and_keeps_the_company(floor: Floor) -> None:
    guest = await floor.guest(region="ASIA", companyName="Night Shift")
    site = await guest.site()
    body = {"email": "night@example.com", "password": "correct-Pferd 7 Batterie", "companyName": "Day Shift"}
    account = Person(floor, await guest.posts("/auth/upgrade", body))
    shown = (await account.gets("/player/me"))["company"]
    assert (shown["id"], shown["name"], shown["guest"]) == (guest.company, "Day Shift", False)
    assert (await account.gets("/site/list"))["sites"][0]["id"] == site
    refused(await account.asks("POST", "/auth/upgrade", {**body, "email": "x@example.com"}), 409, "NOT_A_GUEST")


async def test_the_leaderboard_knows_everybody_by_three_orders(floor: Floor, me: Person) -> None:
    for by in ("netWorth", "hashrate", "reputation"):
        entries = (await me.gets(f"/leaderboard?by={by}&limit=200"))["entries"]
        assert [entry["rank"] for entry in entries] == list(range(1, len(entries) + 1))
    refused(await me.asks("GET", "/leaderboard?season=77"), 404, "SEASON_NOT_FOUND")


async def test_what_everybody_may_see_of_a_company_says_nothing_of_its_money(floor: Floor, me: Person) -> None:
    other = await floor.person(companyName="Open Books")
    for name in (other.id, other.company):
        shown = (await me.gets(f"/player/{name}"))["company"]
        assert set(shown) == {"id", "ownerId", "name", "region", "season", "reputation", "hashrate"}
    refused(await me.asks("GET", "/player/11111111-2222-4333-8444-555555555555"), 404, "COMPANY_NOT_FOUND")
    refused(await me.asks("GET", "/player/nobody"), 404, "COMPANY_NOT_FOUND")
