"""The audit log: one line per thing, in the same transaction, and no edit goes unnoticed."""

import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy import Connection, delete, insert, select, update

from gamefold.platform.audit import (
    Actor,
    AuditVerdict,
    _hash,
    audit,
    audit_lines,
    chains,
    verify_audit,
    write_audit,
)
from gamefold.storage.database import Database

NOW_MS = 1_800_000_000_123
ADA = Actor("ada", "0123456789abcdef0123456789abcdef")


async def write(database: Database, number: int, chain: str = "platform") -> int:
    def transaction(connection: Connection) -> int:
        details = {"number": number, "a": "ü"}
        return write_audit(
            connection, ADA, "thing.done", f"thing {number}", NOW_MS + number, details=details, chain=chain
        )

    return await database.write(transaction)


async def verdict(database: Database, **options) -> AuditVerdict:
    return await database.read(lambda connection: verify_audit(connection, **options))


async def test_lines_are_numbered_and_hold(database: Database) -> None:
    assert (await verdict(database)).holds
    assert [await write(database, number) for number in range(5)] == [1, 2, 3, 4, 5]
    found = await verdict(database)
    assert (found.holds, found.lines, len(found.head)) == (True, 5, 32)
    newest = (await database.read(lambda connection: audit_lines(connection, 2)))[0]
    assert (newest.seq, newest.actor, newest.action, newest.subject) == (5, "ada", "thing.done", "thing 4")
    assert (newest.details, newest.trace_id) == ('{"a":"\\u00fc","number":4}', ADA.trace_id)
    assert newest.at.isoformat() == "2027-01-15T08:00:00.127000+00:00"
    about = await database.read(lambda connection: audit_lines(connection, 9, subject="thing 1", chain="platform"))
    assert [line.seq for line in about] == [2]
    before = await database.read(lambda connection: audit_lines(connection, 9, before_ms=NOW_MS + 1))
    assert [line.seq for line in before] == [1]


async def test_a_line_is_there_with_what_it_tells_or_not_at_all(database: Database) -> None:
    def transaction(connection: Connection) -> None:
        write_audit(connection, ADA, "thing.done", "thing", NOW_MS)
        raise LookupError

    with pytest.raises(LookupError):
        await database.write(transaction)
    assert (await verdict(database)).lines == 0


async def test_many_writers_make_one_chain(database: Database, other_database: Database) -> None:
    numbers = await asyncio.gather(*(write((database, other_database)[number % 2], number) for number in range(30)))
    assert sorted(numbers) == list(range(1, 31))
    assert (await verdict(database)).holds


async def test_chains_do_not_touch_each_other(database: Database) -> None:
    for number in range(3):
        await write(database, number)
        await write(database, number, "focus")
    await database.write(
        lambda connection: connection.execute(update(audit).where(audit.c.chain == "focus").values(actor="eve")).close()
    )
    assert (await verdict(database)).holds
    assert (await verdict(database, chain="focus")).first_bad_seq == 1


LINE = audit.c.seq == 3
FIRST = audit.alias("first")
FIRST_AT = select(FIRST.c.at).where(FIRST.c.seq == 1).scalar_subquery()
EDITS: dict[str, tuple[Callable[[Connection], object], int]] = {
    "another actor": (lambda c: c.execute(update(audit).where(LINE).values(actor="eve")), 3),
    "another action": (lambda c: c.execute(update(audit).where(LINE).values(action="thing.undone")), 3),
    "another subject": (lambda c: c.execute(update(audit).where(LINE).values(subject="x")), 3),
    "other details": (lambda c: c.execute(update(audit).where(LINE).values(details='{"number":9}')), 3),
    "another trace": (lambda c: c.execute(update(audit).where(LINE).values(trace_id=None)), 3),
    "another time": (lambda c: c.execute(update(audit).where(LINE).values(at=FIRST_AT)), 3),
    "another hash": (lambda c: c.execute(update(audit).where(LINE).values(hash=bytes(32))), 3),
    "a line removed": (lambda c: c.execute(delete(audit).where(LINE)), 3),
    "the first line removed": (lambda c: c.execute(delete(audit).where(audit.c.seq == 1)), 1),
    "the end cut off": (lambda c: c.execute(delete(audit).where(audit.c.seq >= 4)), 4),
    "everything removed": (lambda c: c.execute(delete(audit)), 1),
    "the head moved back": (lambda c: c.execute(update(chains).values(seq=4)), 5),
    "another head": (lambda c: c.execute(update(chains).values(hash=bytes(32))), 5),
    "the head removed": (lambda c: c.execute(delete(chains)), 1),
}


@pytest.fixture
async def five_lines(database: Database) -> Database:
    for number in range(5):
        await write(database, number)
    return database


async def test_every_edit_is_noticed_at_its_line(five_lines: Database) -> None:
    class Undo(Exception):
        pass

    for name, (edit, seq) in EDITS.items():
        found: list[AuditVerdict] = []

        def transaction(connection: Connection, edit=edit, found=found) -> None:
            edit(connection)
            found.append(verify_audit(connection))
            raise Undo

        with pytest.raises(Undo):
            await five_lines.write(transaction)
        assert (found[0].holds, found[0].first_bad_seq) == (False, seq), name
        assert found[0].reason
    assert (await verdict(five_lines)).holds


async def test_a_chain_computed_anew_differs_from_a_hash_written_down_elsewhere(five_lines: Database) -> None:
    known = await verdict(five_lines)
    assert (await verdict(five_lines, known=(known.lines, known.head))).holds

    def forge(connection: Connection) -> None:
        lines = [dict(row._mapping) for row in connection.execute(select(audit).order_by(audit.c.seq))]
        lines[1]["actor"] = "eve"
        before = bytes(32)
        connection.execute(delete(audit))
        for line in lines:
            before = _hash(before, line)
            connection.execute(insert(audit).values(**{**line, "hash": before}))
        connection.execute(update(chains).values(hash=before))

    await five_lines.write(forge)
    assert (await verdict(five_lines)).holds
    assert (await verdict(five_lines, known=(known.lines, known.head))).first_bad_seq == 5
    assert (await verdict(five_lines, known=(7, known.head))).first_bad_seq == 6
