"""Bans: at once, for good or until a time, and undone."""

import asyncio
from typing import Any

from gamefold.engine.entropy import Entropy
from gamefold.platform.liveops.desk import Desk
from gamefold.platform.liveops.router import liveops_jobs
from gamefold.web.pagination import Pager

from ..people import GOOD, UNKNOWN, People  # noqa: TID252
from .control_room import ControlRoom

HOUR_MS = 3_600_000
CHEAT = {"reason": "cheating"}


async def may_log_in(people: People) -> bool:
    try:
        await people.login()
    except Exception:  # noqa: BLE001
        return False
    return True


async def shown(room: ControlRoom) -> Any:
    return await room.good("GET", f"/accounts/{room.ids['ada']}")


async def tidied(room: ControlRoom) -> None:
    """Run the job of every minute."""
    people = room.people
    desk = Desk(
        host=room.host,
        database=people.database,
        platform=people,
        entropy=Entropy(),
        wall=people.wall,
        pager=Pager(b"x"),
        games={},
    )
    [job] = liveops_jobs(desk)
    await job.run(0)


async def test_an_account_is_shown_without_its_secrets(room: ControlRoom) -> None:
    account = await shown(room)
    assert account == {
        "id": room.ids["ada"],
        "email": "ada@example.com",
        "username": None,
        "isActive": True,
        "isGuest": False,
        "isSuperuser": False,
        "createdAtMs": account["createdAtMs"],
        "bannedUntilMs": None,
    }
    assert (await room.good("GET", f"/accounts/{room.ids['guest']}"))["email"] is None
    assert await room.refused("GET", f"/accounts/{UNKNOWN}") == (404, "ACCOUNT_NOT_FOUND")
    assert (await room.asks("GET", "/accounts/ada")).status_code == 422


async def test_a_ban_acts_at_once_and_on_open_streams(room: ControlRoom) -> None:
    grant = await room.people.login()
    assert await room.people.open_to(grant)
    banned = await room.good("POST", f"/accounts/{room.ids['ada']}/ban", CHEAT)
    assert (banned["isActive"], banned["bannedUntilMs"]) == (False, None)
    assert not await room.people.open_to(grant)
    assert {grant.session_id, room.ids["ada"]} <= set(room.people.streams.ended)
    assert not await may_log_in(room.people)
    [line] = await room.audited("account.disabled")
    assert (line.actor, line.subject, line.details) == (room.ids["root"], room.ids["ada"], '{"reason":"cheating"}')


async def test_other_processes_hear_of_a_ban_within_a_second(room: ControlRoom, others: People) -> None:
    grant = await room.people.login()
    assert await others.open_to(grant)
    await room.good("POST", f"/accounts/{room.ids['ada']}/ban", CHEAT)
    await asyncio.sleep(1.0)
    assert not await others.open_to(grant)
    assert grant.session_id in others.streams.ended


async def test_a_ban_is_undone(room: ControlRoom) -> None:
    path = f"/accounts/{room.ids['ada']}"
    await room.good("POST", f"{path}/ban", {**CHEAT, "untilMs": room.people.wall.now_ms() + HOUR_MS})
    assert (await room.good("POST", f"{path}/unban", {"reason": "it was not them"}))["isActive"]
    assert (await shown(room))["bannedUntilMs"] is None
    assert await may_log_in(room.people)
    await room.good("POST", f"{path}/unban", {"reason": "once more"})
    assert len(await room.audited("account.enabled")) == 1


async def test_a_ban_with_an_end_ends(room: ControlRoom) -> None:
    until_ms = room.people.wall.now_ms() + HOUR_MS
    path = f"/accounts/{room.ids['ada']}/ban"
    assert (await room.good("POST", path, {**CHEAT, "untilMs": until_ms}))["bannedUntilMs"] == until_ms
    room.people.wall.advance(HOUR_MS - 1)
    await tidied(room)
    assert not await may_log_in(room.people)
    room.people.wall.advance(1)
    await tidied(room)
    assert await may_log_in(room.people)
    [line] = await room.audited("account.enabled")
    assert (line.actor, line.subject) == ("system", room.ids["ada"])


async def test_the_newest_ban_counts(room: ControlRoom) -> None:
    path, now_ms = f"/accounts/{room.ids['ada']}/ban", room.people.wall.now_ms()
    await room.good("POST", path, {**CHEAT, "untilMs": now_ms + HOUR_MS})
    await room.good("POST", path, {**CHEAT, "untilMs": now_ms + 2 * HOUR_MS})
    assert (await shown(room))["bannedUntilMs"] == now_ms + 2 * HOUR_MS
    await room.good("POST", path, CHEAT)
    await room.good("POST", path, CHEAT)
    assert (await shown(room))["bannedUntilMs"] is None
    room.people.wall.advance(3 * HOUR_MS)
    await tidied(room)
    assert not await may_log_in(room.people)
    assert len(await room.audited("account.disabled")) == 3


async def test_who_may_not_be_banned(room: ControlRoom) -> None:
    assert await room.refused("POST", f"/accounts/{room.ids['root']}/ban", CHEAT) == (409, "NOT_YOURSELF")
    for path in ("ban", "unban"):
        assert await room.refused("POST", f"/accounts/{UNKNOWN}/{path}", CHEAT) == (404, "ACCOUNT_NOT_FOUND")
    past = {**CHEAT, "untilMs": room.people.wall.now_ms()}
    assert await room.refused("POST", f"/accounts/{room.ids['ada']}/ban", past) == (422, "INVALID_REQUEST")
    for until_ms in (0, -1, 10**18, "1", True, 1.5):
        body = {**CHEAT, "untilMs": until_ms}
        assert await room.refused("POST", f"/accounts/{room.ids['ada']}/ban", body) == (422, "INVALID_REQUEST")
    assert (await room.people.accounts.login("ada@example.com", GOOD, "gamefold:focus")).user.is_active


async def test_who_is_deleted_leaves_no_ban_behind(room: ControlRoom) -> None:
    until_ms = room.people.wall.now_ms() + HOUR_MS
    await room.good("POST", f"/accounts/{room.ids['ada']}/ban", {**CHEAT, "untilMs": until_ms})
    await room.people.accounts.delete(room.ids["ada"], room.ids["root"])
    room.people.wall.advance(2 * HOUR_MS)
    await tidied(room)
    assert await room.audited("account.enabled") == []
