"""Refresh tokens: one use each, repeatable for a moment, and a thief is noticed."""

import asyncio
import hashlib

import pytest
from sqlalchemy import select

from gamefold.engine.refusal import Rejected
from gamefold.platform.accounts.refresh_tokens import RefreshToken, Succession, first_token, parse_token
from gamefold.platform.accounts.sessions import Grant
from gamefold.platform.accounts.tables import token_families
from gamefold.platform.refusals import TOKEN_INVALID, TOKEN_REUSED

from .people import GAME, OTHER_GAME, SECRET, UNKNOWN, People

SECOND_MS = 1_000
DAY_MS = 86_400_000


async def refused(people: People, token: str, audience: str = GAME) -> str:
    with pytest.raises(Rejected) as raised:
        await people.sessions.refresh(token, audience)
    return raised.value.code


async def refreshed(people: People, grant: Grant) -> Grant:
    return await people.sessions.refresh(grant.refresh_token, GAME)


async def test_a_refresh_gives_new_tokens_for_the_same_session(people: People) -> None:
    first = await people.ada()
    second = await refreshed(people, first)
    assert (second.session_id, second.user) == (first.session_id, first.user)
    assert second.refresh_token != first.refresh_token
    assert second.access_token != first.access_token
    assert await people.open_to(first)  # for the rest of its quarter of an hour
    assert await people.open_to(second)


async def test_twenty_refreshes_at_once_give_one_successor(people: People, others: People) -> None:
    first = await people.ada()
    grants = await asyncio.gather(*(refreshed((people, others)[number % 2], first) for number in range(20)))
    assert len({grant.refresh_token for grant in grants}) == 1
    assert len({grant.access_token for grant in grants}) == 20
    assert await people.open_to(await refreshed(people, grants[0]))


async def test_a_lost_answer_can_be_asked_for_again_within_ten_seconds(people: People, others: People) -> None:
    first = await people.ada()
    lost = await refreshed(people, first)
    people.wall.advance(10 * SECOND_MS)
    again = await refreshed(others, first)
    assert again.refresh_token == lost.refresh_token
    people.wall.advance(60 * SECOND_MS)
    assert await people.open_to(await refreshed(people, again))


async def test_a_used_token_after_ten_seconds_ends_the_session_for_everybody(people: People) -> None:
    first = await people.ada()
    second = await refreshed(people, first)
    people.wall.advance(10 * SECOND_MS + 1)
    assert await refused(people, first.refresh_token) == TOKEN_REUSED
    assert not await people.open_to(second)
    assert await refused(people, second.refresh_token) == TOKEN_INVALID
    assert await refused(people, first.refresh_token) == TOKEN_INVALID
    assert (await people.audit()).lines == 1
    assert await people.open_to(await people.login())


async def test_a_token_two_generations_old_is_reused_however_soon(people: People) -> None:
    first = await people.ada()
    third = await refreshed(people, await refreshed(people, first))
    assert await refused(people, first.refresh_token) == TOKEN_REUSED
    assert await refused(people, third.refresh_token) == TOKEN_INVALID


async def test_reuse_ends_one_session_and_no_other(people: People) -> None:
    first, elsewhere = await people.ada(), await people.login()
    await refreshed(people, await refreshed(people, first))
    assert await refused(people, first.refresh_token) == TOKEN_REUSED
    assert await people.open_to(elsewhere)
    await refreshed(people, elsewhere)


async def test_inventing_tokens_for_a_known_session_ends_nothing(people: People) -> None:
    first = await people.ada()
    second = await refreshed(people, first)
    genuine = parse_token(second.refresh_token)
    assert genuine is not None
    for generation in (0, 1, 2, 3, 9_999_999):
        invented = RefreshToken(genuine.family_id, generation, bytes(32)).text
        assert await refused(people, invented) == TOKEN_INVALID
    assert await refused(people, RefreshToken(UNKNOWN, 0, genuine.secret).text) == TOKEN_INVALID
    assert await refused(people, RefreshToken(genuine.family_id, 0, genuine.secret).text) == TOKEN_INVALID
    for text in (
        "",
        "x",
        "a.b.c",
        second.refresh_token + "0",
        second.refresh_token.upper(),
        "é" * 99,
        "\ud800",
        "0" * 9_999,
    ):
        assert await refused(people, text) == TOKEN_INVALID
    await refreshed(people, second)


async def test_a_refresh_token_belongs_to_one_game(people: People) -> None:
    first = await people.ada()
    assert await refused(people, first.refresh_token, OTHER_GAME) == TOKEN_INVALID
    await refreshed(people, first)


async def test_a_session_ends_after_thirty_idle_days_and_after_ninety_in_all(people: People) -> None:
    grant = await people.ada()
    idle = await people.login()
    people.wall.advance(30 * DAY_MS - 1)
    grant = await refreshed(people, grant)
    people.wall.advance(1)
    assert await refused(people, idle.refresh_token) == TOKEN_INVALID
    people.wall.advance(29 * DAY_MS)
    grant = await refreshed(people, grant)
    people.wall.advance(29 * DAY_MS)
    grant = await refreshed(people, grant)
    people.wall.advance(2 * DAY_MS)
    assert await refused(people, grant.refresh_token) == TOKEN_INVALID


async def test_the_database_holds_no_token_and_nothing_to_make_one_from(people: People) -> None:
    grant = await refreshed(people, await people.ada())
    row = await people.database.read(lambda connection: connection.execute(select(token_families)).one())
    secret = bytes.fromhex(grant.refresh_token.split(".")[2])
    assert row.token_hash == hashlib.sha256(secret).digest()
    assert secret not in (row.token_hash, SECRET)


async def test_logging_out_ends_one_session_or_all(people: People) -> None:
    grants = [await people.ada(), await people.login(), await people.login()]
    await people.sessions.logout(grants[0].session_id, grants[0].user.id)
    await people.sessions.logout(grants[0].session_id, grants[0].user.id)
    assert [await people.open_to(grant) for grant in grants] == [False, True, True]
    assert await refused(people, grants[0].refresh_token) == TOKEN_INVALID
    assert await people.sessions.logout_everywhere(grants[0].user.id) == 2
    assert [await people.open_to(grant) for grant in grants] == [False, False, False]


async def test_nobody_logs_somebody_else_out(people: People) -> None:
    ada, bob = await people.ada(), await people.ada("bob@example.com")
    await people.sessions.logout(ada.session_id, bob.user.id)
    assert await people.open_to(ada)


async def test_ended_sessions_are_forgotten_after_a_while(people: People) -> None:
    grant = await people.ada()
    await people.login()
    await people.sessions.logout(grant.session_id, grant.user.id)
    await people.moderation.purge()
    assert await people.count(token_families) == 2
    people.wall.advance(2 * DAY_MS)
    await people.moderation.purge()
    assert await people.count(token_families) == 1


def test_a_successor_follows_from_its_token_and_the_key() -> None:
    first = first_token(UNKNOWN)
    mine, other = Succession(SECRET), Succession(b"another key")
    assert mine.next(first) == mine.next(first)
    assert mine.next(first).secret != other.next(first).secret
    assert parse_token(first.text) == first
    assert first.secret.hex() not in repr(first)
    third = mine.next(mine.next(first))
    assert mine.leads_to(first, 2, third.hash)
    assert not other.leads_to(first, 2, third.hash)
    assert other.leads_to(third, 2, third.hash)  # after a new key, the newest token of a family is still good
