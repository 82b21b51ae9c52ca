"""The quests of a company. What they ask for in numbers, and what they give, stands in balance.json (`quest_...`)."""

from typing import Final

import msgspec

FIRST_SITE: Final = "FIRST_SITE"
FIRST_RIG: Final = "FIRST_RIG"
HASHRATE_100: Final = "HASHRATE_100"
FIRST_TRADE: Final = "FIRST_TRADE"
FIRST_PROFIT: Final = "FIRST_PROFIT"
FIRST_RESEARCH: Final = "FIRST_RESEARCH"
RENOWN: Final = "RENOWN"
DAILY_MINING: Final = "DAILY_MINING"
WEEKLY_TRADING: Final = "WEEKLY_TRADING"

ONCE: Final = "ONCE"
DAILY: Final = "DAILY"
WEEKLY: Final = "WEEKLY"


class Quest(msgspec.Struct, frozen=True):
    """Something to do for a reward."""

    name: str
    title: str
    reputation: str  # which score the reward moves
    goal: str | None = None  # the number in balance.json that has to be reached; None is 1
    repeats: str = ONCE


QUESTS: Final = {
    quest.name: quest
    for quest in (
        Quest(FIRST_SITE, "Build a site", "miners"),
        Quest(FIRST_RIG, "Set up a rig", "miners"),
        Quest(HASHRATE_100, "Reach 100 TH/s", "miners", "quest_hashrate_ghs"),
        Quest(FIRST_TRADE, "Trade once", "traders"),
        Quest(FIRST_PROFIT, "Close a trade at a gain", "traders"),
        Quest(FIRST_RESEARCH, "Finish research", "regulators"),
        Quest(RENOWN, "Bring a reputation to 75", "anarchists", "quest_reputation"),
        Quest(DAILY_MINING, "Mine 0.01 BTC in a day", "miners", "quest_daily_sat", DAILY),
        Quest(WEEKLY_TRADING, "Trade 10 times in a week", "traders", "quest_weekly_trades", WEEKLY),
    )
}

STATE_COLUMNS: Final = {DAILY: "daily", WEEKLY: "weekly"}  # of `Standings`, by how a quest repeats
