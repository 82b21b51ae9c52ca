"""What may be seen: the board from neither side for viewers, and from one side for the bot that must decide."""

from typing import Any

from gamefold.games.spellcasters.events import ArtifactView, BoardView, MinionView, WizardView
from gamefold.games.spellcasters.state import Artifact, Match, SeatNumber, Wizard


def board_view(match: Match) -> BoardView:
    """Give the board as all may see it. It shares nothing that can change with the match."""
    return BoardView(
        turn=match.turn,
        board_size=match.board_size,
        player_1=_wizard_view(match, 1),
        player_2=_wizard_view(match, 2),
        artifacts=[artifact_view(artifact) for artifact in match.artifacts],
        minions=[
            MinionView(minion.id, match.wizard(minion.seat).name, minion.hp, minion.position)
            for minion in match.minions
        ],
    )


def artifact_view(artifact: Artifact) -> ArtifactView:
    """Give one artifact as all may see it."""
    return ArtifactView(artifact.type, artifact.position, artifact.spawn_turn)


def view_for(match: Match, seat: SeatNumber) -> dict[str, Any]:
    """Give what the bot of `seat` decides on: the turn that is open, with its artifact already there.

    `{turn, board_size, self, opponent, artifacts, minions}`, with `self` and `opponent` as
    `{name, hp, mana, position: [x, y], cooldowns: {spell: turns}, shield_active}`. All of it is made anew by
    every call: nothing that a bot does to it reaches the match or the other bot.
    """
    return {
        "turn": match.turn + 1,
        "board_size": match.board_size,
        "self": _bot_view(match.wizard(seat)),
        "opponent": _bot_view(match.enemy(seat)),
        "artifacts": [
            {"type": artifact.type, "position": [*artifact.position], "spawn_turn": artifact.spawn_turn}
            for artifact in match.artifacts
        ],
        "minions": [
            {
                "id": minion.id,
                "owner": match.wizard(minion.seat).name,
                "hp": minion.hp,
                "position": [*minion.position],
            }
            for minion in match.minions
        ],
    }


def _bot_view(wizard: Wizard) -> dict[str, Any]:
    return {
        "name": wizard.name,
        "hp": wizard.hp,
        "mana": wizard.mana,
        "position": [*wizard.position],
        "cooldowns": dict(wizard.cooldowns),
        "shield_active": wizard.shield_active,
    }


def _wizard_view(match: Match, seat: SeatNumber) -> WizardView:
    wizard = match.wizard(seat)
    return WizardView(
        player_id=match.seats[seat - 1].player_id,
        name=wizard.name,
        hp=wizard.hp,
        mana=wizard.mana,
        position=wizard.position,
        cooldowns=dict(wizard.cooldowns),
        shield_active=wizard.shield_active,
    )
