"""`gamefold serve`: it starts with a line, refuses with a line, drains on a signal, and goes on after a crash."""

import json
import signal
import socket
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from httpx_sse import connect_sse

from .served import PATIENCE_S, SAMPLE, TACTICAL, Served, gamefold, served, told_in_one_line, until

# -- where it serves ----------------------------------------------------------------------------------------------


def test_every_game_is_under_its_prefix_with_its_own_health(tmp_path: Path) -> None:
    with served(tmp_path, command=["serve"]) as server:
        assert server.http.get("/health").json() == {"status": "ok"}
        assert server.http.get("/health/ready").json()["status"] == "ok"
        assert server.http.get("/spellcasters/health").json() == {"status": "ok"}
        assert server.http.get("/spellcasters/version").json() == server.http.get("/version").json()
        answer = server.http.post("/spellcasters/players/register", json={"player_name": "FireMage"})
        assert answer.status_code == 201
        assert server.http.post("/players/register", json={"player_name": "FireMage"}).status_code == 404
        for path in ("/", "/docs", "/openapi.json", "/metrics"):
            assert server.http.get(path).status_code == 200, path
        assert "gamefold_" in server.http.get("/metrics").text
        assert server.stop() == 0


# -- what it refuses ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TURN_DELAY_SECONDS", "soon"),
        ("TURN_TIMEOUT_SECONDS", "0"),
        ("MAX_TURNS", "many"),
        ("BOT_DECIDE_TIMEOUT_MS", "-1"),
        ("PLAYGROUND_IDLE_TTL_MIN", "inf"),
        ("PLAYGROUND_MAX_SESSIONS", "0"),
        ("DB_PATH", "/dev/null/it.db"),
        ("DATABASE_URL", "mysql://it"),
    ],
)
def test_a_bad_setting_refuses_to_start_with_one_line(name: str, value: str, tmp_path: Path) -> None:
    answer = gamefold("serve", "--port", 0, "--data", tmp_path, cwd=tmp_path, **{name: value})
    line = told_in_one_line(answer)
    assert name in line or "/dev/null" in line
    assert answer.stdout == ""


