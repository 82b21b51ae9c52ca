"""Worlds: look at any of them at any time, roll back, fork."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request

from gamefold.engine import history
from gamefold.engine.history import NO_SUCH_ENTRY
from gamefold.engine.journal import JournalCorrupt, Run, Status, WorldRow
from gamefold.engine.world import World
from gamefold.platform.accounts.players import Superuser
from gamefold.platform.liveops.bodies import (
    AskedSeq,
    AskedTick,
    AskedWord,
    ForkBody,
    Json,
    Milliseconds,
    RollbackBody,
    Shown,
)
from gamefold.platform.liveops.bodies import Status as StatusName
from gamefold.platform.liveops.described import INSIDE, WORLD_NOT_FOUND
from gamefold.platform.liveops.desk import Desk, operation_of
from gamefold.platform.liveops.refusals import GAME_NOT_FOUND, ROLLBACK_BY_TICK, ROLLBACK_STALE, WORLD_CORRUPT
from gamefold.platform.liveops.rollbacks import Place, Undoing, check_seal, plan_rollback, seal
from gamefold.web.errors import InvalidRequest, Refused
from gamefold.web.pagination import LIMIT_DEFAULT, PageCursor, PageLimit
from gamefold.web.route import StrictRoute


class WorldShown(Shown):
    """A world as the store lists it. `owner` is the process that runs it."""

    id: str
    ruleset: str
    run: int
    status: str
    reason: str
    owner: str | None
    projected: bool
    created_ms: Milliseconds
    updated_ms: Milliseconds


class WorldPage(Shown):
    """One page of worlds, by id."""

    worlds: list[WorldShown]
    cursor: str | None


class RunShown(Shown):
    """One line of a world's history. `commitment` is the hash of its seed."""

    run: int
    commitment: str
    parent_world: str | None
    parent_run: int | None
    parent_seq: int
    created_ms: Milliseconds
    actor: str
    reason: str


class PlaceShown(Shown):
    """A world at one of its entries."""

    run: int
    seq: int
    tick: int
    digest: str | None


class WorldDetail(WorldShown):
    """A world, and its state at the asked moment: cut to what somebody can read."""

    seq: int
    tick: int
    time_ms: Annotated[int, Field(description="Milliseconds of the world's own clock.")]
    version: int
    digest: str
    over: bool
    state: Any
    runs: list[RunShown]


class UndoneShown(Shown):
    """What is undone in one world."""

    id: str
    from_: PlaceShown = Field(alias="from")
    to: PlaceShown
    entries: int
    events: int
    ticks: int


class RollbackShown(Shown):
    """What a rollback undoes, in the named world first. `confirm` is the token that the real call may show."""

    dry_run: bool
    worlds: list[UndoneShown]
    entries: int
    events: int
    confirm: str | None = None
    runs: dict[str, int] | None = None


class ForkShown(Shown):
    """The new world. It is stopped until somebody asks it, and counts in no table."""

    id: str
    run: int
    parent_world: str
    parent_run: int
    parent_seq: int


