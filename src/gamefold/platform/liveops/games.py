"""Events, grants, restores, seasons and leaderboards: shapes and bounds are checked here, the rest is the game's."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request

from gamefold.platform.accounts.players import Superuser
from gamefold.platform.liveops.bodies import (
    AskedWord,
    EventBody,
    GrantBody,
    Json,
    LeaderboardBody,
    RestoreBody,
    SeasonBody,
)
from gamefold.platform.liveops.desk import Desk, operation_of
from gamefold.platform.liveops.live_game import EventAsk
from gamefold.web.route import StrictRoute

Measure = Annotated[str | None, Query(pattern=r"^[A-Za-z_]{1,50}$")]


def build(desk: Desk) -> APIRouter:
    """Give the routes that a game may support."""
    router = APIRouter(prefix="/{game}", route_class=StrictRoute)

    @router.get("/events")
    async def events(_who: Superuser, game: str) -> Json:
        return {"events": list(await desk.game(game).told(lambda live: live.events()))}

    @router.post("/events", status_code=201)
    async def inject(request: Request, who: Superuser, game: str, body: EventBody) -> Json:
        operation = operation_of(request, who, body.reason)
        ask = EventAsk(
            type=body.type,
            severity=body.severity,
            region=body.region,
            duration_ticks=body.duration_ticks,
            starts_in_ticks=body.starts_in_ticks,
        )
        told = await desk.game(game).told(lambda live: live.inject_event(operation, ask))
        await desk.audit_told(operation, "event.injected", game, {"type": body.type, **told})
        return dict(told)

    @router.post("/grants", status_code=201)
    async def grant(request: Request, who: Superuser, game: str, body: GrantBody) -> Json:
        operation, asked = operation_of(request, who, body.reason), desk.game(game)
        amounts = body.amounts(dict(asked.live.grantable)) if asked.live and asked.live.grantable else {}
        told = await asked.told(lambda live: live.grant(operation, body.account_id, amounts))
        details = {"account": body.account_id, "amounts": amounts, **told}
        await desk.audit_told(operation, "account.granted", game, details)
        return dict(told)

    @router.post("/restore")
    async def restore(request: Request, who: Superuser, game: str, body: RestoreBody) -> Json:
        operation = operation_of(request, who, body.reason)
        told = await desk.game(game).told(
            lambda live: live.restore(operation, body.account_id, body.to_tick, dry_run=body.dry_run)
        )
        if not body.dry_run:
            details = {"account": body.account_id, "toTick": body.to_tick, **told}
            await desk.audit_told(operation, "account.restored", game, details)
        return {"dryRun": body.dry_run, **told}

    @router.get("/seasons")
    async def seasons(_who: Superuser, game: str) -> Json:
        return {"seasons": list(await desk.game(game).told(lambda live: live.seasons()))}

    @router.post("/seasons/start", status_code=201)
    async def start_season(request: Request, who: Superuser, game: str, body: SeasonBody) -> Json:
        operation = operation_of(request, who, body.reason)
        told = await desk.game(game).told(lambda live: live.start_season(operation, body.name))
        await desk.audit_told(operation, "season.started", game, told)
        return dict(told)

    @router.post("/seasons/end")
    async def end_season(request: Request, who: Superuser, game: str, body: SeasonBody) -> Json:
        operation = operation_of(request, who, body.reason)
        told = await desk.game(game).told(lambda live: live.end_season(operation, body.name))
        await desk.audit_told(operation, "season.ended", game, told)
        return dict(told)

    @router.get("/leaderboard")
    async def leaderboard(_who: Superuser, game: str, season: AskedWord = None, by: Measure = None) -> Json:
        return {"leaderboard": list(await desk.game(game).told(lambda live: live.leaderboard(season, by)))}

    @router.post("/leaderboard/exclude")
    async def exclude(request: Request, who: Superuser, game: str, body: LeaderboardBody) -> Json:
        operation = operation_of(request, who, body.reason)
        told = await desk.game(game).told(lambda live: live.exclude(operation, body.account_id))
        await desk.audit_told(operation, "leaderboard.excluded", game, {"account": body.account_id, **told})
        return dict(told)

    @router.post("/leaderboard/include")
    async def include(request: Request, who: Superuser, game: str, body: LeaderboardBody) -> Json:
        operation = operation_of(request, who, body.reason)
        told = await desk.game(game).told(lambda live: live.include(operation, body.account_id))
        await desk.audit_told(operation, "leaderboard.included", game, {"account": body.account_id, **told})
        return dict(told)

    return router
