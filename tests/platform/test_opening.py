"""The platform as one thing: it starts, lets people in, tidies up, and stops."""

import asyncio
from datetime import timedelta

import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from gamefold.engine.entropy import Entropy
from gamefold.platform.accounts.players import Doors
from gamefold.platform.accounts.tables import token_families
from gamefold.platform.jobs.runner import Job
from gamefold.platform.jobs.schedules import every
from gamefold.platform.jobs.tables import job_runs
from gamefold.platform.opening import Platform, PlatformOptions
from gamefold.storage.database import Database
from gamefold.testkit.clock import VirtualClock
from tests.passwords import cheap_passwords

from .people import GAME, GOOD, ISSUER, SECRET, WatchedStreams


def a_platform(database: Database, clock: VirtualClock, wall: VirtualClock) -> Platform:
    return Platform(
        PlatformOptions(token_secret=SECRET, issuer=ISSUER, audiences={"/focus": GAME, "": "gamefold"}),
        database=database,
        clock=clock,
        wall=wall,
        entropy=Entropy(),
        streams=WatchedStreams(),
        registry=CollectorRegistry(),
        node="one",
        passwords=cheap_passwords(),
    )


async def rows_of(database: Database, table) -> int:
    return await database.read(lambda connection: len(connection.execute(table.select()).all()))


async def test_it_starts_and_stops_and_starts_again(database: Database) -> None:
    clock, wall = VirtualClock(), VirtualClock()
    ran = asyncio.Event()

    async def run(_fire_ms: int) -> None:
        ran.set()

    first = a_platform(database, clock, wall)
    await first.start([Job(name="game", schedule=every(minutes=5), run=run)])
    app = FastAPI()
    first.install(app)
    assert app.state.doors is first.doors
    grant = await first.accounts.register("ada@example.com", GOOD, GAME)
    await asyncio.wait_for(ran.wait(), 60)
    await first.stop()

    second = a_platform(database, clock, wall)
    await second.start()
    player = await second.doors.admit(grant.access_token, "/focus/me")
    assert player.id == grant.user.id
    assert (await second.accounts.sessions.refresh(grant.refresh_token, GAME)).user == grant.user
    await second.stop()


async def test_game_time_that_runs_faster_makes_no_token_shorter(database: Database) -> None:
    clock, wall = VirtualClock(), VirtualClock()
    platform = a_platform(database, clock, wall)
    grant = await platform.accounts.register("ada@example.com", GOOD, GAME)
    clock.advance(30 * 24 * 3_600_000)
    wall.advance(14 * 60_000)
    assert (await platform.doors.admit(grant.access_token, "/focus")).id == grant.user.id
    await platform.limits.budgets.close()


async def test_it_tidies_up_by_itself(database: Database) -> None:
    clock, wall = VirtualClock(), VirtualClock()
    platform = a_platform(database, clock, wall)
    await platform.accounts.register("ada@example.com", GOOD, GAME)
    wall.advance(timedelta(days=40) // timedelta(milliseconds=1))
    await platform.start()
    for _ in range(200):
        if await rows_of(database, token_families) == 0:
            break
        await asyncio.sleep(0.02)
    assert await rows_of(database, token_families) == 0
    assert await rows_of(database, job_runs) == 1
    await platform.stop()


def test_every_path_has_an_audience() -> None:
    doors = Doors(None, None, {"/focus": "a", "/focus/old": "b", "": "c"})
    paths = ("/focus", "/focus/x", "/focus/old", "/focus/old/x", "/focuses", "/", "")
    assert [doors.audience_at(path) for path in paths] == ["a", "a", "b", "b", "c", "c", "c"]
    with pytest.raises(AssertionError):
        Doors(None, None, {"/focus": "a"}).audience_at("/tycoon")
