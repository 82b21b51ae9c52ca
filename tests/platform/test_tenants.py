"""Tenants: who belongs where, who may change it, and in which one a request takes place."""

import asyncio

import pytest
from sqlalchemy import Connection

from gamefold.engine.refusal import Rejected
from gamefold.platform.accounts.tables import users
from gamefold.platform.audit import Actor
from gamefold.platform.budgets import Budgets
from gamefold.platform.refusals import (
    ACCOUNT_NOT_FOUND,
    ALREADY_A_MEMBER,
    EMAIL_INVALID,
    LAST_OWNER,
    MEMBER_NOT_FOUND,
    ROLE_FORBIDDEN,
    TENANT_FORBIDDEN,
    TENANT_NAME_INVALID,
)
from gamefold.platform.tenants.members import create_tenant
from gamefold.platform.tenants.roles import Role
from gamefold.platform.tenants.tables import memberships, tenants

from .app import a_site
from .people import GAME, UNKNOWN, People
from .test_doors import MemoryStore


async def outcome(call) -> object:
    """What a call is refused with, None where it is not."""
    try:
        await call
    except Rejected as refusal:
        return refusal.code
    return None


async def person(people: People, name: str) -> str:
    return (await people.ada(f"{name}@example.com")).user.id


async def a_team(people: People, *roles: str) -> tuple[str, dict[str, str]]:
    """A tenant of `owner`, and one more member per role, named like it."""
    ids = {"owner": await person(people, "owner")}
    team = (await people.tenants.create(ids["owner"], "Team")).tenant_id
    for name in roles:
        ids[name] = await person(people, name)
        role = Role[name.rstrip("2").upper()]
        await people.tenants.add_member(ids["owner"], team, f"{name}@example.com", role)
    return team, ids


async def test_who_makes_a_tenant_owns_it_and_the_first_one_is_the_default(people: People) -> None:
    ada = await person(people, "ada")
    assert await outcome(people.tenants.resolve(ada, None)) == TENANT_FORBIDDEN
    first = await people.tenants.create(ada, " Ada's workspace ")
    second = await people.tenants.create(ada, "Second")
    assert (first.tenant_name, first.role, first.is_default) == ("Ada's workspace", Role.OWNER, True)
    assert not second.is_default
    assert await people.tenants.resolve(ada, None) == first
    assert await people.tenants.resolve(ada, second.tenant_id) == second
    assert await people.tenants.of(ada) == [first, second]
    changed = await people.tenants.set_default(ada, second.tenant_id)
    assert changed.is_default
    assert (await people.tenants.resolve(ada, None)).tenant_id == second.tenant_id
    assert [one.is_default for one in await people.tenants.of(ada)] == [True, False]


async def test_a_tenant_can_be_part_of_a_registration(people: People) -> None:
    tenant_id = "99999999-2222-4333-8444-555555555555"

    def also(connection: Connection, user) -> None:
        create_tenant(connection, Actor(user.id, None), tenant_id, "Ada's workspace", user.id, people.wall.now_ms())

    grant = await people.ada(also=also)
    assert (await people.tenants.resolve(grant.user.id, None)).tenant_id == tenant_id
    again = await people.tenants.create(grant.user.id, "Again", tenant_id=tenant_id)
    assert again.tenant_name == "Ada's workspace"


async def test_a_tenant_has_a_name(people: People) -> None:
    ada = await person(people, "ada")
    for name in ("", "  ", "x" * 101, "two\nlines", "nul\x00"):
        assert await outcome(people.tenants.create(ada, name)) == TENANT_NAME_INVALID
    assert await people.count(tenants) == 0


async def test_unknown_foreign_and_malformed_tenants_look_the_same(people: People) -> None:
    team, ids = await a_team(people)
    stranger = await person(people, "stranger")
    for tenant_id, asking in ((UNKNOWN, ids["owner"]), (team, stranger), ("nonsense", ids["owner"]), ("", stranger)):
        for call in (
            people.tenants.resolve(asking, tenant_id),
            people.tenants.members(asking, tenant_id),
            people.tenants.rename(asking, tenant_id, "Mine"),
            people.tenants.add_member(asking, tenant_id, "owner@example.com", Role.MEMBER),
            people.tenants.add_member(asking, tenant_id, "nobody@example.com", Role.MEMBER),
            people.tenants.change_role(asking, tenant_id, asking, Role.OWNER),
            people.tenants.remove_member(asking, tenant_id, ids["owner"]),
            people.tenants.delete(asking, tenant_id),
            people.tenants.set_default(asking, tenant_id),
        ):
            with pytest.raises(Rejected) as raised:
                await call
            told = (raised.value.code, raised.value.message, raised.value.details)
            assert told == (TENANT_FORBIDDEN, "You are not a member of this tenant.", {})


