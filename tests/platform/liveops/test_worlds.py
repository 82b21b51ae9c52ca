"""Looking at worlds, rolling them back, forking them."""

import asyncio
from typing import Any

import pytest

from gamefold.engine.journal import Status
from gamefold.testkit.toys.ledger import Deposit
from gamefold.testkit.toys.purse import Earn, PurseSpec

from ..people import People  # noqa: TID252
from .control_room import ControlRoom, a_control_room

LEDGER = "/worlds/ledger%2Fmain"


def amounts(shown: Any) -> Any:
    return shown["state"]["accounts"]


@pytest.fixture
async def ledger(room: ControlRoom) -> str:
    return await room.a_ledger("ledger/main", 1, 2, 3)


async def test_worlds_are_listed_by_game_and_status_page_by_page(room: ControlRoom) -> None:
    for number in range(5):
        await room.a_ledger(f"ledger/{number}")
    await room.a_clockwork("clockwork/0", 1)
    await room.host.ensure("purse/0", PurseSpec())
    await room.host.stop("ledger/4")

    async def listed(query: str) -> list[str]:
        found, cursor = [], ""
        while True:
            page = await room.good("GET", f"/worlds?{query}&limit=2{cursor}")
            assert len(page["worlds"]) <= 2
            found += [world["id"] for world in page["worlds"]]
            if page["cursor"] is None:
                return found
            cursor = f"&cursor={page['cursor']}"

    ledgers = [f"ledger/{number}" for number in range(5)]
    assert await listed("game=toys") == ["clockwork/0", *ledgers]
    assert await listed("game=purses") == ["purse/0"]
    assert await listed("") == ["clockwork/0", *ledgers, "purse/0"]
    assert await listed("game=toys&status=stopped") == ["ledger/4"]
    assert await room.refused("GET", "/worlds?game=chess") == (404, "GAME_NOT_FOUND")


async def test_a_world_is_shown_with_its_state(room: ControlRoom, ledger: str) -> None:
    shown = await room.good("GET", LEDGER)
    assert shown | {} == await room.good("GET", "/worlds/ledger/main")
    assert (shown["id"], shown["ruleset"], shown["status"], shown["owner"]) == (ledger, "ledger", "running", "local")
    assert (shown["run"], shown["seq"], shown["tick"], shown["over"]) == (1, 4, 0, False)
    assert shown["state"] == {"title": "ledger", "accounts": {"ada": 6}, "lines": 3, "closed": False}
    assert shown["digest"] == await room.host.look(ledger, lambda world: world.digest().hex())
    [run] = shown["runs"]
    assert set(run) == {"run", "commitment", "parentWorld", "parentRun", "parentSeq", "createdMs", "actor", "reason"}
    seed = (await room.host.journal.runs(ledger))[0].seed
    assert seed.hex() not in (await room.asks("GET", LEDGER)).text


async def test_a_world_is_shown_as_it_was(room: ControlRoom, ledger: str) -> None:
    assert amounts(await room.good("GET", f"{LEDGER}?seq=2")) == {"ada": 1}
    assert await room.refused("GET", f"{LEDGER}?seq=9") == (422, "NO_SUCH_ENTRY")
    assert await room.refused("GET", f"{LEDGER}?seq=1&tick=1") == (422, "INVALID_REQUEST")
    await room.a_clockwork("clockwork/main", 5)
    then = await room.good("GET", "/worlds/clockwork%2Fmain?tick=2")
    assert (then["tick"], then["state"]["ticks"]) == (2, 2)
    assert await room.refused("GET", "/worlds/clockwork%2Fmain?tick=99") == (422, "NO_SUCH_ENTRY")
    assert await room.refused("GET", "/worlds/clockwork%2Fmain?tick=-1") == (422, "INVALID_REQUEST")
    for unknown in ("ledger%2Fnone", "chess%2F1", "x"):
        assert await room.refused("GET", f"/worlds/{unknown}") == (404, "WORLD_NOT_FOUND")


