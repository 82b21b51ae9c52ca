"""A Spellcasters board in the terminal."""

from typing import Any

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

ARTIFACTS = {"health": "+", "mana": "*", "cooldown": "~"}
STYLES = {1: "bold cyan", 2: "bold magenta"}
BAR_WIDTH = 20


def board(update: dict[str, Any], title: str = "") -> RenderableType:
    """Draw a `turn_update`: the board, both wizards, what happened. 1 and 2 are wizards, a and b their minions."""
    state = update["state"]
    parts: list[RenderableType] = [_grid(state), _wizards(state)]
    lines = update["events"][-6:] or [update["log_line"]]
    parts.append(Text("\n".join(lines), style="dim"))
    return Panel(Group(*parts), title=title or f"turn {update['turn']}", title_align="left", width=76)


def _grid(state: dict[str, Any]) -> Text:
    cells: dict[tuple[int, int], tuple[str, str]] = {}
    for artifact in [*state["artifacts"], *filter(None, [state.get("next_artifact")])]:
        cells[tuple(artifact["position"])] = (ARTIFACTS.get(artifact["type"], "?"), "yellow")
    names = {state["player_1"]["name"]: 1}
    for minion in state["minions"]:
        seat = names.get(minion["owner"], 2)
        cells[tuple(minion["position"])] = ("ab"[seat - 1], STYLES[seat])
    for seat in (1, 2):
        wizard = state[f"player_{seat}"]
        cells[tuple(wizard["position"])] = (str(seat), f"{STYLES[seat]} {'reverse' if wizard['shield_active'] else ''}")
    size = state["board_size"]
    text = Text("   " + " ".join(str(x) for x in range(size)) + "\n", style="dim")
    for y in range(size):
        text.append(f"{y:2} ", style="dim")
        for x in range(size):
            sign, style = cells.get((x, y), (".", "dim"))
            text.append(sign, style=style)
            text.append(" ")
        text.append("\n")
    return text


def _wizards(state: dict[str, Any]) -> Table:
    table = Table.grid(padding=(0, 1))
    for seat in (1, 2):
        wizard = state[f"player_{seat}"]
        waiting = " ".join(f"{spell}:{turns}" for spell, turns in wizard["cooldowns"].items() if turns)
        table.add_row(
            Text(f"{seat} {wizard['name']}", style=STYLES[seat]),
            Text(f"HP {max(wizard['hp'], 0):3} {_bar(wizard['hp'])}", style="green"),
            Text(f"mana {wizard['mana']:3}", style="blue"),
            Text(waiting, style="dim"),
        )
    return table


def _bar(value: int, most: int = 100) -> str:
    filled = max(0, min(BAR_WIDTH, round(value * BAR_WIDTH / most)))
    return "#" * filled + "-" * (BAR_WIDTH - filled)


def verdict(update: dict[str, Any] | None, over: dict[str, Any]) -> str:
    """Say in one line how a match ended."""
    if over["winner"] is None:
        return f"Nobody wins ({over['reason']})."
    state = (update or {}).get("state", {})
    names = {state[key]["player_id"]: state[key]["name"] for key in ("player_1", "player_2") if key in state}
    return f"{names.get(over['winner'], over['winner'])} wins ({over['reason']})."
