"""Section 5.1: who comes in, stays in and goes out."""

import asyncio
from uuid import UUID

import pytest

from tests.serving import eventually

from .office import MINUTE_MS, NOBODY, PASSWORD, Office, Person, banned, good, refused

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_registering_gives_201_with_tokens_and_the_person(office: Office) -> None:
    body = {"email": "One@Example.com", "password": PASSWORD, "fullName": "Builder One"}
    answer = await office.http.post("/api/auth/register", json=body)
    told = good(answer, 201)
    assert set(told) == {"accessToken", "refreshToken", "tokenType", "expiresIn", "user"}
    assert (told["tokenType"], told["expiresIn"]) == ("Bearer", 900)
    assert UUID(told["user"].pop("id")).version == 4
    assert told["user"] == {"email": "one@example.com", "fullName": "Builder One", "avatar": None}
    assert answer.headers["Cache-Control"] == "no-store"
    assert PASSWORD not in answer.text


async def test_a_new_person_has_a_hero_a_world_and_a_workspace_of_their_own(office: Office) -> None:
    ada = await office.person(fullName="Ada")
    told = await ada.gets("/api/profile")
    assert told["hero"] == {
        "level": 1,
        "exp": 0,
        "expToNext": 100,
        "gold": 0,
        "equipped": {"hatId": None, "outfitId": None, "accessoryId": None},
    }
    assert told["worldState"] == {
        "studyRoomLevel": 1,
        "buildRoomLevel": 1,
        "trainingRoomLevel": 1,
        "plazaLevel": 1,
        "totalSessionsSuccess": 0,
        "dayStreak": 0,
        "lastSessionDate": None,
    }
    (tenant,) = await ada.gets("/api/tenants")
    assert set(tenant) == {"id", "name", "role", "isDefault", "createdAt"}
    assert (tenant["name"], tenant["role"], tenant["isDefault"]) == ("Ada's workspace", "OWNER", True)


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({"email": "grace@example.com"}, "grace's workspace"),
        ({"tenantName": "Deep Work Club"}, "Deep Work Club"),
        ({"fullName": "A" * 100}, "A" * 88 + "'s workspace"),
        ({"email": "blank@example.com", "fullName": "  "}, "blank's workspace"),
    ],
)
async def test_a_workspace_is_called_after_its_owner_unless_they_say_otherwise(
    office: Office, more: dict[str, str], name: str
) -> None:
    (tenant,) = await (await office.person(**more)).gets("/api/tenants")
    assert tenant["name"] == name


async def test_an_address_has_one_account_whatever_its_letter_case(office: Office) -> None:
    await office.person(email="taken@example.com")
    body = {"email": "TAKEN@example.com", "password": PASSWORD}
    refused(await office.http.post("/api/auth/register", json=body), 409, "EMAIL_TAKEN")


async def test_of_10_registrations_of_one_address_at_once_one_succeeds(office: Office) -> None:
    body = {"email": "rush@example.com", "password": PASSWORD}
    answers = await asyncio.gather(*(office.http.post("/api/auth/register", json=body) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 9


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"email": "no address"}, "EMAIL_INVALID"),
        ({"password": "short"}, "PASSWORD_TOO_WEAK"),
        ({"password": "x" * 2_000}, "PASSWORD_TOO_LONG"),
        ({"tenantName": "   "}, "TENANT_NAME_INVALID"),
        ({"fullName": "a\nb"}, "PROFILE_INVALID"),
        ({"fullName": "x" * 101}, "INVALID_REQUEST"),
        ({"isSuperuser": True}, "INVALID_REQUEST"),
        ({"email": None}, "INVALID_REQUEST"),
        ({"password": 12345678}, "INVALID_REQUEST"),
    ],
)
async def test_a_registration_that_cannot_be_is_422(office: Office, change: dict[str, object], code: str) -> None:
    body = {"email": "nobody@example.com", "password": PASSWORD, **change}
    refused(await office.http.post("/api/auth/register", json=body), 422, code)
    answer = await office.http.post("/api/auth/login", json={"email": "nobody@example.com", "password": PASSWORD})
    refused(answer, 401, "INVALID_CREDENTIALS")