async def test_looking_opens_nothing(room: ControlRoom, ledger: str) -> None:
    await room.host.stop(ledger)
    assert amounts(await room.good("GET", LEDGER)) == {"ada": 6}
    assert (await room.host.journal.world(ledger)).status is Status.STOPPED
    assert room.host.resident_worlds() == {}


async def test_a_dry_run_tells_what_would_be_undone_and_changes_nothing(room: ControlRoom, ledger: str) -> None:
    before = await room.good("GET", LEDGER)
    told = await room.good("POST", f"{LEDGER}/rollback", {"toSeq": 2, "reason": "look"})
    assert (told["dryRun"], told["entries"], told["events"]) == (True, 2, 2)
    [world] = told["worlds"]
    assert (world["id"], world["entries"], world["events"], world["ticks"]) == (ledger, 2, 2, 0)
    assert (world["from"]["seq"], world["from"]["digest"]) == (4, before["digest"])
    assert world["to"] == {
        "run": 1,
        "seq": 2,
        "tick": 0,
        "digest": (await room.good("GET", f"{LEDGER}?seq=2"))["digest"],
    }
    assert await room.good("GET", LEDGER) == before
    assert await room.audited("world.rolled_back") == []


async def test_a_rollback_does_what_its_dry_run_told(room: ControlRoom, ledger: str) -> None:
    told = await room.good("POST", f"{LEDGER}/rollback", {"toSeq": 2, "dryRun": True, "reason": "look"})
    body = {"toSeq": 2, "dryRun": False, "confirm": told["confirm"], "reason": "a bug gave money away"}
    done = await room.good("POST", f"{LEDGER}/rollback", body)
    assert done["worlds"] == told["worlds"]
    assert (done["dryRun"], done["runs"]) == (False, {ledger: 2})
    shown = await room.good("GET", LEDGER)
    assert (shown["run"], amounts(shown)) == (2, {"ada": 1})
    assert shown["runs"][1]["reason"] == "a bug gave money away"
    assert shown["runs"][1]["actor"] == room.ids["root"]
    await room.host.submit(ledger, "ada", Deposit(10))
    [line] = await room.audited("world.rolled_back")
    assert (line.actor, line.subject, line.chain) == (room.ids["root"], ledger, "liveops")
    assert line.trace_id
    assert '"reason":"a bug gave money away"' in line.details
    assert shown["runs"][0]["commitment"] != shown["runs"][1]["commitment"]


async def test_a_token_is_good_for_what_its_dry_run_told_and_for_nothing_else(room: ControlRoom, ledger: str) -> None:
    path = f"{LEDGER}/rollback"
    confirm = (await room.good("POST", path, {"toSeq": 2, "reason": "look"}))["confirm"]
    real = {"toSeq": 2, "dryRun": False, "reason": "undo"}
    stale = (409, "ROLLBACK_STALE")
    assert await room.refused("POST", path, {**real, "confirm": "made up"}) == stale
    assert await room.refused("POST", path, {**real, "confirm": confirm, "toSeq": 3}) == stale
    await room.a_ledger("ledger/other", 1, 2, 3)
    assert await room.refused("POST", "/worlds/ledger%2Fother/rollback", {**real, "confirm": confirm}) == stale

    await room.host.submit(ledger, "ada", Deposit(4))
    assert await room.refused("POST", path, {**real, "confirm": confirm}) == stale
    assert amounts(await room.good("GET", LEDGER)) == {"ada": 10}
    # Whoever knows that the world goes on says how much more may be undone.
    await room.good("POST", path, {**real, "confirm": confirm, "alsoUndo": 1})
    assert amounts(await room.good("GET", LEDGER)) == {"ada": 1}
    assert await room.refused("POST", path, {**real, "confirm": confirm, "alsoUndo": 1_000}) == stale


async def test_a_rollback_without_a_token_undoes_whatever_came_after(room: ControlRoom, ledger: str) -> None:
    await room.good("POST", f"{LEDGER}/rollback", {"toSeq": 2, "dryRun": False, "reason": "I know what I undo"})
    assert amounts(await room.good("GET", LEDGER)) == {"ada": 1}


