"""How unequal things are, on distributions whose answer is known."""

import pytest

from gamefold.games.tycoon.reactors.simulated.wealth import deciles, gini, lorenz


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], 0),
        ([0, 0, 0], 0),
        ([7], 0),
        ([5, 5, 5, 5], 0),
        ([0, 1], 0.5),
        ([0, 0, 0, 1], 0.75),  # one of n has everything: 1 - 1 / n
        ([0] * 99 + [1_000_000], 0.99),
        ([1, 2, 3, 4, 5], 4 / 15),  # 1..n: (n - 1) / 3n
        (list(range(1, 101)), 99 / 300),
        ([1, 3], 0.25),
        ([3, 1], 0.25),
        ([300, 100], 0.25),  # no matter in which money
        ([-50, 100], 0.5),  # debts count as nothing
    ],
)
def test_gini_of_known_distributions(values: list[int], expected: float) -> None:
    assert gini(values) == pytest.approx(expected, abs=1e-6)


def test_the_lorenz_curve_goes_from_nothing_to_everything_and_lies_below_the_diagonal() -> None:
    curve = lorenz([10, 0, 30, 60])
    assert curve == [(0.0, 0.0), (0.25, 0.0), (0.5, 0.1), (0.75, 0.4), (1.0, 1.0)]
    assert all(has <= poor for poor, has in curve)


def test_the_lorenz_curve_of_equals_is_the_diagonal() -> None:
    assert all(has == poor for poor, has in lorenz([4, 4, 4, 4]))
    assert all(has == poor for poor, has in lorenz([0, 0]))


def test_deciles_are_what_the_richest_of_each_tenth_has() -> None:
    assert deciles(list(range(100, 0, -1))) == [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]
    assert deciles([8]) == [8] * 10
    assert deciles([]) == []
