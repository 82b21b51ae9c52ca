"""A company with sites in several regions: one purse, one list of sites, one stream, as if there were one world."""

import asyncio
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gamefold.games.tycoon.routes import Desk
from gamefold.games.tycoon.state.border import MARKET
from gamefold.games.tycoon.state.units import REGIONS
from gamefold.games.tycoon.state.worlds import together, world_of
from gamefold.games.tycoon.tables import Home
from gamefold.games.tycoon.tables.schema import branches, companies, sites
from tests.serving import eventually

from .floor import Floor, Person, a_floor, good, refused

pytestmark = pytest.mark.asyncio(loop_scope="module")

START = Decimal(50_000)
SITE = Decimal(10_000)  # grid tier 1, AIR
THREE = ("EUROPE", "ASIA", "SOUTH_AMERICA")


async def rigs(person: Person, site: str, count: int = 1) -> Decimal:
    """Buy rigs; give what they cost."""
    offers = await person.gets(f"/site/offers?region={site.rpartition('-')[0].upper().replace('-', '_')}")
    await person.posts("/site/rig/add", {"siteId": site, "type": "ANTMINER_S19", "count": count}, status=201)
    return offers["rigs"]["ANTMINER_S19"] * count


async def grant(floor: Floor, person: Person, usd: str) -> None:
    boss = await floor.superuser()
    body = {"accountId": person.id, "usd": usd, "reason": "a test"}
    good(await boss.asks("POST", "/liveops/tycoon/grants", body), 201)


async def test_a_company_has_sites_in_three_regions_and_pays_each_exactly_once(floor: Floor, me: Person) -> None:
    ids = [await me.site(region=region) for region in THREE]
    assert [site.rpartition("-")[0] for site in ids] == ["europe", "asia", "south-america"]
    assert (await me.balances())["usd"] == START - 3 * SITE
    shown = (await me.gets("/player/me"))["company"]
    assert (shown["region"], shown["regions"]) == ("EUROPE", list(THREE))
    listed = (await me.gets("/site/list"))["sites"]
    assert [(site["id"], site["region"]) for site in listed] == list(zip(ids, THREE, strict=True))
    spent = sum([await rigs(me, site, 2) for site in ids])
    assert (await me.balances())["usd"] == START - 3 * SITE - spent
    await floor.ticks(3)
    after = await me.balances()
    assert after["btc"] > 0
    assert after["usd"] < START - 3 * SITE - spent  # energy
    details = [await me.gets(f"/site/{site}") for site in ids]
    assert [one["site"]["status"] for one in details] == ["RUNNING"] * 3
    assert await floor.money() == (0, 0)


async def test_where_nobody_has_a_site_yet_energy_and_offers_can_be_looked_at(floor: Floor, me: Person) -> None:
    await floor.ticks(1)
    prices = {region: await me.gets(f"/site/offers?region={region}") for region in REGIONS}
    assert {region: one["energy"]["region"] for region, one in prices.items()} == {one: one for one in REGIONS}
    assert len({one["energy"]["price"] for one in prices.values()}) > 1
    assert (await me.gets("/site/offers"))["energy"]["region"] == "EUROPE"
    refused(await me.asks("GET", "/site/offers?region=ATLANTIS"), 422, "REGION_UNKNOWN")


async def test_a_region_that_is_none_is_refused_and_opens_nothing(me: Person) -> None:
    for region in ("ATLANTIS", "asia", "", "MARKET", "ASIA\n"):
        refused(await me.asks("POST", "/site/create", {"name": "Far", "region": region}), 422, "REGION_UNKNOWN")
    assert (await me.gets("/player/me"))["company"]["regions"] == ["EUROPE"]


async def test_what_is_missing_is_fetched_from_home_and_from_the_market(floor: Floor, me: Person) -> None:
    """Four fifths of the money lie in a cancelled order when a site is bought in another region."""
    await floor.ticks(1)
    bid = (await me.gets("/market/book/BTC-SPOT"))["bids"][0][0]
    order = (await me.trades(price=str(bid - 300), quantity="1.1"))["order"]
    await me.asks("DELETE", f"/market/order/{order['id']}")
    await me.site(region="ASIA")
    balances = await me.balances()
    assert (balances["usd"], balances["atBranches"]["usd"]) == (START - SITE, 0)
    assert await floor.money() == (0, 0)


