"""The description of Tycoon and of live operations: complete, and true for a whole game and for requests at random."""

import asyncio
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from gamefold.games.tycoon.state.border import MARKET
from gamefold.games.tycoon.state.worlds import world_of
from gamefold.platform.liveops.anomalies import report_anomaly
from tests.described import Description, Operation, codes_of, links_of

from .floor import Floor, Person, a_floor, described, good
from .test_matrix import OPEN, bearing, things_of

MARKET_WORLD = world_of(1, MARKET)
REASON = {"reason": "a test"}
HEALTH = {operation for operation in OPEN if operation[1].startswith(("/health", "/version"))}
# These end what all others need, so they come last, or have a test of their own.
LAST = ("/liveops/{game}/seasons/end", "/liveops/{game}/seasons/start")
ENDS = ("/auth/logout", "/auth/upgrade", "/liveops/auth/logout")


@pytest.mark.asyncio(loop_scope="module")
class TestDescription:
    """What has to be there of every operation."""

    async def test_every_operation_says_what_it_does_how_it_answers_and_what_it_refuses(self, floor: Floor) -> None:
        description = described(floor.server)
        for operation, told in description.operations.items():
            if operation in HEALTH:
                continue
            good_ones = [status for status in told["responses"] if status.startswith("2")]
            assert len(good_ones) == 1, operation
            assert re.fullmatch(r"[A-Z].*[a-z]", told["summary"]), operation
            if good_ones != ["204"]:
                schema = told["responses"][good_ones[0]]["content"]["application/json"]["schema"]
                assert fields_of(description, schema), (operation, "no schema of the answer")
            refused = {code for response in told["responses"].values() for code in codes_of(response)}
            assert {"STORAGE_UNAVAILABLE", "INVALID_REQUEST"} <= refused, operation
            assert ("UNAUTHORIZED" in refused) == bool(told.get("security")), operation
            assert "422" not in told["responses"] or codes_of(told["responses"]["422"]), operation

    async def test_every_name_of_an_operation_is_its_own_and_easy_to_say(self, floor: Floor) -> None:
        names = [told["operationId"] for told in described(floor.server).operations.values()]
        assert len(set(names)) == len(names)
        ours = [name for name in names if name.startswith(("tycoon_", "liveops_"))]
        assert len(ours) == len(names) - len(HEALTH)
        assert not [name for name in ours if not re.fullmatch(r"[a-z]+(?:_[a-z]+){1,4}", name)]

    async def test_every_link_leads_to_an_operation_that_takes_what_it_gives(self, floor: Floor) -> None:
        operations = described(floor.server).operations
        takes = {
            told["operationId"]: {one["name"] for one in told.get("parameters", ()) if one["in"] == "path"}
            for told in operations.values()
        }
        links = [link for told in operations.values() for one in told["responses"].values() for link in links_of(one)]
        assert len(links) >= 7
        for link in links:
            assert set(link["parameters"]) == takes[link["operationId"]], link

    async def test_every_text_and_number_of_a_body_has_bounds(self, floor: Floor) -> None:
        description = described(floor.server)
        for operation, told in description.operations.items():
            for content in told.get("requestBody", {}).get("content", {}).values():
                for name, field in fields_of(description, content["schema"]).items():
                    for one in alternatives(field):
                        assert bounded(one), (operation, name, one)

    async def test_every_decimal_says_its_unit(self, floor: Floor) -> None:
        description = described(floor.server)
        for name, schema in description.schema["components"]["schemas"].items():
            for field, told in schema.get("properties", {}).items():
                decimal = "number" in [one.get("type") for one in alternatives(told)]
                units = [one for one in (told, *told.get("anyOf", ())) if "description" in one]
                assert units or not decimal, (name, field, "in which unit?")


def fields_of(description: Description, schema: dict[str, Any]) -> dict[str, Any]:
    """Give the fields of a schema, of all its alternatives."""
    found: dict[str, Any] = dict(schema.get("properties", {}))
    if reference := schema.get("$ref"):
        found |= fields_of(description, description.schema["components"]["schemas"][reference.rpartition("/")[2]])
    for one in schema.get("anyOf", ()):
        found |= fields_of(description, one)
    return found


