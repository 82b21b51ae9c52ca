"""What detectors are made of: sums by key, islands, scores, beats, sizes and thresholds."""

import math
from statistics import mean, pstdev

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamefold.games.tycoon.balance import SHEET
from gamefold.games.tycoon.reactors.anticheat.detect import trading_findings
from gamefold.games.tycoon.reactors.anticheat.findings import (
    COMMAND_RATE,
    WASH_PAIR,
    Finding,
    score_of,
    strongest,
)
from gamefold.games.tycoon.reactors.anticheat.groups import by, islands, totals
from gamefold.games.tycoon.reactors.anticheat.records import whole
from gamefold.games.tycoon.reactors.anticheat.rhythm import beat_of, longest_pause_ms
from gamefold.games.tycoon.reactors.anticheat.sizes import BENFORD, benford_distance_bp, sizes_of
from gamefold.games.tycoon.reactors.anticheat.thresholds import PREFIX, thresholds_of

from .town import THRESHOLDS, Town

rows = st.lists(st.tuples(st.integers(0, 9), st.integers(-1_000, 1_000)), max_size=60)


@given(rows)
def test_sums_by_key_are_what_a_dict_would_hold(pairs: list[tuple[int, int]]) -> None:
    keys, values = whole(key for key, _ in pairs), whole(value for _, value in pairs)
    groups = by(keys)
    held = {key: [value for other, value in pairs if other == key] for key in sorted({key for key, _ in pairs})}
    assert groups.keys.tolist() == list(held)
    assert groups.counts().tolist() == [len(found) for found in held.values()]
    assert groups.sums(values).tolist() == [sum(found) for found in held.values()]
    assert groups.least(values).tolist() == [min(found) for found in held.values()]
    assert groups.most(values).tolist() == [max(found) for found in held.values()]
    assert [values[groups.rows(place)].tolist() for place in range(len(groups))] == list(held.values())
    assert totals(keys, values, 10).tolist() == [sum(held.get(key, [])) for key in range(10)]


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=20))
def test_islands_are_what_walking_along_the_edges_reaches(edges: list[tuple[int, int]]) -> None:
    near: dict[int, set[int]] = {}
    for one, other in edges:
        near.setdefault(one, {one}).add(other)
        near.setdefault(other, {other}).add(one)
    expected = []
    for place in sorted(near):
        reached = {place}
        while more := set().union(*(near[one] for one in reached)) - reached:
            reached |= more
        if min(reached) == place:
            expected.append(sorted(reached))
    assert islands(edges) == expected


def test_a_score_grows_with_every_doubling_and_ends_at_a_thousand() -> None:
    assert [score_of(400, measured, 10) for measured in (10, 19, 20, 40, 79)] == [400, 400, 460, 520, 520]
    assert score_of(400, 1 << 62, 1) == 1_000
    assert score_of(400, 5, 0) == 520  # a limit of nothing is one of 1


def test_one_finding_is_kept_of_each_kind_about_each_subject() -> None:
    found = [
        Finding(WASH_PAIR, "a", 500, {}),
        Finding(WASH_PAIR, "a", 700, {"with": "b"}),
        Finding(COMMAND_RATE, "a", 300, {}),
        Finding(WASH_PAIR, "c", 900, {}),
    ]
    assert [(one.subject, one.score) for one in strongest(found, 10)] == [("c", 900), ("a", 700), ("a", 300)]
    assert [one.subject for one in strongest(found, 1)] == ["c"]


@given(st.lists(st.integers(1_000_000, 4_000_000), min_size=2, max_size=40))
def test_the_spread_of_pauses_is_their_deviation_over_their_mean(pauses: list[int]) -> None:
    times = np.cumsum(whole([1_000, *pauses]))
    assert abs(beat_of(times).spread_bp - 10_000 * pstdev(pauses) / mean(pauses)) <= 1


@pytest.mark.parametrize("offset", [0, 2_350, 4_950])
def test_commands_that_follow_the_tick_are_in_one_phase_of_it(offset: int) -> None:
    on_time = whole(5_000 * number + offset + number % 2 * 100 for number in range(90))
    assert beat_of(on_time).phase_bp == 10_000  # across the end of the tick, too
    anywhere = whole(5_000 * number + number * 97 % 5_000 for number in range(900))
    assert beat_of(np.sort(anywhere)).phase_bp < 1_200


def test_a_few_breaks_do_not_hide_an_even_beat() -> None:
    even = [60_000] * 200
    assert beat_of(np.cumsum(whole(even + [7_200_000] * 10))).spread_bp == 0
    # Where long pauses are more than one in twenty, they are how somebody plays.
    assert beat_of(np.cumsum(whole(even + [7_200_000] * 12))).spread_bp > 10_000


def test_a_pause_counts_from_the_beginning_and_to_the_end() -> None:
    assert longest_pause_ms(whole([50, 60, 90]), 0, 100) == 50
    assert longest_pause_ms(whole([5, 6, 9]), 0, 100) == 91
    assert longest_pause_ms(whole([]), 0, 100) == 100


def test_benfords_law_is_at_distance_nothing() -> None:
    assert sum(BENFORD) == 1_000_000
    assert [round(1_000_000 * math.log10(1 + 1 / digit)) for digit in range(1, 10)] == list(BENFORD)
    grown = whole(int(10 ** (number / 1_000)) for number in range(2_000, 6_000))  # the same number in each stretch
    assert benford_distance_bp(grown) < 20
    assert benford_distance_bp(whole([1_000] * 50)) == 6_989  # all of it begins with 1, and 69.89 % should not
    assert benford_distance_bp(whole([7] * 50)) == 9_420


def test_sizes_stand_in_the_evidence_of_other_findings_and_make_none() -> None:
    town = Town(51)
    one, other, round_sizes = town.people(3)
    for number in range(120):
        town.trade(*((one, other) if number % 2 else (other, one)), lots=100)
        town.trade(round_sizes, 0, lots=1_000)
    findings = trading_findings(town.records(), THRESHOLDS)
    [about] = [finding for finding in findings if (finding.kind, finding.subject) == (WASH_PAIR, town.names[one])]
    assert about.evidence["sizes"] == {"trades": 120, "distance_bp": 6_989, "commonest_bp": 10_000}
    assert town.names[round_sizes] not in {finding.subject for finding in findings}
    few = Town(52)
    two = few.people(2)
    few.trade(*two)
    assert sizes_of(few.records().trades, two[0], THRESHOLDS) == {}


def test_every_number_of_the_sheet_that_is_for_anti_cheat_is_a_threshold() -> None:
    named = {name.removeprefix(PREFIX) for name in SHEET.numbers if name.startswith(PREFIX)}
    assert named == set(THRESHOLDS.__slots__)
    changed = {**SHEET.values(), "anticheat_wash_trades_least": 77}
    assert thresholds_of(changed).wash_trades_least == 77