async def test_what_nobody_has_is_refused_with_what_is_missing_and_buys_nothing(floor: Floor, me: Person) -> None:
    body = {"name": "Palace", "gridTier": 5, "coolingType": "IMMERSION", "region": "ASIA"}
    price = (await me.gets("/site/offers?region=ASIA"))["sites"]["IMMERSION"]["5"]
    answer = await me.asks("POST", "/site/create", body)
    refused(answer, 409, "INSUFFICIENT_FUNDS")
    missing = json.loads(answer.text, parse_float=Decimal)["error"]["missing"]
    assert missing == price - START
    assert (await me.balances())["usd"] == START
    assert (await me.gets("/site/list"))["sites"] == []
    assert await floor.money() == (0, 0)


async def test_everything_a_site_can_do_it_does_in_a_branch(floor: Floor, me: Person) -> None:
    await grant(floor, me, "100000")
    site = await me.site(region="US_EAST", gridTier=2)
    await rigs(me, site, 5)
    ids = [rig["id"] for rig in (await me.gets(f"/site/{site}"))["rigs"]]
    assert len(ids) == 5
    body = {"siteId": site, "rigIds": ids[:2], "firmware": "TURBO"}
    shown = await me.posts("/site/rig/firmware", body)
    assert [rig["firmware"] for rig in shown["rigs"]].count("TURBO") == 2
    shown = await me.posts("/site/curtailment", {"siteId": site, "marginBp": -5_000})
    assert shown["site"]["curtailBp"] == -5_000
    fixed = next(
        one for one in (await me.gets(f"/site/{site}/energy/quotes?days=30"))["quotes"] if one["type"] == "FIXED"
    )
    contract = {"siteId": site, "type": "FIXED", "capacityKw": 5, "durationDays": 30}
    signed = (await me.posts("/site/energy", contract, status=201))["site"]["contract"]
    assert signed["provider"] == fixed["provider"]
    await floor.ticks(2)
    await me.posts("/site/rig/maintain", {"siteId": site})
    before = (await me.balances())["usd"]
    await me.posts("/site/rig/remove", {"siteId": site, "rigIds": [ids[4]]})
    sold = (await me.balances())["usd"] - before
    assert sold > 0
    await floor.ticks(1)
    assert (await me.gets(f"/site/{site}"))["rigsTotal"] == 4
    assert await floor.money() == (0, 0)


async def test_the_pool_s_scheme_is_the_company_s_in_every_region(floor: Floor, me: Person) -> None:
    await me.site(region="ASIA")
    await me.posts("/site/payout", {"scheme": "PPLNS"})
    await me.site(region="US_WEST")  # opened later
    for region in ("EUROPE", "ASIA", "US_WEST"):
        assert await floor.state(region, lambda one: int(one.ledger["payout"][one.row_of(me.company)])) == 1


async def test_sites_of_others_abroad_are_like_sites_that_are_not(floor: Floor, me: Person) -> None:
    other = await floor.person("US_EAST")
    theirs = [await other.site(), await other.site(region="ASIA")]
    await me.site(region="ASIA")
    nowhere = ("us-east-9999", "asia-9999", "south-america-1", "atlantis-1", "site-1", "asia-", "-1", "asia")
    answers = {}
    for site in (*theirs, *nowhere):
        contract = {"siteId": site, "type": "FIXED", "capacityKw": 1, "durationDays": 1}
        asked = [
            await me.asks("GET", f"/site/{site}"),
            await me.asks("GET", f"/site/{site}/energy/quotes"),
            await me.asks("POST", "/site/rig/add", {"siteId": site, "type": "ANTMINER_S19"}),
            await me.asks("POST", "/site/rig/remove", {"siteId": site, "rigIds": [1]}),
            await me.asks("POST", "/site/rig/maintain", {"siteId": site}),
            await me.asks("POST", "/site/rig/firmware", {"siteId": site, "firmware": "ECO"}),
            await me.asks("POST", "/site/energy", contract),
            await me.asks("POST", "/site/curtailment", {"siteId": site, "marginBp": 0}),
        ]
        answers[site] = [(answer.status_code, answer.text) for answer in asked]
    assert len({json.dumps(one) for one in answers.values()}) == 1, answers
    assert {status for status, _ in answers[theirs[0]]} == {404}


