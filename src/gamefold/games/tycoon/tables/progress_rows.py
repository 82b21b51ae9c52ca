"""What research, quests and reputation do to the tables."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import Connection, delete, select, update

from gamefold.engine.feed import Record
from gamefold.engine.ruleset import Event
from gamefold.games.tycoon.events.progress import (
    QuestClaimed,
    QuestCompleted,
    QuestLost,
    ReputationChanged,
    ResearchFinished,
    ResearchStarted,
    ResearchTookEffect,
)
from gamefold.games.tycoon.state.progress import REPUTATIONS
from gamefold.games.tycoon.tables.schema import companies, quests, research
from gamefold.storage.columns import moment
from gamefold.storage.statements import insert


def _started(connection: Connection, record: Record, event: ResearchStarted) -> None:
    connection.execute(
        research.insert().values(
            world=record.world,
            id=f"{event.company}:{event.node}",
            company_id=event.company,
            node=event.node,
            level=0,
            progress=0,
            started_at=moment(record.time_ms),
        )
    )


def _finished(connection: Connection, record: Record, event: ResearchFinished) -> None:
    at = moment(record.time_ms)
    _change(connection, record, event.company, event.node, level=int(event.in_effect), progress=10_000, finished_at=at)


def _took_effect(connection: Connection, record: Record, event: ResearchTookEffect) -> None:
    _change(connection, record, event.company, event.node, level=1)


def _quest(status: str) -> Callable[[Connection, Record, Any], None]:
    def write(connection: Connection, record: Record, event: QuestCompleted | QuestClaimed) -> None:
        values = {
            "world": record.world,
            "id": f"{event.company}:{event.quest}",
            "company_id": event.company,
            "quest": event.quest,
            "status": status,
            "updated_at": moment(record.time_ms),
        }
        again = {"status": status, "updated_at": moment(record.time_ms)}
        row = insert(connection, quests).values(values)
        connection.execute(row.on_conflict_do_update(index_elements=["world", "id"], set_=again))

    return write


def _quest_lost(connection: Connection, record: Record, event: QuestLost) -> None:
    own = quests.c.world == record.world, quests.c.id == f"{event.company}:{event.quest}"
    connection.execute(delete(quests).where(*own))


def _reputation(connection: Connection, record: Record, event: ReputationChanged) -> None:
    own = companies.c.world == record.world, companies.c.id == event.company
    column = companies.c[f"reputation_{event.reputation}"]
    connection.execute(update(companies).where(*own).values({column: event.score}))
    scores = connection.execute(
        select(*(companies.c[f"reputation_{name}"] for name in REPUTATIONS)).where(*own)
    ).first()
    if scores is not None:
        connection.execute(update(companies).where(*own).values(reputation=sum(scores) // len(REPUTATIONS)))


def _change(connection: Connection, record: Record, company: str, node: str, **values: Any) -> None:
    own = research.c.world == record.world, research.c.id == f"{company}:{node}"
    connection.execute(update(research).where(*own).values(**values))


PROGRESS_ROWS: Final[Mapping[type[Event], Callable[[Connection, Record, Any], None]]] = {
    ResearchStarted: _started,
    ResearchFinished: _finished,
    ResearchTookEffect: _took_effect,
    QuestCompleted: _quest("COMPLETED"),
    QuestClaimed: _quest("CLAIMED"),
    QuestLost: _quest_lost,
    ReputationChanged: _reputation,
}
