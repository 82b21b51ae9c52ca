"""The second bot to beat: it first decides what kind of turn this is, then plays that kind."""

from enum import Enum
from typing import Any

from gamefold.games.spellcasters.reactors.bots.interface import BotInterface
from gamefold.games.spellcasters.reactors.bots.senses import (
    can_cast,
    chebyshev,
    enemies_in_melee,
    enemy_minions,
    manhattan,
    nearest,
    own_minion,
    step_away,
    step_toward,
)

Decision = dict[str, Any]

CRITICAL_HP = 25
LOW_HP = 40
LOW_MANA = 30
PRESSED_DISTANCE = 2
FIREBALL_DISTANCE = 4  # nearer than a fireball flies: the target may step away
SAFE_DISTANCE = 3
CONTROL_DISTANCE_MOST = 4
FAR_ARTIFACT_DISTANCE = 3
TELEPORT_MANA_KEPT = 40
MINION_PRESSURE_DISTANCE = 2


class Mood(Enum):
    """What kind of turn this is."""

    DEFENSIVE = "defensive"
    GATHERING = "gathering"
    CONTROLLING = "controlling"
    AGGRESSIVE = "aggressive"


class TacticalBot(BotInterface):
    """Casts or walks as its mood says; the mood follows from the state alone."""

    @property
    def name(self) -> str:
        """Its name is its file's."""
        return "tactical_bot"

    def decide(self, state: dict[str, Any]) -> Decision:
        """Read the mood and play it."""
        match mood_of(state):
            case Mood.DEFENSIVE:
                return _defend(state)
            case Mood.GATHERING:
                return _gather(state)
            case Mood.CONTROLLING:
                return _control(state)
            case Mood.AGGRESSIVE:
                return _attack(state)


def mood_of(state: dict[str, Any]) -> Mood:
    """Say what kind of turn the state calls for."""
    me = state["self"]
    hurt = me["hp"] <= LOW_HP
    if me["hp"] <= CRITICAL_HP or (hurt and _is_pressed(state)):
        return Mood.DEFENSIVE
    if me["mana"] <= LOW_MANA or (hurt and state["artifacts"]):
        return Mood.GATHERING
    return Mood.AGGRESSIVE if own_minion(state) is None else Mood.CONTROLLING


def _is_pressed(state: dict[str, Any]) -> bool:
    here = state["self"]["position"]
    return chebyshev(here, state["opponent"]["position"]) <= PRESSED_DISTANCE or any(
        manhattan(here, minion["position"]) <= PRESSED_DISTANCE for minion in enemy_minions(state)
    )


def _defend(state: dict[str, Any]) -> Decision:
    me, danger = state["self"], state["opponent"]["position"]
    if can_cast(me, "shield") and not me["shield_active"]:
        return _cast("shield")
    if can_cast(me, "heal"):
        return _cast("heal")
    far = state["board_size"] - 1
    corner = max(([x, y] for x in (0, far) for y in (0, far)), key=lambda tile: chebyshev(tile, danger))
    if can_cast(me, "teleport") and chebyshev(corner, danger) > SAFE_DISTANCE:
        return _cast("teleport", corner)
    return _go(step_away(me["position"], danger, state["board_size"]))


def _gather(state: dict[str, Any]) -> Decision:
    me = state["self"]
    artifact = nearest(me["position"], state["artifacts"])
    if artifact is None:
        return _go(_keep_distance(state, SAFE_DISTANCE, SAFE_DISTANCE))
    is_far = chebyshev(me["position"], artifact["position"]) > FAR_ARTIFACT_DISTANCE
    if is_far and me["mana"] >= TELEPORT_MANA_KEPT and can_cast(me, "teleport"):
        return _cast("teleport", artifact["position"])
    return _go(step_toward(me["position"], artifact["position"]))


def _control(state: dict[str, Any]) -> Decision:
    me, target = state["self"], state["opponent"]["position"]
    minion = own_minion(state)
    has_pressure = minion is not None and chebyshev(minion["position"], target) <= MINION_PRESSURE_DISTANCE
    if has_pressure and can_cast(me, "fireball") and chebyshev(me["position"], target) <= FIREBALL_DISTANCE:
        return _cast("fireball", target)
    return _go(_keep_distance(state, SAFE_DISTANCE, CONTROL_DISTANCE_MOST))


def _attack(state: dict[str, Any]) -> Decision:
    me, target = state["self"], state["opponent"]["position"]
    if can_cast(me, "fireball") and chebyshev(me["position"], target) <= FIREBALL_DISTANCE:
        return _cast("fireball", target)
    victims = enemies_in_melee(state)
    if victims and can_cast(me, "melee_attack"):
        return _cast("melee_attack", victims[0]["position"])
    if can_cast(me, "summon"):
        return _cast("summon")
    return _go(_keep_distance(state, SAFE_DISTANCE, SAFE_DISTANCE))


def _keep_distance(state: dict[str, Any], least: int, most: int) -> list[int]:
    here, there = state["self"]["position"], state["opponent"]["position"]
    distance = chebyshev(here, there)
    if distance > most:
        return step_toward(here, there)
    if distance < least:
        return step_away(here, there, state["board_size"])
    return [0, 0]


def _cast(spell: str, target: list[int] | None = None) -> Decision:
    return {"move": [0, 0], "spell": {"name": spell} if target is None else {"name": spell, "target": list(target)}}


def _go(step: list[int]) -> Decision:
    return {"move": step, "spell": None}
