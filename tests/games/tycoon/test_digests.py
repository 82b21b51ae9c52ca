"""Whole worlds end in the same bits everywhere: on every processor and numpy, under every hash seed.

Where rules or numbers were changed on purpose, other digests are right: run `python -m tests.games.tycoon.digests`,
write down what it prints, and let the continuous integration say whether other machines agree.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from . import digests
from .world.test_same_bits import GOLDEN as ARITHMETIC
from .world.test_same_bits import features

GOLDEN = {
    "region": "2867b83ef1a57cc8",
    "season": "543cf23482be4dc9",
}

ROOT = Path(__file__).parents[3]


def found(python: list[str], **environment: str) -> dict[str, str]:
    """Compute all digests in a process of its own."""
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    done = subprocess.run(
        [*python, "-W", "ignore", "-m", "tests.games.tycoon.digests"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": paths, **environment},
        capture_output=True,
        check=True,
        text=True,
        timeout=300,
    )
    told: dict[str, str] = json.loads(done.stdout)
    return told


@pytest.mark.parametrize("world", sorted(GOLDEN))
def test_worlds_are_as_written_down(world: str) -> None:
    assert digests.WORLDS[world]() == GOLDEN[world]


def test_another_hash_seed_and_a_processor_that_can_do_less_change_nothing() -> None:
    less = " ".join(features())
    assert found([sys.executable], PYTHONHASHSEED="77", NPY_DISABLE_CPU_FEATURES=less) == ARITHMETIC | GOLDEN


@pytest.mark.long
@pytest.mark.parametrize("version", ["1.26.4", "2.0.2"])
def test_older_numpys_give_the_same(version: str) -> None:
    uv = shutil.which("uv")
    if uv is None:
        pytest.skip("uv is not installed, so there is no other numpy to be had")
    packages = [f"numpy=={version}", "msgspec", "xxhash", "zstandard"]
    python = [uv, "run", "--isolated", "--no-project", *(f"--with={package}" for package in packages), "python"]
    asked = subprocess.run([*python, "-c", "import numpy"], cwd=ROOT, capture_output=True, check=False, timeout=300)
    if asked.returncode:
        pytest.skip(f"uv cannot install numpy {version} here")
    assert found(python) == ARITHMETIC | GOLDEN
