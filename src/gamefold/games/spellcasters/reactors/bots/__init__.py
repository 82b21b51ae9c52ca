"""The bots that come with the game. Each is played from its own file, the way a participant's bot is."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gamefold.games.spellcasters.reactors.bots.interface import BotInterface
from gamefold.games.spellcasters.reactors.bots.sample_bot_1 import SampleBot1
from gamefold.games.spellcasters.reactors.bots.tactical_bot import TacticalBot

BUILTIN_BOTS: Final[Mapping[str, type[BotInterface]]] = MappingProxyType(
    {"sample_bot_1": SampleBot1, "tactical_bot": TacticalBot}
)

__all__ = ["BUILTIN_BOTS", "BotInterface"]
