"""What the documentation names exists, and what exists is named there."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from fastapi.routing import iter_route_contexts

from gamefold.app import build
from gamefold.cli import application
from gamefold.games.spellcasters.routes import STATUS_OF
from gamefold.settings import Settings, read_settings

from .race_game import DOCS

ROOT = DOCS.parent
README = (ROOT / "README.md").read_text()
API = (DOCS / "api-spellcasters.md").read_text()
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]


def rows(text: str, heading: str) -> Iterator[list[str]]:
    """Give the cells of the first table under a heading, without its head."""
    section = re.split(r"^## ", text.partition(f"## {heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    for line in section.splitlines():
        if line.startswith("| `"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_the_readme_names_every_setting_with_its_default() -> None:
    told = {quoted(name)[0]: default for name, default, _ in rows(README, "Settings")}
    assert set(told) == {str(field.validation_alias) for field in Settings.model_fields.values()}
    for field in Settings.model_fields.values():
        default = told[str(field.validation_alias)]
        if field.default in (None, ()):
            assert "`" not in default or field.validation_alias == "DB_PATH"
        else:
            assert _same(quoted(default)[0], field.default), field.validation_alias


def _same(text: str, default: Any) -> bool:
    if isinstance(default, bool):
        return text == str(default).lower()
    if isinstance(default, int | float):
        return float(text) == float(default)
    return text == str(default)


def test_the_readme_names_every_command() -> None:
    told = {command for row in rows(README, "Commands") for command in map(_command, quoted(row[0]))}
    assert told == set(_commands(typer.main.get_command(application)))


def _command(text: str) -> str:
    return " ".join(word for word in text.split() if word.islower())


def _commands(group: Any, before: str = "") -> Iterator[str]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{before}{name} ")
        else:
            yield f"{before}{name}"


def test_the_api_page_names_every_refusal_with_its_status() -> None:
    told = {quoted(row[0])[0]: int(row[1]) for row in rows(API, "Bodies and answers") if row[1].isdigit()}
    assert STATUS_OF.items() <= told.items()


def test_the_api_page_names_every_route(tmp_path: Path) -> None:
    told = set(re.findall(r"`(GET|POST|DELETE) (/[^`]*)`", API))
    settings = read_settings(GAMEFOLD_DATA=tmp_path)
    app = build(settings, games=["spellcasters"], at_root=True).app
    served = set(_served(iter_route_contexts(app.routes)))
    assert {route for route in served if route[1].startswith(("/players", "/playground", "/matches", "/admin"))} <= told
    assert told <= served | {("GET", "/playground/{session_id}/ws")}


def _served(contexts: Iterable[Any]) -> Iterator[tuple[str, str]]:
    for context in contexts:
        for method in context.methods or ():
            yield method, context.path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_code_of_the_game_page_is_the_code_that_runs() -> None:
    files = (DOCS / "examples" / "race.py", Path(__file__).with_name("test_writing_a_game.py"))
    runs = {line.strip() for file in files for line in file.read_text().splitlines()}
    blocks = re.findall(r"```python\n(.*?)```", (DOCS / "writing-a-game.md").read_text(), re.DOTALL)
    assert len(blocks) >= 8
    for block in blocks:
        assert {line.strip() for line in block.splitlines()} <= runs


def test_files_that_pages_name_exist() -> None:
    for page in PAGES:
        for name in re.findall(r"`((?:src/gamefold|tests|docs|changelog\.d)/[\w./-]+)`", page.read_text()):
            assert (ROOT / name).exists(), f"{page.name} names {name}"