async def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(office: Office, me: Person) -> None:
    wrong = await office.http.post("/api/auth/login", json={"email": me.email, "password": "not-" + PASSWORD})
    unknown = await office.http.post("/api/auth/login", json={"email": "who@example.com", "password": PASSWORD})
    refused(wrong, 401, "INVALID_CREDENTIALS")
    assert (wrong.status_code, wrong.json()) == (unknown.status_code, unknown.json())


async def test_refreshing_gives_a_new_pair_and_an_old_token_ends_the_session(office: Office, me: Person) -> None:
    first = me.tokens["refreshToken"]
    tokens = [first]
    for _ in range(2):
        answer = await office.http.post("/api/auth/refresh", json={"refreshToken": tokens[-1]})
        tokens.append(good(answer)["refreshToken"])
        assert answer.headers["Cache-Control"] == "no-store"
    assert len(set(tokens)) == 3
    # Two generations back: whoever shows it stole it, or was stolen from.
    refused(await office.http.post("/api/auth/refresh", json={"refreshToken": first}), 401, "TOKEN_REUSED")
    answer = await office.http.post("/api/auth/refresh", json={"refreshToken": tokens[-1]})
    assert answer.status_code == 401
    refused(await me.asks("GET", "/api/profile"), 401, "UNAUTHORIZED")


async def test_the_same_refresh_sent_again_at_once_gets_the_same_successor(office: Office, me: Person) -> None:
    body = {"refreshToken": me.tokens["refreshToken"]}
    answers = await asyncio.gather(*(office.http.post("/api/auth/refresh", json=body) for _ in range(5)))
    assert len({good(answer)["refreshToken"] for answer in answers}) == 1


@pytest.mark.parametrize("token", ["", "x", f"{NOBODY.replace('-', '')}.0.{'0' * 64}", "\u00e9"])
async def test_an_invented_refresh_token_is_401(office: Office, token: str) -> None:
    refused(await office.http.post("/api/auth/refresh", json={"refreshToken": token}), 401, "TOKEN_INVALID")


async def test_logging_out_is_204_and_ends_this_session_alone(office: Office, me: Person) -> None:
    other = await office.logs_in(me.email)
    assert good(await me.asks("POST", "/api/auth/logout"), 204) is None
    refused(await me.asks("GET", "/api/profile"), 401, "UNAUTHORIZED")
    body = {"refreshToken": me.tokens["refreshToken"]}
    assert (await office.http.post("/api/auth/refresh", json=body)).status_code == 401
    await other.gets("/api/profile")


async def test_a_banned_person_is_out_within_a_second_and_cannot_come_back(office: Office, me: Person) -> None:
    await banned(office, me.id)

    async def out() -> bool:
        return (await me.asks("GET", "/api/profile")).status_code == 401

    await eventually(out, seconds=1.5)
    answer = await office.http.post("/api/auth/login", json={"email": me.email, "password": PASSWORD})
    refused(answer, 403, "ACCOUNT_DISABLED")
    answer = await office.http.post("/api/auth/refresh", json={"refreshToken": me.tokens["refreshToken"]})
    assert answer.status_code in {401, 403}


async def test_every_answer_to_nobody_is_the_same_401_and_asks_for_a_token(office: Office, me: Person) -> None:
    token = me.tokens["accessToken"]
    shown = ("", "Bearer", "Bearer ", f"Basic {token}", f"Bearer {token}x", f"Bearer {token[:-2]}", f"Bearer {NOBODY}")
    for header in shown:
        answer = await office.http.get("/api/profile", headers={"Authorization": header})
        refused(answer, 401, "UNAUTHORIZED")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


