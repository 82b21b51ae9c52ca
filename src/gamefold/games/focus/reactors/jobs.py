"""Jobs: they find the saves that time has caught up with, and ask the rules of each."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final

import structlog
from sqlalchemy import Connection

from gamefold.engine.host import Ack, Host, WorldUnavailable
from gamefold.engine.journal import WorldNotFound
from gamefold.engine.ruleset import Intent, Rejected
from gamefold.engine.world import RuleCrash
from gamefold.games.focus import tables
from gamefold.games.focus.intents import ResetStreak, TimeOutSessions
from gamefold.games.focus.state import day_of
from gamefold.platform.jobs.runner import Job
from gamefold.platform.jobs.schedules import daily, every
from gamefold.storage.database import Database

JOBS_ACTOR: Final = "jobs"

log = structlog.get_logger("gamefold.focus.jobs")

Batch = Callable[[Connection, str], list[str]]


def focus_jobs(
    host: Host, database: Database, tell: Callable[[Ack], None], count_open: Callable[[], Awaitable[None]]
) -> Sequence[Job]:
    """Give the jobs of the spec, and one that brings the leaderboard up to date.

    `tell` hears what was accepted; `count_open` counts open sessions anew. Time ends sessions in front of whatever
    is asked of their save, so no answer tells of them.
    """

    async def ask_each(batch: Batch, intent: Intent) -> None:
        after, saves = "", 0
        while worlds := await database.read(partial(_batch, batch, after)):
            for world in worlds:
                try:
                    tell(await host.submit(world, JOBS_ACTOR, intent))
                    saves += 1
                except Rejected:
                    continue  # its player was quicker
                except (RuleCrash, WorldNotFound, WorldUnavailable) as error:
                    # One save that cannot be played must not keep all those behind it from their turn.
                    log.warning("a job left a save out", world=world, intent=type(intent).__name__, exc_info=error)
            after = worlds[-1]
        log.info("saves brought up to date", intent=type(intent).__name__, saves=saves)

    async def streak_reset(fire_ms: int) -> None:
        today = day_of(fire_ms)
        await ask_each(lambda connection, after: tables.streaks_to_reset(connection, today, after), ResetStreak(today))

    async def session_timeout(fire_ms: int) -> None:
        await ask_each(
            lambda connection, after: tables.sessions_to_time_out(connection, fire_ms, after), TimeOutSessions()
        )
        await count_open()

    async def cosmetic_rotation(fire_ms: int) -> None:
        await database.write(lambda connection: tables.rotate_featured(connection, day_of(fire_ms)))

    async def progression_refresh(_fire_ms: int) -> None:
        await database.write(tables.refresh_progression)

    return (
        Job(name="streak_reset", schedule=daily(4), run=streak_reset),
        Job(name="session_timeout", schedule=every(minutes=5), run=session_timeout),
        Job(name="cosmetic_rotation", schedule=daily(0), run=cosmetic_rotation),
        Job(name="progression_refresh", schedule=every(minutes=1), run=progression_refresh),
    )


def _batch(batch: Batch, after: str, connection: Connection) -> list[str]:
    return batch(connection, after)
