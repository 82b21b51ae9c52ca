"""Section 4.2: rewards and the level-up loop."""

import pytest

from gamefold.games.focus.balance import NUMBERS
from gamefold.games.focus.events import Reward
from gamefold.games.focus.intents import CompleteSession
from gamefold.games.focus.rules.rewards import compute_rewards, rewarded
from gamefold.games.focus.state import GOLD_MAX, exp_to_next
from gamefold.testkit.play import play

from .builders import NOON_MS, UNLUCKY, a_hero, a_save, a_session, an_id


@pytest.mark.parametrize(("minutes", "exp", "gold"), [(25, 50, 25), (50, 100, 50), (90, 180, 90)])
@pytest.mark.parametrize("level", [1, 40])
def test_a_minute_gives_two_experience_and_one_gold(minutes: int, exp: int, gold: int, level: int) -> None:
    assert compute_rewards(minutes, level, NUMBERS) == Reward(exp, gold)


@pytest.mark.parametrize(
    ("level", "exp", "earned", "expected"),
    [
        (1, 0, 50, (1, 50)),
        (1, 0, 99, (1, 99)),
        (1, 0, 100, (2, 0)),
        (1, 50, 180, (2, 130)),
        (1, 99, 300, (3, 99)),
        (4, 320, 100, (5, 20)),
        (4, 299, 100, (4, 399)),
        (1, 0, 1_000, (5, 0)),
    ],
)
def test_a_hero_leaves_level_n_with_n_hundred_experience_and_carries_the_rest(
    level: int, exp: int, earned: int, expected: tuple[int, int]
) -> None:
    hero = rewarded(a_hero(level, exp), Reward(earned, 0), NUMBERS)
    assert (hero.level, hero.exp) == expected


def test_320_and_100_at_level_4_is_level_5_with_20() -> None:
    save = a_save(hero=a_hero(4, 320, 120), s1=a_session(50))
    play(UNLUCKY, save, CompleteSession(an_id(1)), now_ms=NOON_MS + 3_000_000)
    assert (save.hero.level, save.hero.exp, save.hero.gold) == (5, 20, 170)


def test_gold_stops_at_what_the_tables_can_hold() -> None:
    assert rewarded(a_hero(gold=GOLD_MAX - 1), Reward(0, 90), NUMBERS).gold == GOLD_MAX


def test_exp_to_next_is_a_hundred_times_the_level() -> None:
    assert [exp_to_next(level) for level in (1, 4, 10)] == [100, 400, 1_000]