async def test_a_world_that_another_process_runs_is_left_to_it(
    room: ControlRoom, ledger: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await room.host.stop(ledger)
    await room.people.sql("UPDATE engine.worlds SET status = 'running', node = 'elsewhere'")

    async def lives(node: str) -> bool:
        return node == "elsewhere"

    monkeypatch.setattr(room.host._opening, "_lives", lives)
    path = f"{LEDGER}/rollback"
    confirm = (await room.good("POST", path, {"toSeq": 2, "reason": "look"}))["confirm"]
    real = {"toSeq": 2, "dryRun": False, "confirm": confirm, "reason": "undo"}
    assert await room.refused("POST", path, real) == (503, "WORLD_STOPPED")
    assert len(await room.host.journal.runs(ledger)) == 1


async def test_two_operators_at_once_roll_back_once(room: ControlRoom, ledger: str) -> None:
    path = f"{LEDGER}/rollback"
    confirm = (await room.good("POST", path, {"toSeq": 2, "reason": "look"}))["confirm"]
    real = {"toSeq": 2, "dryRun": False, "confirm": confirm, "reason": "undo"}
    answers = await asyncio.gather(*(room.asks("POST", path, real) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]
    assert [run.run for run in await room.host.journal.runs(ledger)] == [1, 2]


NO_TARGETS = [
    {},
    {"toSeq": 1, "toTick": 1},
    {"toSeq": 0},
    {"toTick": -1},
    {"toSeq": "1"},
    {"toSeq": True},
    {"toTick": 1.5},
]


async def test_a_rollback_has_one_target(room: ControlRoom, ledger: str) -> None:
    assert ledger
    for target in NO_TARGETS:
        assert (await room.refused("POST", f"{LEDGER}/rollback", {**target, "reason": "x"}))[0] == 422


async def test_a_rollback_goes_to_an_entry_that_was(room: ControlRoom, ledger: str) -> None:
    assert ledger
    asked = {"toSeq": 99, "reason": "x"}
    assert await room.refused("POST", f"{LEDGER}/rollback", asked) == (422, "NO_SUCH_ENTRY")
    assert await room.refused("POST", "/worlds/ledger%2Fnone/rollback", asked) == (404, "WORLD_NOT_FOUND")


async def test_saves_that_live_in_no_process_are_rolled_back_too(room: ControlRoom) -> None:
    await room.host.ensure("purse/ada", PurseSpec(5))
    await room.host.submit("purse/ada", "ada", Earn(7))
    path = "/worlds/purse%2Fada/rollback"
    confirm = (await room.good("POST", path, {"toSeq": 1, "reason": "look"}))["confirm"]
    await room.good("POST", path, {"toSeq": 1, "dryRun": False, "confirm": confirm, "reason": "undo"})
    assert (await room.good("GET", "/worlds/purse%2Fada"))["state"]["coins"] == 5


async def test_worlds_that_hear_each_other_go_back_together_to_a_tick(people: People) -> None:
    family = ("clockwork/a", "clockwork/b", "clockwork/gone")
    async with a_control_room(people, lambda _world: family) as room:
        await room.a_clockwork("clockwork/a", 4)
        await room.a_clockwork("clockwork/b", 3)  # a has 7 ticks now, b has 3
        path = "/worlds/clockwork%2Fa/rollback"
        assert await room.refused("POST", path, {"toSeq": 3, "reason": "x"}) == (422, "ROLLBACK_BY_TICK")
        told = await room.good("POST", path, {"toTick": 2, "reason": "look"})
        undone = {world["id"]: (world["ticks"], world["to"]["tick"]) for world in told["worlds"]}
        assert undone == {"clockwork/a": (5, 2), "clockwork/b": (1, 2)}
        late = await room.good("POST", path, {"toTick": 5, "reason": "look"})
        assert [world["ticks"] for world in late["worlds"]] == [2, 0]

        body = {"toTick": 2, "dryRun": False, "confirm": told["confirm"], "reason": "undo"}
        done = await room.good("POST", path, body)
        assert done["runs"] == {"clockwork/a": 2, "clockwork/b": 2}
        for world in ("clockwork%2Fa", "clockwork%2Fb"):
            assert (await room.good("GET", f"/worlds/{world}"))["tick"] == 2
        await room.clock.elapse(1_000)
        assert (await room.good("GET", "/worlds/clockwork%2Fa"))["tick"] == 3


async def test_a_damaged_world_is_told_from_a_sound_one_and_can_be_mended(room: ControlRoom, ledger: str) -> None:
    await room.host.stop(ledger)
    await room.people.database.write(
        lambda connection: connection.exec_driver_sql(
            "DELETE FROM engine.snapshots"
            if connection.dialect.name == "postgresql"
            else "DELETE FROM engine_snapshots"
        ).close()
    )
    hurt = "{}journal SET hash = entries WHERE last_seq = 4"
    await room.people.database.write(
        lambda connection: connection.exec_driver_sql(
            "UPDATE " + hurt.format("engine." if connection.dialect.name == "postgresql" else "engine_")
        ).close()
    )
    assert await room.refused("GET", LEDGER) == (409, "WORLD_CORRUPT")
    assert amounts(await room.good("GET", f"{LEDGER}?seq=3")) == {"ada": 3}
    path = f"{LEDGER}/rollback"
    told = await room.good("POST", path, {"toSeq": 3, "reason": "look"})
    assert told["worlds"][0]["from"] | {"tick": 0} == {"run": 1, "seq": 4, "tick": 0, "digest": None}
    body = {"toSeq": 3, "dryRun": False, "confirm": told["confirm"], "reason": "the disk lost an entry"}
    await room.good("POST", path, body)
    assert amounts(await room.good("GET", LEDGER)) == {"ada": 3}


async def test_a_fork_goes_on_beside_its_parent(room: ControlRoom, ledger: str) -> None:
    body = {"newId": "ledger/what-if", "toSeq": 2, "reason": "what if", "sameChance": True}
    made = await room.good("POST", f"{LEDGER}/fork", body, status=201)
    assert made == {"id": "ledger/what-if", "run": 1, "parentWorld": ledger, "parentRun": 1, "parentSeq": 2}
    assert amounts(await room.good("GET", "/worlds/ledger%2Fwhat-if")) == {"ada": 1}
    assert amounts(await room.good("GET", LEDGER)) == {"ada": 6}
    [parent], [child] = [await room.host.journal.runs(world) for world in (ledger, "ledger/what-if")]
    assert parent.seed == child.seed
    [line] = await room.audited("world.forked")
    assert (line.subject, line.actor) == (ledger, room.ids["root"])
    assert await room.refused("POST", f"{LEDGER}/fork", body) == (409, "WORLD_EXISTS")
    at_its_end = {"newId": "ledger/now", "reason": "what if"}
    assert (await room.good("POST", f"{LEDGER}/fork", at_its_end, status=201))["parentSeq"] == 4


NO_NAMES = ["", "../x", "a b", "x" * 201, "ä", 5]


async def test_a_fork_has_a_clean_name(room: ControlRoom, ledger: str) -> None:
    assert ledger
    for new_id in NO_NAMES:
        assert (await room.refused("POST", f"{LEDGER}/fork", {"newId": new_id, "reason": "x"}))[0] == 422


async def test_a_fork_stays_in_its_game(room: ControlRoom, ledger: str) -> None:
    assert ledger
    asked = {"newId": "clockwork/x", "reason": "x"}
    assert await room.refused("POST", f"{LEDGER}/fork", asked) == (422, "WORLD_ID_INVALID")
    both = {"newId": "ledger/x", "toSeq": 1, "toTick": 0, "reason": "x"}
    assert await room.refused("POST", f"{LEDGER}/fork", both) == (422, "INVALID_REQUEST")