def alternatives(field: dict[str, Any]) -> list[dict[str, Any]]:
    return [part for one in field["anyOf"] for part in alternatives(one)] if "anyOf" in field else [field]


def bounded(field: dict[str, Any]) -> bool:
    """Say whether a field of a body has an end. Decimals are read exactly, and refused by the game where too large."""
    match field.get("type"):
        case "string":
            return bool({"maxLength", "enum", "const", "pattern"} & set(field))
        case "integer":
            return {"minimum", "maximum"} <= set(field) or "description" in field
        case "array":
            return "maxItems" in field
    return True


async def test_a_whole_game_is_answered_as_described_by_every_operation(own_data: Path) -> None:
    """Whoever adds a route adds a step here: what was never answered is not known to be as described."""
    async with a_floor(own_data) as floor:
        answered = described(floor.server).answered
        answered.clear()  # every answer below is held against the description as it arrives
        await play(floor)
        missing = set(described(floor.server).operations) - answered
        assert missing == set()


async def play(floor: Floor) -> None:
    """Let some people use everything there is."""
    boss, me, other = await floor.superuser(), await floor.person(), await floor.person()
    await come_and_go(floor, boss, me)
    never = {"changes": {"prototype_works_from_bp": 20_000}, **REASON}
    change = good(await boss.asks("PATCH", "/liveops/tycoon/parameters", never))["change"]["id"]
    await rich(boss, me)
    await rich(boss, other)
    await floor.ticks(2)
    await mine(me)
    await trade(floor, me)
    await research(floor, me, other)
    await govern(floor, me)
    for path in ("/events", "/alerts", "/leaderboard", f"/player/{other.id}", "/player/me"):
        await me.gets(path)
    await operate(floor, boss, me, change)


async def rich(boss: Person, person: Person) -> None:
    grant = {"accountId": person.id, "usd": 900_000, "btc": "1.5", **REASON}
    good(await boss.asks("POST", "/liveops/tycoon/grants", grant), 201)


async def come_and_go(floor: Floor, boss: Person, me: Person) -> None:
    for door in ("/auth", "/liveops/auth"):
        login = {"email": boss.tokens["user"]["email"], "password": "correct-Pferd 7 Batterie"}
        tokens = good(await floor.http.post(f"{door}/login", json=login))
        body = {"refreshToken": tokens["refreshToken"]}
        tokens = good(await floor.http.post(f"{door}/refresh", json=body))
        answer = await floor.http.post(f"{door}/logout", headers=bearing(tokens["accessToken"]))
        assert answer.status_code == 204
    guest = await floor.guest()
    await guest.posts("/auth/upgrade", {"email": "upgraded@example.com", "password": "correct-Pferd 7 Batterie"})
    for path in ("/health", "/health/live", "/health/ready", "/version"):
        await me.gets(path)


async def mine(me: Person) -> None:
    site = await me.site()
    rigs = {"siteId": site, "type": "ANTMINER_S19", "count": 3}
    ids = [rig["id"] for rig in (await me.posts("/site/rig/add", rigs, status=201))["rigs"]]
    await me.floor.ticks(2)
    await me.posts("/site/rig/maintain", {"siteId": site})
    await me.posts("/site/rig/firmware", {"siteId": site, "firmware": "ECO"})
    await me.posts("/site/rig/remove", {"siteId": site, "rigIds": ids[:1]})
    energy = {"siteId": site, "type": "INDEX", "capacityKw": 50, "durationDays": 30}
    await me.posts("/site/energy", energy, status=201)
    await me.posts("/site/curtailment", {"siteId": site, "marginBp": 100})
    await me.posts("/site/payout", {"scheme": "PPLNS"})
    for path in ("/site/list", "/site/offers", f"/site/{site}", f"/site/{site}/energy/quotes"):
        await me.gets(path)


