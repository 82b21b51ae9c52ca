"""The routes of a game's numbers."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from fastapi import APIRouter
from starlette.requests import Request

from gamefold.engine.balance import BALANCE_OUT_OF_BOUNDS, BALANCE_UNKNOWN
from gamefold.platform.accounts.players import Superuser
from gamefold.platform.liveops.bodies import Milliseconds, ParametersBody, ReasonBody, Shown, UuidInPath
from gamefold.platform.liveops.described import INSIDE
from gamefold.platform.liveops.desk import Desk, operation_of
from gamefold.platform.liveops.overrides import Change
from gamefold.platform.liveops.parameters import Applied, Parameter
from gamefold.platform.liveops.refusals import CHANGE_NOT_FOUND, CHANGE_OUTDATED, GAME_NOT_FOUND
from gamefold.web.pagination import LIMIT_DEFAULT, PageCursor, PageLimit
from gamefold.web.route import StrictRoute

LIVE_VALUES_MAX: Final = 10  # that are shown of one number
CHANGING: Final = GAME_NOT_FOUND, BALANCE_UNKNOWN, BALANCE_OUT_OF_BOUNDS


class LiveValue(Shown):
    """A value, and how many running worlds go by it."""

    value: Any
    worlds: int


class ParameterShown(Shown):
    """One number: `value` is what new worlds begin with, `default` what its sheet says.

    `differs` says whether a running world goes by another value; `live` by which ones they go.
    """

    value: Any
    default: Any
    description: str
    unit: str
    least: int
    most: int
    differs: bool
    live: list[LiveValue]


class ParametersShown(Shown):
    """All numbers of a game by name."""

    game: str
    parameters: dict[str, ParameterShown]


class ChangeShown(Shown):
    """One change: what was, what is, and whose doing it was."""

    id: str
    game: str
    at_ms: Milliseconds
    actor: str
    reason: str
    before: dict[str, Any]
    after: dict[str, Any]
    worlds_before: dict[str, dict[str, Any]]
    reverts: str | None
    reverted_by: str | None = None


class AppliedShown(Shown):
    """A change that was made, the number of running worlds that have it, and those that could not be told."""

    change: ChangeShown
    tuned: int
    failed: dict[str, str]


class ChangePage(Shown):
    """One page of changes, newest first."""

    changes: list[ChangeShown]
    cursor: str | None


def build(desk: Desk) -> APIRouter:
    """Give the routes of parameters."""
    router = APIRouter(prefix="/{game}/parameters", route_class=StrictRoute)

    @router.get("", **INSIDE.read("All numbers of a game", None, GAME_NOT_FOUND))
    async def parameters(_who: Superuser, game: str) -> ParametersShown:
        found = await desk.parameters.shown(desk.game(game).name)
        return ParametersShown(game=game, parameters={name: _parameter(one) for name, one in found.items()})

    @router.patch(
        "",
        **INSIDE.write(
            "Change numbers",
            None,
            *CHANGING,
            links={"liveops_revert": {"game": "/change/game", "change_id": "/change/id"}},
        ),
    )
    async def change(request: Request, who: Superuser, game: str, body: ParametersBody) -> AppliedShown:
        operation = operation_of(request, who, body.reason)
        return _applied(await desk.parameters.change(desk.game(game).name, body.changes, operation))

    @router.get("/changes", **INSIDE.read("What was changed", None, GAME_NOT_FOUND))
    async def changes(
        _who: Superuser, game: str, limit: PageLimit = LIMIT_DEFAULT, cursor: PageCursor = None
    ) -> ChangePage:
        scope = f"liveops:changes:{desk.game(game).name}"
        key = desk.pager.open(scope, cursor)
        before = None if key is None else (int(key[0] or 0), str(key[1]))
        found, reverted_by = await desk.parameters.changes(game, limit + 1, before)
        page, following = desk.pager.page(scope, found, limit, lambda one: (one.at_ms, one.id))
        return ChangePage(changes=[_change(one, reverted_by) for one in page], cursor=following)

    @router.post(
        "/changes/{change_id}/revert",
        **INSIDE.write("Revert a change", None, *CHANGING, CHANGE_NOT_FOUND, CHANGE_OUTDATED),
    )
    async def revert(
        request: Request, who: Superuser, game: str, change_id: UuidInPath, body: ReasonBody
    ) -> AppliedShown:
        operation = operation_of(request, who, body.reason)
        return _applied(await desk.parameters.revert(desk.game(game).name, change_id.lower(), operation))

    return router


def _parameter(one: Parameter) -> ParameterShown:
    counted = Counter(msgspec.json.encode(value, order="sorted") for value in one.live.values())
    common = sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:LIVE_VALUES_MAX]
    return ParameterShown(
        value=one.value,
        default=one.number.value,
        description=one.number.description,
        unit=one.number.unit,
        least=one.number.least,
        most=one.number.most,
        differs=any(value != one.value for value in one.live.values()),
        live=[LiveValue(value=msgspec.json.decode(value), worlds=worlds) for value, worlds in common],
    )


def _applied(applied: Applied) -> AppliedShown:
    return AppliedShown(
        change=_change(applied.change, {}), tuned=applied.tuned, failed=dict(sorted(applied.failed.items()))
    )


def _change(change: Change, reverted_by: Mapping[str, str]) -> ChangeShown:
    return ChangeShown(
        id=change.id,
        game=change.game,
        at_ms=change.at_ms,
        actor=change.actor,
        reason=change.reason,
        before=change.before,
        after=change.after,
        worlds_before={world: dict(values) for world, values in change.worlds.items()},
        reverts=change.reverts,
        reverted_by=reverted_by.get(change.id),
    )
