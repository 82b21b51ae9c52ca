"""Every route, asked by everybody, about everybody's things. They come from the description, so new ones are asked."""

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import httpx
import jwt
import pytest
import pytest_asyncio

from gamefold.platform.accounts.access_tokens import LIFE_S, AccessTokens
from gamefold.testkit.clock import VirtualClock
from tests.described import Operation, codes_of

from .floor import Floor, Person, described, good

pytestmark = pytest.mark.asyncio(loop_scope="module")

# Whoever asks these shows no token. Everything else has a door.
OPEN = {
    ("POST", "/auth/register"), ("POST", "/auth/guest"), ("POST", "/auth/login"), ("POST", "/auth/refresh"),
    ("POST", "/liveops/auth/login"), ("POST", "/liveops/auth/refresh"),
    ("GET", "/health"), ("GET", "/health/live"), ("GET", "/health/ready"), ("GET", "/version"),
}  # fmt: skip
# Names of things: those of one company, and those everybody may name.
OWNED = {"site_id", "siteId", "order_id", "positionId", "rigIds"}
PUBLIC = {
    "player_id", "quest_id", "nodeId", "proposalId", "clientOrderId", "instrument",
    "account_id", "accountId", "accountIds", "anomaly_id", "change_id", "world_id", "newId",
}  # fmt: skip
# Whoever asks these well is somebody else afterwards.
LEAVES = {("POST", "/auth/logout"), ("POST", "/auth/upgrade"), ("POST", "/liveops/auth/logout")}
NOBODY = "11111111-2222-4333-8444-555555555555"


def operations(floor: Floor) -> Iterator[tuple[Operation, dict[str, Any]]]:
    yield from described(floor.server).operations.items()


def behind_doors(floor: Floor) -> list[Operation]:
    return [operation for operation, told in operations(floor) if told.get("security")]


def names_of(floor: Floor, told: dict[str, Any]) -> set[str]:
    """Give the names of what a route takes: in its path, and in its body."""
    return {one["name"] for one in told.get("parameters", ()) if one["in"] == "path"} | set(body_of(floor, told))


def body_of(floor: Floor, told: dict[str, Any]) -> dict[str, Any]:
    """Give a body that fits the description, of its required fields and those that name things."""
    content = told.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return {}
    schema = described(floor.server).object_of(content["schema"])
    wanted = set(schema.get("required", ())) | (OWNED & set(schema["properties"]))
    return {name: plain(field) for name, field in schema["properties"].items() if name in wanted}


def plain(schema: dict[str, Any]) -> Any:
    """Give some value that a field may have."""
    for one in (schema, *schema.get("anyOf", ())):
        if "examples" in one:
            return one["examples"][0]
        if "enum" in one:
            return one["enum"][0]
    first = next(iter(schema.get("anyOf", ())), schema)
    return {"integer": 1, "number": 1, "boolean": False, "array": [1], "object": {"x": 1}}.get(first.get("type"), "x")


async def asked(
    floor: Floor, operation: Operation, headers: dict[str, str], things: dict[str, Any], *, filled: bool = False
) -> httpx.Response:
    """Ask one route about `things`, with a body that fits (`filled`) or an empty one."""
    method, path = operation
    address = re.sub(r"\{(\w+)\}", lambda found: str(things.get(found[1], NOBODY)), path)
    told = described(floor.server).operations[operation]
    options: dict[str, Any] = {}
    if "requestBody" in told:
        body = body_of(floor, told) if filled else {}
        options["json"] = {name: things.get(name, value) for name, value in body.items()}
    return await floor.http.request(method, address, headers=headers, **options)


