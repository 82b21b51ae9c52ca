"""What came into a world and what left it, for the proof that nothing was made or lost."""

import msgspec


class Flows(msgspec.Struct):
    """Sums since the world began, by reason. Money a world holds is always `balance` of what came and went."""

    usd_micro: dict[str, int] = {}  # by reason; above 0 came in, below 0 went out
    sat: dict[str, int] = {}

    def count(self, reason: str, usd_micro: int = 0, sat: int = 0) -> None:
        """Count money that comes into this world (above 0) or leaves it (below 0)."""
        if usd_micro:
            self.usd_micro[reason] = self.usd_micro.get(reason, 0) + usd_micro
        if sat:
            self.sat[reason] = self.sat.get(reason, 0) + sat

    def balance(self) -> tuple[int, int]:
        """Give what the world must hold now: micro-USD and satoshi."""
        return sum(self.usd_micro.values()), sum(self.sat.values())