async def trade(floor: Floor, me: Person) -> None:
    bid = (await me.gets("/market/book/BTC-SPOT"))["bids"][0][0]
    orders = [(await me.trades(price=str(bid - 200), quantity="0.2"))["order"]["id"] for _ in range(3)]
    good(await me.asks("PATCH", f"/market/order/{orders[0]}", {"quantity": "0.1"}))
    good(await me.asks("PATCH", f"/market/order/{orders[1]}", {"price": str(bid - 300)}))
    good(await me.asks("DELETE", f"/market/order/{orders[0]}"))
    await me.gets("/market/orders")
    await me.posts("/market/cancel-all", {})
    await me.gets("/market/orders?status=all")
    position = (await me.trades(instrument="BTC-PERP", side="SHORT", quantity="0.3", leverage=5))["position"]["id"]
    await me.posts("/market/margin", {"positionId": position, "amount": "10.5"})
    for path in ("positions", "fills", "list", "trades/BTC-SPOT", "candles/BTC-SPOT"):
        await me.gets(f"/market/{path}")
    await me.posts("/market/close", {"positionId": position})
    await me.trades(instrument="BTC-SPOT", quantity="0.01")
    await floor.ticks(1)
    await me.gets("/market/trades/BTC-SPOT")


async def research(floor: Floor, me: Person, other: Person) -> None:
    async def learn(person: Person, node: str, ticks: int) -> None:
        await person.posts("/research/start", {"nodeId": node})
        await floor.ticks(ticks)

    await learn(other, "FIRMWARE_TUNING_1", 1)
    await learn(other, "FIRMWARE_TUNING_2", 3)
    await other.posts("/research/offer", {"nodeId": "FIRMWARE_TUNING_2", "fee": 2_000})
    await me.posts("/research/license", {"nodeId": "FIRMWARE_TUNING_2"})
    await me.gets("/research/patents")
    for node, ticks in (("MINING_EFFICIENCY_1", 1), ("MINING_EFFICIENCY_2", 2), ("CHIP_DESIGN_1", 7)):
        await learn(me, node, ticks)
    await me.posts("/research/prototype", {"nodeId": "CHIP_DESIGN_1"})
    await me.gets("/research/tree")
    await me.gets("/quests")
    await me.posts("/quests/FIRST_RESEARCH/claim")
    await learn(me, "AUTOMATION_BASIC", 2)
    await me.posts("/standing-orders", {"autoRepair": True, "keepBtc": "0.25"})
    await me.gets("/standing-orders")


async def govern(floor: Floor, me: Person) -> None:
    words = {"title": "More", "description": "More for those who mine."}
    body = {"type": "SUBSIDY", **words, "parameter": "mining_subsidy_bp", "value": 100}
    proposal = (await me.posts("/governance/propose", body, status=201))["id"]
    await floor.ticks(2)
    await me.posts("/governance/vote", {"proposalId": proposal, "choice": "FOR"})
    await me.gets("/governance/proposals")


async def operate(floor: Floor, boss: Person, me: Person, change: str) -> None:
    async def posts(path: str, status: int = 200, **body: Any) -> Any:
        return good(await boss.asks("POST", f"/liveops/{path}", {**REASON, **body}), status)

    tick = await floor.ticks(1)
    await posts("tycoon/events", 201, type="HEATWAVE", region="EUROPE", startsInTicks=5)
    await posts(f"tycoon/parameters/changes/{change}/revert")
    await posts("tycoon/restore", accountId=me.id, toTick=tick)
    await posts("tycoon/leaderboard/exclude", accountId=me.id)
    await posts("tycoon/leaderboard/include", accountId=me.id)
    await posts("tycoon/links", accountIds=[me.id], group="pair")
    await posts(f"accounts/{me.id}/ban")
    await posts(f"accounts/{me.id}/unban")
    await posts(f"worlds/{MARKET_WORLD}/fork", 201, newId=f"{MARKET_WORLD}-what-if")
    await posts(f"worlds/{quote(MARKET_WORLD, safe='')}/rollback", toTick=tick)
    anomaly = await floor.server.database.write(suspect)
    body = {"verdict": "DISMISSED", "note": "a test"}
    good(await boss.asks("POST", f"/liveops/anomalies/{anomaly}/review", body))
    for path in ("worlds", f"worlds/{MARKET_WORLD}", "audit", "anomalies", f"accounts/{me.id}"):
        await boss.gets(f"/liveops/{path}")
    for path in ("parameters", "parameters/changes", "events", "seasons", "leaderboard"):
        await boss.gets(f"/liveops/tycoon/{path}")
    await posts("tycoon/seasons/end")
    await posts("tycoon/seasons/start", 201, name="Winter")