async def test_hands_that_grab_in_all_regions_at_once_get_what_is_there_once(floor: Floor, me: Person) -> None:
    """Twenty sites in five regions for the money of five, and orders for the rest of it, in the same moment."""
    await floor.ticks(1)
    asked = [
        me.asks("POST", "/site/create", {"name": f"Site {number}", "region": REGIONS[number % 5]})
        for number in range(20)
    ]
    order = {"instrument": "BTC-SPOT", "side": "BUY", "quantity": "0.3"}
    asked += [me.asks("POST", "/market/trade", order) for _ in range(5)]
    answers = await asyncio.gather(*asked)
    assert {answer.status_code for answer in answers} == {201, 409}, [answer.text for answer in answers]
    built = sum(answer.status_code == 201 for answer in answers[:20])
    assert len((await me.gets("/site/list"))["sites"]) == built <= 5
    balances = await me.balances()
    assert balances["usd"] >= 0
    await floor.ticks(2)  # what branches were sent and did not spend goes home
    later = await me.balances()
    assert (later["usd"], later["btc"]) == (balances["usd"], balances["btc"])
    assert later["atBranches"] == {"usd": 0, "btc": 0}
    assert await floor.money() == (0, 0)


async def test_the_same_request_sent_again_opens_one_branch_and_one_site(floor: Floor, me: Person) -> None:
    body, headers = {"name": "Once", "region": "ASIA"}, {"Idempotency-Key": "abroad-once"}
    answers = await asyncio.gather(*(me.asks("POST", "/site/create", body, headers=headers) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["site"]["id"] for answer in answers}) == 1
    assert (await me.balances())["usd"] == START - SITE
    await floor.ticks(1)
    assert len((await me.gets("/site/list"))["sites"]) == 1


async def test_deeds_in_a_branch_count_at_home_and_quests_are_done_once(floor: Floor, me: Person) -> None:
    site = await me.site(region="SOUTH_AMERICA")
    await rigs(me, site)
    await floor.ticks(2)
    await eventually(lambda: _completed(me, "FIRST_SITE", "FIRST_RIG"))
    await me.posts("/quests/FIRST_SITE/claim")
    refused(await me.asks("POST", "/quests/FIRST_SITE/claim"), 409, "QUEST_ALREADY_CLAIMED")


async def test_a_guest_with_a_branch_becomes_an_account_everywhere(floor: Floor) -> None:
    guest = await floor.guest(region="ASIA", companyName="Night Shift")
    site = await guest.site(region="EUROPE")
    body = {"email": "abroad@example.com", "password": "correct-Pferd 7 Batterie", "companyName": "Day Shift"}
    account = Person(floor, await guest.posts("/auth/upgrade", body))
    assert [one["id"] for one in (await account.gets("/site/list"))["sites"]] == [site]
    await floor.ticks(1)

    async def known() -> bool:
        return await floor.state("EUROPE", lambda one: _name(one, guest.company)) == ("Day Shift", False)

    await eventually(known)


async def test_the_leaderboard_and_the_public_page_count_all_regions_as_one_company(own_data: Path) -> None:
    async with a_floor(own_data) as floor:
        me = await floor.person()
        abroad = await me.site(region="ASIA")
        home = await me.site()
        await rigs(me, abroad, 3)
        await rigs(me, home, 2)
        await floor.ticks(3)
        [entry] = (await me.gets("/leaderboard?by=hashrate"))["entries"]
        both = [await floor.state(region, lambda one: _hash(one, me.company)) for region in ("ASIA", "EUROPE")]
        assert min(both) > 0
        assert entry["region"] == "EUROPE"
        public = (await (await floor.person()).gets(f"/player/{me.company}"))["company"]
        shown = [one.get("hashrate", one.get("hashrateGhs")) for one in (entry, public)]
        assert shown[0] == shown[1] in (sum(both), Decimal(sum(both)) / 1_000)
        index = await floor.state(MARKET, lambda market: market.world.price.index_micro)
        balances = await me.balances()
        worth = balances["usd"] + balances["btc"] * index / 1_000_000
        assert abs(entry["netWorth"] - worth) < Decimal("0.000002")


async def test_a_branch_has_its_own_row_and_no_second_company(own_data: Path) -> None:
    async with a_floor(own_data) as floor:
        me = await floor.person()
        site = await me.site(region="ASIA")
        await rigs(me, site)
        assert [(row["id"], row["region"]) for row in await floor.rows(companies)] == [(me.company, "EUROPE")]
        [branch] = await floor.rows(branches)
        assert (branch["id"], branch["region"], branch["world"]) == (me.company, "ASIA", world_of(1, "ASIA"))
        assert [(row["id"], row["company_id"]) for row in await floor.rows(sites)] == [(site, me.company)]


# -- the socket -----------------------------------------------------------------------------------------------------


