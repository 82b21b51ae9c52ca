"""A game's numbers, changed while its worlds run."""

import asyncio
from typing import Any

import pytest

from gamefold.engine.lifecycle import Tune
from gamefold.platform.liveops.tables import overrides
from gamefold.testkit.toys.clockwork import ClockworkSpec
from gamefold.testkit.toys.ledger import Deposit, LedgerSpec
from gamefold.testkit.toys.purse import PurseSpec

from .control_room import TICK_MS, ControlRoom

TOYS = "/toys/parameters"


async def number(room: ControlRoom, name: str = "amount_max", game: str = "toys") -> Any:
    return (await room.good("GET", f"/{game}/parameters"))["parameters"][name]


async def amount_max(room: ControlRoom, world: str) -> int:
    return await room.host.look(world, lambda world: world.head.balance["amount_max"])


async def changed(room: ControlRoom, reason: str = "too much", game: str = "toys", **changes: Any) -> Any:
    return await room.good("PATCH", f"/{game}/parameters", {"changes": changes, "reason": reason})


async def test_numbers_are_shown_with_all_that_is_known_of_them(room: ControlRoom) -> None:
    shown = await room.good("GET", TOYS)
    assert set(shown["parameters"]) == {"amount_max", "sides"}
    assert shown["parameters"]["amount_max"] == {
        "value": 1_000,
        "default": 1_000,
        "description": "the most one line may move",
        "unit": "coins",
        "least": 1,
        "most": 1_000_000,
        "differs": False,
        "live": [],
    }
    assert await room.refused("GET", "/chess/parameters") == (404, "GAME_NOT_FOUND")


async def test_a_change_reaches_running_worlds_and_new_ones(room: ControlRoom) -> None:
    await room.a_ledger("ledger/old", 1)
    applied = await changed(room, amount_max=50)
    change = applied["change"]
    assert (change["before"], change["after"]) == ({"amount_max": 1_000}, {"amount_max": 50})
    assert (change["actor"], change["reason"], change["game"]) == (room.ids["root"], "too much", "toys")
    assert (applied["tuned"], applied["failed"]) == (1, {})

    await room.a_ledger("ledger/new", 1)
    assert [await amount_max(room, world) for world in ("ledger/old", "ledger/new")] == [50, 50]
    shown = await number(room)
    assert (shown["value"], shown["default"], shown["differs"]) == (50, 1_000, False)
    assert shown["live"] == [{"value": 50, "worlds": 2}]
    [line] = await room.audited("parameters.changed")
    assert (line.actor, line.subject) == (room.ids["root"], "toys")
    assert '"after":{"amount_max":50},"before":{"amount_max":1000}' in line.details


async def test_a_change_is_in_the_journal_of_every_world(room: ControlRoom) -> None:
    await room.a_ledger("ledger/old", 1)
    await changed(room, amount_max=50)
    seq = await room.host.look("ledger/old", lambda world: world.head.seq)
    then = (await room.good("GET", f"/worlds/ledger%2Fold?seq={seq - 1}"))["seq"]
    assert seq == then + 1
    requests = await room.host.look("ledger/old", lambda world: dict(world.head.requests))
    assert list(requests) == [room.ids["root"]]


async def test_a_world_that_ticks_goes_by_it_from_its_next_tick_on(room: ControlRoom) -> None:
    await room.a_clockwork("clockwork/1", 1)
    await changed(room, sides=100)
    assert (await number(room, "sides"))["live"] == [{"value": 100, "worlds": 1}]
    assert await room.host.look("clockwork/1", lambda world: world.head.balance["sides"]) == 6
    await room.clock.elapse(TICK_MS)
    assert await room.host.look("clockwork/1", lambda world: world.head.balance["sides"]) == 100


async def test_worlds_that_go_by_another_value_are_seen(room: ControlRoom) -> None:
    for name in ("a", "b", "c"):
        await room.a_ledger(f"ledger/{name}")
    await room.host.tune("ledger/b", "somebody", {"amount_max": 7}, "here only")
    shown = await number(room)
    assert (shown["differs"], shown["value"]) == (True, 1_000)
    assert shown["live"] == [{"value": 1_000, "worlds": 2}, {"value": 7, "worlds": 1}]


async def test_saves_keep_the_numbers_they_began_with(room: ControlRoom) -> None:
    await room.host.ensure("purse/old", PurseSpec())
    applied = await changed(room, game="purses", allowance=9)
    assert (applied["tuned"], applied["failed"]) == (0, {})
    await room.host.ensure("purse/new", PurseSpec())
    found = [await room.host.look(f"purse/{name}", lambda world: world.head.balance) for name in ("old", "new")]
    assert found == [{"allowance": 5}, {"allowance": 9}]
    assert (await number(room, "allowance", "purses"))["value"] == 9


