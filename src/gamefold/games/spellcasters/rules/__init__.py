"""The rules of Spellcasters: one turn after the other, each decided by both players on the same board.

Which board is that? An artifact appears at the start of a turn and both players see it before they decide, so the
start of turn n + 1 must come before anybody is asked for it. Therefore the entry that resolves turn n also opens
turn n + 1: it lays down the new artifact and sets the times. `TurnResolved.state` is the board between the two,
as it was after turn n; what the opening added is `TurnResolved.next_artifact`, and `view_for` shows it to bots.
`Match.turn` stays n until turn n + 1 is resolved.

A turn resolves in the entry that makes it complete: with the last missing action, if the delay between turns is
over; else with `TurnDue` from the clock, at the end of the delay or at the deadline for missing actions.

Chance is keyed by its purpose, turn and collision, and goes through one seam (`Chance`), so a recorded match can be
played again with the luck it had. `begin_match`, `open_turn` and `resolve_turn` need neither clock nor journal.
"""

from typing import Final

from gamefold.engine.ruleset import Lag, Ruleset
from gamefold.games.spellcasters.balance import SHEET
from gamefold.games.spellcasters.events import MatchAborted, MatchBegun, MatchOver, TurnResolved
from gamefold.games.spellcasters.intents import AbortMatch, MatchSpec, SubmitAction, TurnDue
from gamefold.games.spellcasters.rules.chance import Chance, KeyedChance
from gamefold.games.spellcasters.rules.match import begin_match, open_turn, resolve_turn
from gamefold.games.spellcasters.rules.views import board_view, view_for
from gamefold.games.spellcasters.rules.world import abort_match, due, new_world, over, submit_action, turn_due
from gamefold.games.spellcasters.state import Match

RULESET: Final = Ruleset(
    name="spellcasters",
    version=1,
    state=Match,
    spec=MatchSpec,
    new_world=new_world,
    handlers={SubmitAction: submit_action, TurnDue: turn_due, AbortMatch: abort_match},
    events=(MatchBegun, TurnResolved, MatchOver, MatchAborted),
    balance=SHEET,
    # A server that was down costs nobody a turn.
    lag=Lag.FREEZE,
    due=due,
    over=over,
)

__all__ = ["RULESET", "Chance", "KeyedChance", "begin_match", "board_view", "open_turn", "resolve_turn", "view_for"]
