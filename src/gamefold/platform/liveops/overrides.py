"""What operators have changed in a game's numbers: the values new worlds begin with, and the list of changes."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, or_, select

from gamefold.engine.balance import Values
from gamefold.engine.ruleset import Ruleset
from gamefold.platform.liveops.tables import changes, overrides
from gamefold.storage.columns import milliseconds, moment
from gamefold.storage.database import Database
from gamefold.storage.statements import insert


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of a game's numbers. `worlds` holds what was different in single worlds before it."""

    id: str
    game: str
    at_ms: int
    actor: str
    reason: str
    before: Values
    after: Values
    worlds: Mapping[str, Values]
    reverts: str | None = None


async def begins_with(database: Database, game: str, ruleset: Ruleset) -> Values:
    """Give the numbers a new world of a game begins with: those of the sheet, and what operators have changed."""
    return own_values(ruleset, await database.read(lambda connection: overrides_of(connection, game)))


def own_values(ruleset: Ruleset, changed: Values) -> Values:
    """Lay changes over a sheet. Those a newer sheet does not know or allow any more count no longer."""
    numbers, values = ruleset.balance.numbers, ruleset.balance.values()
    return values | {
        name: value for name, value in changed.items() if name in numbers and numbers[name].refuses(value) is None
    }


def overrides_of(connection: Connection, game: str) -> Values:
    """Read what is changed for new worlds of a game."""
    rows = connection.execute(select(overrides).where(overrides.c.game == game))
    return {row.name: json.loads(row.value) for row in rows}


def override(connection: Connection, game: str, values: Values, sheet: Values) -> None:
    """Change what new worlds begin with. A value that is the sheet's own is no change."""
    for name, value in sorted(values.items()):
        connection.execute(delete(overrides).where(overrides.c.game == game, overrides.c.name == name))
        if value != sheet[name]:
            connection.execute(overrides.insert().values(game=game, name=name, value=json.dumps(value)))


def find_change(connection: Connection, game: str, change_id: str) -> Change | None:
    """Read one change."""
    row = connection.execute(select(changes).where(changes.c.game == game, changes.c.id == change_id)).first()
    return None if row is None else _change(row)


def add_change(connection: Connection, change: Change) -> None:
    """Write a change down."""
    connection.execute(
        insert(connection, changes).values(
            id=change.id,
            game=change.game,
            at=moment(change.at_ms),
            actor=change.actor,
            reason=change.reason,
            before=_written(change.before),
            after=_written(change.after),
            worlds=_written(change.worlds),
            reverts=change.reverts,
        )
    )


def list_changes(connection: Connection, game: str, limit: int, before: tuple[int, str] | None) -> list[Change]:
    """Read changes, newest first, those before (time, id)."""
    query = select(changes).where(changes.c.game == game)
    if before is not None:
        at = moment(before[0])
        query = query.where(or_(changes.c.at < at, and_(changes.c.at == at, changes.c.id < before[1])))
    rows = connection.execute(query.order_by(changes.c.at.desc(), changes.c.id.desc()).limit(limit))
    return [_change(row) for row in rows]


def reverted_by(connection: Connection, change_ids: Iterable[str]) -> dict[str, str]:
    """Give, for those of these changes that were reverted, the newest change that did so."""
    query = select(changes.c.reverts, changes.c.id).where(changes.c.reverts.in_(list(change_ids)))
    return {row.reverts: row.id for row in connection.execute(query.order_by(changes.c.at))}


def _change(row: Row[Any]) -> Change:
    return Change(
        id=row.id,
        game=row.game,
        at_ms=milliseconds(row.at),
        actor=row.actor,
        reason=row.reason,
        before=json.loads(row.before),
        after=json.loads(row.after),
        worlds=json.loads(row.worlds),
        reverts=row.reverts,
    )


def _written(values: Mapping[str, Any]) -> str:
    return json.dumps(values, sort_keys=True, separators=(",", ":"))