NO_CHANGES = [
    ({"amount_max": 0}, "BALANCE_OUT_OF_BOUNDS"),
    ({"amount_max": 1_000_001}, "BALANCE_OUT_OF_BOUNDS"),
    ({"amount_max": {"a": 1}}, "BALANCE_OUT_OF_BOUNDS"),
    ({"nothing": 1}, "BALANCE_UNKNOWN"),
    ({"amount_max": 5, "nothing": 1}, "BALANCE_UNKNOWN"),
    ({"allowance": 5}, "BALANCE_UNKNOWN"),
    ({"amount_max": "5"}, "INVALID_REQUEST"),
    ({"amount_max": True}, "INVALID_REQUEST"),
    ({"amount_max": 1.5}, "INVALID_REQUEST"),
    ({"amount_max": None}, "INVALID_REQUEST"),
    ({"amount_max": [1]}, "INVALID_REQUEST"),
    ({}, "INVALID_REQUEST"),
    ([], "INVALID_REQUEST"),
]


async def test_what_may_not_be_is_refused_and_changes_nothing(room: ControlRoom) -> None:
    await room.a_ledger("ledger/1")
    for changes, code in NO_CHANGES:
        assert await room.refused("PATCH", TOYS, {"changes": changes, "reason": "x"}) == (422, code)
        assert (await number(room))["value"] == 1_000
        assert await amount_max(room, "ledger/1") == 1_000
        assert (await room.good("GET", f"{TOYS}/changes"))["changes"] == []
        assert await room.audited("parameters.changed") == []


async def test_a_revert_restores_every_world_to_what_it_had(room: ControlRoom) -> None:
    for name in ("a", "b"):
        await room.a_ledger(f"ledger/{name}")
    await room.host.tune("ledger/b", "somebody", {"amount_max": 7}, "here only")
    change = (await changed(room, amount_max=50))["change"]
    assert change["worldsBefore"] == {"ledger/b": {"amount_max": 7}}
    await room.a_ledger("ledger/c")

    reverted = await room.good("POST", f"{TOYS}/changes/{change['id']}/revert", {"reason": "it was better before"})
    assert reverted["change"]["reverts"] == change["id"]
    assert (reverted["change"]["before"], reverted["change"]["after"]) == ({"amount_max": 50}, {"amount_max": 1_000})
    assert reverted["tuned"] == 3
    assert [await amount_max(room, f"ledger/{name}") for name in "abc"] == [1_000, 7, 1_000]
    await room.a_ledger("ledger/d")
    assert await amount_max(room, "ledger/d") == 1_000
    assert await room.people.count(overrides) == 0
    assert len(await room.audited("parameters.reverted")) == 1
    listed = (await room.good("GET", f"{TOYS}/changes"))["changes"]
    assert {one["id"]: one["revertedBy"] for one in listed} == {
        change["id"]: reverted["change"]["id"],
        reverted["change"]["id"]: None,
    }


async def test_a_revert_does_not_undo_what_somebody_changed_since(room: ControlRoom) -> None:
    first = (await changed(room, amount_max=50))["change"]["id"]
    second = (await changed(room, amount_max=60, sides=8))["change"]["id"]
    reason = {"reason": "back"}
    assert await room.refused("POST", f"{TOYS}/changes/{first}/revert", reason) == (409, "CHANGE_OUTDATED")
    await room.good("POST", f"{TOYS}/changes/{second}/revert", reason)
    assert [(await number(room))["value"], (await number(room, "sides"))["value"]] == [50, 6]
    assert await room.refused("POST", f"{TOYS}/changes/{second}/revert", reason) == (409, "CHANGE_OUTDATED")
    await room.good("POST", f"{TOYS}/changes/{first}/revert", reason)
    assert (await number(room))["value"] == 1_000


async def test_changes_are_of_their_game(room: ControlRoom) -> None:
    change = (await changed(room, amount_max=50))["change"]["id"]
    for path in (f"/purses/parameters/changes/{change}", f"{TOYS}/changes/{room.ids['root']}"):
        assert await room.refused("POST", f"{path}/revert", {"reason": "x"}) == (404, "CHANGE_NOT_FOUND")
    assert (await room.asks("POST", f"{TOYS}/changes/nonsense/revert", {"reason": "x"})).status_code == 422
    assert (await room.good("GET", "/purses/parameters/changes"))["changes"] == []


