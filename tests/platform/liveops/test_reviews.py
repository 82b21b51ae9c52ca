"""The audit log as operators read it, and the anomalies they look at."""

import json
from typing import Any

from gamefold.platform.audit import Actor, write_audit
from gamefold.platform.liveops.anomalies import EVIDENCE_CHARACTERS_MAX, purge_anomalies, report_anomaly
from gamefold.platform.liveops.tables import anomalies

from ..people import UNKNOWN  # noqa: TID252
from .control_room import ControlRoom


async def reported(room: ControlRoom, number: int, **more: Any) -> None:
    what: dict[str, Any] = {
        "anomaly_id": f"00000000-0000-4000-8000-{number:012}",
        "game": "toys",
        "subject": "ada",
        "kind": "TOO_FAST",
        "score": 10,
        "evidence": {"orders": number},
        "now_ms": room.people.wall.now_ms(),
        **more,
    }
    await room.people.database.write(lambda connection: report_anomaly(connection, **what))


async def listed(room: ControlRoom, query: str = "") -> list[Any]:
    return (await room.good("GET", f"/anomalies?{query}"))["anomalies"]


async def test_lines_are_read_newest_first_by_chain_and_subject(room: ControlRoom) -> None:
    for number in range(5):
        room.people.wall.advance(1_000)
        now_ms, chain = room.people.wall.now_ms(), "toys" if number % 2 else "liveops"
        details = {"number": number}
        await room.people.database.write(
            lambda connection, now_ms=now_ms, chain=chain, details=details: write_audit(
                connection, Actor("root"), "thing.done", chain, now_ms, details=details, chain=chain
            )
        )
    lines = (await room.good("GET", "/audit?limit=3"))["lines"]
    assert [line["details"]["number"] for line in lines] == [4, 3, 2]
    older = (await room.good("GET", f"/audit?before={lines[-1]['atMs']}&limit=2"))["lines"]
    assert [line["details"]["number"] for line in older] == [1, 0]
    of_toys = (await room.good("GET", "/audit?chain=toys"))["lines"]
    assert [line["details"]["number"] for line in of_toys] == [3, 1]
    assert of_toys == (await room.good("GET", "/audit?subject=toys"))["lines"]
    assert set(of_toys[0]) == {
        "chain", "seq", "atMs", "actor", "action", "subject", "details", "traceId", "hash",
    }  # fmt: skip
    for query in ("limit=0", "limit=201", "before=0", "before=x", f"chain={'x' * 201}"):
        assert (await room.asks("GET", f"/audit?{query}")).status_code == 422


async def test_the_same_again_is_one_report_until_it_was_looked_at(room: ControlRoom) -> None:
    await reported(room, 1)
    room.people.wall.advance(1_000)
    await reported(room, 2, score=30)
    await reported(room, 3, score=20)
    await reported(room, 4, kind="TOO_RICH")
    await reported(room, 5, subject="bob")
    assert len(await listed(room)) == 3
    [one] = [one for one in await listed(room, "kind=TOO_FAST") if one["subject"] == "ada"]
    assert (one["count"], one["score"], one["evidence"], one["status"]) == (3, 30, {"orders": 3}, "OPEN")
    assert one["lastSeenMs"] == one["firstSeenMs"] + 1_000

    await room.good("POST", f"/anomalies/{one['id']}/review", {"verdict": "DISMISSED", "note": "a good bot"})
    await reported(room, 6)
    of_ada = [one for one in await listed(room, "kind=TOO_FAST") if one["subject"] == "ada"]
    assert sorted((one["status"], one["count"]) for one in of_ada) == [("DISMISSED", 3), ("OPEN", 1)]


async def test_a_review_is_kept_with_its_author(room: ControlRoom) -> None:
    await reported(room, 1)
    [one] = await listed(room)
    path = f"/anomalies/{one['id']}/review"
    body = {"verdict": "CONFIRMED", "note": "three accounts, one address"}
    reviewed = await room.good("POST", path, body)
    assert (reviewed["status"], reviewed["reviewedBy"], reviewed["note"]) == (
        "CONFIRMED",
        room.ids["root"],
        body["note"],
    )
    assert [await listed(room, f"status={status}") for status in ("OPEN", "DISMISSED", "CONFIRMED")] == [
        [],
        [],
        [reviewed],
    ]
    [line] = await room.audited("anomaly.reviewed")
    assert (line.actor, line.subject) == (room.ids["root"], "ada")
    assert json.loads(line.details) | {"anomaly": ""} == {
        "before": "OPEN",
        "after": "CONFIRMED",
        "note": body["note"],
        "game": "toys",
        "kind": "TOO_FAST",
        "anomaly": "",
    }
    assert await room.refused("POST", path, body) == (409, "ANOMALY_REVIEWED")
    assert await room.refused("POST", f"/anomalies/{UNKNOWN}/review", body) == (404, "ANOMALY_NOT_FOUND")
    for wrong in ({"verdict": "OPEN", "note": "x"}, {"verdict": "DISMISSED"}, {"verdict": "DISMISSED", "note": " "}):
        assert (await room.refused("POST", path, wrong))[0] == 422
    # Nobody is banned by a verdict.
    assert (await room.good("GET", f"/accounts/{room.ids['ada']}"))["isActive"]


async def test_anomalies_are_paged_and_filtered(room: ControlRoom) -> None:
    for number in range(7):
        await reported(room, number, subject=f"player-{number}", game="toys" if number % 2 else "purses")
        room.people.wall.advance(number % 3)
    found, cursor = [], ""
    while True:
        page = await room.good("GET", f"/anomalies?limit=3{cursor}")
        found += [one["subject"] for one in page["anomalies"]]
        if page["cursor"] is None:
            break
        cursor = f"&cursor={page['cursor']}"
    assert sorted(found) == [f"player-{number}" for number in range(7)]
    assert {one["game"] for one in await listed(room, "game=purses")} == {"purses"}
    assert await listed(room, "game=chess") == []
    stolen = (await room.good("GET", "/anomalies?limit=3"))["cursor"]
    assert (await room.asks("GET", f"/anomalies?limit=3&game=toys&cursor={stolen}")).status_code == 422


async def test_evidence_is_bounded(room: ControlRoom) -> None:
    huge = {f"key-{number}": ["x" * 1_000] * 1_000 for number in range(1_000)}
    await reported(room, 1, evidence=huge)
    stored = await room.people.database.read(lambda connection: connection.execute(anomalies.select()).one().evidence)
    assert len(stored) <= EVIDENCE_CHARACTERS_MAX + 100
    [one] = await listed(room)
    assert one["evidence"]


async def test_what_was_reviewed_long_ago_is_forgotten(room: ControlRoom) -> None:
    await reported(room, 1)
    await reported(room, 2, subject="bob")
    [bob] = [one for one in await listed(room) if one["subject"] == "bob"]
    await room.good("POST", f"/anomalies/{bob['id']}/review", {"verdict": "DISMISSED", "note": "nothing"})
    now_ms = room.people.wall.now_ms()
    assert await room.people.database.write(lambda connection: purge_anomalies(connection, now_ms)) == 0
    assert await room.people.database.write(lambda connection: purge_anomalies(connection, now_ms + 1)) == 1
    assert [one["subject"] for one in await listed(room)] == ["ada"]