async def test_a_profile_can_be_changed_and_emptied_field_by_field(me: Person) -> None:
    picture = "https://cdn.example.com/a.png"
    told = good(await me.asks("PATCH", "/api/profile", {"fullName": "Builder One", "avatar": picture}))
    assert told == {"id": me.id, "email": me.email, "fullName": "Builder One", "avatar": picture}
    told = good(await me.asks("PATCH", "/api/profile", {"avatar": None}))
    assert (told["fullName"], told["avatar"]) == ("Builder One", None)
    assert good(await me.asks("PATCH", "/api/profile", {})) == told
    assert (await me.gets("/api/profile"))["user"] == told


@pytest.mark.parametrize(
    "body",
    [
        {"avatar": "javascript:alert(1)"},
        {"avatar": "https://x/" + "y" * 2_100},
        {"fullName": "x" * 101},
        {"fullName": 5},
        {"fullName": "a\u202eb"},
        {"email": "other@example.com"},
        {"isSuperuser": True},
        {"gold": 1_000},
    ],
)
async def test_a_profile_that_cannot_be_is_422_and_changes_nothing(me: Person, body: dict[str, object]) -> None:
    before = await me.gets("/api/profile")
    answer = await me.asks("PATCH", "/api/profile", body)
    assert answer.status_code == 422, answer.text
    assert await me.gets("/api/profile") == before


async def test_a_deleted_person_is_gone_with_everything_and_may_come_again(office: Office, me: Person) -> None:
    await me.focuses()
    assert good(await me.asks("DELETE", "/api/profile"), 204) is None
    refused(await me.asks("GET", "/api/profile"), 401, "UNAUTHORIZED")
    again = await office.person(email=me.email)
    assert again.id != me.id
    assert (await again.gets("/api/profile"))["hero"]["gold"] == 0
    assert (await again.gets("/api/sessions/history"))["items"] == []


async def test_the_last_owner_of_others_cannot_leave(office: Office, me: Person) -> None:
    guest = await office.person()
    tenant = await me.tenant()
    await me.posts(f"/api/tenants/{tenant}/members", {"email": guest.email, "role": "MEMBER"}, status=201)
    told = refused(await me.asks("DELETE", "/api/profile"), 409, "LAST_OWNER")
    assert told["tenants"] == [tenant]
    await me.gets("/api/profile")


async def test_a_long_virtual_day_ends_no_token(office: Office, me: Person) -> None:
    office.clock.advance(60 * 24 * MINUTE_MS)
    await me.gets("/api/profile")


async def test_a_registration_sent_twice_with_one_key_makes_one_person(office: Office) -> None:
    body, key = {"email": "once@example.com", "password": PASSWORD}, {"Idempotency-Key": "once"}
    first, again = [good(await office.http.post("/api/auth/register", json=body, headers=key), 201) for _ in range(2)]
    assert first["user"] == again["user"]
    # Tokens are told once and kept nowhere: the second time there are others.
    assert first["refreshToken"] != again["refreshToken"]
    me = Person(office, body["email"], again)
    assert len(await me.gets("/api/tenants")) == 1
    await me.gets("/api/profile")


async def test_a_repeated_registration_is_no_way_around_a_ban(office: Office) -> None:
    body, key = {"email": "banned@example.com", "password": PASSWORD}, {"Idempotency-Key": "banned"}
    told = good(await office.http.post("/api/auth/register", json=body, headers=key), 201)
    await banned(office, told["user"]["id"])
    refused(await office.http.post("/api/auth/register", json=body, headers=key), 403, "ACCOUNT_DISABLED")


async def test_who_left_may_register_with_the_same_key_again(office: Office) -> None:
    body, key = {"email": "back@example.com", "password": PASSWORD}, {"Idempotency-Key": "back"}

    async def registers() -> Person:
        tokens = good(await office.http.post("/api/auth/register", json=body, headers=key), 201)
        return Person(office, body["email"], tokens)

    first = await registers()
    await first.focuses(50)
    good(await first.asks("DELETE", "/api/profile"), 204)
    again = await registers()
    assert again.id != first.id
    assert (await again.gets("/api/profile"))["hero"]["gold"] == 0
    await again.focuses(50)
