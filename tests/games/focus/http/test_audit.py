"""Section 7: each completed session leaves one line in the audit log, that cannot be changed unnoticed."""

import json

import pytest

from gamefold.games.focus.tables import FocusProjector
from gamefold.platform.audit import audit

from .office import MINUTE_MS, Office, Person, refused

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_completed_session_leaves_one_line_and_nothing_else_does(office: Office, me: Person) -> None:
    task = await me.task()
    done = await me.focuses(50, task)
    session = done["session"]["id"]
    refused(await me.asks("POST", f"/api/sessions/{session}/complete"), 409, "SESSION_ALREADY_COMPLETED")
    early, late = await me.starts(25, task), await me.starts(25, task)
    refused(await me.asks("POST", f"/api/sessions/{early}/complete"), 422, "TOO_EARLY")
    await me.posts(f"/api/sessions/{early}/cancel")
    office.clock.advance(60 * MINUTE_MS)
    refused(await me.asks("POST", f"/api/sessions/{late}/complete"), 409, "SESSION_ALREADY_COMPLETED")

    (line,), verdict = await office.audited(me)
    assert verdict.holds
    assert (line.actor, line.action, line.subject) == (me.id, "session.completed", session)
    item = done["session"]["dropItem"]
    assert json.loads(line.details) == {
        "user_id": me.id,
        "session_id": session,
        "reward_exp": 100,
        "reward_gold": 50,
        "drop_item_id": item and item["id"],
    }


async def test_lines_of_one_save_form_a_chain(office: Office, me: Person) -> None:
    task = await me.task()
    sessions = [(await me.focuses(25, task))["session"]["id"] for _ in range(3)]
    lines, verdict = await office.audited(me)
    assert (verdict.holds, verdict.lines) == (True, 3)
    assert [line.subject for line in sorted(lines, key=lambda line: line.seq)] == sessions

    def forge(connection: object) -> None:
        forged = audit.update().where(audit.c.subject == sessions[1])
        connection.execute(forged.values(details=lines[1].details.replace("25", "9000")))  # type: ignore[attr-defined]

    await office.server.database.write(forge)
    _, verdict = await office.audited(me)
    assert (verdict.holds, verdict.first_bad_seq) == (False, 2)


async def test_tables_made_again_leave_the_lines_as_they_are(office: Office, me: Person) -> None:
    task = await me.task()
    for _ in range(3):
        await me.focuses(50, task)
    before = await me.gets("/api/sessions/history"), await me.gets("/api/profile"), await me.gets("/api/inventory")
    lines, verdict = await office.audited(me)
    world = f"focus/{await me.tenant()}/{me.id}"
    host = office.server.host
    records = [record async for record in host.history(world)]
    projector = FocusProjector()

    def again(connection: object) -> None:
        projector.forget(connection, world)  # type: ignore[arg-type]
        for record in records:
            projector.project(connection, record)  # type: ignore[arg-type]

    await office.server.database.write(again)
    after = await me.gets("/api/sessions/history"), await me.gets("/api/profile"), await me.gets("/api/inventory")
    assert after == before
    assert await office.audited(me) == (lines, verdict)
    assert (verdict.holds, verdict.lines) == (True, 3)


async def test_lines_outlive_the_person_and_name_nobody(office: Office, me: Person) -> None:
    tenant = await me.tenant()
    await me.focuses()
    await me.asks("DELETE", "/api/profile")
    (line,), verdict = await office.audited(me, tenant)
    assert verdict.holds
    assert me.email not in str(line)