async def test_a_viewer_hears_home_and_every_branch_also_one_that_is_opened_while_they_look(
    floor: Floor, me: Person
) -> None:
    await me.site(region="ASIA")
    async with me.watches() as viewer:
        assert (await viewer.next())["data"]["channels"] == ["region:ASIA", "region:EUROPE"]
        await viewer.until("player:update", event="Balances")
        await me.site("New World", region="SOUTH_AMERICA")
        seen = await viewer.upto("player:update", event="SiteCreated")
        kinds = [(one["type"], one["data"].get("event") or one["data"].get("channel")) for one in seen]
        assert ("subscribed", "region:SOUTH_AMERICA") in kinds
        assert ("player:update", "BranchFounded") in kinds
        assert seen[-1]["data"]["name"] == "New World"
        tick = await floor.ticks(1)
        for region in THREE:
            assert region in viewer.position
        seen = await _ticks_of(viewer, tick, {"EUROPE", "ASIA", "SOUTH_AMERICA"})
        assert seen == {"EUROPE", "ASIA", "SOUTH_AMERICA"}
        await viewer.says(type="unsubscribe", channel="region:ASIA")
        assert (await viewer.until("error"))["data"]["code"] == "CHANNEL_NEEDED"


async def test_every_position_around_a_new_branch_is_a_place_to_go_on_from(floor: Floor, me: Person) -> None:
    """Cut the stream off behind each message of a company that goes abroad: what follows is always the rest."""
    async with me.watches() as viewer:
        await viewer.until("player:update", event="Balances")
        start = viewer.position
    await floor.ticks(2)  # of the other region, nobody hears this
    await me.site("Old World")
    await me.site("New World", region="ASIA")
    await floor.ticks(2)
    await asyncio.sleep(0.2)  # what the border carries has arrived

    async def rest_after(position: str, upto: str | None) -> list[tuple[str, str, str]]:
        told: list[tuple[str, str, str]] = []
        async with me.watches(position) as again:
            await again.next()  # hello
            while not told or told[-1][2] != upto:
                message = await again.next()
                if message["data"].get("event") == "Balances":
                    if upto is None:
                        return told
                    continue
                told.append((message["type"], str(message["data"].get("event")), message["position"]))
        return told

    whole = await rest_after(start, None)
    events = [event for kind, event, _ in whole if kind == "player:update"]
    assert events.count("BranchFounded") == 1
    assert events.count("SiteCreated") == 2
    assert len({position for *_, position in whole}) == len(whole)
    for number, (*_, position) in enumerate(whole[:-1]):
        assert await rest_after(position, whole[-1][2]) == whole[number + 1 :], number


async def test_a_branch_that_was_opened_while_nobody_looked_is_told_from_its_beginning(
    floor: Floor, me: Person
) -> None:
    async with me.watches() as viewer:
        await viewer.until("player:update", event="Balances")
        position = viewer.position
    assert "ASIA" not in position
    site = await me.site("Unseen", region="ASIA")
    await rigs(me, site)
    tick = await floor.ticks(2)
    async with me.watches(position) as viewer:
        seen = await viewer.upto("region:update", region="ASIA", tick=tick)
    own = [one["data"]["event"] for one in seen if one["type"] == "player:update"]
    assert own.count("BranchFounded") == own.count("SiteCreated") == own.count("RigsAdded") == 1
    ticks = [one["data"]["tick"] for one in seen if one["data"].get("region") == "ASIA" and one["type"][:6] == "region"]
    assert ticks == [tick - 1, tick]


