"""A real server and a real browser. Without a Chromium in the path all of it is skipped, and says so.

Both live as long as this package's tests: Playwright keeps an event loop open, which the asynchronous tests of other
packages would trip over.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
ENVIRONMENT = {"GAMEFOLD_SEED": "7", "TURN_TIMEOUT_SECONDS": "1.5", "MAX_TURNS": "40", "GAMEFOLD_LOG_LEVEL": "error"}
BUILTINS = ("builtin_sample_1", "builtin_tactical")
PATIENCE_S = 20.0


@dataclass
class ServedGame:
    """A server process, which can be stopped and started again on the same data and port."""

    data: Path
    port: int = 0
    process: subprocess.Popen[str] | None = None

    def start(self) -> "ServedGame":
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gamefold", "serve", "--port", str(self.port), "--data", str(self.data)],
            env={**os.environ, **ENVIRONMENT},
            cwd=self.data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("Gamefold serves"):
                self.port = urlsplit(line.split(" at ")[1].split()[0]).port or 0
                return self
        raise AssertionError("the server did not start")

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.communicate(timeout=PATIENCE_S)
            self.process = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def base(self) -> str:
        return f"{self.url}/spellcasters"

    def begin(self, players: tuple[str, str] = BUILTINS, delay_ms: int = 0) -> str:
        body = {"player_1_id": players[0], "player_2_id": players[1], "tick_delay_ms": delay_ms}
        return str(httpx.post(f"{self.base}/playground/start", json=body).raise_for_status().json()["session_id"])

    def register(self, name: str) -> str:
        answer = httpx.post(f"{self.base}/players/register", json={"player_name": name})
        return str(answer.raise_for_status().json()["player_id"])

    def match(self, match_id: str) -> dict[str, object]:
        answer: dict[str, object] = httpx.get(f"{self.base}/matches/{match_id}").raise_for_status().json()
        return answer

    def advance(self, match_id: str, player_id: str, turns: int = 100) -> None:
        """Play so many turns for a player, or until the match is over: the tests set the pace, not the clock."""
        for _ in range(turns):
            now = httpx.get(f"{self.base}/playground/{match_id}").raise_for_status().json()
            if now["status"] != "running":
                return
            action = {"player_id": player_id, "turn": now["latest"]["turn"] + 1, "action": {"move": [1, 0]}}
            # Refused where the turn has ended by itself meanwhile, which is an advance as well.
            httpx.post(f"{self.base}/playground/{match_id}/action", json=action)

    def play_out(self) -> str:
        """Play a match to its end, and give its id."""
        return self.watch_out(self.begin())

    def watch_out(self, match_id: str) -> str:
        """Wait until a match is over, and give its id."""
        with httpx.stream("GET", f"{self.base}/playground/{match_id}/events", timeout=PATIENCE_S) as stream:
            for _ in stream.iter_bytes():
                pass  # it ends with the match
        return match_id


@dataclass
class Visitor:
    """A page, with everything it complained about and asked elsewhere."""

    page: Page
    context: BrowserContext
    complaints: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    def listen(self, page: Page) -> Page:
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page


Visit = Callable[..., Visitor]


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("there is no chromium in the path, so no page was looked at")
    expect.set_options(timeout=PATIENCE_S * 1_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM_ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def served(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedGame]:
    server = ServedGame(tmp_path_factory.mktemp("served")).start()
    yield server
    server.stop()


@pytest.fixture
def fresh_server(chromium: Browser, tmp_path: Path) -> Iterator[ServedGame]:
    server = ServedGame(tmp_path).start()
    yield server
    server.stop()


@pytest.fixture(scope="package")
def played(served: ServedGame) -> str:
    """The id of a match that is over."""
    return served.play_out()


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Visit]:
    """Open a page. At the end of the test, no page may have complained or asked a stranger."""
    visitors: list[Visitor] = []

    def open_page(url: str, *, wide: int = 1280, high: int = 900, theme: str = "dark", **options: object) -> Visitor:
        context = chromium.new_context(
            viewport={"width": wide, "height": high},
            color_scheme=theme,  # type: ignore[arg-type]
            **options,  # type: ignore[arg-type]
        )
        context.set_default_timeout(PATIENCE_S * 1_000)
        visitor = Visitor(context.new_page(), context)
        visitors.append(visitor)
        visitor.listen(visitor.page)
        host = urlsplit(url).netloc

        def asked(address: str) -> None:
            if urlsplit(address).scheme in ("http", "https", "ws", "wss") and urlsplit(address).netloc != host:
                visitor.strangers.append(address)

        context.on("request", lambda request: asked(request.url))
        visitor.page.goto(url)
        return visitor

    yield open_page
    for visitor in visitors:
        visitor.context.close()
    assert [complaint for visitor in visitors for complaint in visitor.complaints] == []
    assert [stranger for visitor in visitors for stranger in visitor.strangers] == []
