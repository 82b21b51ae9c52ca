"""`gamefold` as a process of its own: one command with its answer, or a server with its signals."""

import contextlib
import io
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from gamefold.cli import main

SAMPLE, TACTICAL = "builtin_sample_1", "builtin_tactical"
# How long anything may take that is not for ever: a machine may have much else to do.
PATIENCE_S = 90.0
STAY = {"move": [0, 0], "spell": None}

_NAMES = re.compile(
    "GAMEFOLD_|TYCOON_|TURN_|PLAYGROUND_|MAX_TURNS|BOT_DECIDE|DB_PATH|DATABASE_URL|LOG_|ADMIN_|JWT_|ENVIRON"
)


def environment(**given: Any) -> dict[str, str]:
    """The environment of this test, with nothing of ours in it but what is given."""
    kept = {name: value for name, value in os.environ.items() if not _NAMES.match(name)}
    return {**kept, **{name: str(value) for name, value in given.items()}}


@dataclass
class Answer:
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


def gamefold(*arguments: object, cwd: Path, **given: Any) -> Answer:
    """Run one command to its end, in this process: starting another one takes longer than most commands."""
    out, errors = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patched, contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
        for name in os.environ:
            if _NAMES.match(name):
                patched.delenv(name)
        for name, value in given.items():
            patched.setenv(name, str(value))
        patched.chdir(cwd)
        patched.setattr(sys, "argv", ["gamefold", *map(str, arguments)])
        patched.setattr(sys, "stdin", io.StringIO())
        with pytest.raises(SystemExit) as left:
            main()
    code = left.value.code
    return Answer(code if isinstance(code, int) else 0, out.getvalue(), errors.getvalue())


def told_in_one_line(answer: Answer, code: int = 1) -> str:
    """Give the one line an error is told in; there must be nothing else."""
    assert answer.returncode == code, answer.stderr
    lines = answer.stderr.strip().splitlines()
    assert len(lines) == 1, answer.stderr
    assert "Traceback" not in answer.stderr
    assert lines[0].startswith("gamefold: ")
    return lines[0].removeprefix("gamefold: ")


class Served:
    """A running server, and the spec's words for it."""

    def __init__(self, process: subprocess.Popen[str], url: str, log: Path) -> None:
        self.process = process
        self.url = url
        self.log = log
        self.http = httpx.Client(base_url=url, timeout=PATIENCE_S)

    def register(self, name: str = "FireMage") -> str:
        answer = self.http.post("/players/register", json={"player_name": name})
        return str(answer.raise_for_status().json()["player_id"])

    def start(self, one: str = SAMPLE, two: str = TACTICAL, **more: Any) -> str:
        answer = self.http.post("/playground/start", json={"player_1_id": one, "player_2_id": two, **more})
        return str(answer.raise_for_status().json()["session_id"])

    def act(self, session: str, player: str, turn: int, action: Any = STAY) -> httpx.Response:
        body = {"player_id": player, "turn": turn, "action": action}
        return self.http.post(f"/playground/{session}/action", json=body)

    def turn(self, session: str) -> int:
        return int(self.http.get(f"/playground/{session}").raise_for_status().json()["latest"]["turn"])

    def match(self, session: str) -> dict[str, Any]:
        record: dict[str, Any] = self.http.get(f"/matches/{session}").raise_for_status().json()
        return record

    def ended(self, session: str) -> dict[str, Any]:
        until(lambda: self.match(session)["status"] != "running")
        return self.match(session)

    def replay(self, session: str) -> str:
        return self.http.get(f"/matches/{session}/replay").raise_for_status().text

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE_S)


@contextmanager
def served(
    data: Path, *options: object, command: Sequence[str] = ("serve", "spellcasters", "--at-root"), **given: Any
) -> Iterator[Served]:
    """Run `gamefold serve` on the data in `data`, with the game at `/`; it is ended in the end, if it still runs."""
    data.mkdir(parents=True, exist_ok=True)
    log = data / "stderr.log"
    arguments = [*command, "--port", 0, "--data", data, *options]
    quick = {"LOG_DIR": data / "logs", "TURN_DELAY_SECONDS": 0}
    with (
        log.open("a") as errors,
        subprocess.Popen(
            [sys.executable, "-m", "gamefold", *map(str, arguments)],
            cwd=data,
            env=environment(**{**quick, **given}),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        # A server that never says where it is must not hold the test for ever.
        watchdog = threading.Timer(PATIENCE_S, process.kill)
        watchdog.start()
        try:
            assert process.stdout is not None
            found = re.search(r"http://\S+", process.stdout.readline())
            watchdog.cancel()
            assert found, log.read_text()
            one = Served(process, found[0], log)
            with one.http:
                yield one
        finally:
            watchdog.cancel()
            process.kill()


def until(condition: Any, seconds: float = PATIENCE_S) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came about"
        time.sleep(0.03)
