"""Rhythm: commands that come by the clock, day and night.

Rule (tycoon-simulation.md section 5), over 48 hours: never a pause of 4 hours, and either the pauses between commands
are even (their deviation is less than 20 % of their mean), or reactions are: nearly all commands come within 500 ms of
the same moment of the market's tick, as a program's do that waits for the tick and then answers. Breaks, the few pauses
far longer than usual, do not make a program uneven.

People's pauses deviate by about their mean, and programs' by what their authors add. With the 10 % and 300 ms that the
study proposed, a break of two hours or half a second of added chance hid every program (docs/anticheat.md).
"""

from dataclasses import dataclass
from math import isqrt

import numpy as np

from gamefold.games.tycoon.reactors.anticheat.findings import BOT_RHYTHM, Finding, score_of
from gamefold.games.tycoon.reactors.anticheat.groups import by, often
from gamefold.games.tycoon.reactors.anticheat.records import Commands, Companies, Whole
from gamefold.games.tycoon.reactors.anticheat.thresholds import Thresholds
from gamefold.games.tycoon.state.units import TICK_S

PERIOD_MS = 48 * 3_600_000
_MINUTE_MS = 60_000
_TICK_MS = TICK_S * 1_000
_SLOT_MS = 100
_SLOTS_NEAR = 5
_BREAK_TIMES = 5  # a pause this many times the middle one is a break
_BREAKS_MOST_BP = 500  # of all pauses; where more are that long, they are how this one plays
_SCORE_LEAST = 400
_BOTH_MORE = 200


def rhythm(commands: Commands, companies: Companies, upto_ms: int, thresholds: Thresholds) -> list[Finding]:
    """Find those who never rest and are always on time, in the 48 hours before `upto_ms`."""
    from_ms = upto_ms - PERIOD_MS
    rows = np.flatnonzero((commands.time_ms >= from_ms) & (commands.time_ms < upto_ms))
    rows = rows[often(commands.company[rows], thresholds.rhythm_commands_least, len(companies))]
    busy = by(commands.company[rows])
    findings: list[Finding] = []
    for place in range(len(busy)):
        company = int(busy.keys[place])
        times = np.sort(commands.time_ms[rows[busy.rows(place)]], kind="stable")
        pause_ms = longest_pause_ms(times, from_ms, upto_ms)
        if companies.makers[company] or pause_ms >= thresholds.rhythm_pause_minutes * _MINUTE_MS:
            continue
        beat = beat_of(times)
        even = beat.spread_bp < thresholds.rhythm_spread_bp
        on_time = beat.phase_bp >= thresholds.rhythm_phase_bp
        if even or on_time:
            score = score_of(_SCORE_LEAST, len(times), thresholds.rhythm_commands_least)
            findings.append(
                Finding(
                    BOT_RHYTHM,
                    companies.ids[company],
                    min(1_000, score + (_BOTH_MORE if even and on_time else 0)),
                    {
                        "commands": len(times),
                        "spread_bp": beat.spread_bp,
                        "phase_bp": beat.phase_bp,
                        "pause_minutes": pause_ms // _MINUTE_MS,
                        "from_ms": int(times[0]),
                        "upto_ms": int(times[-1]),
                    },
                )
            )
    return findings


@dataclass(frozen=True, slots=True)
class Beat:
    """How even somebody's commands are."""

    spread_bp: int  # standard deviation of the pauses without breaks, as a share of their mean (at most 100,000)
    phase_bp: int  # commands within the best 500 ms of the tick, as a share of all


def beat_of(times: Whole) -> Beat:
    """Measure sorted times, at least two of them, exactly in integers."""
    pauses = _without_breaks(np.diff(times))
    count, total = len(pauses), int(pauses.sum())
    # A pause is at most 48 hours (1.8e8 ms) and so is their sum, so a sum of squares stays below 3e16.
    variance = count * int((pauses * pauses).sum()) - total * total  # times count squared
    spread_bp = isqrt(10_000 * 10_000 * variance // (total * total)) if total else 0
    slots = np.bincount(times % _TICK_MS // _SLOT_MS, minlength=_TICK_MS // _SLOT_MS)
    near = sum(np.roll(slots, -shift) for shift in range(_SLOTS_NEAR))
    return Beat(min(100_000, spread_bp), int(np.max(near)) * 10_000 // len(times))


def _without_breaks(pauses: Whole) -> Whole:
    usual = pauses[pauses <= _BREAK_TIMES * np.sort(pauses)[len(pauses) // 2]]
    return usual if (len(pauses) - len(usual)) * 10_000 <= _BREAKS_MOST_BP * len(pauses) else pauses


def longest_pause_ms(times: Whole, from_ms: int, upto_ms: int) -> int:
    """Give the longest time without a command, before the first and after the last one included."""
    ends = np.concatenate(([from_ms], times, [upto_ms]))
    return int(np.diff(ends).max())
