"""The commands that need no server: what they print, what they change, and how they refuse."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from copy import copy
from pathlib import Path
from typing import Any

import pytest

from gamefold.cli.serving import DEMO_SIMULATED_PLAYERS
from gamefold.storage.migrate import versions

from .served import SAMPLE, STAY, Served, gamefold, served, told_in_one_line, until

UNKNOWN = "00000000-0000-4000-8000-000000000000"


class Played:
    """Data that a server left behind: one finished match of bots and one running match of two players."""

    def __init__(self, data: Path) -> None:
        self.data = data
        with served(data, TURN_TIMEOUT_SECONDS=600) as server:
            self.players = [server.register(name) for name in ("One", "Two")]
            self.finished = server.start(tick_delay_ms=0)
            self.record = server.ended(self.finished)
            self.replay = server.replay(self.finished)
            self.running = server.start(*self.players)
            for turn in range(1, 6):
                self.play(server, turn)
            assert server.stop() == 0

    def play(self, server: Served, turn: int, *actions: Any) -> None:
        for player, action in zip(self.players, actions or (STAY, STAY), strict=True):
            assert server.act(self.running, player, turn, action).status_code == 200

    def copy(self, data: Path) -> "Played":
        """Give the same elsewhere, to be changed."""
        shutil.copytree(self.data, data)
        other = copy(self)
        other.data = data
        return other

    def run(self, *arguments: object, **given: Any) -> Any:
        return gamefold(*arguments, "--data", self.data, cwd=self.data.parent, **given)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    return Played(tmp_path_factory.mktemp("played") / "data")


@pytest.fixture
def nothing(tmp_path: Path) -> Iterator[Path]:
    """A directory without data; a command that only reads must leave it so."""
    yield tmp_path
    assert list(tmp_path.iterdir()) == []


def json_lines(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


# -- worlds, replay, verify ---------------------------------------------------------------------------------------


def test_worlds_lists_them_as_a_table_and_as_json(played: Played) -> None:
    answer = played.run("worlds", "--json")
    assert {row["world"]: row["status"] for row in json_lines(answer.stdout)} == {
        f"spellcasters/{played.finished}": "over",
        f"spellcasters/{played.running}": "running",
    }
    table = played.run("worlds", f"spellcasters/{played.finished}")
    assert (answer.returncode, table.returncode) == (0, 0)
    assert played.finished[:8] in table.stdout
    assert played.running[:8] not in table.stdout


def test_replay_folds_a_match_to_its_state_at_any_entry(played: Played) -> None:
    last = json.loads(played.run("replay", played.finished).stdout)
    assert last["world"] == f"spellcasters/{played.finished}"
    assert last["state"]["turn"] == played.record["turns_played"]
    first = json.loads(played.run("replay", played.finished, "--seq", 1).stdout)
    assert (first["seq"], first["state"]["turn"]) == (1, 0)
    assert first["digest"] != last["digest"]


def test_replay_prints_the_entries_with_their_events(played: Played) -> None:
    entries = json_lines(played.run("replay", played.finished, "--entries").stdout)
    assert [entry["seq"] for entry in entries] == list(range(1, len(entries) + 1))
    assert entries[0]["intent"]["type"].endswith("Begin")
    assert entries[-1]["events"][-1]["type"].endswith("MatchOver")
    assert len(json_lines(played.run("replay", played.finished, "--entries", "--seq", 3).stdout)) == 3


def test_verify_holds_every_world_against_its_journal(played: Played) -> None:
    one = played.run("verify", played.finished)
    assert one.returncode == 0
    assert one.stdout.startswith(f"ok   spellcasters/{played.finished}")
    every = played.run("verify")
    assert "2 of 2 worlds hold." in every.stdout
    told = json_lines(played.run("verify", "--json").stdout)
    assert [row["holds"] for row in told] == [True, True]


def test_verify_finds_a_changed_entry_and_exits_with_1(played: Played, tmp_path: Path) -> None:
    mine = played.copy(tmp_path / "data")
    with sqlite3.connect(mine.data / "playground.db") as connection:
        table = next(
            name
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if name.endswith("journal")
        )
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        blob = next(name for name in columns if name in {"payload", "entries"})
        row, payload = connection.execute(
            f"SELECT rowid, {blob} FROM {table} WHERE world LIKE ? ORDER BY first_seq DESC", (f"%{mine.running}",)
        ).fetchone()
        changed = bytearray(payload)
        changed[len(changed) // 2] ^= 1
        connection.execute(f"UPDATE {table} SET {blob} = ? WHERE rowid = ?", (bytes(changed), row))
    answer = mine.run("verify")
    assert answer.returncode == 1
    assert f"BAD  spellcasters/{mine.running}" in answer.stdout
    assert "1 of 2 worlds hold." in answer.stdout
    assert answer.stderr == ""


# -- rollback and fork --------------------------------------------------------------------------------------------


def test_a_rollback_is_tried_first_then_done_and_the_match_goes_on_in_run_2(played: Played, tmp_path: Path) -> None:
    mine = played.copy(tmp_path / "data")
    entries = json_lines(mine.run("replay", mine.running, "--entries").stdout)
    # The last entry that resolved turn 2: what came later is undone.
    keep = next(
        entry["seq"] for entry in entries for event in entry["events"]
        if event["type"].endswith("TurnResolved") and event["turn"] == 2
    )  # fmt: skip

    tried = mine.run("rollback", mine.running, "--to-seq", keep, "--reason", "a test", "--dry-run")
    assert (tried.returncode, tried.stderr) == (0, "")
    assert f"Would undo {entries[-1]['seq'] - keep} entries" in tried.stdout
    assert len(json_lines(mine.run("replay", mine.running, "--entries").stdout)) == len(entries)

    done = mine.run("rollback", mine.running, "--to-seq", keep, "--reason", "a test")
    assert done.returncode == 0
    assert "run 2" in done.stdout

    with served(mine.data, TURN_TIMEOUT_SECONDS=600) as server:
        assert server.match(mine.running)["run"] == 2
        assert server.turn(mine.running) == 2
        mine.play(server, 3, {"move": [1, 0]}, {"move": [-1, 0]})
        assert server.turn(mine.running) == 3
        ids = [line for line in server.replay(mine.running).splitlines() if line.startswith("id: ")]
        assert ids == ["id: 1", "id: 2", "id: 3", "id: 2:4"]
        # A viewer of the old run saw turn 5; it goes on after the turn both runs have.
        with server.http.stream(
            "GET", f"/playground/{mine.running}/events", headers={"Last-Event-ID": "1:6"}
        ) as answer:
            assert next(line for line in answer.iter_lines() if line.startswith("id: ")) == "id: 2:4"
        assert server.stop() == 0
    assert mine.run("verify", mine.running).returncode == 0
    assert len(json_lines(mine.run("replay", mine.running, "--entries", "--run", 1).stdout)) == len(entries)


def test_a_rolled_back_finished_match_runs_again_and_takes_its_result_back(played: Played, tmp_path: Path) -> None:
    mine = played.copy(tmp_path / "data")
    assert mine.run("rollback", mine.finished, "--to-seq", 2, "--reason", "a test").returncode == 0
    with served(mine.data) as server:
        record = server.match(mine.finished)
        assert (record["run"], record["status"], record["winner_id"], record["seed"]) == (2, "running", None, None)
        players = {one["player_id"]: one for one in server.http.get("/admin/players").json()}
        assert players[SAMPLE]["total_matches"] == 0
        assert server.http.delete(f"/playground/{mine.finished}").status_code == 204
        assert server.match(mine.finished)["status"] == "aborted"
        assert server.stop() == 0


def test_a_fork_goes_on_from_an_entry_and_counts_in_no_table(played: Played, tmp_path: Path) -> None:
    mine = played.copy(tmp_path / "data")
    made = mine.run("fork", mine.running, "spellcasters/what-if", "--seq", 3, "--same-chance")
    assert (made.returncode, made.stderr) == (0, "")
    assert "spellcasters/what-if" in made.stdout
    assert json.loads(mine.run("replay", "what-if").stdout)["world"] == "spellcasters/what-if"
    assert "WORLD_EXISTS" in told_in_one_line(mine.run("fork", mine.running, "what-if", "--seq", 3))
    with served(mine.data) as server:
        assert server.http.get("/matches/what-if").status_code == 404
        assert server.http.get("/playground/what-if").status_code == 404
        assert len(server.http.get("/matches").json()["items"]) == 2
        assert server.stop() == 0


# -- backup, restore, db ------------------------------------------------------------------------------------------


def test_a_backup_of_a_running_server_comes_back_elsewhere(tmp_path: Path) -> None:
    with served(tmp_path / "data") as server:
        session = server.start(tick_delay_ms=0)
        server.ended(session)
        seen = server.replay(session)
        saved = gamefold("backup", tmp_path / "it.backup", "--data", tmp_path / "data", cwd=tmp_path)
        assert (saved.returncode, saved.stderr) == (0, "")
        refused = gamefold("restore", tmp_path / "it.backup", "--data", tmp_path / "data", cwd=tmp_path)
        assert "stop that server first" in told_in_one_line(refused)
    back = gamefold("restore", tmp_path / "it.backup", "--data", tmp_path / "new", cwd=tmp_path)
    assert (back.returncode, back.stderr) == (0, "")
    with served(tmp_path / "new") as server:
        assert server.replay(session) == seen
        assert server.http.get("/admin/players").json()[0]["total_matches"] == 1
    again = gamefold("restore", tmp_path / "it.backup", "--data", tmp_path / "new", cwd=tmp_path)
    told_in_one_line(again)
    forced = gamefold("restore", tmp_path / "it.backup", "--force", "--data", tmp_path / "new", cwd=tmp_path)
    assert forced.returncode == 0


def test_db_goes_down_and_up_again_and_says_where_it_is(tmp_path: Path) -> None:
    newest, before = versions()[-1], versions()[-2]
    for command, says in (("upgrade", newest), ("current", newest), ("downgrade", before), ("upgrade", newest)):
        revision = [before] if command == "downgrade" else []
        answer = gamefold("db", command, *revision, "--data", tmp_path, cwd=tmp_path)
        assert answer.returncode == 0, answer.stderr
        assert says in answer.stdout
    told_in_one_line(gamefold("db", "upgrade", "9999", "--data", tmp_path, cwd=tmp_path))


def test_an_older_database_is_told_before_it_is_read(tmp_path: Path) -> None:
    gamefold("db", "upgrade", "0001", "--data", tmp_path, cwd=tmp_path)
    assert "db upgrade" in told_in_one_line(gamefold("worlds", "--data", tmp_path, cwd=tmp_path))


def test_openapi_describes_the_server(tmp_path: Path) -> None:
    described = json.loads(gamefold("openapi", cwd=tmp_path).stdout)
    assert "/spellcasters/playground/start" in described["paths"]
    at_root = json.loads(gamefold("openapi", "spellcasters", "--at-root", cwd=tmp_path).stdout)
    assert "/playground/start" in at_root["paths"]
    assert list(tmp_path.iterdir()) == [], "describing leaves nothing behind"


# -- refusals -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ["worlds"],
        ["replay", UNKNOWN],
        ["verify"],
        ["verify", UNKNOWN],
        ["rollback", UNKNOWN, "--to-seq", "1", "--reason", "x", "--dry-run"],
        ["fork", UNKNOWN, "new"],
        ["watch", UNKNOWN, "--archived"],
        ["backup", "it.backup"],
        ["openapi", "chess"],
    ],
)
def test_without_data_every_command_says_so_in_one_line_and_makes_nothing(arguments: list[str], nothing: Path) -> None:
    line = told_in_one_line(gamefold(*arguments, cwd=nothing))
    assert "there is no" in line


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["replay", UNKNOWN], "there is no world"),
        (["verify", UNKNOWN], "there is no world"),
        (["watch", UNKNOWN, "--archived"], "there is no world"),
        (["fork", UNKNOWN, "new"], "there is no world"),
        (["rollback", UNKNOWN, "--to-seq", "1", "--reason", "x"], "there is no world"),
        (["rollback", "{running}", "--reason", "x"], "--to-seq or --to-tick"),
        (["rollback", "{running}", "--reason", "x", "--to-seq", "1", "--to-tick", "1"], "--to-seq or --to-tick"),
        (["rollback", "{running}", "--reason", "x", "--to-seq", "99999"], "99999"),
        (["replay", "{running}", "--seq", "99999"], "99999"),
        (["replay", "{running}", "--run", "7"], "7"),
        (["replay", "chess/{running}"], "chess"),
        (["restore", "nowhere.backup"], "nowhere.backup"),
        (["restore", "{data}/playground.db"], "playground.db"),
        (["backup", "/nowhere/at/all/it.backup"], "/nowhere/at/all"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(arguments: list[str], says: str, played: Played) -> None:
    put = {"running": played.running, "data": played.data}
    answer = played.run(*(argument.format(**put) for argument in arguments))
    assert says in told_in_one_line(answer)


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["serve", "--port", "x"], ["replay"], ["rollback", UNKNOWN], ["--wat"]]
)
def test_what_was_asked_wrongly_exits_with_2(arguments: list[str], nothing: Path) -> None:
    answer = gamefold(*arguments, cwd=nothing)
    assert answer.returncode == 2
    assert "Traceback" not in answer.stderr


# -- watch --------------------------------------------------------------------------------------------------------


def test_watch_reads_an_archived_match_from_the_data_directory(played: Played) -> None:
    shown = json_lines(played.run("watch", played.finished, "--archived", "--json").stdout)
    assert [update["event"] for update in shown[:-1]] == ["turn_update"] * (played.record["turns_played"] + 1)
    assert shown[-1] == {
        "event": "game_over",
        "data": {"winner": played.record["winner_id"], "reason": played.record["reason"]},
    }
    board = played.run("watch", played.finished, "--archived", "--step")
    assert board.returncode == 0
    assert "sample_bot_1" in board.stdout
    assert "turn 0" in board.stdout
    assert ("wins (" if played.record["winner_id"] else "Nobody wins") in board.stdout


def test_watch_follows_a_live_match_and_replays_an_ended_one(tmp_path: Path) -> None:
    # A known match: with other luck it could end before its last turn.
    with served(tmp_path, MAX_TURNS=20, GAMEFOLD_SEED=1) as server:
        session = server.start(tick_delay_ms=100)
        live = gamefold("watch", session, "--url", server.url, "--json", cwd=tmp_path)
        assert (live.returncode, live.stderr) == (0, "")
        updates = json_lines(live.stdout)
        assert updates[-1]["event"] == "game_over"
        turns = [update["data"]["turn"] for update in updates[:-1]]
        assert turns == list(range(turns[0], 21))
        ended = json_lines(gamefold("watch", session, "--url", server.url, "--json", cwd=tmp_path).stdout)
        assert [update["data"]["turn"] for update in ended[:-1]] == list(range(21))
        assert "there is no match" in told_in_one_line(gamefold("watch", UNKNOWN, "--url", server.url, cwd=tmp_path))


def test_watch_without_a_server_reads_the_data_directory(played: Played) -> None:
    answer = played.run("watch", played.finished, "--json", "--url", "http://127.0.0.1:9")
    assert answer.returncode == 0
    assert "No server at http://127.0.0.1:9" in answer.stderr
    assert json_lines(answer.stdout)[-1]["event"] == "game_over"


@pytest.mark.parametrize("speed", ["-1", "nan", "inf"])
def test_watch_refuses_a_speed_that_makes_no_sense(speed: str, played: Played) -> None:
    answer = played.run("watch", played.finished, "--archived", "--speed", speed)
    assert "--speed" in told_in_one_line(answer)


def test_demo_serves_with_bots_that_play_and_with_companies_of_simulated_players(tmp_path: Path) -> None:
    with served(tmp_path, command=["demo", "--no-open", "--time-scale", "20"]) as server:
        until(lambda: len(server.http.get("/spellcasters/playground/active").json()) == 3)
        until(lambda: _count(tmp_path / "playground.db", "tycoon_sites") > 0)
        assert server.stop() == 0
    assert 0 < _count(tmp_path / "playground.db", "tycoon_companies") <= DEMO_SIMULATED_PLAYERS


def _count(file: Path, table: str) -> int:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        [[count]] = database.execute(f"SELECT count(*) FROM {table}")
    return int(count)
