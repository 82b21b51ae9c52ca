"""Chance for arrays: even, independent, normal where it should be, and the same for one as for many."""

from math import sqrt
from statistics import NormalDist

import numpy as np
import pytest

from gamefold.engine.rng import Rng
from gamefold.games.tycoon.balance import NORMAL_TABLE
from gamefold.games.tycoon.rules.chance import below, draw_one, draw_u32, draw_u64, key_of, normal, normals, poisson

KEY = key_of(Rng(bytes(32), "test"))
IDS = np.arange(1 << 18, dtype=np.int64)


def chi_square(counts: np.ndarray) -> float:
    """Give how many standard deviations chi square lies from where even chances would put it."""
    expected = counts.sum() / counts.size
    freedom = counts.size - 1
    return float((((counts - expected) ** 2).sum() / expected - freedom) / sqrt(2 * freedom))


@pytest.mark.parametrize("shift", [0, 8, 16, 24])
def test_every_byte_of_32_bits_is_even(shift: int) -> None:
    assert abs(chi_square(np.bincount(draw_u32(KEY, IDS) >> np.uint32(shift) & np.uint32(255), minlength=256))) < 4


@pytest.mark.parametrize("shift", [0, 16, 32, 56])
def test_every_byte_of_64_bits_is_even(shift: int) -> None:
    drawn = draw_u64(KEY, IDS) >> np.uint64(shift) & np.uint64(255)
    assert abs(chi_square(np.bincount(drawn.astype(np.int64), minlength=256))) < 4


def test_no_two_ids_draw_the_same_32_bits_under_one_key() -> None:
    assert np.unique(draw_u32(KEY, IDS)).size == IDS.size


def test_neighbouring_ids_and_keys_have_nothing_to_do_with_each_other() -> None:
    for drawn in (draw_u32, draw_u64):
        here = drawn(KEY, IDS).astype(np.float64)
        here = (here - here.mean()) / here.std()
        other = drawn(KEY + 1, IDS).astype(np.float64)
        other = (other - other.mean()) / other.std()
        assert abs((here * other).mean()) * sqrt(IDS.size) < 4
        assert abs((here[1:] * here[:-1]).mean()) * sqrt(IDS.size) < 4


def test_one_bit_of_an_id_turns_half_of_the_bits_drawn() -> None:
    turned = draw_u32(KEY, IDS) ^ draw_u32(KEY, IDS ^ 1)
    bits = np.unpackbits(turned.view(np.uint8))
    assert abs(bits.mean() - 0.5) < 0.002


def test_one_entity_draws_what_it_draws_among_many() -> None:
    many = draw_u64(KEY, IDS)
    assert [draw_one(KEY, entity) for entity in (0, 1, 77, 100_000)] == many[[0, 1, 77, 100_000]].tolist()


def test_draws_do_not_depend_on_order_or_company() -> None:
    turned = draw_u32(KEY, IDS[::-1])[::-1]
    assert (turned == draw_u32(KEY, IDS)).all()
    assert draw_u32(KEY, IDS[500:501])[0] == turned[500]


def test_drawing_leaves_the_ids_alone() -> None:
    ids = np.arange(10, dtype=np.uint32)
    draw_u32(KEY, ids)
    assert ids.tolist() == list(range(10))


def test_bounded_draws_are_even_and_stay_below_the_limit() -> None:
    drawn = below(draw_u32(KEY, IDS), 7)
    assert (drawn.min(), drawn.max()) == (0, 6)
    assert abs(chi_square(np.bincount(drawn))) < 4


def test_normal_numbers_have_the_moments_of_the_normal_distribution() -> None:
    drawn = normals(draw_u32(KEY, np.arange(1 << 20))) / 65_536
    moment = drawn - drawn.mean()
    sd = drawn.std()
    assert abs(drawn.mean()) < 0.004
    assert abs(sd - 1) < 0.003
    assert abs((moment**3).mean() / sd**3) < 0.01
    assert abs((moment**4).mean() / sd**4 - 3) < 0.02
    assert abs((np.abs(drawn) > 3).mean() - 0.0027) < 0.0003


def test_normal_numbers_are_close_to_the_normal_distribution_everywhere() -> None:
    drawn = np.sort(normals(draw_u32(KEY, IDS)) / 65_536)[:: IDS.size // 2_048]
    wanted = np.array([NormalDist().cdf(one) for one in drawn])
    ranks = np.arange(drawn.size) / drawn.size
    assert float(np.abs(wanted - ranks).max()) < 1.63 / sqrt(IDS.size) + 1 / drawn.size  # Kolmogorov and Smirnov, 1 %


def test_normal_numbers_grow_with_their_bits_and_are_symmetric() -> None:
    ends = [*range(1 << 13), *range((1 << 28) - (1 << 13), 1 << 28)]
    drawn = [normal(bits) for bits in ends]
    assert drawn == sorted(drawn)
    assert drawn == [-one for one in reversed(drawn)]
    assert drawn[-1] > 5.8 * 65_536


def test_one_normal_number_is_what_it_is_among_many() -> None:
    bits = np.concatenate([np.arange(5_000), np.arange((1 << 28) - 5_000, 1 << 28), np.arange(0, 1 << 28, 99_991)])
    many = normals((bits << 4).astype(np.uint32))
    assert many.tolist() == [normal(one) for one in bits.tolist()]


def test_the_table_is_the_inverse_of_the_normal_distribution() -> None:
    inverse = NormalDist().inv_cdf
    whole = [round(inverse((part + 0.5) / 65_536) * 65_536) for part in range(65_536)]
    tail = [round(inverse((part + 0.5) / 4_096 / 65_536) * 65_536) for part in range(4_096)]
    assert np.array(whole + tail, "<i4").tobytes() == NORMAL_TABLE


@pytest.mark.parametrize("mean", [0.0005, 0.5, 3.0, 40.0, 500.0])
def test_poisson_counts_have_their_mean_and_variance(mean: float) -> None:
    counts = poisson(draw_u64(KEY, IDS), np.full(IDS.shape, int(mean * (1 << 32))))
    wide = 5 * sqrt(mean / IDS.size)
    assert abs(counts.mean() - mean) < wide
    assert abs(counts.var() - mean) < wide * sqrt(1 + 2 * mean)


def test_nothing_happens_that_is_expected_never() -> None:
    assert not poisson(draw_u64(KEY, IDS), np.zeros(IDS.shape, np.int64)).any()


def test_what_is_expected_absurdly_often_happens_500_times() -> None:
    drawn = draw_u64(KEY, IDS[:100])
    assert (poisson(drawn, np.full(100, 1 << 60)) == poisson(drawn, np.full(100, 500 << 32))).all()


def test_poisson_counts_with_several_means_are_those_with_each() -> None:
    means = IDS % 3 + 1
    together = poisson(draw_u64(KEY, IDS), means << 32)
    for mean in (1, 2, 3):
        alone = poisson(draw_u64(KEY, IDS), np.full(IDS.shape, mean << 32))
        mine = np.flatnonzero(means == mean)
        assert (together[mine] == alone[mine]).all()