def build(desk: Desk) -> APIRouter:
    """Give the routes of worlds. An id has slashes: percent-encoded, or as they are."""
    router = APIRouter(prefix="/worlds", route_class=StrictRoute)
    rolling_back = asyncio.Lock()  # what one operator has looked at must not be undone by another meanwhile

    @router.get("", **INSIDE.read("All worlds", None, GAME_NOT_FOUND))
    async def worlds(
        _who: Superuser,
        game: AskedWord = None,
        status: StatusName | None = None,
        limit: PageLimit = LIMIT_DEFAULT,
        cursor: PageCursor = None,
    ) -> WorldPage:
        scope = f"liveops:worlds:{game}:{status}"
        key = desk.pager.open(scope, cursor)
        prefixes = [""] if game is None else [f"{ruleset}/" for ruleset in desk.game(game).rulesets]
        found: list[WorldRow] = []
        for prefix in prefixes:
            found += await desk.host.journal.worlds(
                prefix=prefix,
                status=None if status is None else Status(status),
                limit=limit + 1,
                after=str(key[0]) if key else "",
            )
        found.sort(key=lambda row: row.world)
        page, following = desk.pager.page(scope, found[: limit + 1], limit, lambda row: (row.world,))
        return WorldPage(worlds=[WorldShown(**_row_shown(row)) for row in page], cursor=following)

    @router.get(
        "/{world_id:path}",
        **INSIDE.read("A world now, or as it was", None, WORLD_NOT_FOUND, NO_SUCH_ENTRY, WORLD_CORRUPT),
    )
    async def world(_who: Superuser, world_id: str, tick: AskedTick = None, seq: AskedSeq = None) -> WorldDetail:
        if tick is not None and seq is not None:
            raise InvalidRequest("Ask for a tick or an entry, not for both.", field="tick")
        row = await desk.host.journal.world(world_id)

        def shown(world: World) -> Json:
            head = world.head
            return {
                "seq": head.seq,
                "tick": head.tick,
                "time_ms": head.time_ms,
                "version": head.version,
                "digest": world.digest().hex(),
                "over": world.over,
                "state": desk.summary(world_id, world.state),
            }

        try:
            if tick is None and seq is None:
                at = await desk.host.look(world_id, shown)
            else:
                host = desk.host
                at = shown(await history.world_at(host.journal, host.rulesets, world_id, seq=seq, tick=tick))
        except JournalCorrupt as error:
            raise _corrupt(error) from error
        runs = [_run_shown(run) for run in await desk.host.journal.runs(world_id)]
        return WorldDetail(**_row_shown(row), **at, runs=runs)

    @router.post(
        "/{world_id:path}/rollback",
        **INSIDE.write(
            "Roll a world back, or see what that would undo",
            None,
            WORLD_NOT_FOUND,
            NO_SUCH_ENTRY,
            ROLLBACK_BY_TICK,
            ROLLBACK_STALE,
            WORLD_CORRUPT,
        ),
    )
    async def rollback(request: Request, who: Superuser, world_id: str, body: RollbackBody) -> RollbackShown:
        game = desk.game_of(world_id)
        together = game.together if game else lambda world: (world,)
        async with rolling_back:
            try:
                plan = await plan_rollback(desk.host, together, world_id, seq=body.to_seq, tick=body.to_tick)
            except JournalCorrupt as error:
                raise _corrupt(error) from error
            if body.dry_run:
                return _undone(plan, dry_run=True, confirm=seal(desk.pager, plan))
            if body.confirm is not None:
                check_seal(desk.pager, body.confirm, plan, body.also_undo)
            operation = operation_of(request, who, body.reason)
            cuts = {one.world: one.then.seq for one in plan}
            runs = await desk.host.rollback_together(cuts, actor=who.id, reason=body.reason)
        done = _undone(plan, dry_run=False, runs={world: run.run for world, run in sorted(runs.items())})
        told = done.model_dump(by_alias=True, include={"worlds", "runs"})
        await desk.audit(operation, "world.rolled_back", world_id, told)
        return done

    @router.post(
        "/{world_id:path}/fork",
        **INSIDE.write(
            "Let another world go on from a moment of this one",
            None,
            WORLD_NOT_FOUND,
            NO_SUCH_ENTRY,
            "WORLD_EXISTS",
            "WORLD_ID_INVALID",
            WORLD_CORRUPT,
            status=201,
            links={name: {"world_id": "/id"} for name in ("liveops_world", "liveops_rollback")},
        ),
    )
    async def fork(request: Request, who: Superuser, world_id: str, body: ForkBody) -> ForkShown:
        host = desk.host
        try:
            run = await history.fork(
                host.journal,
                host.rulesets,
                host.entropy,
                host.clock,
                world_id,
                body.new_id,
                actor=who.id,
                reason=body.reason,
                seq=body.to_seq,
                tick=body.to_tick,
                same_chance=body.same_chance,
            )
        except JournalCorrupt as error:
            raise _corrupt(error) from error
        assert run.parent_world is not None
        assert run.parent_run is not None
        made = ForkShown(
            id=run.world,
            run=run.run,
            parent_world=run.parent_world,
            parent_run=run.parent_run,
            parent_seq=run.parent_seq,
        )
        told = {**made.model_dump(by_alias=True), "sameChance": body.same_chance}
        await desk.audit(operation_of(request, who, body.reason), "world.forked", world_id, told)
        return made

    return router


def _row_shown(row: WorldRow) -> Json:
    return {
        "id": row.world,
        "ruleset": row.ruleset,
        "run": row.run,
        "status": row.status.value,
        "reason": row.reason,
        "owner": row.node,
        "projected": row.projected,
        "created_ms": row.created_ms,
        "updated_ms": row.updated_ms,
    }


def _run_shown(run: Run) -> RunShown:
    return RunShown(
        run=run.run,
        commitment=run.commitment.hex(),
        parent_world=run.parent_world,
        parent_run=run.parent_run,
        parent_seq=run.parent_seq,
        created_ms=run.created_ms,
        actor=run.actor,
        reason=run.reason,
    )


def _undone(plan: list[Undoing], **more: Any) -> RollbackShown:
    worlds = [
        UndoneShown(
            id=one.world,
            from_=_place_shown(one.now),
            to=_place_shown(one.then),
            entries=one.now.seq - one.then.seq,
            events=one.now.events - one.then.events,
            ticks=one.now.tick - one.then.tick,
        )
        for one in plan
    ]
    entries, events = sum(one.entries for one in worlds), sum(one.events for one in worlds)
    return RollbackShown(worlds=worlds, entries=entries, events=events, **more)


def _place_shown(place: Place) -> PlaceShown:
    digest = None if place.digest is None else place.digest.hex()
    return PlaceShown(run=place.run, seq=place.seq, tick=place.tick, digest=digest)


def _corrupt(error: JournalCorrupt) -> Refused:
    return Refused(409, WORLD_CORRUPT, f"Entry {error.seq} of this world does not hold: it {error.what}.")
