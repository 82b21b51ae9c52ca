"""Do drops come as often as the spec says: one session in ten, and 75/20/5 by rarity?

100,000 completed sessions by the rules alone, each with a keyed stream of its own as on a server (world seed, stream
"drop", session id), of a hero who owns nothing and has unlocked everything, in the three rooms by turns: so that
every rarity is always there to be drawn. Counts stand beside what the spec expects, with the distance in standard
deviations (sigma) of a fair draw; up to 4 is what chance does. Sessions a second are told too, for what they are worth.
"""

import time
from math import sqrt
from typing import Any
from uuid import UUID

from bench.common import Effort, rounded, run, say
from gamefold.engine.rng import Rng
from gamefold.games.focus.balance import FULL_BP, ITEMS, NUMBERS, RARITIES, ROOMS
from gamefold.games.focus.rules.drops import draw_drop, eligible_items
from gamefold.games.focus.state import Hero, Save

SESSIONS = 100_000
SEED = (1).to_bytes(32, "big")


def main(arguments: list[str] | None = None) -> None:
    """Measure and report."""
    run("drops", measure, arguments)


async def measure(effort: Effort) -> dict[str, Any]:
    """Give counts, shares and distances."""
    sessions = effort.pick(SESSIONS, 10_000)
    save = Save(tenant_id="tenant", user_id="user", hero=Hero(level=max(item.unlock_level for item in ITEMS.values())))
    for room in ROOMS:
        assert {item.rarity for item in eligible_items(save, room)} == set(RARITIES)

    found: dict[str, int] = dict.fromkeys(RARITIES, 0)
    begin_s = time.perf_counter()
    for number in range(sessions):
        session_id = str(UUID(int=number, version=4))
        drop = draw_drop(save, ROOMS[number % len(ROOMS)], Rng(SEED, "world", "drop", session_id), NUMBERS)
        if drop.rarity is not None:
            found[drop.rarity] += 1
    took_s = time.perf_counter() - begin_s

    drops, parts = sum(found.values()), sum(NUMBERS.rarity_weight.values())
    figures: dict[str, Any] = {"sessions": sessions, "sessions_per_second": rounded(sessions / took_s)}
    figures["drop"] = _beside(drops, sessions, NUMBERS.drop_chance_bp / FULL_BP)
    for rarity in RARITIES:
        figures[rarity] = _beside(found[rarity], drops, NUMBERS.rarity_weight[rarity] / parts)
    for name in ("drop", *RARITIES):
        say(f"{name:7} {figures[name]}")
    return figures


def _beside(count: int, of: int, expected: float) -> dict[str, Any]:
    sigma = sqrt(of * expected * (1 - expected))
    return {
        "count": count,
        "of": of,
        "share": round(count / of, 5),
        "expected": expected,
        "sigmas_off": round((count - of * expected) / sigma, 2),
    }


if __name__ == "__main__":
    main()
