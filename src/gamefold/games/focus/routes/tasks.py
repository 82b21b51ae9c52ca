"""Task templates: plain rows of one user in one tenant."""

from contextlib import suppress
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import AfterValidator, Field
from sqlalchemy import Connection, RowMapping
from sqlalchemy.exc import IntegrityError
from starlette.requests import Request
from starlette.responses import Response

from gamefold.engine.ruleset import Rejected
from gamefold.games.focus import tables
from gamefold.games.focus.balance import DURATIONS_MINUTES, Room
from gamefold.games.focus.intents import DURATION_NOT_ALLOWED
from gamefold.games.focus.routes.desk import Desk
from gamefold.games.focus.routes.envelope import Asked, Reply, Shown, Uuid, ok
from gamefold.games.focus.routes.profile import CurrentScope
from gamefold.games.focus.tables import Scope, stamp
from gamefold.web.bodies import Text
from gamefold.web.idempotency import request_entropy
from gamefold.web.pagination import LIMIT_DEFAULT, Key, PageCursor, PageLimit
from gamefold.web.route import StrictRoute
from gamefold.web.validation import Unfit

Category = Literal["study", "build", "training", "custom"]


def _name(value: str) -> str:
    name = value.strip()
    if not name or not name.isprintable():
        raise Unfit("must have 1 to 200 printable characters")
    return name


Name = Annotated[Text, Field(max_length=200, examples=["Deep Work"]), AfterValidator(_name)]


class TaskBody(Asked):
    """A template: what sessions of this kind are about, for how long, in which room."""

    name: Name
    category: Category
    default_duration_minutes: Annotated[int, Field(examples=[50])]
    room: Room


class TaskShown(Shown):
    """A template."""

    id: str
    name: str
    category: str
    default_duration_minutes: int
    room: str
    created_at: str
    updated_at: str


class TaskPage(Shown):
    """A page of templates, oldest first."""

    items: list[TaskShown]
    next_cursor: str | None


def task_shown(row: RowMapping) -> TaskShown:
    """Give a template's row as it is shown."""
    return TaskShown(
        id=row["id"],
        name=row["name"],
        category=row["category"],
        default_duration_minutes=row["default_duration_minutes"],
        room=row["room"],
        created_at=stamp(row["created_at"]),
        updated_at=stamp(row["updated_at"]),
    )


def page_key(key: Key | None) -> tables.PageKey | None:
    """Read the sort key out of a cursor: a time in ms and an id."""
    return None if key is None else (int(key[0] or 0), str(key[1]))


def build(desk: Desk) -> APIRouter:
    """Give the routes of task templates."""
    router = APIRouter(prefix="/api/tasks", tags=["tasks"], route_class=StrictRoute)

    @router.get("")
    async def page(
        scope: CurrentScope, room: Room | None = None, limit: PageLimit = LIMIT_DEFAULT, cursor: PageCursor = None
    ) -> Reply[TaskPage]:
        kind = f"focus.tasks:{scope.tenant_id}:{scope.user_id}:{room}"
        after = page_key(desk.pager.open(kind, cursor))
        rows = await desk.read(
            scope, lambda connection, scope: tables.task_page(connection, scope, limit + 1, after, room)
        )
        items, next_cursor = desk.pager.page(kind, rows, limit, tables.task_key)
        return ok(TaskPage(items=[task_shown(row) for row in items], next_cursor=next_cursor))

    @router.post("", status_code=201)
    async def create(body: TaskBody, scope: CurrentScope, request: Request) -> Reply[TaskShown]:
        _refuse_other_durations(body)
        entropy = request_entropy(request)
        task_id, now_ms = desk.entropy.new_id(entropy), desk.clock.now_ms()

        def transaction(connection: Connection, scope: Scope) -> RowMapping:
            if entropy is not None:
                # The same request may have come this far before, in a process that died before it could answer.
                with suppress(Rejected):
                    return tables.task_of(connection, scope, task_id)
            try:
                with connection.begin_nested():
                    return tables.create_task(connection, scope, task_id, **_columns(body), now_ms=now_ms)
            except IntegrityError:
                # This key made a template long ago, which is deleted: what is asked for now is another one.
                return tables.create_task(connection, scope, desk.entropy.new_id(), **_columns(body), now_ms=now_ms)

        return ok(task_shown(await desk.write(scope, transaction)))

    @router.get("/{task_id}")
    async def show(task_id: Uuid, scope: CurrentScope) -> Reply[TaskShown]:
        row = await desk.read(scope, lambda connection, scope: tables.task_of(connection, scope, task_id))
        return ok(task_shown(row))

    @router.put("/{task_id}")
    async def change(task_id: Uuid, body: TaskBody, scope: CurrentScope) -> Reply[TaskShown]:
        _refuse_other_durations(body)
        now_ms = desk.clock.now_ms()

        def transaction(connection: Connection, scope: Scope) -> RowMapping:
            return tables.update_task(connection, scope, task_id, _columns(body), now_ms)

        return ok(task_shown(await desk.write(scope, transaction)))

    @router.delete("/{task_id}", status_code=204)
    async def delete(task_id: Uuid, scope: CurrentScope) -> Response:
        now_ms = desk.clock.now_ms()
        await desk.write(scope, lambda connection, scope: tables.delete_task(connection, scope, task_id, now_ms))
        return Response(status_code=204)

    return router


def _columns(body: TaskBody) -> dict[str, Any]:
    return body.model_dump()


def _refuse_other_durations(body: TaskBody) -> None:
    if body.default_duration_minutes not in DURATIONS_MINUTES:
        raise Rejected(DURATION_NOT_ALLOWED, f"A session takes {', '.join(map(str, DURATIONS_MINUTES))} minutes.")
