"""Rigs die by Weibull's distribution, and what has been survived is survived."""

import math

import numpy as np
import pytest

from gamefold.games.tycoon.rules.chance import draw_u64
from gamefold.games.tycoon.rules.plant.lives import failures_of, hazard_of
from gamefold.games.tycoon.state.region import Q30, WEAR_MOST

RIGS = 200_000


def failures(wear: int = 0, key: int = 7) -> np.ndarray:
    return failures_of(np.full(RIGS, wear, np.int64), draw_u64(key, np.arange(RIGS))) / Q30


@pytest.mark.parametrize(("life", "share"), [(0.2, 0.018), (0.4, 0.096), (0.6, 0.24), (0.8, 0.44), (1.0, 0.632)])
def test_so_many_new_rigs_have_failed_after_so_much_of_a_life(life: float, share: float) -> None:
    exact = 1 - math.exp(-(life**2.5))
    assert exact == pytest.approx(share, abs=0.005)
    assert float((failures() <= life).mean()) == pytest.approx(exact, abs=0.004)


@pytest.mark.parametrize("wear", [0.3, 0.7, 1.2])
def test_a_worn_rig_fails_by_what_is_left_of_the_distribution(wear: float) -> None:
    found = failures(int(wear * Q30))
    assert float(found.min()) > wear
    later = wear + 0.2
    exact = 1 - math.exp(wear**2.5 - later**2.5)
    assert float((found <= later).mean()) == pytest.approx(exact, abs=0.004)


def test_the_table_follows_the_power() -> None:
    lives = np.linspace(0, 1.99, 500)
    hazard = hazard_of((lives * Q30).astype(np.int64)) / 2**32
    assert np.allclose(hazard, lives**2.5, atol=2e-6)


def test_no_rig_outlives_two_lives_and_none_fails_before_it_starts() -> None:
    for wear in (0, 1, Q30, WEAR_MOST - 1, WEAR_MOST):
        worn = np.full(4, wear, np.int64)
        drawn = np.array([0, 1 << 10, 1 << 63, (1 << 64) - 1], np.uint64)
        found = failures_of(worn, drawn)
        assert int(found.min()) >= min(wear + 1, WEAR_MOST)
        assert int(found.max()) <= WEAR_MOST
