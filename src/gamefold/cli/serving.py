"""`serve`, `demo`, `openapi`: everything that puts a server together."""

import contextlib
import gc
import json
import os
import signal
import socket
import sys
import threading
import time
import webbrowser
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import httpx
import typer

from gamefold.app import GAMES, VERSION, build
from gamefold.cli.options import Config, Data, lock_of, settings_of
from gamefold.cli.told import CommandFailed
from gamefold.engine.life import STORE_BROKEN
from gamefold.platform.telemetry.reports import open_reports
from gamefold.settings import Settings
from gamefold.web.logs import configure_logs
from gamefold.web.server import serve as run_server

Host = Annotated[str, typer.Option("--host", help="The address to listen on.")]
Port = Annotated[int, typer.Option("--port", help="The port to listen on; 0 takes a free one.", min=0, max=65_535)]
TimeScale = Annotated[float, typer.Option("--time-scale", help="Run game time this many times as fast.")]

TIME_SCALE_MAX = 1_000_000

COLLECT_AFTER = (20_000, 50, 1_000)  # allocations, and collections of the generation before

DEMO_PAIR = ("builtin_sample_1", "builtin_tactical")
DEMO_MATCHES = 3
DEMO_DELAY_MS = 500
DEMO_SIMULATED_PLAYERS = 40


def add_to(application: typer.Typer) -> None:
    """Add the commands."""
    application.command()(serve)
    application.command()(demo)
    application.command()(openapi)


def serve(
    games: Annotated[list[str] | None, typer.Argument(help="Which games; all by default.")] = None,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    data: Data = None,
    time_scale: TimeScale = 1.0,
    config: Config = None,
    at_root: Annotated[bool, typer.Option("--at-root", help="Serve one game at / instead of its prefix.")] = False,
    reload: Annotated[bool, typer.Option("--reload", help="Start again when the code changes.")] = False,
) -> None:
    """Serve games over HTTP until a signal. Needs nothing but a directory for its data."""
    if reload:
        _serve_reloading()
        return
    chosen = _known(games or [])
    if at_root and len(chosen) != 1:
        raise CommandFailed("--at-root serves one game: name it, as in `gamefold serve spellcasters --at-root`")
    _run(settings_of(data, config), chosen, host, port, time_scale, at_root=at_root)


def demo(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    data: Data = None,
    config: Config = None,
    time_scale: TimeScale = 1.0,
    open_page: Annotated[bool, typer.Option("--open/--no-open", help="Open the start page in a browser.")] = True,
) -> None:
    """Serve, with built-in bots that play match after match, and with simulated players in Tycoon.

    Match bots are asked for over HTTP, as anybody could. The simulated players of Tycoon are in the server (see
    `reactors/simulated/serving.py`), as with TYCOON_SIMULATED_PLAYERS: the same companies are back at every start.
    """
    settings = settings_of(data, config)
    if "simulated_players" not in settings.model_fields_set:
        settings = settings.model_copy(update={"simulated_players": DEMO_SIMULATED_PLAYERS})

    def play(address: str) -> None:
        if open_page and sys.stdout.isatty():
            webbrowser.open(address)
        threading.Thread(target=_play_for_ever, args=(address,), daemon=True, name="demo").start()

    _run(settings, [], host, port, time_scale, on_ready=play, quiet="log_level" not in settings.model_fields_set)


def openapi(
    games: Annotated[list[str] | None, typer.Argument(help="Which games; all by default.")] = None,
    at_root: Annotated[bool, typer.Option("--at-root", help="As `serve --at-root`.")] = False,
) -> None:
    """Print the OpenAPI description of the server."""
    with TemporaryDirectory() as directory:
        server = build(settings_of(Path(directory)), games=_known(games or []), at_root=at_root)
        typer.echo(json.dumps(server.app.openapi(), indent=2))


def _known(games: list[str]) -> list[str]:
    for name in games:
        if name not in GAMES:
            raise CommandFailed(f"there is no game {name}; there are: {', '.join(sorted(GAMES))}")
    return games


def _run(
    settings: Settings,
    games: list[str],
    host: str,
    port: int,
    time_scale: float,
    *,
    at_root: bool = False,
    on_ready: object = None,
    quiet: bool = False,
) -> None:
    if not 0 < time_scale <= TIME_SCALE_MAX:
        raise CommandFailed(f"--time-scale must be above 0 and at most {TIME_SCALE_MAX}")
    _require_free(host, port)
    reports = open_reports(settings.sentry_dsn, environment=settings.environment, release=VERSION)
    level = "warning" if quiet else settings.log_level
    configure_logs(level, report=reports.log_event if reports else None)
    with lock_of(settings), contextlib.ExitStack() as at_end:
        if reports is not None:
            at_end.callback(reports.close)
        failures: list[str] = []

        def stop(reason: str) -> None:
            if reason == STORE_BROKEN:
                # An orderly end would let SQLite copy its log into a file that the device may have lost parts of.
                typer.echo(f"gamefold: stopped, because {reason}; check the device, then restore a backup", err=True)
                sys.stderr.flush()
                os._exit(1)
            # Drain as for a signal from outside; what is left to do is to let viewers and callers know.
            failures.append(reason)
            signal.raise_signal(signal.SIGTERM)

        server = build(settings, games=games, at_root=at_root, listens_on=host, time_scale=time_scale, on_fatal=stop)

        def announce(address: str, real_port: int) -> None:
            url = f"http://{f'[{address}]' if ':' in address else address}:{real_port}"
            typer.echo(
                f"Gamefold serves {', '.join(games or GAMES)} at {url} (data in {settings.data}); Ctrl-C stops it."
            )
            sys.stdout.flush()
            _leave_the_modules_alone()
            if callable(on_ready):
                on_ready(url)

        code = run_server(server.app, host, port, server.drain, announce=announce)
    if failures:
        raise CommandFailed(f"stopped, because {failures[0]}")
    raise typer.Exit(code)


def _require_free(host: str, port: int) -> None:
    """Refuse an address nobody can listen at, before anything is made or opened for it."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as door:
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            door.bind(address)
    except OSError as error:
        raise CommandFailed(f"cannot listen at {host}, port {port}: {error.strerror}") from None


def _leave_the_modules_alone() -> None:
    """Take what was made until now out of garbage collection, and collect in larger steps.

    Modules, routes and tables live as long as the process. Walking them again and again stopped the event loop for
    tenths of a second each time: at 200 requests a second the slowest hundredth waited ten times as long.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


def _serve_reloading() -> None:
    import watchfiles  # noqa: PLC0415 - only this needs it

    arguments = [argument for argument in sys.argv if argument != "--reload"]
    watchfiles.run_process(
        Path(__file__).parents[1],
        target=" ".join([sys.executable, "-m", "gamefold", *arguments[1:]]),
        target_type="command",
    )


def _play_for_ever(address: str) -> None:
    """Keep a few matches of built-in bots running, the way any client would."""
    with httpx.Client(base_url=f"{address}/spellcasters", timeout=10) as client:
        turn = 0
        while True:
            try:
                running = client.get("/playground/active").raise_for_status().json()
                for _ in range(DEMO_MATCHES - len(running)):
                    one, two = DEMO_PAIR if turn % 2 == 0 else DEMO_PAIR[::-1]
                    turn += 1
                    body = {"player_1_id": one, "player_2_id": two, "tick_delay_ms": DEMO_DELAY_MS}
                    client.post("/playground/start", json=body).raise_for_status()
            except httpx.HTTPError:
                pass  # the server is busy or going down; the next round tells
            time.sleep(2)