async def test_changes_are_listed_newest_first_page_by_page(room: ControlRoom) -> None:
    for value in range(1, 6):
        await changed(room, amount_max=value)
        room.people.wall.advance(value % 2)  # some at the same moment
    found, cursor = [], ""
    while True:
        page = await room.good("GET", f"{TOYS}/changes?limit=2{cursor}")
        found += [change["id"] for change in page["changes"]]
        if page["cursor"] is None:
            break
        cursor = f"&cursor={page['cursor']}"
    assert len(found) == len(set(found)) == 5
    times = [change["atMs"] for change in (await room.good("GET", f"{TOYS}/changes"))["changes"]]
    assert times == sorted(times, reverse=True)


async def test_changes_at_once_leave_new_and_running_worlds_alike(room: ControlRoom) -> None:
    await room.a_ledger("ledger/old")
    await asyncio.gather(*(changed(room, amount_max=value) for value in range(1, 9)))
    await room.a_ledger("ledger/new")
    values = {await amount_max(room, world) for world in ("ledger/old", "ledger/new")}
    assert values == {(await number(room))["value"]}
    listed = (await room.good("GET", f"{TOYS}/changes"))["changes"]
    befores = [change["before"]["amount_max"] for change in listed]
    assert sorted(befores) == sorted({1_000, *range(1, 9)} - values)


async def test_a_repeated_request_changes_once(room: ControlRoom) -> None:
    await room.a_ledger("ledger/1")
    body = {"changes": {"amount_max": 50}, "reason": "once"}
    key = {"Idempotency-Key": "change-1"}
    first = await room.good("PATCH", TOYS, body, **key)
    seq = await room.host.look("ledger/1", lambda world: world.head.seq)
    again = await room.asks("PATCH", TOYS, body, **key)
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (first, "true")
    assert await room.host.look("ledger/1", lambda world: world.head.seq) == seq


async def test_a_request_whose_server_died_is_finished_by_its_repetition(room: ControlRoom) -> None:
    await room.a_ledger("ledger/1")
    body = {"changes": {"amount_max": 50}, "reason": "once"}
    key = {"Idempotency-Key": "change-1"}
    first = await room.good("PATCH", TOYS, body, **key)
    seq = await room.host.look("ledger/1", lambda world: world.head.seq)
    room.answers.answers.clear()
    again = await room.good("PATCH", TOYS, body, **key)
    assert again["change"] == first["change"]
    assert await room.host.look("ledger/1", lambda world: world.head.seq) == seq
    assert len(await room.audited("parameters.changed")) == 1


async def test_a_world_that_cannot_be_told_is_named(room: ControlRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b"):
        await room.a_ledger(f"ledger/{name}")
    await room.host.stop("ledger/b")
    await room.people.sql("UPDATE engine.worlds SET status = 'running', node = 'elsewhere'")

    async def everybody_lives(_node: str) -> bool:
        return True

    monkeypatch.setattr(room.host._opening, "_lives", everybody_lives)
    applied = await changed(room, amount_max=50)
    assert (applied["tuned"], applied["failed"]) == (1, {"ledger/b": "WorldUnavailable"})


async def test_a_world_that_is_made_meanwhile_gets_the_change_too(
    room: ControlRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The change comes between the moment its numbers were read and the moment others can see it."""
    create = room.host.journal.create

    async def slow(*arguments: Any) -> bool:
        await changed(room, amount_max=50)
        return await create(*arguments)

    monkeypatch.setattr(room.host.journal, "create", slow)
    await room.host.ensure("ledger/1", LedgerSpec())
    assert await amount_max(room, "ledger/1") == 50


async def test_a_number_that_a_newer_sheet_does_not_allow_counts_no_longer(room: ControlRoom) -> None:
    await changed(room, amount_max=50, sides=8)
    await room.people.database.write(
        lambda connection: connection.execute(
            overrides.update().where(overrides.c.name == "amount_max").values(value="-5")
        ).close()
    )
    await room.people.database.write(
        lambda connection: connection.execute(
            overrides.insert().values(game="toys", name="of an older sheet", value="1")
        ).close()
    )
    await room.a_ledger("ledger/1", 1)
    await room.host.ensure("clockwork/1", ClockworkSpec())
    assert await amount_max(room, "ledger/1") == 1_000
    assert await room.host.look("clockwork/1", lambda world: world.head.balance) == {"sides": 8}
    assert set((await room.good("GET", TOYS))["parameters"]) == {"amount_max", "sides"}


async def test_rules_hear_of_a_change(room: ControlRoom) -> None:
    await room.a_ledger("ledger/1", 1_000)
    await changed(room, amount_max=50)
    with pytest.raises(Exception, match="1 to 50"):
        await room.host.submit("ledger/1", "ada", Deposit(51))
    with pytest.raises(Exception, match="needs 1 to 1000000"):
        await room.host.submit("ledger/1", "ada", Tune(changes={"amount_max": 0}, reason="x"))
