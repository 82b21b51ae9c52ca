"""The first bot to beat: it fires whenever it can, and looks after itself only when it cannot."""

from typing import Any

from gamefold.games.spellcasters.balance import SPELLS
from gamefold.games.spellcasters.reactors.bots.interface import BotInterface
from gamefold.games.spellcasters.reactors.bots.senses import (
    can_cast,
    chebyshev,
    enemies_in_melee,
    nearest,
    own_minion,
    step_toward,
)

Decision = dict[str, Any]

LOW_HP = 40
WOUNDED_HP = 80
NEEDY = 60  # HP or mana at which artifacts are worth a walk
TELEPORT_MANA_WANTED = 40  # mana at or below which an artifact is worth a teleport
TELEPORT_MANA_KEPT = 40  # mana below which a teleport would leave too little


class SampleBot1(BotInterface):
    """Casts the first spell of its list that makes sense, and walks only when none does."""

    @property
    def name(self) -> str:
        """Its name is its file's."""
        return "sample_bot_1"

    def decide(self, state: dict[str, Any]) -> Decision:
        """Cast if anything is worth casting, else walk."""
        spell = _spell(state)
        return {"move": [0, 0] if spell else _walk(state), "spell": spell}


def _spell(state: dict[str, Any]) -> Decision | None:
    me, opponent = state["self"], state["opponent"]
    in_range = chebyshev(me["position"], opponent["position"]) <= SPELLS["fireball"]["range"]
    if can_cast(me, "fireball") and in_range:
        return {"name": "fireball", "target": list(opponent["position"])}
    if me["hp"] <= LOW_HP and can_cast(me, "shield") and not me["shield_active"]:
        return {"name": "shield"}
    if me["hp"] <= WOUNDED_HP and can_cast(me, "heal"):
        return {"name": "heal"}
    if can_cast(me, "summon") and own_minion(state) is None:
        return {"name": "summon"}
    victims = enemies_in_melee(state)
    if victims and can_cast(me, "melee_attack"):
        return {"name": "melee_attack", "target": list(victims[0]["position"])}
    return _teleport(state)


def _teleport(state: dict[str, Any]) -> Decision | None:
    me = state["self"]
    in_need = me["mana"] <= TELEPORT_MANA_WANTED or me["hp"] <= NEEDY
    artifact = nearest(me["position"], state["artifacts"])
    if artifact is None or not in_need or me["mana"] < TELEPORT_MANA_KEPT or not can_cast(me, "teleport"):
        return None
    return {"name": "teleport", "target": list(artifact["position"])}


def _walk(state: dict[str, Any]) -> list[int]:
    me = state["self"]
    artifact = nearest(me["position"], state["artifacts"])
    in_need = me["mana"] <= NEEDY or me["hp"] <= NEEDY
    goal = artifact if in_need and artifact is not None else state["opponent"]
    return step_toward(me["position"], goal["position"])
