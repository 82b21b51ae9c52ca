"""What ticks, world events and votes do to the tables."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, update

from gamefold.engine.feed import Record
from gamefold.engine.ruleset import Event
from gamefold.games.tycoon.events.border import MarketTicked
from gamefold.games.tycoon.events.world import (
    BallotCounted,
    ProposalClosed,
    ProposalOpened,
    WorldEventBegan,
    WorldEventEnded,
)
from gamefold.games.tycoon.state.world import OPEN
from gamefold.games.tycoon.state.worlds import season_of
from gamefold.games.tycoon.tables.schema import events, proposals, tick_snapshots
from gamefold.storage.columns import moment
from gamefold.storage.statements import insert


def json_text(value: Any) -> str:
    """Write JSON that is the same for the same value."""
    return msgspec.json.encode(value, order="sorted").decode()


def _ticked(connection: Connection, record: Record, event: MarketTicked) -> None:
    connection.execute(
        tick_snapshots.insert().values(
            world=record.world,
            id=event.news.tick,
            season=season_of(record.world),
            ts=moment(record.time_ms),
            btc_price=event.news.index_micro,
            difficulty=event.news.difficulty,
            regional_prices=json_text(event.region_prices),
            digest=event.digest,
            region_digests=json_text(
                {name: [tick, digest.hex()] for name, (tick, digest) in event.region_digests.items()}
            ),
        )
    )


def _began(connection: Connection, record: Record, event: WorldEventBegan) -> None:
    one = event.event
    values = {
        "world": record.world,
        "id": one.id,
        "type": one.kind,
        "severity": one.severity,
        "region": one.region,
        "payload": json_text({"effect": one.effect, "begins": one.begins, "ends": one.ends}),
        "begins": one.begins,
        "created_at": moment(record.time_ms),
    }
    connection.execute(insert(connection, events).values(values).on_conflict_do_nothing())


def _ended(connection: Connection, record: Record, event: WorldEventEnded) -> None:
    own = events.c.world == record.world, events.c.id == event.id
    connection.execute(update(events).where(*own).values(resolved_at=moment(record.time_ms)))


def _proposed(connection: Connection, record: Record, event: ProposalOpened) -> None:
    connection.execute(
        proposals.insert().values(
            world=record.world,
            id=event.id,
            company_id=event.company,
            type=event.kind,
            title=event.title,
            description=event.description,
            parameter=event.parameter,
            value=event.value,
            deadline=event.deadline,
            votes=_votes(0, 0, 0),
            outcome=OPEN,
            created_at=moment(record.time_ms),
        )
    )


def _counted(connection: Connection, record: Record, event: BallotCounted) -> None:
    votes = _votes(event.weight_for, event.weight_against, event.weight_abstain)
    _change(connection, record, event.proposal, votes=votes)


def _closed(connection: Connection, record: Record, event: ProposalClosed) -> None:
    votes = _votes(event.weight_for, event.weight_against, event.weight_abstain)
    _change(connection, record, event.id, votes=votes, outcome=event.outcome)


def _votes(weight_for: int, against: int, abstain: int) -> str:
    return json_text({"abstain": abstain, "against": against, "for": weight_for})


def _change(connection: Connection, record: Record, proposal: str, **values: Any) -> None:
    own = proposals.c.world == record.world, proposals.c.id == proposal
    connection.execute(update(proposals).where(*own).values(**values))


WORLD_ROWS: Final[Mapping[type[Event], Callable[[Connection, Record, Any], None]]] = {
    MarketTicked: _ticked,
    WorldEventBegan: _began,
    WorldEventEnded: _ended,
    ProposalOpened: _proposed,
    BallotCounted: _counted,
    ProposalClosed: _closed,
}
