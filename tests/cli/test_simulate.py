"""`gamefold simulate`: files and plots, the same again with the same seed, and refusals in one line."""

import json
import signal
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from gamefold.games.tycoon.reactors.simulated.simulation import Simulation

from .served import gamefold, told_in_one_line

SMALL = ("--days", 1, "--players", 10, "--time-compression", 720, "--seed", 7)
PLOTS = {"energy", "market", "network", "plant", "price", "wealth"}


def without_speed(text: str) -> Any:
    document = json.loads(text)
    assert document.pop("speed")["ticks_per_second"] > 0
    return document


def test_a_simulation_leaves_a_report_with_plots(tmp_path: Path) -> None:
    answer = gamefold("simulate", "tycoon", *SMALL, cwd=tmp_path)
    assert answer.returncode == 0, answer.stderr
    directory = tmp_path / "simulation"
    assert "simulation/report.md" in answer.stdout
    assert {file.name for file in directory.iterdir()} == {
        "report.json",
        "report.md",
        *(f"{name}.svg" for name in PLOTS),
    }
    for name in PLOTS:
        root = ET.parse(directory / f"{name}.svg").getroot()
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert len(list(root.iter("{http://www.w3.org/2000/svg}path"))) > 5
        assert f"]({name}.svg)" in (directory / "report.md").read_text(encoding="utf-8")
    document = without_speed((directory / "report.json").read_text(encoding="utf-8"))
    assert (document["seed"], document["players"], document["complete"]) == (7, 10, True)
    assert document["conservation"]["holds"]


def test_plots_can_be_png_and_go_elsewhere(tmp_path: Path) -> None:
    answer = gamefold("simulate", "tycoon", *SMALL, "--png", "--out", tmp_path / "a" / "b", cwd=tmp_path)
    assert answer.returncode == 0, answer.stderr
    for name in PLOTS:
        assert (tmp_path / "a" / "b" / f"{name}.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


def test_the_same_seed_gives_the_same_json_and_no_files(tmp_path: Path) -> None:
    first, second, other = (
        gamefold("simulate", "tycoon", *SMALL[:-1], seed, "--json", cwd=tmp_path) for seed in (7, 7, 8)
    )
    assert without_speed(first.stdout) == without_speed(second.stdout)
    assert without_speed(first.stdout)["digests"] != without_speed(other.stdout)["digests"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["tycoon", "--days", "0"], "--days must be 1 to"),
        (["tycoon", "--days", "-3"], "--days must be 1 to"),
        (["tycoon", "--days", "1000000"], "--days must be 1 to"),
        (["tycoon", "--players", "0"], "--players must be 1 to"),
        (["tycoon", "--seed", "-1"], "--seed must be 0 to"),
        (["tycoon", "--time-compression", "0"], "time_compression needs"),
        (["spellcasters"], "spellcasters has no simulated players"),
        (["chess"], "there is no game chess"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(arguments: list[str], said: str, tmp_path: Path) -> None:
    answer = gamefold("simulate", *arguments, cwd=tmp_path)
    assert said in told_in_one_line(answer)
    assert list(tmp_path.iterdir()) == []


def test_without_matplotlib_the_extra_is_named_before_anything_is_simulated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    answer = gamefold("simulate", "tycoon", *SMALL, cwd=tmp_path)
    assert "gamefold[plots]" in told_in_one_line(answer)
    answer = gamefold("simulate", "tycoon", *SMALL, "--json", cwd=tmp_path)
    assert without_speed(answer.stdout)["complete"]
    assert list(tmp_path.iterdir()) == []


def press_ctrl_c(monkeypatch: pytest.MonkeyPatch, times: int, at_tick: int) -> None:
    tick = Simulation.tick

    def press(simulation: Simulation) -> None:
        tick(simulation)
        if simulation.season.ticks == at_tick:
            for _ in range(times):
                signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Simulation, "tick", press)


def test_ctrl_c_reports_what_there_is_so_far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.getsignal(signal.SIGINT)
    press_ctrl_c(monkeypatch, times=1, at_tick=5)
    answer = gamefold("simulate", "tycoon", *SMALL, cwd=tmp_path)
    assert answer.returncode == 130
    document = json.loads((tmp_path / "simulation" / "report.json").read_text(encoding="utf-8"))
    assert (document["ticks"], document["complete"]) == (5, False)
    assert document["conservation"]["holds"]
    assert "Interrupted" in (tmp_path / "simulation" / "report.md").read_text(encoding="utf-8")
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_pressed_again_ends_it_without_a_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    press_ctrl_c(monkeypatch, times=2, at_tick=1)
    answer = gamefold("simulate", "tycoon", *SMALL, cwd=tmp_path)
    assert (answer.returncode, answer.stdout) == (130, "")
    assert list((tmp_path / "simulation").iterdir()) == []
