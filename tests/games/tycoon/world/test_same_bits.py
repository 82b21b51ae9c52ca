"""The same bits everywhere: on every processor, numpy and Python, whatever a process is started with."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from . import digests

# Found on x86-64 (AVX-512) with Python 3.11 and numpy 2.4. Another value on another machine is a fault, not news.
GOLDEN = {
    "table": "5c7bf35b08761553",
    "chance": "22ccadb24b83af52",
    "functions": "f3e4b66f07b7864e",
    "price": "2d7fb679f368b28f",
    "options": "999369ce0020baa8",
}

SCRIPT = Path(digests.__file__)
SOURCES = Path(__file__).parents[4] / "src"


def found(**environment: str) -> dict[str, str]:
    """Compute the digests in a process of its own."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONHASHSEED"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(SCRIPT)],
        env=inherited | {"PYTHONPATH": str(SOURCES)} | environment,
        capture_output=True,
        check=True,
        timeout=100,
    )
    told: dict[str, str] = json.loads(done.stdout)
    return told


def features() -> list[str]:
    """Name the processor's features that numpy found beyond its baseline, strongest first."""
    try:
        from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__
    except ImportError:  # numpy 1.26
        from numpy.core._multiarray_umath import __cpu_dispatch__, __cpu_features__
    return [name for name in reversed(__cpu_dispatch__) if __cpu_features__.get(name)]


def test_the_bits_are_those_written_down() -> None:
    assert digests.all_digests() == GOLDEN


@pytest.mark.parametrize("seed", ["1", "4242"])
def test_the_hash_seed_of_a_process_changes_nothing(seed: str) -> None:
    assert found(PYTHONHASHSEED=seed) == GOLDEN


@pytest.mark.parametrize("kept", ["AVX2", "SSE"])
def test_a_processor_that_can_do_less_gives_the_same(kept: str) -> None:
    disabled = [name for name in features() if kept == "SSE" or "AVX512" in name or name == "X86_V4"]
    if not disabled:
        pytest.skip(f"this processor has nothing beyond {kept} that numpy {np.__version__} uses")
    assert found(NPY_DISABLE_CPU_FEATURES=" ".join(disabled)) == GOLDEN
