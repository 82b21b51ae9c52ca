"""The same play gives the same digests on other processors and under other hash seeds."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gamefold.games.tycoon.balance import SHEET
from gamefold.games.tycoon.intents.border import HearMarket
from gamefold.games.tycoon.rules.region.tick import hear_market

from .builders import a_context, news_of, seeded_region
from .played import played

ROOT = Path(__file__).parents[4]
WITHOUT_AVX = "AVX2 FMA3 AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL AVX512_SPR X86_V3 X86_V4"


@pytest.mark.parametrize(
    "surroundings", [{"PYTHONHASHSEED": "1"}, {"PYTHONHASHSEED": "2", "NPY_DISABLE_CPU_FEATURES": WITHOUT_AVX}]
)
def test_other_surroundings_give_the_same_world(surroundings: dict[str, str]) -> None:
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.games.tycoon.region.played"],
        capture_output=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": paths, **surroundings},
        text=True,
        timeout=100,
    )
    assert done.stdout.split() == played()


@pytest.mark.long
def test_a_tick_of_a_million_rigs_is_a_small_part_of_five_seconds() -> None:
    region, balance = seeded_region(1_000_000, 200_000, 100_000), SHEET.values()
    taken_s = []
    for tick in range(1, 25):
        began_s = time.thread_time()
        told = list(hear_market(region, HearMarket(news_of(tick)), a_context(balance, tick)))
        taken_s.append(time.thread_time() - began_s)
        assert told[-1].news.rigs == 1_000_000  # type: ignore[attr-defined]
    # Measured: 13 ms on a quiet core, digest included.
    assert sorted(taken_s)[len(taken_s) // 2] < 0.1
