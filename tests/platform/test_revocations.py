"""A logout acts everywhere within a second, on open streams too, and never on old news."""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from gamefold.engine.journal import StorageUnavailable
from gamefold.platform.accounts.revocations import NEWS_AGE_MAX_S, Ended, Revocations, purge_revocations
from gamefold.platform.accounts.tables import revocations
from gamefold.storage.database import Database
from tests.serving import eventually

from .people import People, WatchedStreams

DOORKEEPER = Path(__file__).with_name("doorkeeper.py")


async def shut_within_a_second(is_open: Callable[[], Awaitable[bool]]) -> None:
    """Hold that nobody is let in who asks more than a second after now, however long an answer takes."""
    ended_s = time.perf_counter()
    asked_s = ended_s
    while await is_open():
        assert asked_s - ended_s <= NEWS_AGE_MAX_S, "let in on old news"
        await asyncio.sleep(0.02)
        asked_s = time.perf_counter()


async def test_here_a_logout_acts_at_once_and_ends_the_persons_streams(people: People) -> None:
    grant, other = await people.ada(), await people.login()
    await people.sessions.logout(grant.session_id, grant.user.id)
    assert people.revocations.is_revoked(grant.session_id)
    assert not people.revocations.is_revoked(other.session_id)
    assert people.streams.ended == [grant.session_id, grant.user.id]


async def test_elsewhere_it_acts_within_a_second(people: People, others: People) -> None:
    grant = await people.ada()
    assert await others.open_to(grant)
    await people.sessions.logout(grant.session_id, grant.user.id)

    await shut_within_a_second(lambda: others.open_to(grant))
    assert others.streams.ended == [grant.session_id, grant.user.id]


async def test_a_process_that_starts_later_knows_what_ended_before(people: People, other_database: Database) -> None:
    grant = await people.ada()
    await people.sessions.logout(grant.session_id, grant.user.id)
    streams = WatchedStreams()
    late = Revocations(other_database, streams)
    await late.start()
    assert not await late.still_open(grant.session_id)
    await late.stop()


async def test_the_token_of_a_deleted_account_is_refused_everywhere(people: People, others: People) -> None:
    grant = await people.ada()
    await people.accounts.delete(grant.user.id, grant.user.id)

    await shut_within_a_second(lambda: others.open_to(grant))


async def test_news_that_got_old_are_asked_for_before_anybody_is_let_in(
    people: People, other_database: Database
) -> None:
    stuck = Revocations(other_database, WatchedStreams(), every_s=3_600)
    await stuck.start()
    grant = await people.ada()
    assert await stuck.still_open(grant.session_id)
    await people.sessions.logout(grant.session_id, grant.user.id)
    await asyncio.sleep(NEWS_AGE_MAX_S + 0.1)
    assert not await stuck.still_open(grant.session_id)
    await stuck.stop()


class Moody:
    """A database that answers when the test says so, with what is in it when it is asked."""

    dialect = "sqlite"

    def __init__(self) -> None:
        self.ended: list[Ended] = []
        self.answers = True
        self.asked = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def read(self, _query: object) -> list[Ended]:
        if not self.answers:
            raise StorageUnavailable("gone")
        found = list(self.ended)
        self.asked.set()
        await self.may_answer.wait()
        return found


async def test_nobody_is_let_in_while_the_database_does_not_answer() -> None:
    gone = Moody()
    known = Revocations(gone, WatchedStreams(), every_s=0.05)
    await known.start()
    assert await known.still_open("session")
    gone.answers = False
    await asyncio.sleep(NEWS_AGE_MAX_S + 0.1)
    with pytest.raises(StorageUnavailable):
        await known.still_open("session")
    gone.answers = True
    assert await known.still_open("session")
    await known.stop()


async def test_an_answer_that_was_long_under_way_lets_nobody_in() -> None:
    slow = Moody()
    known = Revocations(slow, WatchedStreams(), every_s=3_600)
    await known.start()
    await asyncio.sleep(NEWS_AGE_MAX_S + 0.1)
    slow.may_answer.clear()
    slow.asked.clear()
    early = asyncio.create_task(known.still_open("session"))
    await slow.asked.wait()
    slow.ended.append(("session", "ada"))
    await asyncio.sleep(NEWS_AGE_MAX_S + 0.1)
    late = asyncio.create_task(known.still_open("session"))
    await asyncio.sleep(0)
    slow.may_answer.set()
    assert await early, "who asked before the logout may be let in"
    assert not await late
    await known.stop()


async def test_streams_that_opened_too_late_to_be_seen_are_ended_by_a_second_sweep(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gamefold.platform.accounts.revocations.SECOND_SWEEP_S", 0.1)
    grant = await people.ada()
    await people.sessions.logout(grant.session_id, grant.user.id)

    await eventually(lambda: people.streams.ended == [grant.session_id, grant.user.id] * 2)


async def test_revocations_are_kept_as_long_as_tokens_could_be_about(people: People) -> None:
    grant = await people.ada()
    await people.sessions.logout(grant.session_id, grant.user.id)
    assert await people.database.write(purge_revocations) == 0
    old = "datetime('now', '-1 hour')" if people.database.dialect == "sqlite" else "now() - interval '1 hour'"
    await people.sql(f"UPDATE platform.revocations SET at = {old}")
    assert await people.database.write(purge_revocations) == 1
    assert await people.database.read(lambda connection: connection.execute(select(revocations)).all()) == []


@pytest.mark.postgres
async def test_two_processes_on_one_postgres_agree_within_a_second(postgres_url: str) -> None:
    """The real thing: two processes, each with its own memory, and a token both took a moment ago."""
    first, second = await asyncio.gather(_doorkeeper(postgres_url), _doorkeeper(postgres_url))
    try:
        grant = await _ask(first, {"do": "register", "email": "ada@example.com"})
        for keeper in (first, second):
            assert (await _ask(keeper, {"do": "admit", "token": grant["token"]}))["open"]
        await _ask(first, {"do": "logout", **grant})
        assert not (await _ask(first, {"do": "admit", "token": grant["token"]}))["open"]

        async def still_open() -> bool:
            return bool((await _ask(second, {"do": "admit", "token": grant["token"]}))["open"])

        await shut_within_a_second(still_open)
        assert (await _ask(second, {"do": "streams"}))["ended"] == [grant["session_id"], grant["user_id"]]
    finally:
        for keeper in (first, second):
            keeper.kill()
            await keeper.wait()


async def _doorkeeper(url: str) -> asyncio.subprocess.Process:
    command = (sys.executable, "-m", "tests.platform.doorkeeper", url)
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, cwd=DOORKEEPER.parents[2])


async def _ask(keeper: asyncio.subprocess.Process, question: dict[str, object]) -> dict[str, object]:
    assert keeper.stdin is not None
    assert keeper.stdout is not None
    keeper.stdin.write(json.dumps(question).encode() + b"\n")
    await keeper.stdin.drain()
    return json.loads(await asyncio.wait_for(keeper.stdout.readline(), 60))
