"""A match as a world: intents come in, the clock is asked, turns resolve, events go out."""

from collections.abc import Iterator

from gamefold.engine.ruleset import Context, Due, Event, Rejected
from gamefold.games.spellcasters.balance import Numbers, numbers_of
from gamefold.games.spellcasters.events import MatchAborted, MatchBegun, MatchOver, SeatAction, TurnResolved
from gamefold.games.spellcasters.intents import (
    ACTION_ALREADY_SUBMITTED,
    BOTS,
    NOT_A_PARTICIPANT,
    SESSION_OVER,
    WRONG_TURN,
    AbortMatch,
    MatchSpec,
    SubmitAction,
    TurnDue,
)
from gamefold.games.spellcasters.rules.chance import KeyedChance
from gamefold.games.spellcasters.rules.match import begin_match, open_turn, resolve_turn
from gamefold.games.spellcasters.rules.views import artifact_view, board_view
from gamefold.games.spellcasters.state import SEATS, Artifact, Match, Pending


def new_world(spec: MatchSpec, ctx: Context) -> tuple[Match, list[Event]]:
    """Set up the board and open turn 1 at once."""
    numbers = numbers_of(ctx.balance)
    match = begin_match(spec, numbers)
    board = board_view(match)
    artifact = _open_next_turn(match, ctx, numbers, opens_ms=ctx.now_ms)
    return match, [MatchBegun(board, artifact_view(artifact) if artifact else None)]


def submit_action(match: Match, intent: SubmitAction, ctx: Context) -> Iterator[Event]:
    """Keep a seat's action for the open turn; resolve the turn if it was the last one missing."""
    _refuse_unless_running(match)
    seat = match.seats[intent.seat - 1]
    if ctx.actor != (BOTS if seat.source == "bot" else seat.player_id):
        raise Rejected(NOT_A_PARTICIPANT, "This seat is not yours to play.")
    _refuse_unless_open(match, intent.turn)
    waiting = match.pending[intent.seat - 1]
    if waiting is not None:
        if waiting.action != intent.action:
            raise Rejected(ACTION_ALREADY_SUBMITTED, f"Another action for turn {intent.turn} is in already.")
        return

    pending = Pending(intent.action, intent.notes)
    match.pending = (pending, match.pending[1]) if intent.seat == 1 else (match.pending[0], pending)
    if _all_in(match) and ctx.now_ms >= match.opens_ms:
        yield from _play_turn(match, ctx)


def turn_due(match: Match, intent: TurnDue, ctx: Context) -> Iterator[Event]:
    """Resolve the open turn because its time has come."""
    _refuse_unless_running(match)
    _refuse_unless_open(match, intent.turn)
    if ctx.now_ms < _due_ms(match):
        raise Rejected(WRONG_TURN, f"Turn {intent.turn} may not resolve yet.")

    yield from _play_turn(match, ctx)


def abort_match(match: Match, intent: AbortMatch, _ctx: Context) -> Iterator[Event]:
    """Stop a running match; nobody wins."""
    _refuse_unless_running(match)

    match.status = "aborted"
    match.pending = (None, None)
    yield MatchAborted(intent.reason, match.turn)


def due(match: Match) -> Due | None:
    """Ask for the open turn to be resolved: when it opens if all actions are in, else at its deadline."""
    return None if over(match) else Due(_due_ms(match), TurnDue(match.turn + 1))


def over(match: Match) -> bool:
    """Say whether nothing more will happen in a match."""
    return match.status != "running"


def _refuse_unless_running(match: Match) -> None:
    if over(match):
        raise Rejected(SESSION_OVER, "The match is over.")


def _refuse_unless_open(match: Match, turn: int) -> None:
    if turn != match.turn + 1:
        raise Rejected(WRONG_TURN, f"Turn {match.turn + 1} is being played, not {turn}.", turn=match.turn + 1)


def _all_in(match: Match) -> bool:
    return None not in match.pending


def _due_ms(match: Match) -> int:
    return match.opens_ms if _all_in(match) else match.deadline_ms


def _open_next_turn(match: Match, ctx: Context, numbers: Numbers, opens_ms: int) -> Artifact | None:
    match.opens_ms = opens_ms
    match.deadline_ms = opens_ms + match.turn_timeout_ms
    return open_turn(match, KeyedChance(ctx.world_rng), numbers)


def _play_turn(match: Match, ctx: Context) -> Iterator[Event]:
    """Resolve the open turn with the actions that are in, and open the one after it."""
    numbers = numbers_of(ctx.balance)
    pending, match.pending = match.pending, (None, None)
    one, two = (waiting.action if waiting else None for waiting in pending)
    report = resolve_turn(match, (one, two), KeyedChance(ctx.world_rng), numbers)
    board = board_view(match)  # seen before the next turn opens: its artifact belongs to that turn
    opened = None
    if not over(match):
        opened = _open_next_turn(match, ctx, numbers, opens_ms=ctx.now_ms + match.tick_delay_ms)

    timed_out = [f"{match.wizard(seat).name} timed out" for seat in SEATS if pending[seat - 1] is None]
    lines = [*timed_out, *_noted(match, pending), *report.lines]
    yield TurnResolved(
        turn=match.turn,
        state=board,
        actions=(SeatAction(match.seats[0].player_id, one), SeatAction(match.seats[1].player_id, two)),
        events=lines,
        log_line="; ".join(timed_out or lines) or "nothing happened",
        artifact=artifact_view(report.artifact) if report.artifact else None,
        collisions=report.collisions,
        next_artifact=artifact_view(opened) if opened else None,
    )
    if over(match):
        yield _match_over(match)


def _noted(match: Match, pending: tuple[Pending | None, Pending | None]) -> Iterator[str]:
    for seat in SEATS:
        waiting = pending[seat - 1]
        for note in waiting.notes if waiting else ():
            yield f"{match.wizard(seat).name}: {note}"


def _match_over(match: Match) -> MatchOver:
    one, two = match.wizards
    fell = one.hp <= 0 or two.hp <= 0
    outcome = f"{match.wizard(match.winner).name} wins" if match.winner else "draw"
    return MatchOver(
        winner=match.seats[match.winner - 1].player_id if match.winner else None,
        winner_seat=match.winner,
        reason="hp_zero" if fell else "max_turns",
        turns=match.turn,
        damage_p1=one.damage_dealt,
        damage_p2=two.damage_dealt,
        summary=f"{outcome} after {match.turn} turns, {one.name} {one.hp} HP, {two.name} {two.hp} HP",
    )
