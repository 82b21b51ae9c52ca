"""Section 4 of the spec in JSON: its words, and the units that go with them."""

from decimal import Decimal

import pytest

from .floor import Floor, Person, good

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_users_and_companies(floor: Floor, me: Person) -> None:
    shown = await me.gets("/player/me")
    assert {"id", "email", "createdAt"} <= set(shown["user"])
    assert {"id", "ownerId", "name", "region", "reputation"} <= set(shown["company"])
    assert shown["company"]["ownerId"] == me.id


async def test_sites_rigs_and_contracts(floor: Floor, me: Person) -> None:
    site = await me.site(gridTier=2, coolingType="LIQUID")
    shown = await me.posts("/site/rig/add", {"siteId": site, "type": "ANTMINER_S19", "count": 1}, status=201)
    assert {"id", "companyId", "name", "region", "gridTier", "coolingType", "uptime"} <= set(shown["site"])
    assert (shown["site"]["companyId"], shown["site"]["coolingType"]) == (me.company, "LIQUID")
    assert shown["site"]["uptime"] == 10_000
    (rig,) = shown["rigs"]
    assert {"id", "siteId", "type", "hashrate", "efficiency", "wear", "firmware", "status"} <= set(rig)
    assert (rig["siteId"], rig["type"], rig["wear"]) == (site, "ANTMINER_S19", 0)
    assert Decimal(85) < rig["hashrate"] < Decimal(105)  # TH/s, and each one is a little different
    assert rig["efficiency"] == pytest.approx(rig["powerW"] / rig["hashrate"], abs=Decimal("0.001"))
    contract = {"siteId": site, "type": "FIXED", "capacityKw": 5, "durationDays": 2}
    signed = (await me.posts("/site/energy", contract, status=201))["site"]["contract"]
    assert {"id", "siteId", "pricePerKWh", "capacity", "start", "end"} <= set(signed)
    assert (signed["siteId"], signed["capacity"], signed["end"] - signed["start"]) == (site, 5, 2 * 288)


async def test_positions(floor: Floor, me: Person) -> None:
    await floor.ticks(1)
    body = {"instrument": "BTC-PERP", "side": "LONG", "quantity": "0.01", "leverage": 2}
    told = (await me.posts("/market/trade", body, status=201))["position"]
    assert {"id", "companyId", "instrument", "side", "quantity", "entry", "margin", "status"} <= set(told)
    (shown,) = (await me.gets("/market/positions"))["positions"]
    assert (shown["id"], shown["companyId"], shown["entry"]) == (told["id"], me.company, told["entry"])


async def test_research(floor: Floor, me: Person) -> None:
    await me.posts("/research/start", {"nodeId": "COOLING_OPTIMIZATION_1"})
    await floor.ticks(1)
    nodes = {node["node"]: node for node in (await me.gets("/research/tree"))["nodes"]}
    done = nodes["COOLING_OPTIMIZATION_1"]
    assert (done["status"], done["level"], done["progress"]) == ("DONE", 1, 10_000)
    assert (nodes["MINING_EFFICIENCY_1"]["level"], nodes["MINING_EFFICIENCY_1"]["progress"]) == (0, 0)


async def test_proposals(floor: Floor, me: Person) -> None:
    body = {"type": "SUBSIDY", "title": "T", "description": "D", "parameter": "mining_subsidy_bp", "value": 50}
    opened = await me.posts("/governance/propose", body, status=201)
    assert {"id", "type", "title", "description", "deadline", "votes", "outcome"} <= set(opened)
    assert opened["deadline"] > opened["begins"]
    listed = (await me.gets("/governance/proposals"))["proposals"]
    assert opened.items() <= next(one for one in listed if one["id"] == opened["id"]).items()


async def test_events(floor: Floor, me: Person) -> None:
    boss = await floor.superuser()
    body = {"type": "HEATWAVE", "region": "EUROPE", "durationTicks": 2, "reason": "a test"}
    good(await boss.asks("POST", "/liveops/tycoon/events", body), 201)
    await floor.ticks(4)
    (shown,) = [one for one in (await me.gets("/events"))["events"] if one["type"] == "HEATWAVE"]
    assert set(shown) == {"id", "type", "severity", "region", "payload", "createdAt", "resolvedAt"}
    assert shown["resolvedAt"] > shown["createdAt"]


async def test_ticks_and_what_is_told_of_the_own_things(floor: Floor, me: Person) -> None:
    async with me.watches() as viewer:
        await viewer.until("player:update", event="Balances")
        site = await me.site()
        contract = {"siteId": site, "type": "INDEX", "capacityKw": 5, "durationDays": 2}
        signed = (await me.posts("/site/energy", contract, status=201))["site"]["contract"]
        told = (await viewer.until("player:update", event="ContractSigned"))["data"]
        assert signed.items() <= told.items()
        bought = await me.posts("/site/rig/add", {"siteId": site, "type": "ANTMINER_S19", "count": 2}, status=201)
        told = (await viewer.until("player:update", event="RigsAdded", siteId=site))["data"]
        assert (told["type"], told["hashrate"]) == ("ANTMINER_S19", [rig["hashrate"] for rig in bought["rigs"]])
        tick = await floor.ticks(1)
        update = (await viewer.until("tick:update", tick=tick))["data"]
        assert {"tick", "ts", "btcPrice", "difficulty", "regionalPrices"} <= set(update)
        shares = bought["site"]["hashrate"] / update["networkHashrate"]
        assert 0 < shares < Decimal("0.001")
        mine = (await me.gets(f"/player/{me.company}"))["company"]
        assert mine["ownerId"] == me.id
        entries = (await me.gets("/leaderboard?by=hashrate&limit=200"))["entries"]
        assert all(isinstance(entry["hashrate"], Decimal) for entry in entries)
