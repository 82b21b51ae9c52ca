"""What every bot is: a name, what it looks like, and a decision for each turn."""

from abc import ABC, abstractmethod
from typing import Any


class BotInterface(ABC):
    """A bot is built without arguments, once for each match, and remembers what it likes until the match ends."""

    @property
    @abstractmethod
    def name(self) -> str:
        """The wizard's name."""

    @property
    def sprite_path(self) -> str | None:
        """A picture of the wizard, or None for the default one."""
        return None

    @property
    def minion_sprite_path(self) -> str | None:
        """A picture of its minions, or None for the default one."""
        return None

    @abstractmethod
    def decide(self, state: dict[str, Any]) -> dict[str, Any]:
        """Answer `{"move": [dx, dy], "spell": None | {"name": str, "target": [x, y]}}` for the turn in `state`.

        `state` is `{turn, board_size, self, opponent, artifacts, minions}` and belongs to the bot.
        """

    def game_over(self, won: bool) -> None:  # noqa: B027 - a bot may care, and most do not
        """Hear how the match ended. `won` is False for a draw too."""
