"""Tenants, their members, and the header X-Tenant-Id."""

import pytest

from .office import NOBODY, Office, Person, good, refused

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def club_of(me: Person, name: str = "Deep Work Club") -> str:
    return (await me.posts("/api/tenants", {"name": name}, status=201))["id"]


async def joins(owner: Person, tenant: str, other: Person, role: str = "MEMBER") -> None:
    await owner.posts(f"/api/tenants/{tenant}/members", {"email": other.email, "role": role}, status=201)


async def test_a_tenant_is_made_with_201_and_listed_behind_the_default_one(me: Person) -> None:
    told = await me.posts("/api/tenants", {"name": "Deep Work Club"}, status=201)
    assert set(told) == {"id", "name", "role", "isDefault", "createdAt"}
    assert (told["name"], told["role"], told["isDefault"]) == ("Deep Work Club", "OWNER", False)
    mine = await me.gets("/api/tenants")
    assert [one["isDefault"] for one in mine] == [True, False]
    assert mine[1] == told


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\nb", None, 5])
async def test_a_tenant_needs_a_name_of_1_to_100_characters(me: Person, name: object) -> None:
    answer = await me.asks("POST", "/api/tenants", {"name": name})
    assert answer.status_code == 422, answer.text


async def test_a_member_is_added_by_address_and_seen_by_members(office: Office, me: Person) -> None:
    friend, tenant = await office.person(fullName="Friend"), await club_of(me)
    body = {"email": friend.email.upper(), "role": "ADMIN"}
    told = await me.posts(f"/api/tenants/{tenant}/members", body, status=201)
    assert set(told) == {"userId", "role", "email", "fullName", "joinedAt"}
    assert (told["userId"], told["role"], told["email"], told["fullName"]) == (
        friend.id,
        "ADMIN",
        friend.email,
        "Friend",
    )
    seen = await friend.gets(f"/api/tenants/{tenant}/members")
    assert [member["userId"] for member in seen] == [me.id, friend.id]
    assert [one["role"] for one in await friend.gets("/api/tenants")] == ["OWNER", "ADMIN"]
    again = await me.asks("POST", f"/api/tenants/{tenant}/members", body)
    refused(again, 409, "ALREADY_A_MEMBER")


@pytest.mark.parametrize("role", ["BOSS", "", "owner", None, 1])
async def test_there_are_no_other_roles(office: Office, me: Person, role: object) -> None:
    tenant = await club_of(me)
    answer = await me.asks("POST", f"/api/tenants/{tenant}/members", {"email": "a@example.com", "role": role})
    refused(answer, 422, "INVALID_REQUEST")


async def test_who_may_add_and_remove_whom(office: Office, me: Person) -> None:
    admin, member, other = [await office.person() for _ in range(3)]
    tenant = await club_of(me)
    await joins(me, tenant, admin, "ADMIN")
    await joins(admin, tenant, member)
    path = f"/api/tenants/{tenant}/members"
    refused(await admin.asks("POST", path, {"email": other.email, "role": "ADMIN"}), 403, "ROLE_FORBIDDEN")
    refused(await member.asks("POST", path, {"email": other.email}), 403, "ROLE_FORBIDDEN")
    refused(await other.asks("POST", path, {"email": other.email}), 403, "TENANT_FORBIDDEN")
    refused(await me.asks("POST", path, {"email": "who@example.com"}), 404, "ACCOUNT_NOT_FOUND")
    refused(await member.asks("DELETE", f"{path}/{admin.id}"), 403, "ROLE_FORBIDDEN")
    refused(await admin.asks("DELETE", f"{path}/{me.id}"), 403, "ROLE_FORBIDDEN")
    refused(await me.asks("DELETE", f"{path}/{me.id}"), 409, "LAST_OWNER")
    refused(await me.asks("DELETE", f"{path}/{other.id}"), 404, "MEMBER_NOT_FOUND")
    good(await member.asks("DELETE", f"{path}/{member.id}"), 204)
    good(await me.asks("DELETE", f"{path}/{admin.id}"), 204)
    assert [one["userId"] for one in await me.gets(path)] == [me.id]


