"""What a session is worth, and when a hero rises."""

import msgspec

from gamefold.games.focus.balance import Numbers
from gamefold.games.focus.events import Reward
from gamefold.games.focus.state import GOLD_MAX, Hero


def compute_rewards(duration_minutes: int, _hero_level: int, numbers: Numbers) -> Reward:
    """Give the reward of a session. The level is part of the question, and of no weight in the answer so far."""
    return Reward(exp=duration_minutes * numbers.exp_per_minute, gold=duration_minutes * numbers.gold_per_minute)


def rewarded(hero: Hero, reward: Reward, numbers: Numbers) -> Hero:
    """Add a reward, and raise the hero as often as its experience is enough; the rest is carried."""
    level, exp = hero.level, hero.exp + reward.exp
    while exp >= level * numbers.exp_per_level:
        exp -= level * numbers.exp_per_level
        level += 1
    return msgspec.structs.replace(hero, level=level, exp=exp, gold=min(hero.gold + reward.gold, GOLD_MAX))
