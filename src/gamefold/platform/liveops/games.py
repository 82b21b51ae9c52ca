"""Events, grants, restores, seasons and leaderboards: shapes and bounds are checked here, the rest is the game's."""

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import or_
from types import GenericAlias
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from pydantic import create_model
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gamefold.platform.accounts.players import Superuser
from gamefold.platform.liveops.bodies import (
    AskedWord,
    EventBody,
    GrantBody,
    LeaderboardBody,
    LinkBody,
    RestoreBody,
    SeasonBody,
)
from gamefold.platform.liveops.described import INSIDE
from gamefold.platform.liveops.desk import Desk, operation_of
from gamefold.platform.liveops.live_game import NOT_SUPPORTED, EventAsk, Says
from gamefold.platform.liveops.refusals import AMOUNT_INVALID, GAME_NOT_FOUND
from gamefold.web.described import Described
from gamefold.web.route import StrictRoute

Measure = Annotated[str | None, Query(pattern=r"^[A-Za-z_]{1,50}$")]


def build(desk: Desk) -> APIRouter:
    """Give the routes that a game may support."""
    router = APIRouter(prefix="/{game}", route_class=StrictRoute)
    describes, says = _described(desk)

    def read(summary: str, method: str, title: str) -> dict[str, Any]:
        items: dict[str, Any] = {method: GenericAlias(list, (says[method].answer,))}
        return describes.read(summary, create_model(title, **items), *says[method].refusals)

    def write(summary: str, method: str, *codes: str, status: int = 200) -> dict[str, Any]:
        return describes.write(summary, says[method].answer, *codes, *says[method].refusals, status=status)

    @router.get("/events", **read("What happens in a game now or soon", "events", "EventsTold"))
    async def events(_who: Superuser, game: str) -> Response:
        return JSONResponse({"events": list(await desk.game(game).told(lambda live: live.events()))})

    @router.post("/events", **write("Let something happen", "inject_event", status=201))
    async def inject(request: Request, who: Superuser, game: str, body: EventBody) -> Response:
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
        return JSONResponse(dict(told), 201)

    @router.post("/grants", **write("Give to an account, or take", "grant", AMOUNT_INVALID, status=201))
    async def grant(request: Request, who: Superuser, game: str, body: GrantBody) -> Response:
        operation, asked = operation_of(request, who, body.reason), desk.game(game)
        amounts = body.amounts(dict(asked.live.grantable)) if asked.live and asked.live.grantable else {}
        told = await asked.told(lambda live: live.grant(operation, body.account_id, amounts))
        details = {"account": body.account_id, "amounts": amounts, **told}
        await desk.audit_told(operation, "account.granted", game, details)
        return JSONResponse(dict(told), 201)

    @router.post("/restore", **write("Give an account back what it had", "restore"))
    async def restore(request: Request, who: Superuser, game: str, body: RestoreBody) -> Response:
        operation = operation_of(request, who, body.reason)
        told = await desk.game(game).told(
            lambda live: live.restore(operation, body.account_id, body.to_tick, dry_run=body.dry_run)
        )
        if not body.dry_run:
            details = {"account": body.account_id, "toTick": body.to_tick, **told}
            await desk.audit_told(operation, "account.restored", game, details)
        return JSONResponse({"dryRun": body.dry_run, **told})

    @router.get("/seasons", **read("All seasons", "seasons", "SeasonsTold"))
    async def seasons(_who: Superuser, game: str) -> Response:
        return JSONResponse({"seasons": list(await desk.game(game).told(lambda live: live.seasons()))})

    @router.post("/seasons/start", **write("Begin the next season", "start_season", status=201))
    async def start_season(request: Request, who: Superuser, game: str, body: SeasonBody) -> Response:
        operation = operation_of(request, who, body.reason)
        told = await desk.game(game).told(lambda live: live.start_season(operation, body.name))
        await desk.audit_told(operation, "season.started", game, told)
        return JSONResponse(dict(told), 201)

    @router.post("/seasons/end", **write("End the running season", "end_season"))
    async def end_season(request: Request, who: Superuser, game: str, body: SeasonBody) -> Response:
        operation = operation_of(request, who, body.reason)
        told = await desk.game(game).told(lambda live: live.end_season(operation, body.name))
        await desk.audit_told(operation, "season.ended", game, told)
        return JSONResponse(dict(told))

    @router.get("/leaderboard", **read("A leaderboard, with those left out", "leaderboard", "LeaderboardTold"))
    async def leaderboard(_who: Superuser, game: str, season: AskedWord = None, by: Measure = None) -> Response:
        return JSONResponse(
            {"leaderboard": list(await desk.game(game).told(lambda live: live.leaderboard(season, by)))}
        )

    @router.post("/leaderboard/exclude", **write("Leave an account out of the leaderboards", "exclude"))
    async def exclude(request: Request, who: Superuser, game: str, body: LeaderboardBody) -> Response:
        operation = operation_of(request, who, body.reason)
        told = await desk.game(game).told(lambda live: live.exclude(operation, body.account_id))
        await desk.audit_told(operation, "leaderboard.excluded", game, {"account": body.account_id, **told})
        return JSONResponse(dict(told))

    @router.post("/leaderboard/include", **write("Let an account in again", "include"))
    async def include(request: Request, who: Superuser, game: str, body: LeaderboardBody) -> Response:
        operation = operation_of(request, who, body.reason)
        told = await desk.game(game).told(lambda live: live.include(operation, body.account_id))
        await desk.audit_told(operation, "leaderboard.included", game, {"account": body.account_id, **told})
        return JSONResponse(dict(told))

    @router.post("/links", **write("Treat accounts as one owner's", "link"))
    async def link(request: Request, who: Superuser, game: str, body: LinkBody) -> Response:
        operation = operation_of(request, who, body.reason)
        told = await desk.game(game).told(lambda live: live.link(operation, body.account_ids, body.group))
        details = {"accounts": body.account_ids, "group": body.group, **told}
        await desk.audit_told(operation, "accounts.linked", game, details)
        return JSONResponse(dict(told))

    return router


METHODS: Final = (
    "inject_event", "events", "grant", "restore", "start_season", "end_season", "seasons", "leaderboard", "exclude",
    "include", "link",
)  # fmt: skip


def _described(desk: Desk) -> tuple[Described, Mapping[str, Says]]:
    """Put together what the games that are served here say of their operations."""
    lives = [game.live for game in desk.games.values() if game.live is not None]
    status_of = {code: status for game in desk.games.values() for code, status in game.status_of.items()}
    describes = Described({**INSIDE.status_of, **status_of}, always=(*INSIDE.always, GAME_NOT_FOUND, NOT_SUPPORTED))
    return describes, {method: _together([live.says.get(method, Says()) for live in lives]) for method in METHODS}


def _together(said: Sequence[Says]) -> Says:
    answers = {str(one.answer): one.answer for one in said}
    refusals = sorted({code for one in said for code in one.refusals})
    return Says(reduce(or_, answers.values()) if answers else Says().answer, refusals)
