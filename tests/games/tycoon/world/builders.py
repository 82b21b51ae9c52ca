"""Worlds, contexts and events for tests of what surrounds the market's books."""

from collections.abc import Mapping
from typing import Any

from gamefold.engine.balance import Values
from gamefold.engine.ruleset import CLOCK, Context, Event
from gamefold.games.tycoon.balance import SHEET
from gamefold.games.tycoon.rules.market.world import start_world, tell_news, world_tick
from gamefold.games.tycoon.state.border import Border, MarketNews
from gamefold.games.tycoon.state.world import World

SEED = bytes(range(32))


def numbers(changes: Mapping[str, Any] | None = None) -> Values:
    """Give the balance, with some values changed."""
    values = SHEET.values() | dict(changes or {})
    SHEET.check(values)
    return values


def at_tick(tick: int, balance: Values | None = None, seed: bytes = SEED) -> Context:
    """Give the context of a tick."""
    return Context("market", tick, tick, 0, CLOCK, balance or numbers(), seed, ("tick", tick))


def after_tick(tick: int, balance: Values | None = None, seq: int = 1_000_000) -> Context:
    """Give the context of an intent that comes after a tick."""
    return Context("market", seq, tick, 0, "somebody", balance or numbers(), SEED, ("seq", seq))


class Played:
    """A world that ticks as the market lets it."""

    def __init__(self, changes: Mapping[str, Any] | None = None, seed: bytes = SEED) -> None:
        self.balance, self.seed = numbers(changes), seed
        self.world: World = start_world(self.balance)
        self.border = Border()
        self.tick = 0
        self.events: list[Event] = []
        self.news: list[MarketNews] = []

    def go(self, ticks: int, players_ghs: int = 0) -> list[Event]:
        """Let ticks pass and give what they told."""
        told: list[Event] = []
        for _ in range(ticks):
            self.tick += 1
            ctx = at_tick(self.tick, self.balance, self.seed)
            told += world_tick(self.world, self.border, players_ghs, ctx)
            self.news.append(tell_news(self.world, ctx))
        self.events += told
        return told

    def now(self, seq: int | None = None) -> Context:
        """Give the context of an intent that comes now."""
        return after_tick(self.tick, self.balance, seq if seq is not None else 1_000_000 + self.tick)


QUIET = {"event_rate": dict.fromkeys(SHEET.values()["event_rate"], 0)}  # nothing happens by chance
