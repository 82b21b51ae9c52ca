"""The composition root: the one place that knows every part."""

import asyncio
import contextlib
import hmac
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import Final

import structlog
from fastapi import APIRouter, FastAPI
from prometheus_client import CollectorRegistry
from starlette.requests import HTTPConnection

from gamefold.console.pages import GamePages, pages_router
from gamefold.engine import history
from gamefold.engine.balance import Values
from gamefold.engine.clock import Clock, RealClock
from gamefold.engine.entropy import Entropy
from gamefold.engine.host import Host, HostStopped, WorldQuarantined, WorldUnavailable
from gamefold.engine.journal import StorageUnavailable, WorldNotFound
from gamefold.engine.ruleset import Ruleset
from gamefold.games.focus.game import GAME as FOCUS
from gamefold.games.focus.game import FocusServer, ruleset_with
from gamefold.games.spellcasters.game import GAME as SPELLCASTERS
from gamefold.games.spellcasters.game import open_playground
from gamefold.games.spellcasters.routes import PlaygroundOptions
from gamefold.games.tycoon.game import GAME as TYCOON
from gamefold.games.tycoon.game import TycoonServer
from gamefold.platform.accounts.passwords import Passwords
from gamefold.platform.accounts.players import Doors
from gamefold.platform.engine_metrics import EngineMetrics
from gamefold.platform.game import Game, House, Opened
from gamefold.platform.liveops.desk import Desk, OperatedGame
from gamefold.platform.liveops.overrides import begins_with
from gamefold.platform.liveops.router import PREFIX as LIVEOPS
from gamefold.platform.liveops.router import STYLE as LIVEOPS_STYLE
from gamefold.platform.liveops.router import liveops_jobs, liveops_router
from gamefold.platform.opening import Platform, PlatformOptions
from gamefold.platform.operators import Operators
from gamefold.platform.telemetry.opening import Telemetry, open_telemetry
from gamefold.platform.tenants.current import HEADER as TENANT_HEADER
from gamefold.settings import Settings
from gamefold.storage import idempotency as stored
from gamefold.storage.database import Database
from gamefold.storage.journal import SqlJournal
from gamefold.storage.meta import count_start
from gamefold.storage.migrate import current_in, head, upgrade
from gamefold.storage.nodes import lives
from gamefold.storage.opening import open_database
from gamefold.web import errors
from gamefold.web.drain import Drain
from gamefold.web.errors import ErrorStyle, Refused, Translation
from gamefold.web.health import Unhealthy, add_health
from gamefold.web.idempotency import Claim, Fresh, IdempotencyStore, InFlight, Mismatch, Replay
from gamefold.web.install import Web, install
from gamefold.web.metrics import WebMetrics, sampled_loop_lag
from gamefold.web.pagination import Pager
from gamefold.web.streams import Streams

GAMES: Final[Mapping[str, Game]] = {game.name: game for game in (SPELLCASTERS, TYCOON, FOCUS)}
# By the name of the ruleset, which is the first word of a world's id. A game may have several.
RULESETS: Final = {ruleset.name: ruleset for game in GAMES.values() for ruleset in game.rulesets}
PROJECTORS: Final = {ruleset.name: game.projector for game in GAMES.values() for ruleset in game.rulesets}
WITH_PAGES: Final = frozenset({SPELLCASTERS.name})
VERSION: Final = version("gamefold")
TIDY_S: Final = 60.0
HOUR_MS: Final = 3_600_000

