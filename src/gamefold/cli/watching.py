"""`watch`: a match in the terminal, live from a server, or from the archive of a server or of a data directory."""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from typing import Annotated, Any

import httpx
import typer
from httpx_sse import connect_sse
from rich.console import Console
from rich.live import Live

from gamefold.app import RULESETS
from gamefold.cli.board import board, verdict
from gamefold.cli.options import Config, Data, Json, full_id, journal_of, settings_of
from gamefold.cli.told import CommandFailed
from gamefold.engine.recovery import records
from gamefold.games.spellcasters.routes.shown import told
from gamefold.settings import Settings

Update = tuple[str, dict[str, Any]]

NOT_FOUND = 404
SPEED_LEAST, SPEED_MOST = 0.01, 1_000


def watch(
    match: Annotated[str, typer.Argument(help="The session or match to watch.")],
    url: Annotated[str, typer.Option("--url", help="The game's base URL.")] = "http://127.0.0.1:8000/spellcasters",
    data: Data = None,
    config: Config = None,
    archived: Annotated[bool, typer.Option("--archived", help="Read the data directory, ask no server.")] = False,
    step: Annotated[bool, typer.Option("--step", help="Wait for Enter after each turn.")] = False,
    speed: Annotated[float, typer.Option("--speed", help="Turns per second of an archived match, or 0.")] = 2.0,
    as_json: Json = False,
) -> None:
    """Show a match turn by turn. Without a server it is read from the data directory."""
    if speed and not SPEED_LEAST <= speed <= SPEED_MOST:
        raise CommandFailed(f"--speed must be 0, or {SPEED_LEAST:g} to {SPEED_MOST:g} turns per second")
    session = match.rpartition("/")[2]
    if archived:
        updates = _paced(_from_data(settings_of(data, config), session), 0 if step or as_json else speed)
    else:
        updates = _from_server(url.rstrip("/"), session, settings_of(data, config), 0 if step or as_json else speed)
    _show(updates, step=step, as_json=as_json)


def _show(updates: Iterator[Update], *, step: bool, as_json: bool) -> None:
    console = Console()
    last: dict[str, Any] | None = None
    live = None if as_json or step or not console.is_terminal else Live(console=console, auto_refresh=False)
    if live:
        live.start()
    try:
        for name, update in updates:
            if as_json:
                typer.echo(json.dumps({"event": name, "data": update}))
            elif name == "game_over":
                (live.console if live else console).print(verdict(last, update))
            else:
                last = update
                if live:
                    live.update(board(update), refresh=True)
                else:
                    console.print(board(update))
                if step and sys.stdin.isatty():
                    input("Enter for the next turn ")
    finally:
        if live:
            live.stop()


def _from_server(url: str, session: str, settings: Settings, speed: float) -> Iterator[Update]:
    timeout = httpx.Timeout(10, read=60)
    with httpx.Client(timeout=timeout) as client:
        try:
            running = client.get(f"{url}/playground/{session}")
        except httpx.ConnectError:
            typer.echo(f"No server at {url}; reading {settings.data}.", err=True)
            yield from _paced(_from_data(settings, session), speed)
            return
        live = running.is_success and running.json()["status"] == "running"
        path = f"/playground/{session}/events" if live else f"/matches/{session}/replay?speed={speed}"
        with connect_sse(client, "GET", url + path) as source:
            if source.response.status_code == NOT_FOUND:
                raise CommandFailed(f"there is no match {session} at {url}; GET /matches lists them")
            source.response.raise_for_status()
            for event in source.iter_sse():
                yield event.event, event.json()


def _from_data(settings: Settings, session: str) -> list[Update]:
    async def read() -> list[Update]:
        world = full_id(session)
        async with journal_of(settings) as journal:
            lineage = await journal.lineage(world)
            ruleset = RULESETS["spellcasters"]
            shown = [told(record) async for record in records(journal, ruleset, lineage)]
        return [update for update in shown if update is not None]

    return asyncio.run(read())


def _paced(updates: list[Update], speed: float) -> Iterator[Update]:
    for update in updates:
        yield update
        if speed:
            time.sleep(1 / speed)
