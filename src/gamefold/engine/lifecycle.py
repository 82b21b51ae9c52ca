"""The entries of the engine itself: a world's birth, its upgrades, branches and tuned numbers.

They are journaled like any intent, so a world's whole life, operators included, is one list of entries.
"""

from gamefold.engine.balance import Values
from gamefold.engine.ruleset import Intent


class Begin(Intent, frozen=True, tag="engine.Begin"):
    """The first entry of every world: what it is made from, and the promise of its seed."""

    spec: bytes
    balance: Values
    commitment: bytes


class Upgrade(Intent, frozen=True, tag="engine.Upgrade"):
    """From here on the rules of `version` decide."""

    version: int


class Rewound(Intent, frozen=True, tag="engine.Rewound"):
    """The first entry of a run that goes on from an earlier entry of this world.

    `frozen_ms` moves the world's clock back to that entry, so that the undone time is not caught up.
    """

    from_run: int
    to_seq: int
    commitment: bytes
    frozen_ms: int
    reason: str


class Forked(Intent, frozen=True, tag="engine.Forked"):
    """The first own entry of a world that goes on from an entry of another."""

    from_world: str
    from_run: int
    from_seq: int
    commitment: bytes
    frozen_ms: int
    reason: str


class Thaw(Intent, frozen=True, tag="engine.Thaw"):
    """The world's clock stood still for `gap_ms`."""

    gap_ms: int


class Tune(Intent, frozen=True, tag="engine.Tune"):
    """Change balance numbers from the next tick on (at once in a world that does not tick).

    Refused: BALANCE_UNKNOWN, BALANCE_OUT_OF_BOUNDS.
    """

    changes: Values
    reason: str


ENGINE_INTENTS: tuple[type[Intent], ...] = (Begin, Upgrade, Rewound, Forked, Thaw, Tune)
BRANCHES: tuple[type[Intent], ...] = (Rewound, Forked)