log = structlog.get_logger("gamefold")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server that is put together and not started; its lifespan starts it."""

    app: FastAPI
    drain: Drain
    host: Host
    database: Database


def build(
    settings: Settings,
    *,
    games: Sequence[str] = (),
    at_root: bool = False,
    listens_on: str = "127.0.0.1",
    time_scale: float = 1.0,
    clock: Clock | None = None,
    on_fatal: Callable[[str], None] = lambda _reason: None,
    telemetry: Telemetry | None = None,
    passwords: Passwords | None = None,
) -> Server:
    """Put a server together: `games` (all by default), each under its prefix, or one `at_root`.

    `on_fatal` hears why the engine must not write any more; the process should end then. `telemetry` is what the
    settings say, and `passwords` are hashed at full cost, if none are given.
    """
    chosen = [GAMES[name] for name in games or GAMES]
    assert len(chosen) == 1 or not at_root, "only one game can be at the root"
    clock = clock or RealClock(time_scale)
    registry = CollectorRegistry()
    telemetry = telemetry or open_telemetry(settings.otlp_endpoint, settings.otel_service_name, VERSION)
    metrics, engine_metrics = WebMetrics(registry), telemetry.observer(registry, on_fatal)
    if (file := settings.sqlite_file) is not None:
        file.parent.mkdir(parents=True, exist_ok=True)  # DB_PATH may name a place nobody has been to
    node = secrets.token_hex(8)
    database = open_database(settings.url, node=node, watch=telemetry.watch)
    entropy = Entropy(settings.seed)
    drain = Drain()
    streams = Streams(metrics, drain=drain)
    prefixes = {game.name: "" if at_root else f"/{game.name}" for game in chosen}
    platform = Platform(
        PlatformOptions(
            token_secret=settings.token_secret(),
            issuer=settings.jwt_issuer,
            audiences={"": settings.jwt_audience}
            | {prefix: f"{settings.jwt_audience}:{name}" for name, prefix in prefixes.items()},
            redis_url=settings.redis_url,
            common=[LIVEOPS],
            rate_limit_per_min=settings.rate_limit_per_min,
            limits_by_ip=settings.environment == "prod",
        ),
        database=database,
        clock=clock,
        # Tokens live in real time, however fast the games' time runs.
        wall=RealClock(),
        entropy=entropy,
        streams=streams,
        registry=registry,
        node=node,
        passwords=passwords,
    )
    house = House(
        database=database,
        clock=clock,
        entropy=entropy,
        operators=Operators(open_to_all=settings.operators_open(listens_on), token=settings.admin_token),
        platform=platform,
        streams=streams,
        metrics=metrics,
        # Every process that takes these tokens must take these cursors; some have data directories of their own.
        cursor_secret=hmac.digest(settings.token_secret(), b"gamefold cursors", "sha256"),
        log_dir=settings.log_dir,
    )
    opened = {game.name: OPENERS[game.name](house, settings) for game in chosen}
    host = Host(
        SqlJournal(database, PROJECTORS, clock),
        clock,
        entropy,
        _rulesets(settings),
        node=node,
        reactors={name: heard for game in opened.values() for name, heard in game.reactors.items()},
        observer=engine_metrics,
        lives=partial(lives, database),
        balance_of=partial(_balance_of, database),
    )
    operations = _operations(house, host, opened)
    idempotency = KeptAnswers(database)

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await upgrade(settings.url)
        start = await count_start(database)
        entropy.started(start)
        idempotency.started(start)
        await host.start()
        jobs = [job for game in opened.values() for job in game.jobs(host)]
        await platform.start([*liveops_jobs(operations), *jobs])
        tidying = asyncio.create_task(_tidy(settings, host, opened, idempotency, engine_metrics, clock))
        try:
            async with sampled_loop_lag(metrics):
                yield
        finally:
            tidying.cancel()
            await asyncio.gather(tidying, return_exceptions=True)
            await platform.stop()
            for game in opened.values():
                await game.close()
            await host.close()
            await database.close()
            await telemetry.close()

    app = FastAPI(
        title="Gamefold",
        version=VERSION,
        summary="Game worlds as folds over a durable journal.",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        telemetry=telemetry.of_requests,
    )
    checks = {"database": lambda: _database_answers(database), "engine": lambda: _engine_runs(host)}
    for name, game in opened.items():
        app.include_router(game.router(host), prefix=prefixes[name])
        if prefixes[name]:
            # A client written to the game's spec has the prefix in its base URL and asks for health below it.
            below = APIRouter(prefix=prefixes[name], include_in_schema=False)
            add_health(below, VERSION, checks, drain)
            app.include_router(below)
    shown = [
        GamePages(name=name, prefix=path, module=f"{path}/static/game.js" if name in WITH_PAGES else None)
        for name, path in prefixes.items()
    ]
    app.include_router(liveops_router(operations))
    app.include_router(pages_router(VERSION, shown))
    install(
        app,
        Web(
            version=VERSION,
            drain=drain,
            metrics=metrics,
            streams=streams,
            idempotency=idempotency,
            caller_of=partial(_asker, platform.doors),
            now_ms=clock.now_ms,
            styles={
                "": ErrorStyle(),
                LIVEOPS: LIVEOPS_STYLE,
                **{prefixes[name]: GAMES[name].errors for name in opened},
            },
            translation=TRANSLATION,
            checks=checks,
            cors_origins=settings.cors_origins,
        ),
    )
    platform.install(app)
    return Server(app=app, drain=drain, host=host, database=database)


def _open_spellcasters(house: House, settings: Settings) -> Opened:
    return open_playground(
        house,
        PlaygroundOptions(
            turn_delay_ms=round(settings.turn_delay_seconds * 1_000),
            turn_timeout_ms=round(settings.turn_timeout_seconds * 1_000),
            turns_max=settings.max_turns,
            bot_decide_timeout_ms=settings.bot_decide_timeout_ms,
            idle_ttl_ms=round(settings.playground_idle_ttl_min * 60_000),
            sessions_max=settings.playground_max_sessions,
            log_retention_days=settings.log_retention_days,
        ),
    )


def _open_focus(house: House, _settings: Settings) -> Opened:
    return FocusServer(house)


def _open_tycoon(house: House, settings: Settings) -> Opened:
    return TycoonServer(house, simulated_players=settings.simulated_players)


OPENERS: Final[Mapping[str, Callable[[House, Settings], Opened]]] = {
    SPELLCASTERS.name: _open_spellcasters,
    TYCOON.name: _open_tycoon,
    FOCUS.name: _open_focus,
}


def _rulesets(settings: Settings) -> dict[str, Ruleset]:
    """Give the rules of all games, with the numbers that settings change."""
    return RULESETS | {FOCUS.name: ruleset_with(settings.session_min_ratio)}


def _operations(house: House, host: Host, opened: Mapping[str, Opened]) -> Desk:
    """Put together what operators may do to the games that are served."""
    games = {
        name: OperatedGame(
            name=name,
            rulesets=[ruleset.name for ruleset in GAMES[name].rulesets],
            live=game.live(host),
            status_of=GAMES[name].errors.status_of,
            together=GAMES[name].together,
        )
        for name, game in opened.items()
    }
    return Desk(
        host=host,
        database=house.database,
        platform=house.platform,
        entropy=house.entropy,
        wall=house.platform.wall,
        pager=Pager(house.cursor_secret),
        games=games,
    )


async def _balance_of(database: Database, ruleset: Ruleset) -> Values:
    game = next(game.name for game in GAMES.values() if ruleset.name in {rules.name for rules in game.rulesets})
    return await begins_with(database, game, ruleset)


def _asker(doors: Doors, connection: HTTPConnection) -> str:
    """Name whose an Idempotency-Key is: somebody's in one tenant. Elsewhere the same request is another one."""
    return " ".join((doors.caller_of(connection), *connection.headers.getlist(TENANT_HEADER)))