async def test_a_branch_that_is_opened_while_its_owner_comes_in_is_heard_from_its_beginning(
    floor: Floor, me: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with me.watches() as viewer:
        await viewer.until("player:update", event="Balances")
        position = viewer.position
    looked, look = [], Desk.branch_positions

    async def looks_too_early(desk: Desk, home: Home) -> dict[str, int]:
        found = await look(desk, home)
        if not looked:
            await me.site("In Between", region="ASIA")
        looked.append(found)
        return found

    monkeypatch.setattr(Desk, "branch_positions", looks_too_early)
    async with me.watches(position) as viewer:
        assert (await viewer.next())["data"]["channels"] == ["region:ASIA", "region:EUROPE"]
        tick = await floor.ticks(1)
        seen = await viewer.upto("region:update", region="ASIA", tick=tick)
    assert [sorted(found) for found in looked] == [[], ["ASIA"]]
    own = [one["data"]["event"] for one in seen if one["type"] == "player:update"]
    assert own.count("BranchFounded") == own.count("SiteCreated") == 1


async def test_what_happens_in_a_branch_is_told_to_its_owner_alone(floor: Floor, me: Person) -> None:
    other = await floor.person("ASIA")
    await me.site(region="ASIA")
    async with me.watches() as mine, other.watches() as theirs:
        await mine.until("player:update", event="Balances")
        await theirs.until("player:update", event="Balances")
        await me.site("Secret Valley", region="ASIA")
        tick = await floor.ticks(1)
        own = await mine.upto("region:update", region="ASIA", tick=tick)
        seen = await theirs.upto("region:update", region="ASIA", tick=tick)
    assert "SiteCreated" in {one["data"].get("event") for one in own}
    assert "Secret Valley" not in json.dumps(seen, default=str)
    assert me.company not in json.dumps(seen, default=str)


# -- operators, restarts, rollbacks ---------------------------------------------------------------------------------


async def test_a_company_gets_back_what_it_had_in_every_region_and_later_branches_are_cleared(own_data: Path) -> None:
    async with a_floor(own_data) as floor:
        me, boss = await floor.person(), await floor.superuser()
        home, abroad = await me.site(), await me.site(region="ASIA")
        await rigs(me, abroad, 2)
        then = await floor.ticks(1)
        await floor.ticks(1)
        before = await me.gets("/site/list")
        numbers = [rig["id"] for rig in (await me.gets(f"/site/{abroad}"))["rigs"]]
        await me.posts("/site/rig/remove", {"siteId": abroad, "rigIds": numbers})
        await me.site("Too late", region="US_WEST")
        await floor.ticks(1)
        body: dict[str, Any] = {"reason": "a test", "accountId": me.id, "toTick": then, "dryRun": True}
        dry = good(await boss.asks("POST", "/liveops/tycoon/restore", body))
        assert (dry["before"]["sites"], dry["before"]["rigs"]) == (3, 0)
        assert (dry["after"]["sites"], dry["after"]["rigs"]) == (2, 2)
        assert len((await me.gets("/site/list"))["sites"]) == 3
        told = good(await boss.asks("POST", "/liveops/tycoon/restore", {**body, "dryRun": False}))
        assert (told["after"]["sites"], told["after"]["rigs"]) == (2, 2)
        after = (await me.gets("/site/list"))["sites"]
        assert [one["name"] for one in after] == [one["name"] for one in before["sites"]]
        assert [one["region"] for one in after] == ["EUROPE", "ASIA"]
        assert [one["rigs"] for one in after] == [0, 2]
        assert {home, abroad} == {one["id"] for one in after}
        await floor.ticks(1)
        assert await floor.money() == (0, 0)


async def test_a_rollback_takes_a_branch_back_with_everything_in_it(own_data: Path) -> None:
    from gamefold.engine.history import last_seq_of

    async with a_floor(own_data) as floor:
        me = await floor.person()
        await me.site(region="ASIA")
        kept = await floor.ticks(2)
        await floor.ticks(1)
        async with me.watches() as viewer:
            await viewer.until("player:update", event="Balances")
            await me.site("Undone", region="US_WEST")
            await viewer.until("player:update", event="SiteCreated")
            position, host = viewer.position, floor.server.host
            await floor.ticks(1)
            cuts = {world: await last_seq_of(host.journal, world, kept) for world in together(world_of(1, MARKET))}
            await host.rollback_together(cuts, actor="operator", reason="a test")
            async with asyncio.timeout(60):
                await viewer.wire.wait_closed()
        async with me.watches(position) as viewer:
            await viewer.next()
            tick = await floor.ticks(1)
            await viewer.until("tick:update", tick=tick)
        assert [one["region"] for one in (await me.gets("/site/list"))["sites"]] == ["ASIA"]
        assert (await me.balances())["usd"] == START - SITE
        assert await me.site("Again", region="US_WEST") == "us-west-1"
        assert (await me.balances())["usd"] == START - 2 * SITE
        await floor.ticks(1)
        assert await floor.money() == (0, 0)


# -- inside ---------------------------------------------------------------------------------------------------------


def _hash(region: Any, company: str) -> int:
    return int(region.ledger["hash"][region.row_of(company)])


def _name(region: Any, company: str) -> tuple[str, bool]:
    found = region.companies[region.row_of(company)]
    return found.name, found.guest


async def _completed(person: Person, *wanted: str) -> bool:
    quests = {quest["id"]: quest["status"] for quest in (await person.gets("/quests"))["quests"]}
    return all(quests[one] == "COMPLETED" for one in wanted)


async def _ticks_of(viewer: Any, tick: int, wanted: set[str]) -> set[str]:
    seen: set[str] = set()
    while seen != wanted:
        message = await viewer.until("region:update", tick=tick)
        seen.add(message["data"]["region"])
    return seen