def suspect(connection: Any) -> str:
    """Report an anomaly, as detectors do."""
    anomaly_id = "22222222-2222-4333-8444-555555555555"
    report_anomaly(
        connection,
        anomaly_id=anomaly_id,
        game="tycoon",
        subject="somebody",
        kind="a_test",
        score=5,
        evidence={"seen": 1},
        now_ms=1,
    )
    return anomaly_id


@dataclass
class Api:
    """A server in a thread of its own with a game that has begun, and what a company and an operator have there."""

    schema: Any
    description: Description
    player: dict[str, str]
    operator: dict[str, str]
    things: dict[str, Any]

    def headers_for(self, case: Any) -> dict[str, str]:
        return self.operator if case.path.startswith("/liveops") else self.player

    def holds(self, case: Any, answer: Any) -> None:
        """Hold an answer of schemathesis' own kind against the description."""
        told = (case.method, case.path, answer.status_code, answer.text[:300])
        assert answer.status_code < 500, told
        kind = answer.headers.get("content-type", [""])[0]
        heard = httpx.Response(answer.status_code, headers={"Content-Type": kind}, content=answer.content)
        self.description.holds((case.method, case.path), heard)


@pytest.fixture(scope="module")
def api(data: Path) -> Iterator[Api]:
    ready: dict[str, Any] = {}
    begun = threading.Event()

    async def serve() -> None:
        ready["loop"], ready["end"] = asyncio.get_running_loop(), asyncio.Event()
        async with a_floor(data) as floor:
            boss, me = await floor.superuser(), await floor.person()
            await rich(boss, me)
            await floor.ticks(2)
            shared = {"game": "tycoon", "instrument": "BTC-PERP", "player_id": "me", "account_id": me.id}
            more = {"accountId": me.id, "nodeId": "MINING_EFFICIENCY_1", "quest_id": "FIRST_SITE"}
            things = {**await things_of(me), **shared, **more, "world_id": MARKET_WORLD}
            players, operators = [bearing(one.tokens["accessToken"]) for one in (me, boss)]
            ready["api"] = floor.url, Description(floor.server.app.openapi()), players, operators, things
            begun.set()
            await ready["end"].wait()

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    assert begun.wait(60)
    url, *rest = ready["api"]
    yield Api(schemathesis.openapi.from_url(f"{url}/openapi.json"), *rest)
    ready["loop"].call_soon_threadsafe(ready["end"].set)
    thread.join(30)


def at_random(examples: int, *, same: bool) -> Callable[[Any], Any]:
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=same,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def ask_all(api: Api, mode: GenerationMode, examples: int, *, same: bool) -> set[Operation]:
    """Ask every operation what fits (or does not fit) its description, about things that are there every other time."""
    found = [result.ok() for result in api.schema.get_all_operations()]
    asked: set[Operation] = set()
    for operation in sorted((one for one in found if one.path not in ENDS), key=lambda one: one.path in LAST):

        @at_random(examples, same=same)
        @given(case=operation.as_strategy(generation_mode=mode), real=st.booleans())
        def ask(case: Any, real: bool) -> None:
            if real:
                name_things(case, api.things)
            api.holds(case, case.call(headers=api.headers_for(case), timeout=30))
            asked.add((case.method, case.path))

        with suppress(Unsatisfiable):  # nothing can be wrong with a request that says nothing
            ask()
    return asked


def name_things(case: Any, things: dict[str, Any]) -> None:
    for part in (case.path_parameters, case.body):
        if isinstance(part, dict):
            part.update({name: thing for name, thing in things.items() if name in part})


def test_what_fits_the_description_is_answered_as_described(api: Api) -> None:
    asked = ask_all(api, GenerationMode.POSITIVE, 5, same=True)
    assert len(asked) >= len(api.description.operations) - len(ENDS)


def test_what_does_not_fit_the_description_is_refused_as_described(api: Api) -> None:
    assert len(ask_all(api, GenerationMode.NEGATIVE, 4, same=True)) >= 70


@pytest.mark.long
@pytest.mark.timeout(3_000)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_whatever_is_sent_is_answered_as_described(api: Api, mode: GenerationMode) -> None:
    assert len(ask_all(api, mode, 150, same=False)) >= 70