def together(world_id: str) -> tuple[str, ...]:
    """Give the worlds that a rollback of this one takes along, itself included. WorldNotFound."""
    name = history.ruleset_of(RULESETS, world_id).name
    [game] = [game for game in GAMES.values() if any(ruleset.name == name for ruleset in game.rulesets)]
    return game.together(world_id)


# What the engine's own failures mean to a client.
TRANSLATION: Final[Translation] = {
    WorldNotFound: lambda _error: Refused(404, "WORLD_NOT_FOUND", "There is no such world."),
    WorldQuarantined: lambda _error: errors.WorldQuarantined(),
    WorldUnavailable: lambda _error: errors.WorldStopped(),
    StorageUnavailable: lambda _error: errors.StorageDown(),
    HostStopped: lambda _error: errors.Draining(),
}


class KeptAnswers(IdempotencyStore):
    """Answers by Idempotency-Key, in the server's own database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._store: stored.SqlIdempotency[Claim] | None = None

    def started(self, start: int) -> None:
        """Begin to keep answers, as the `start`-th server on this store."""
        outcomes: stored.Outcomes[Claim] = stored.Outcomes(Fresh, Replay, Mismatch, InFlight)
        self._store = stored.SqlIdempotency(self._database, start, outcomes)

    @property
    def store(self) -> stored.SqlIdempotency[Claim]:
        """The table behind it."""
        assert self._store is not None, "the server takes no request before it is started"
        return self._store

    async def claim(self, scope_key: str, fingerprint: str, now_ms: int) -> Claim:
        """See IdempotencyStore."""
        return await self.store.claim(scope_key, fingerprint, now_ms)

    async def finish(self, scope_key: str, status: int, headers: tuple[tuple[str, str], ...], body: bytes) -> None:
        """See IdempotencyStore."""
        await self.store.finish(scope_key, status, headers, body)

    async def release(self, scope_key: str) -> None:
        """See IdempotencyStore."""
        await self.store.release(scope_key)


async def _database_answers(database: Database) -> None:
    if await database.read(current_in) != head():
        raise Unhealthy("the tables are of another version")


async def _engine_runs(host: Host) -> None:
    if host.stopped is not None:
        raise Unhealthy(f"stopped: {host.stopped}")


async def _tidy(
    settings: Settings,
    host: Host,
    opened: Mapping[str, Opened],
    idempotency: KeptAnswers,
    metrics: EngineMetrics,
    clock: Clock,
) -> None:
    """Do the house's work of every minute."""
    chores: dict[str, Callable[[], Awaitable[object]]] = {
        **{name: game.tidy for name, game in opened.items()},
        "archive": lambda: host.keeper.archive_over(clock.now_ms() - settings.archive_after_hours * HOUR_MS),
        "idempotency": lambda: idempotency.store.purge(clock.now_ms() - 24 * HOUR_MS),
    }
    while True:
        worlds = host.resident_worlds()
        metrics.resident_worlds.set(len(worlds))
        metrics.subscribers.set(sum(load[1] for load in worlds.values()))
        for name, chore in chores.items():
            try:
                await chore()
            except Exception as error:  # the other chores must still be done, and this one again
                log.warning("could not tidy up", chore=name, exc_info=error)
        await asyncio.sleep(TIDY_S)
