"""What looks wrong, kept until somebody has looked at it. Nobody is banned by a machine."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import Connection, Row, and_, case, delete, or_, select, text, update

from gamefold.engine.refusal import Rejected
from gamefold.platform.audit import Actor, write_audit
from gamefold.platform.liveops.refusals import ANOMALY_NOT_FOUND, ANOMALY_REVIEWED
from gamefold.platform.liveops.summary import summary_of
from gamefold.platform.liveops.tables import OPEN, anomalies
from gamefold.storage.columns import milliseconds, moment
from gamefold.storage.statements import insert

EVIDENCE_NODES_MAX: Final = 100
EVIDENCE_CHARACTERS_MAX: Final = 4_000

Verdict = Literal["DISMISSED", "CONFIRMED"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomaly:
    """Something that looks wrong. `score` says how wrong, by the measure of its kind; `count` how often it was seen."""

    id: str
    game: str
    subject: str
    kind: str
    score: int
    evidence: Any
    first_seen_ms: int
    last_seen_ms: int
    count: int
    status: str
    reviewed_by: str | None
    note: str | None


def report_anomaly(
    connection: Connection,
    *,
    anomaly_id: str,
    game: str,
    subject: str,
    kind: str,
    score: int,
    evidence: Mapping[str, Any],
    now_ms: int,
) -> None:
    """Report something, in any transaction. The same of the same subject is one report until it was looked at.

    Such a report keeps its highest score and its newest evidence. `anomaly_id` is a new id, used for a new report.
    Evidence is cut to what somebody can read; ids and numbers belong there, no secrets.
    """
    now, written = moment(now_ms), _bounded(evidence)
    new = insert(connection, anomalies).values(
        id=anomaly_id,
        game=game,
        subject=subject,
        kind=kind,
        score=score,
        evidence=written,
        first_seen=now,
        last_seen=now,
        count=1,
        status=OPEN,
    )
    again = {
        "count": anomalies.c.count + 1,
        "last_seen": now,
        "evidence": written,
        "score": case((anomalies.c.score < score, score), else_=anomalies.c.score),
    }
    connection.execute(
        new.on_conflict_do_update(
            index_elements=["game", "subject", "kind"], index_where=text("status = 'OPEN'"), set_=again
        )
    )


def list_anomalies(
    connection: Connection,
    limit: int,
    *,
    game: str | None = None,
    status: str | None = None,
    kind: str | None = None,
    before: tuple[int, str] | None = None,
) -> list[Anomaly]:
    """Read reports, those that began last first, and those before (time, id)."""
    query = select(anomalies)
    for column, wanted in ((anomalies.c.game, game), (anomalies.c.status, status), (anomalies.c.kind, kind)):
        if wanted is not None:
            query = query.where(column == wanted)
    if before is not None:
        at = moment(before[0])
        query = query.where(
            or_(anomalies.c.first_seen < at, and_(anomalies.c.first_seen == at, anomalies.c.id < before[1]))
        )
    newest = query.order_by(anomalies.c.first_seen.desc(), anomalies.c.id.desc()).limit(limit)
    return [_anomaly(row) for row in connection.execute(newest)]


def review_anomaly(
    connection: Connection, actor: Actor, anomaly_id: str, verdict: Verdict, note: str, now_ms: int, *, chain: str
) -> Anomaly:
    """Write down what somebody thinks of a report. Rejected ANOMALY_NOT_FOUND, ANOMALY_REVIEWED."""
    this = anomalies.c.id == anomaly_id
    found = connection.execute(select(anomalies).where(this).with_for_update()).first()
    if found is None:
        raise Rejected(ANOMALY_NOT_FOUND, "There is no such anomaly.")
    if found.status != OPEN:
        raise Rejected(ANOMALY_REVIEWED, f"This anomaly was {found.status.lower()} before.")
    values = {"status": verdict, "reviewed_by": actor.id, "reviewed_at": moment(now_ms), "note": note}
    row = connection.execute(update(anomalies).where(this).values(values).returning(anomalies)).one()
    told = {"before": OPEN, "after": verdict, "note": note, "game": row.game, "kind": row.kind, "anomaly": row.id}
    write_audit(connection, actor, "anomaly.reviewed", row.subject, now_ms, details=told, chain=chain)
    return _anomaly(row)


def purge_anomalies(connection: Connection, before_ms: int) -> int:
    """Forget reports that were reviewed before a time; give how many."""
    return connection.execute(delete(anomalies).where(anomalies.c.reviewed_at < moment(before_ms))).rowcount


def _bounded(evidence: Mapping[str, Any]) -> str:
    written = json.dumps(summary_of(evidence, EVIDENCE_NODES_MAX), sort_keys=True, separators=(",", ":"))
    if len(written) <= EVIDENCE_CHARACTERS_MAX:
        return written
    return json.dumps({"begins": written[: EVIDENCE_CHARACTERS_MAX // 2]})


def _anomaly(row: Row[Any]) -> Anomaly:
    return Anomaly(
        id=row.id,
        game=row.game,
        subject=row.subject,
        kind=row.kind,
        score=row.score,
        evidence=json.loads(row.evidence),
        first_seen_ms=milliseconds(row.first_seen),
        last_seen_ms=milliseconds(row.last_seen),
        count=row._mapping["count"],  # noqa: SLF001 - `row.count` is a method of tuples
        status=row.status,
        reviewed_by=row.reviewed_by,
        note=row.note,
    )