MATRIX = {
    # what is done: who may do it
    "see": ("owner", "admin", "member"),
    "rename": ("owner", "admin"),
    "add MEMBER": ("owner", "admin"),
    "add ADMIN": ("owner",),
    "add OWNER": ("owner",),
    "remove member2": ("owner", "admin"),
    "remove admin2": ("owner",),
    "remove owner2": ("owner",),
    "promote member2": ("owner",),
    "demote admin2": ("owner",),
    "leave": ("owner", "admin", "member"),
    "delete": ("owner",),
}


async def test_every_role_may_do_what_the_table_says_and_nothing_else(people: People) -> None:
    team, ids = await a_team(people, "admin", "member", "member2", "admin2", "owner2")
    await person(people, "new")
    ask = people.tenants

    class Undo(Exception):
        """Raised inside the transaction, after the thing was done."""

    real_write = people.database.write

    async def write_and_undo(transaction):
        def undone(connection: Connection):
            transaction(connection)
            raise Undo

        return await real_write(undone)

    ask._database = type("Undoing", (), {"write": staticmethod(write_and_undo), "read": people.database.read})()
    for what, allowed in MATRIX.items():
        for who in ("owner", "admin", "member"):
            me = ids[who]
            verb, _, target = what.partition(" ")
            if verb == "see":
                call = ask.members(me, team)
            elif verb == "rename":
                call = ask.rename(me, team, "Other")
            elif verb == "add":
                call = ask.add_member(me, team, "new@example.com", Role[target])
            elif verb == "remove":
                call = ask.remove_member(me, team, ids[target])
            elif verb == "leave":
                call = ask.remove_member(me, team, me)
            elif verb == "delete":
                call = ask.delete(me, team)
            else:
                call = ask.change_role(me, team, ids[target], Role.OWNER if verb == "promote" else Role.MEMBER)
            try:
                found = await outcome(call)
            except Undo:
                found = None
            assert found == (None if who in allowed else ROLE_FORBIDDEN), (what, who)


async def test_members_are_added_by_address_once(people: People) -> None:
    team, ids = await a_team(people)
    owner = ids["owner"]
    ada = await person(people, "ada")
    guest = await people.accounts.guest(GAME)
    people.wall.advance(1)
    added = await people.tenants.add_member(owner, team, " ADA@Example.com", Role.ADMIN)
    assert (added.user_id, added.role, added.is_default) == (ada, Role.ADMIN, True)
    for email, code in (
        ("ada@example.com", ALREADY_A_MEMBER),
        ("owner@example.com", ALREADY_A_MEMBER),
        ("nobody@example.com", ACCOUNT_NOT_FOUND),
        (f"{guest.user.id}@guest.invalid", EMAIL_INVALID),
        ("nonsense", EMAIL_INVALID),
    ):
        assert await outcome(people.tenants.add_member(owner, team, email, Role.MEMBER)) == code
    seen = await people.tenants.members(ada, team)
    assert [(member.user_id, member.role, member.email) for member in seen] == [
        (owner, Role.OWNER, "owner@example.com"),
        (ada, Role.ADMIN, "ada@example.com"),
    ]


async def test_who_is_removed_is_out_with_the_next_request_and_has_another_default(people: People) -> None:
    team, ids = await a_team(people, "member")
    owner, member = ids["owner"], ids["member"]
    own = await people.tenants.create(member, "Own")
    assert (await people.tenants.resolve(member, None)).tenant_id == team
    await people.tenants.remove_member(owner, team, member)
    assert await outcome(people.tenants.resolve(member, team)) == TENANT_FORBIDDEN
    assert (await people.tenants.resolve(member, None)).tenant_id == own.tenant_id
    for nobody in (member, UNKNOWN, "nonsense"):
        assert await outcome(people.tenants.remove_member(owner, team, nobody)) == MEMBER_NOT_FOUND
        assert await outcome(people.tenants.change_role(owner, team, nobody, Role.ADMIN)) == MEMBER_NOT_FOUND


async def test_the_last_owner_stays(people: People) -> None:
    team, ids = await a_team(people, "admin", "owner2")
    owner, second = ids["owner"], ids["owner2"]
    await people.tenants.remove_member(second, team, owner)
    assert await outcome(people.tenants.remove_member(second, team, second)) == LAST_OWNER
    assert await outcome(people.tenants.change_role(second, team, second, Role.MEMBER)) == LAST_OWNER
    await people.tenants.change_role(second, team, second, Role.OWNER)
    await people.tenants.change_role(second, team, ids["admin"], Role.OWNER)
    await people.tenants.remove_member(second, team, second)


