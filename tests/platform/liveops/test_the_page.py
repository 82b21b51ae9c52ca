"""The page about live operations names what there is."""

import re
from pathlib import Path

import pytest

from gamefold.platform.liveops.refusals import STATUS_OF
from gamefold.platform.refusals import STATUS_OF as PLATFORM_STATUS_OF

from .control_room import ControlRoom

PAGE = (Path(__file__).parents[3] / "docs" / "api-liveops.md").read_text()


def cells(heading: str) -> list[list[str]]:
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line.startswith("| `")
    ]


@pytest.fixture
def url(sqlite_url: str) -> str:
    """One database is enough: the routes are the same."""
    return sqlite_url


async def test_it_names_every_route(room: ControlRoom) -> None:
    paths = room.app.openapi()["paths"]
    served = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods if "liveops" in path}
    assert {row[0].strip("`") for row in cells("Routes")} == served


def test_it_names_every_code_with_its_status() -> None:
    told = {
        code: int(status)
        for row in cells("Errors")
        for code, status in zip(
            re.findall(r"`(\w+)`", row[0]), row[1].split(", ") * (1 if "," in row[1] else 2), strict=False
        )
    }
    own = {code: status for code, status in STATUS_OF.items() if code not in PLATFORM_STATUS_OF}
    assert own.items() <= told.items()