async def test_a_foreign_and_an_unknown_tenant_get_the_same_answer(office: Office, me: Person) -> None:
    foreign = await (await office.person()).tenant()
    for path in ("/api/profile", "/api/tasks", "/api/sessions/history", "/api/inventory", "/api/worldstate"):
        answers = [await me.within(tenant).asks("GET", path) for tenant in (foreign, NOBODY)]
        refused(answers[0], 403, "TENANT_FORBIDDEN")
        assert answers[0].json() == answers[1].json()


@pytest.mark.parametrize("header", ["", "x", NOBODY[:-1], NOBODY.replace("-", ""), f"{NOBODY},{NOBODY}", "1", "null"])
async def test_a_malformed_tenant_is_422(me: Person, header: str) -> None:
    refused(await me.within(header).asks("GET", "/api/profile"), 422, "INVALID_REQUEST")


async def test_two_tenants_in_one_request_are_400(office: Office, me: Person) -> None:
    tenant = await me.tenant()
    headers = [("Authorization", f"Bearer {me.tokens['accessToken']}"), *[("X-Tenant-Id", tenant)] * 2]
    refused(await office.http.get("/api/profile", headers=headers), 400, "BAD_REQUEST")


async def test_every_tenant_has_a_save_of_its_own(office: Office, me: Person) -> None:
    there = me.within((await club_of(me)).upper())
    await there.focuses(50)
    assert (await there.gets("/api/profile"))["hero"]["gold"] == 50
    home = await me.gets("/api/profile")
    assert home["hero"]["gold"] == home["worldState"]["totalSessionsSuccess"] == 0
    assert home == await me.within(await me.tenant()).gets("/api/profile")
    assert (await me.gets("/api/tasks"))["items"] == (await me.gets("/api/sessions/history"))["items"] == []
    session = (await there.gets("/api/sessions/history"))["items"][0]["id"]
    refused(await me.asks("GET", f"/api/sessions/{session}"), 404, "SESSION_NOT_FOUND")
    refused(await me.asks("POST", f"/api/sessions/{session}/complete"), 404, "SESSION_NOT_FOUND")


async def test_who_was_removed_is_out_with_the_next_request_and_finds_everything_when_they_return(
    office: Office, me: Person
) -> None:
    friend, tenant = await office.person(), await club_of(me)
    await joins(me, tenant, friend)
    await friend.within(tenant).focuses(50)
    good(await me.asks("DELETE", f"/api/tenants/{tenant}/members/{friend.id}"), 204)
    refused(await friend.within(tenant).asks("GET", "/api/profile"), 403, "TENANT_FORBIDDEN")
    await joins(me, tenant, friend)
    assert (await friend.within(tenant).gets("/api/profile"))["hero"]["gold"] == 50


async def test_a_stored_answer_is_not_shown_to_who_was_removed(office: Office, me: Person) -> None:
    friend, tenant = await office.person(), await club_of(me)
    await joins(me, tenant, friend)
    there, headers = friend.within(tenant), {"Idempotency-Key": "kept"}
    body = {"name": "Secret plan", "category": "build", "defaultDurationMinutes": 50, "room": "build_room"}
    await there.posts("/api/tasks", body, status=201, headers=headers)
    good(await me.asks("DELETE", f"/api/tenants/{tenant}/members/{friend.id}"), 204)
    # It holds nothing but what they sent themselves, and is theirs for a day; without the key they are out.
    refused(await there.asks("POST", "/api/tasks", body), 403, "TENANT_FORBIDDEN")


async def test_the_leaderboard_shows_the_tenant_and_nobody_else(office: Office, me: Person) -> None:
    friend, tenant = await office.person(), await club_of(me)
    await joins(me, tenant, friend)
    await (await office.person()).focuses(90)
    await me.within(tenant).focuses(25)
    await friend.within(tenant).focuses(90)
    told = await me.within(tenant).gets("/api/leaderboard")
    assert told == [
        {"rank": 1, "userId": friend.id, "level": 2, "exp": 80, "totalSessions": 1, "mine": False},
        {"rank": 2, "userId": me.id, "level": 1, "exp": 50, "totalSessions": 1, "mine": True},
    ]
    assert len(await me.within(tenant).gets("/api/leaderboard?limit=1")) == 1
    for limit in (0, 51):
        refused(await me.asks("GET", f"/api/leaderboard?limit={limit}"), 422, "INVALID_REQUEST")
