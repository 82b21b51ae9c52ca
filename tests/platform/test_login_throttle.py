"""Guessing is slow, whoever is guessed at."""

import asyncio

import pytest

from gamefold.engine.refusal import Rejected
from gamefold.platform.accounts.tables import login_failures
from gamefold.platform.refusals import INVALID_CREDENTIALS
from gamefold.web.errors import TooManyRequests

from .people import GOOD, People

MINUTE_MS = 60_000


async def fail(people: People, name: str, times: int) -> None:
    for _ in range(times):
        with pytest.raises(Rejected) as raised:
            await people.login(name, "wrong password")
        assert raised.value.code == INVALID_CREDENTIALS


async def wait_of(people: People, name: str, password: str = "wrong password") -> int:
    with pytest.raises(TooManyRequests) as raised:
        await people.login(name, password)
    assert raised.value.headers is not None
    return int(raised.value.headers["Retry-After"])


@pytest.mark.parametrize("name", ["ada@example.com", "unknown@example.com", "nobody", "not an address@"])
async def test_after_ten_failures_in_a_quarter_of_an_hour_nobody_is_let_in(people: People, name: str) -> None:
    await people.ada()
    await fail(people, name, 5)
    people.wall.advance(5 * MINUTE_MS)
    await fail(people, name, 5)
    assert await wait_of(people, name) == 10 * 60
    assert await wait_of(people, name.upper(), GOOD) == 10 * 60
    people.wall.advance(10 * MINUTE_MS - 1)
    assert await wait_of(people, name) == 1
    people.wall.advance(1)
    await fail(people, name, 5)
    assert await wait_of(people, name) == 5 * 60
    await people.ada("bob@example.com")
    await people.login("bob@example.com")  # others come and go


async def test_who_comes_in_starts_anew(people: People) -> None:
    await people.ada()
    await fail(people, "ada@example.com", 9)
    await people.login()
    await fail(people, "ada@example.com", 9)
    await people.login()
    assert await people.count(login_failures) == 0


async def test_a_hundred_guesses_at_once_are_ten_guesses(people: People) -> None:
    await people.ada()
    guesses = (people.login(password=f"wrong password {number}") for number in range(50))
    answers = await asyncio.gather(*guesses, return_exceptions=True)
    assert sum(isinstance(answer, Rejected) for answer in answers) == 10
    assert sum(isinstance(answer, TooManyRequests) for answer in answers) == 40


async def test_another_process_counts_on(people: People, others: People) -> None:
    await people.ada()
    await fail(people, "ada@example.com", 6)
    await fail(others, "ada@example.com", 4)
    await wait_of(people, "ada@example.com", GOOD)
    await wait_of(others, "ada@example.com", GOOD)


async def test_many_logins_at_once_of_who_knows_the_password_go_through(people: People) -> None:
    await people.ada()
    grants = await asyncio.gather(*(people.login() for _ in range(20)))
    assert len({grant.session_id for grant in grants}) == 20


async def test_guessing_the_old_password_is_guessing_too(people: People) -> None:
    grant = await people.ada()
    change = people.accounts.change_password
    for _ in range(10):
        with pytest.raises(Rejected):
            await change(grant.user.id, grant.session_id, "wrong password", "another good one")
    with pytest.raises(TooManyRequests):
        await change(grant.user.id, grant.session_id, GOOD, "another good one")


async def test_failures_that_count_no_more_are_forgotten(people: People) -> None:
    await fail(people, "nobody", 3)
    people.wall.advance(16 * MINUTE_MS)
    await people.moderation.purge()
    assert await people.count(login_failures) == 0
