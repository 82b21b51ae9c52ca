"""exp, log and the normal distribution, against decimals of 40 digits and libm."""

from decimal import Decimal, localcontext
from math import erfc, exp, log, pi, sqrt

import numpy as np

from gamefold.games.tycoon.rules import fixed


def test_exp_is_right_to_the_last_bit_but_one() -> None:
    asked = np.concatenate([np.linspace(-700, 700, 801), np.linspace(-1, 1, 401)])
    with localcontext() as context:
        context.prec = 40
        for x, found in zip(asked.tolist(), fixed.exp(asked).tolist(), strict=True):
            right = Decimal(x).exp()
            assert abs(Decimal(found) / right - 1) < Decimal("2.3e-16"), x


def test_log_is_right_to_the_last_bit() -> None:
    asked = np.concatenate([np.linspace(0.001, 3, 801), np.geomspace(1e-300, 1e300, 601)])
    with localcontext() as context:
        context.prec = 40
        for x, found in zip(asked.tolist(), fixed.log(asked).tolist(), strict=True):
            right = Decimal(x).ln()
            assert abs(Decimal(found) - right) < max(Decimal("1.8e-15"), abs(right) * Decimal("2.3e-16")), x


def test_the_distribution_is_right_to_one_last_bit_of_one() -> None:
    asked = np.linspace(-38, 38, 20_001)
    right = np.array([0.5 * erfc(-x / sqrt(2)) for x in asked.tolist()])
    assert float(np.abs(fixed.cdf(asked) - right).max()) < 2.3e-16


def test_the_distribution_grows_and_is_symmetric() -> None:
    asked = np.linspace(-8, 8, 5_001)
    found = fixed.cdf(asked)
    assert (np.diff(found) >= -2.3e-16).all()
    assert float(np.abs(found + fixed.cdf(-asked) - 1).max()) < 2.3e-16


def test_the_density_is_the_bell_curve() -> None:
    asked = np.linspace(-6, 6, 1_001)
    right = np.array([exp(-x * x / 2) / sqrt(2 * pi) for x in asked.tolist()])
    assert float(np.abs(fixed.phi(asked) / right - 1).max()) < 1e-14


def test_far_away_the_distribution_is_0_and_1() -> None:
    assert fixed.cdf(np.array([-1e300, -40.0, 40.0, 1e300])).tolist() == [0.0, 0.0, 1.0, 1.0]


def test_single_numbers_are_what_they_are_in_arrays() -> None:
    assert abs(fixed.exp_of(1.5) - exp(1.5)) < 1e-15
    assert abs(fixed.log_of(43_250.0) - log(43_250.0)) < 1e-14
    assert fixed.sqrt_of(2.0) == sqrt(2)
    assert fixed.exp_of(0.0) == 1.0
    assert fixed.log_of(1.0) == 0.0
