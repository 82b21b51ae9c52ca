"""The audit log and the anomalies, for people to read."""

import json
from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query

from gamefold.platform.accounts.players import Superuser
from gamefold.platform.audit import Actor, audit_lines
from gamefold.platform.liveops.anomalies import Anomaly, list_anomalies, review_anomaly
from gamefold.platform.liveops.bodies import AnomalyStatus, AskedWord, Milliseconds, ReviewBody, Shown, UuidInPath
from gamefold.platform.liveops.described import INSIDE
from gamefold.platform.liveops.desk import Desk
from gamefold.platform.liveops.parameters import CHAIN
from gamefold.platform.liveops.refusals import ANOMALY_NOT_FOUND, ANOMALY_REVIEWED
from gamefold.storage.columns import milliseconds
from gamefold.web.bodies import Whole
from gamefold.web.pagination import LIMIT_DEFAULT, PageCursor, PageLimit
from gamefold.web.route import StrictRoute

TIME_MAX: Final = 253_402_300_799_000  # the end of the year 9999

LineLimit = Annotated[Whole, Query(ge=1, le=200)]
Before = Annotated[Whole | None, Query(ge=1, le=TIME_MAX)]


class LineShown(Shown):
    """One line of the audit log. `hash` covers it and all lines before it in its chain."""

    chain: str
    seq: int
    at_ms: Milliseconds
    actor: str
    action: str
    subject: str
    details: dict[str, Any]
    trace_id: str | None
    hash: str


class LinesShown(Shown):
    """Lines, newest first. Go on with `before` as the oldest `atMs`."""

    lines: list[LineShown]


class AnomalyShown(Shown):
    """Something that looks wrong, and what somebody thought of it."""

    id: str
    game: str
    subject: str
    kind: str
    score: int
    evidence: Any
    first_seen_ms: Milliseconds
    last_seen_ms: Milliseconds
    count: int
    status: str
    reviewed_by: str | None
    note: str | None


class AnomalyPage(Shown):
    """One page of anomalies, those that began last first."""

    anomalies: list[AnomalyShown]
    cursor: str | None


def build(desk: Desk) -> APIRouter:
    """Give the routes of the audit log and of anomalies."""
    router = APIRouter(route_class=StrictRoute)

    @router.get("/audit", **INSIDE.read("Who did what", None))
    async def audit(
        _who: Superuser,
        chain: AskedWord = None,
        subject: AskedWord = None,
        before: Before = None,
        limit: LineLimit = 50,
    ) -> LinesShown:
        rows = await desk.database.read(
            partial(audit_lines, limit=limit, chain=chain, subject=subject, before_ms=before)
        )
        lines = [
            LineShown(
                chain=row.chain,
                seq=row.seq,
                at_ms=milliseconds(row.at),
                actor=row.actor,
                action=row.action,
                subject=row.subject,
                details=json.loads(row.details),
                trace_id=row.trace_id,
                hash=row.hash.hex(),
            )
            for row in rows
        ]
        return LinesShown(lines=lines)

    @router.get("/anomalies", **INSIDE.read("What looks wrong", None))
    async def anomalies(
        _who: Superuser,
        game: AskedWord = None,
        status: AnomalyStatus | None = None,
        kind: AskedWord = None,
        limit: PageLimit = LIMIT_DEFAULT,
        cursor: PageCursor = None,
    ) -> AnomalyPage:
        scope = f"liveops:anomalies:{game}:{status}:{kind}"
        key = desk.pager.open(scope, cursor)
        before = None if key is None else (int(key[0] or 0), str(key[1]))
        found = await desk.database.read(
            partial(list_anomalies, limit=limit + 1, game=game, status=status, kind=kind, before=before)
        )
        page, following = desk.pager.page(scope, found, limit, lambda one: (one.first_seen_ms, one.id))
        return AnomalyPage(anomalies=[_shown(one) for one in page], cursor=following)

    @router.post(
        "/anomalies/{anomaly_id}/review",
        **INSIDE.write("Say what you think of it", None, ANOMALY_NOT_FOUND, ANOMALY_REVIEWED),
    )
    async def review(who: Superuser, anomaly_id: UuidInPath, body: ReviewBody) -> AnomalyShown:
        actor, now_ms = Actor(who.id), desk.wall.now_ms()
        reviewed = await desk.database.write(
            lambda connection: review_anomaly(
                connection, actor, anomaly_id.lower(), body.verdict, body.note, now_ms, chain=CHAIN
            )
        )
        return _shown(reviewed)

    return router


def _shown(one: Anomaly) -> AnomalyShown:
    return AnomalyShown.model_validate(one)