def bearing(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def boss(floor: Floor) -> Person:
    return await floor.superuser()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def strangers(floor: Floor, boss: Person) -> dict[str, dict[str, str]]:
    """Give the headers of everybody who has no valid token, by what is wrong with theirs."""
    person, banned, gone = [await floor.person() for _ in range(3)]
    settings = floor.settings
    claims = jwt.decode(person.tokens["accessToken"], options={"verify_signature": False})
    now_ms = claims["iat"] * 1_000

    def made(
        secret: bytes = settings.token_secret(), issuer: str = settings.jwt_issuer, at_ms: int = now_ms, **more: str
    ) -> dict[str, str]:
        audience = more.get("audience", claims["aud"])
        issued = AccessTokens(secret, issuer, VirtualClock(at_ms)).issue(claims["sub"], claims["sid"], audience)
        return bearing(issued.text)

    # What is made here is what the server makes, but for one thing each.
    assert (await floor.http.get("/player/me", headers=made())).status_code == 200
    body = {"reason": "a test"}
    good(await boss.asks("POST", f"/liveops/accounts/{banned.id}/ban", body))
    assert (await gone.asks("POST", "/auth/logout")).status_code == 204
    return {
        "no token": {},
        "no scheme": {"Authorization": person.tokens["accessToken"]},
        "nonsense": bearing("a.b.c"),
        "a refresh token": bearing(person.tokens["refreshToken"]),
        "another secret": made(secret=b"x" * 64),
        "another issuer": made(issuer="somebody"),
        "another game's": made(audience=f"{settings.jwt_audience}:focus"),
        "expired": made(at_ms=now_ms - (LIFE_S + 60) * 1_000),
        "of tomorrow": made(at_ms=now_ms + 86_400_000),
        "banned": bearing(banned.tokens["accessToken"]),
        "logged out": bearing(gone.tokens["accessToken"]),
    }


async def test_every_route_has_a_door_but_those_by_which_people_come_in(floor: Floor) -> None:
    assert {operation for operation, told in operations(floor) if not told.get("security")} == OPEN


async def test_who_shows_no_valid_token_gets_the_same_401_at_every_door(
    floor: Floor, strangers: dict[str, dict[str, str]]
) -> None:
    doors = behind_doors(floor)
    assert len(doors) >= 69
    for operation in doors:
        answers = await asyncio.gather(*(asked(floor, operation, headers, {}) for headers in strangers.values()))
        for who, answer in zip(strangers, answers, strict=True):
            assert answer.status_code == 401, (operation, who, answer.text)
            assert answer.json()["error"]["code"] == "UNAUTHORIZED", (operation, who)
            # What is wrong with a token is nobody's business.
            assert answer.json()["error"]["message"] == "This needs a valid access token.", (operation, who)


async def test_live_operations_are_for_superusers_alone(floor: Floor, boss: Person) -> None:
    player, guest = await floor.person(), await floor.guest()
    doors = [operation for operation in behind_doors(floor) if operation[1].startswith("/liveops")]
    assert len(doors) >= 25
    for operation in doors:
        for person in (player, guest):
            answer = await asked(floor, operation, bearing(person.tokens["accessToken"]), {})
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "FORBIDDEN"), operation
        if operation not in LEAVES:
            answer = await asked(floor, operation, bearing(boss.tokens["accessToken"]), {})
            assert answer.status_code not in (401, 403), (operation, answer.text)


async def test_guests_may_do_what_players_may_but_for_what_the_description_says(floor: Floor) -> None:
    guest = await floor.guest()
    refused = set()
    for operation, told in operations(floor):
        if not told.get("security") or operation[1].startswith("/liveops") or operation in LEAVES:
            continue
        answer = await asked(floor, operation, bearing(guest.tokens["accessToken"]), {}, filled=True)
        assert answer.status_code not in (401, 500), (operation, answer.text)
        if answer.status_code == 403 and (code := answer.json()["error"]["code"]).startswith("GUESTS"):
            refused.add(operation)
            assert code in codes_of(told["responses"]["403"])
    assert refused == {("POST", "/governance/propose"), ("POST", "/governance/vote")}


async def test_every_thing_that_can_be_named_is_somebodys_or_everybodys(floor: Floor) -> None:
    for operation, told in operations(floor):
        naming = {name for name in names_of(floor, told) if re.search(r"(?:_id|Id|Ids)$", name)}
        assert naming <= OWNED | PUBLIC, (operation, "say whose it is")


async def test_what_is_somebody_elses_and_what_is_not_there_look_the_same(floor: Floor) -> None:
    owner, stranger = await floor.person(), await floor.person()
    await floor.ticks(1)
    foreign, mine = await things_of(owner), await things_of(stranger)
    unknown = {name: made_up(thing) for name, thing in foreign.items()}
    before = await everything_of(owner)
    headers = bearing(stranger.tokens["accessToken"])
    tried = 0
    for operation, told in operations(floor):
        for name in sorted(names_of(floor, told) & OWNED):
            # All else is the asker's own.
            answers = [
                await asked(floor, operation, headers, {**mine, name: things[name]}, filled=True)
                for things in (foreign, unknown)
            ]
            assert answers[0].status_code == 404, (operation, name, answers[0].text)
            assert answers[0].status_code == answers[1].status_code, (operation, name)
            assert answers[0].content == answers[1].content, (operation, name)
            assert set(answers[0].headers) == set(answers[1].headers), (operation, name)
            tried += 1
    assert tried >= 12
    assert await everything_of(owner) == before


async def things_of(person: Person) -> dict[str, Any]:
    """Make one of everything a company can have."""
    site = await person.site()
    rigs = await person.posts("/site/rig/add", {"siteId": site, "type": "ANTMINER_S19", "count": 2}, status=201)
    bid = (await person.gets("/market/book/BTC-SPOT"))["bids"][0][0]
    order = (await person.trades(price=str(bid - 200)))["order"]["id"]
    position = (await person.trades(instrument="BTC-PERP", leverage=2))["position"]["id"]
    return {
        "site_id": site,
        "siteId": site,
        "rigIds": [rig["id"] for rig in rigs["rigs"]],
        "order_id": order,
        "positionId": position,
    }


def made_up(thing: Any) -> Any:
    """Give the name of a thing that is not there, of the same form."""
    if isinstance(thing, list):
        return [one + 900_000 for one in thing]
    return re.sub(r"\d+$", "900000", thing)


async def everything_of(person: Person) -> list[Any]:
    company = (await person.gets("/player/me"))["company"]
    paths = ("/market/orders", "/market/positions", "/site/list")
    (site,) = [await person.gets(f"/site/{one['id']}") for one in (await person.gets("/site/list"))["sites"]]
    return [company, site, *[await person.gets(path) for path in paths]]
