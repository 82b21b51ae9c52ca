"""`simulate`: a game with simulated players and without a server, at full speed, and a report of what came of it."""

import importlib.util
import json
import secrets
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from gamefold.app import GAMES
from gamefold.cli.options import Json
from gamefold.cli.told import CommandFailed
from gamefold.games.tycoon.reactors.simulated.people import PLAYERS_MOST
from gamefold.games.tycoon.reactors.simulated.report import markdown, report
from gamefold.games.tycoon.reactors.simulated.simulation import Simulation

SIMULATED = ("tycoon",)

DAYS_MOST = 3_650
SEEDS = 1 << 32
INTERRUPTED = 130


def add_to(application: typer.Typer) -> None:
    """Add the command."""
    application.command()(simulate)


def simulate(
    game: Annotated[str, typer.Argument(help="Which game.")],
    days: Annotated[int, typer.Option("--days", help="Game days.")] = 7,
    players: Annotated[int, typer.Option("--players", help="Simulated players.")] = 40,
    seed: Annotated[int | None, typer.Option("--seed", help="Repeats a course; chance chooses one by default.")] = None,
    time_compression: Annotated[
        int | None, typer.Option("--time-compression", help="Game seconds a second; fewer, longer ticks if more.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Where the report goes.", show_default="simulation")] = None,
    png: Annotated[bool, typer.Option("--png", help="Draw plots as PNG instead of SVG.")] = False,
    as_json: Json = False,
) -> None:
    """Play game days with simulated players, and report how it went: report.json, report.md and plots.

    With --json the report is printed, and files are only written where --out names a place for them.
    """
    _check(game, days, players, seed)
    directory = out if as_json else out or Path("simulation")
    if directory is not None:
        _require_plots()
    simulation = Simulation(
        days=days,
        players=players,
        seed=secrets.randbelow(SEEDS) if seed is None else seed,
        time_compression=time_compression,
    )
    if directory is not None:
        directory.mkdir(parents=True, exist_ok=True)  # rather fail now than after an hour
    began_s = time.perf_counter()
    _play(simulation, quiet=as_json)
    document = report(simulation, time.perf_counter() - began_s)
    if directory is not None:
        _write(document, directory, "png" if png else "svg")
    if as_json:
        typer.echo(json.dumps(document, indent=2))
    elif directory is not None:
        _say(document, directory)
    raise typer.Exit(0 if document["complete"] else INTERRUPTED)


def _check(game: str, days: int, players: int, seed: int | None) -> None:
    if game not in GAMES:
        raise CommandFailed(f"there is no game {game}; there are: {', '.join(sorted(GAMES))}")
    if game not in SIMULATED:
        raise CommandFailed(f"{game} has no simulated players; {', '.join(SIMULATED)} has")
    for name, value, least, most in (("--days", days, 1, DAYS_MOST), ("--players", players, 1, PLAYERS_MOST)):
        if not least <= value <= most:
            raise CommandFailed(f"{name} must be {least} to {most}")
    if seed is not None and not 0 <= seed < SEEDS:
        raise CommandFailed(f"--seed must be 0 to {SEEDS - 1}")


def _require_plots() -> None:
    if importlib.util.find_spec("matplotlib") is None:
        raise CommandFailed(
            "plots need matplotlib: pip install 'gamefold[plots]', or let --json print the report without them"
        )


def _play(simulation: Simulation, *, quiet: bool) -> None:
    """Tick until the days are over or somebody presses Ctrl-C; what was simulated by then is reported all the same."""
    console = Console(stderr=True)
    columns = (
        TextColumn("day {task.fields[day]} of {task.fields[days]}"),
        BarColumn(),
        TextColumn("{task.fields[price]}"),
        TimeRemainingColumn(),
    )
    with _interrupted() as stop, Progress(*columns, console=console, disable=quiet or not console.is_terminal) as bar:
        task = bar.add_task("", total=simulation.ticks, day=0, days=simulation.days, price="")
        while simulation.season.ticks < simulation.ticks and not stop:
            simulation.tick()
            ticks = simulation.season.ticks
            price = f"BTC {simulation.record.series['index_usd'][-1]:,.0f} USD"
            bar.update(task, completed=ticks, day=ticks * simulation.days // simulation.ticks, price=price)


@contextmanager
def _interrupted() -> Iterator[list[int]]:
    """Give a list that is no longer empty once Ctrl-C was pressed. Pressed again, it ends the program."""
    pressed: list[int] = []

    def press(number: int, _frame: FrameType | None) -> None:
        if pressed:
            raise KeyboardInterrupt
        pressed.append(number)

    before = signal.signal(signal.SIGINT, press)
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)


def _write(document: dict[str, Any], directory: Path, kind: str) -> None:
    from gamefold.games.tycoon.reactors.simulated.plots import draw  # noqa: PLC0415 - needs an extra

    names = draw(document, directory, kind)
    (directory / "report.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    (directory / "report.md").write_text(markdown(document, names), encoding="utf-8")


def _say(document: dict[str, Any], directory: Path) -> None:
    prices = document["series"]["index_usd"]
    typer.echo(
        f"{document['days']:g} game days with {document['players']} players (seed {document['seed']}): "
        f"BTC {prices[0]:,.0f} to {prices[-1]:,.0f} USD, Gini {document['wealth']['gini']:.3f}, "
        f"{document['totals']['events'].get('Liquidated', 0)} liquidations. The report is {directory / 'report.md'}."
    )
    if not document["conservation"]["holds"]:
        raise CommandFailed("money was made or lost: see `conservation` in report.json")
    sys.stdout.flush()