async def test_two_owners_who_leave_at_once_are_not_both_the_last_but_one(people: People, others: People) -> None:
    for number in range(4):
        one, two = await person(people, f"one{number}"), await person(people, f"two{number}")
        team = (await people.tenants.create(one, "Team")).tenant_id
        await people.tenants.add_member(one, team, f"two{number}@example.com", Role.OWNER)
        left = await asyncio.gather(
            outcome(people.tenants.remove_member(one, team, one)), outcome(others.tenants.remove_member(two, team, two))
        )
        assert sorted(map(str, left)) == [LAST_OWNER, "None"]


async def test_tenants_that_are_joined_at_once_give_one_default(people: People, others: People) -> None:
    ada = await person(people, "ada")
    await asyncio.gather(*((people, others)[number % 2].tenants.create(ada, f"T{number}") for number in range(6)))
    assert sum(one.is_default for one in await people.tenants.of(ada)) == 1


async def test_who_deletes_their_account_leaves_nobody_without_an_owner(people: People) -> None:
    team, ids = await a_team(people, "member")
    owner, member = ids["owner"], ids["member"]
    own = await people.tenants.create(owner, "Alone")
    with pytest.raises(Rejected) as raised:
        await people.accounts.delete(owner, owner)
    assert (raised.value.code, raised.value.details) == (LAST_OWNER, {"tenants": [team]})
    assert await people.count(users) == 2

    await people.tenants.change_role(owner, team, member, Role.OWNER)
    await people.accounts.delete(owner, owner)
    assert await people.count(tenants) == 1
    assert await people.count(memberships, memberships.c.tenant_id == own.tenant_id) == 0
    assert [one.user_id for one in await people.tenants.members(member, team)] == [member]
    await people.accounts.delete(member, member)
    assert await people.count(tenants) == 0


async def test_a_deleted_tenant_is_gone_for_all_its_members(people: People) -> None:
    team, ids = await a_team(people, "member")
    own = await people.tenants.create(ids["member"], "Own")
    await people.tenants.delete(ids["owner"], team)
    assert await outcome(people.tenants.resolve(ids["owner"], None)) == TENANT_FORBIDDEN
    assert (await people.tenants.resolve(ids["member"], None)).tenant_id == own.tenant_id


async def test_what_happened_to_a_tenant_can_be_audited(people: People) -> None:
    team, ids = await a_team(people, "member")
    await people.tenants.rename(ids["owner"], team, "Other")
    await people.tenants.change_role(ids["owner"], team, ids["member"], Role.ADMIN)
    await people.tenants.remove_member(ids["owner"], team, ids["member"])
    await people.tenants.delete(ids["owner"], team)
    verdict = await people.audit()
    assert (verdict.holds, verdict.lines) == (True, 6)


async def test_the_header_names_the_tenant_of_a_request(people: People) -> None:
    site = a_site(people, MemoryStore(), Budgets())
    grant = await people.ada()
    first = await people.tenants.create(grant.user.id, "First")
    second = await people.tenants.create(grant.user.id, "Second")
    foreign = await people.tenants.create(await person(people, "bob"), "Foreign")

    async with site.client(grant.access_token) as client:

        async def ask(*tenant_ids: str) -> tuple[int, dict]:
            answer = await client.get("/focus/tenant", headers=[("X-Tenant-Id", one) for one in tenant_ids])
            return answer.status_code, answer.json()

        assert (await ask())[1] == {"tenant": first.tenant_id, "user": grant.user.id, "role": "OWNER"}
        assert (await ask(second.tenant_id))[1]["tenant"] == second.tenant_id
        assert (await ask(second.tenant_id.upper()))[1]["tenant"] == second.tenant_id
        for malformed in (
            "",
            "1",
            "nonsense",
            second.tenant_id[:-1],
            second.tenant_id + "0",
            f"{{{second.tenant_id}}}",
            "' OR 1=1",
        ):
            status, body = await ask(malformed)
            assert (status, body["error"]["code"], body["error"]["field"]) == (422, "INVALID_REQUEST", "X-Tenant-Id")
        status, forbidden = await ask(foreign.tenant_id)
        assert (status, forbidden["error"]["code"]) == (403, TENANT_FORBIDDEN)
        assert await ask(UNKNOWN) == (403, forbidden)
        assert (await ask(first.tenant_id, first.tenant_id))[0] == 400
        assert (await ask(first.tenant_id, second.tenant_id))[0] == 400
    async with site.client() as client:
        assert (await client.get("/focus/tenant", headers={"X-Tenant-Id": first.tenant_id})).status_code == 401