def test_production_without_a_secret_refuses_to_start(tmp_path: Path) -> None:
    answer = gamefold("serve", "--port", 0, "--data", tmp_path, cwd=tmp_path, ENVIRONMENT="prod")
    assert "JWT_SECRET" in told_in_one_line(answer)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["chess"], "there is no game chess"),
        (["--at-root", "spellcasters", "spellcasters"], "--at-root"),
        (["--time-scale", "0"], "--time-scale"),
        (["--time-scale", "nan"], "--time-scale"),
        (["--time-scale", "inf"], "--time-scale"),
        (["--config", "nowhere"], "nowhere"),
        (["--data", "file"], "file"),
        (["--host", "no.such.host.invalid"], "no.such.host.invalid"),
    ],
)
def test_a_wrong_argument_refuses_to_start_with_one_line(arguments: list[str], says: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    answer = gamefold("serve", "--port", 0, *arguments, cwd=tmp_path)
    assert says in told_in_one_line(answer)


def test_a_port_that_is_taken_refuses_to_start_with_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        answer = gamefold("serve", "--port", port, "--data", tmp_path, cwd=tmp_path)
    assert str(port) in told_in_one_line(answer)


def test_a_second_server_on_the_same_data_refuses_with_one_line(tmp_path: Path) -> None:
    with served(tmp_path) as server:
        answer = gamefold("serve", "--port", 0, "--data", tmp_path, cwd=tmp_path)
        line = told_in_one_line(answer)
        assert str(tmp_path) in line
        assert str(server.process.pid) in line
        assert server.http.get("/health").status_code == 200


# -- how it ends --------------------------------------------------------------------------------------------------


def watching(server: Served, path: str, said: list[str]) -> threading.Thread:
    """Watch a stream in a thread, until it ends; the last thing said is how."""

    def watch() -> None:
        try:
            with httpx.stream("GET", server.url + path, timeout=PATIENCE_S) as answer:
                said.extend(answer.iter_lines())
            said.append("ended")
        except httpx.HTTPError as error:
            said.append(f"cut: {error}")

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    until(lambda: said)
    return thread


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_drains_and_streams_end(number: signal.Signals, tmp_path: Path) -> None:
    with served(tmp_path) as server:
        player = server.register()
        session = server.start(player, SAMPLE)
        server.act(session, player, 1)
        finished = server.start(tick_delay_ms=0)
        server.ended(finished)
        streams: list[list[str]] = [[], []]
        threads = [watching(server, f"/playground/{session}/events", streams[0])]
        if number is signal.SIGTERM:  # a viewer of one turn in 100 s is waited for, and then cut
            threads.append(watching(server, f"/matches/{finished}/replay?speed=0.01", streams[1]))
        assert server.stop(number) == 0
        for thread in threads:
            thread.join(PATIENCE_S)
        assert streams[0][-1] == "ended"
        assert any(line.startswith(":") for line in streams[0]), "a last word is said to viewers"
    assert "Traceback" not in server.log.read_text()


def test_a_match_goes_on_after_a_drain_from_where_it_was(tmp_path: Path) -> None:
    with served(tmp_path, TURN_TIMEOUT_SECONDS=600) as server:
        one, two = server.register("One"), server.register("Two")
        session = server.start(one, two)
        for turn in (1, 2, 3):
            for player in (one, two):
                assert server.act(session, player, turn).status_code == 200
        assert server.act(session, one, 4, {"move": [1, 1]}).status_code == 200
        before = server.replay(session)
        assert server.stop() == 0
    with served(tmp_path, TURN_TIMEOUT_SECONDS=600) as server:
        assert server.replay(session) == before
        assert server.act(session, two, 4).status_code == 200
        latest = server.http.get(f"/playground/{session}").json()["latest"]
        assert latest["actions"][0]["resolved"]["move"] == [1, 1], "what was submitted before the drain counts"


# -- what a crash costs -------------------------------------------------------------------------------------------


def test_after_a_kill_in_mid_match_nothing_acknowledged_is_lost_and_stats_count_once(tmp_path: Path) -> None:
    with served(tmp_path, TURN_TIMEOUT_SECONDS=600) as server:
        player = server.register()
        mine = server.start(player, SAMPLE)
        bots = [server.start(tick_delay_ms=5) for _ in range(5)]
        slow = server.start(TACTICAL, SAMPLE, tick_delay_ms=40)
        for turn in range(1, 6):
            assert server.act(mine, player, turn).status_code == 200
            until(lambda turn=turn: server.turn(mine) >= turn)
        assert server.act(mine, player, 6, {"move": [0, 1], "spell": "shield"}).status_code == 200
        until(lambda: server.turn(slow) >= 5)
        seen = server.replay(slow)
        server.kill()

    with served(tmp_path) as server:
        # Everything anybody saw is still there, and everything acknowledged is played.
        assert server.replay(slow).startswith(seen)
        until(lambda: server.turn(mine) >= 6)
        turns = [json.loads(line[6:]) for line in server.replay(mine).splitlines() if line.startswith("data: ")]
        assert turns[6]["actions"][0]["resolved"] == {"move": [0, 1], "spell": {"name": "shield", "target": None}}
        assert server.act(mine, player, 6, {"move": [0, 1], "spell": "shield"}).status_code == 200, "sent again"
        assert server.act(mine, player, 7).status_code == 200

        records = [server.ended(session) for session in (*bots, slow)]
        assert {record["status"] for record in records} == {"completed"}
        players = {one["player_id"]: one for one in server.http.get("/admin/players").json()}
        for bot in (SAMPLE, TACTICAL):
            assert players[bot]["total_matches"] == len(records)
            assert players[bot]["wins"] == sum(record["winner_id"] == bot for record in records)
        logs = tmp_path / "logs" / "playground"
        until(lambda: {path.stem for path in logs.glob("*.log")} == {*bots, slow})
        assert server.stop() == 0
    # The whole journal folds to what was stored.
    verified = gamefold("verify", "--data", tmp_path, cwd=tmp_path)
    assert (verified.returncode, verified.stderr) == (0, "")


def test_a_viewer_resumes_over_a_kill_without_gap_or_repeat(tmp_path: Path) -> None:
    ids: list[int] = []
    with served(tmp_path) as server:
        session = server.start(tick_delay_ms=20)
        with connect_sse(server.http, "GET", f"/playground/{session}/events", headers={"Last-Event-ID": "0"}) as source:
            for event in source.iter_sse():
                ids.append(int(event.id))
                if len(ids) == 20:
                    break
        server.kill()
    with (
        served(tmp_path) as server,
        connect_sse(
            server.http, "GET", f"/playground/{session}/events", headers={"Last-Event-ID": str(ids[-1])}
        ) as source,
    ):
        ids += [int(event.id) for event in source.iter_sse()]
        assert ids == list(range(1, server.match(session)["turns_played"] + 3))


@pytest.mark.long
def test_a_server_killed_again_and_again_finishes_every_match_once(tmp_path: Path) -> None:
    sessions: list[str] = []
    for life in range(6):
        with served(tmp_path) as server:
            sessions += [server.start(tick_delay_ms=10) for _ in range(4)]
            time.sleep(0.15 * (life + 1))
            server.kill()
    with served(tmp_path) as server:
        records = [server.ended(session) for session in sessions]
        assert {record["status"] for record in records} == {"completed"}
        players = {one["player_id"]: one for one in server.http.get("/admin/players").json()}
        assert players[SAMPLE]["total_matches"] == len(sessions)
        assert players[SAMPLE]["wins"] == sum(record["winner_id"] == SAMPLE for record in records)
        assert server.stop() == 0
    assert gamefold("verify", "--data", tmp_path, cwd=tmp_path).returncode == 0


def test_a_torn_log_file_of_a_crash_is_replaced(tmp_path: Path) -> None:
    logs = tmp_path / "logs" / "playground"
    logs.mkdir(parents=True)
    with served(tmp_path, MAX_TURNS=3) as server:
        (logs / "0.part").write_text("half a li")
        session = server.start(tick_delay_ms=0)
        server.ended(session)
        until((logs / f"{session}.log").exists)
        assert len((logs / f"{session}.log").read_text().splitlines()) == 5


# -- many at once -------------------------------------------------------------------------------------------------


def test_20_sessions_at_once_are_played_and_watched_while_the_server_answers(tmp_path: Path) -> None:
    with served(tmp_path, MAX_TURNS=30) as server:
        sessions = [server.start(tick_delay_ms=30) for _ in range(20)]
        viewers: list[list[str]] = [[] for _ in sessions]
        threads = [
            watching(server, f"/playground/{session}/events", said)
            for session, said in zip(sessions, viewers, strict=True)
        ]
        for _ in range(100):
            assert server.http.get("/health").status_code == 200
            time.sleep(0.01)
        for session in sessions:
            assert server.ended(session)["status"] == "completed"
        for thread, said in zip(threads, viewers, strict=True):
            thread.join(PATIENCE_S)
            assert said[-1] == "ended"
            assert "event: game_over" in said


def test_one_seed_gives_two_servers_the_same_sessions_and_matches(tmp_path: Path) -> None:
    lives: list[list[Any]] = []
    for name in ("one", "two"):
        with served(tmp_path / name, GAMEFOLD_SEED=7, MAX_TURNS=20) as server:
            sessions = [server.start(tick_delay_ms=0) for _ in range(2)]
            lives.append([(session, server.ended(session)["seed"], server.replay(session)) for session in sessions])
    assert lives[0] == lives[1]


def test_time_scale_runs_game_time_faster(tmp_path: Path) -> None:
    with served(tmp_path, "--time-scale", "2000", TURN_DELAY_SECONDS=60, MAX_TURNS=20) as server:
        # 20 minutes of game time: nobody has the patience to wait for them.
        server.ended(server.start())
