"""How the golden journals are played. Run this file as a module to record those that are not there yet:

    uv run python -m tests.golden.scripts

What is recorded stays: it is how released rules played. New rules get new files.
"""

from collections.abc import Mapping
from pathlib import Path

from gamefold.engine.rng import Rng
from gamefold.engine.ruleset import Rejected, Ruleset
from gamefold.games.spellcasters.intents import BOTS, AbortMatch, MatchSpec, SeatSpec, SubmitAction, read_action
from gamefold.games.spellcasters.reactors.bots import BUILTIN_BOTS
from gamefold.games.spellcasters.rules import RULESET as SPELLCASTERS
from gamefold.games.spellcasters.rules import view_for
from gamefold.games.spellcasters.state import SEATS, Action, SpellCast
from gamefold.games.tycoon.intents.market import MarketSpec
from gamefold.games.tycoon.intents.region import RegionSpec
from gamefold.games.tycoon.rules import MARKET_RULESET, REGION_RULESET
from gamefold.testkit.golden import Script, record
from gamefold.testkit.play import Rehearsal
from gamefold.testkit.toys import CLOCKWORK, LEDGER, PURSE
from gamefold.testkit.toys.clockwork import ClockworkSpec, SetAlarm, StopClock
from gamefold.testkit.toys.ledger import CloseLedger, Deposit, Gamble, LedgerSpec, Transfer
from gamefold.testkit.toys.purse import HOUR_MS, Earn, PurseSpec, Spend

from . import tycoon

FOLDER = Path(__file__).parent / "journals"

RULESETS: Mapping[str, Ruleset] = {
    ruleset.name: ruleset for ruleset in (LEDGER, CLOCKWORK, PURSE, SPELLCASTERS, MARKET_RULESET, REGION_RULESET)
}


def ledger(rehearsal: Rehearsal) -> None:
    rng = Rng(bytes(32), "golden ledger")
    for _ in range(60):
        actor = f"p{rng.below(4)}"
        intent = rng.choice([Deposit(1 + rng.below(20)), Transfer(f"p{rng.below(4)}", 3), Gamble(2)])
        rehearsal.wait(rng.below(5_000))
        try:
            rehearsal.submit(actor, intent, request=f"r{len(rehearsal.played)}")
        except Rejected:
            continue
    rehearsal.submit("p0", CloseLedger())


def clockwork(rehearsal: Rehearsal) -> None:
    for number in range(6):
        rehearsal.submit("anna", SetAlarm(f"alarm {number}", 700 * number))
        rehearsal.wait(1_900)
    rehearsal.submit("anna", StopClock())


def purse(rehearsal: Rehearsal) -> None:
    rehearsal.submit("anna", Earn(30))
    rehearsal.wait(5 * HOUR_MS)
    rehearsal.submit("anna", Spend(50))
    rehearsal.wait(HOUR_MS // 2)
    rehearsal.submit("anna", Earn(1))


def bots(rehearsal: Rehearsal) -> None:
    """Let the built-in bots play to the end."""
    playing = {seat: BUILTIN_BOTS[rehearsal.state.seats[seat - 1].bot]() for seat in SEATS}
    while rehearsal.state.status == "running":
        turn = rehearsal.state.turn + 1
        answers = {seat: playing[seat].decide(view_for(rehearsal.state, seat)) for seat in SEATS}
        for seat, answer in answers.items():
            action, notes = read_action(answer)
            rehearsal.submit(BOTS, SubmitAction(seat, turn, action, notes))
        rehearsal.wait(rehearsal.state.tick_delay_ms)


def aborted(rehearsal: Rehearsal) -> None:
    rehearsal.submit("p-1", SubmitAction(1, 1, Action((1, 0))))
    rehearsal.submit("p-2", SubmitAction(2, 1, Action((-1, 0), SpellCast("shield"))))
    rehearsal.submit("p-1", SubmitAction(1, 2, Action((0, 1), SpellCast("summon"))))
    rehearsal.wait(100)
    rehearsal.submit("operator", AbortMatch("the hall closes"))


def time_outs(rehearsal: Rehearsal) -> None:
    """Only one of two players plays, then none."""
    for turn in range(1, 9):
        rehearsal.submit("p-1", SubmitAction(1, turn, Action((1, 1), SpellCast("fireball", (5, 5)))))
        rehearsal.wait(3_000)
    rehearsal.wait(20 * 3_000)


def seat(number: int, bot: str | None = None) -> SeatSpec:
    return SeatSpec(f"p-{number}", bot or f"Player {number}", "bot" if bot else "http", bot)


def match(one: SeatSpec, two: SeatSpec, *, tick_delay_ms: int = 0, turns_max: int = 100) -> MatchSpec:
    return MatchSpec(one, two, tick_delay_ms=tick_delay_ms, turn_timeout_ms=3_000, turns_max=turns_max)


SAMPLE, TACTICAL = "sample_bot_1", "tactical_bot"

SCRIPTS: Mapping[str, tuple[Ruleset, Script]] = {
    "ledger-1-a-closed-book": (LEDGER, Script(LedgerSpec("golden"), ledger)),
    "clockwork-1-ticks-and-alarms": (CLOCKWORK, Script(ClockworkSpec(), clockwork)),
    "purse-1-allowances": (PURSE, Script(PurseSpec(coins=10), purse)),
    "spellcasters-1-sample-against-tactical": (SPELLCASTERS, Script(match(seat(1, SAMPLE), seat(2, TACTICAL)), bots)),
    "spellcasters-1-tactical-against-itself": (
        SPELLCASTERS,
        Script(match(seat(1, TACTICAL), seat(2, TACTICAL), tick_delay_ms=500), bots, seed=bytes(reversed(range(32)))),
    ),
    "spellcasters-1-aborted": (SPELLCASTERS, Script(match(seat(1), seat(2)), aborted)),
    "spellcasters-1-time-outs": (SPELLCASTERS, Script(match(seat(1), seat(2), turns_max=20), time_outs)),
    "tycoon-market-1-an-expiry": (MARKET_RULESET, Script(MarketSpec(1), tycoon.market)),
    "tycoon-region-1-three-companies": (REGION_RULESET, Script(RegionSpec(1, "EUROPE"), tycoon.region)),
}


if __name__ == "__main__":
    for name, (ruleset, script) in SCRIPTS.items():
        path = FOLDER / f"{name}.jsonl"
        if not path.exists():
            record(ruleset, script, path)
