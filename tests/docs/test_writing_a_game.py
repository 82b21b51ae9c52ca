"""The example game runs as its page says: rehearsed, on a host, and through a crash."""

import pytest

from gamefold.engine import history
from gamefold.engine.ruleset import Rejected
from gamefold.testkit.hosted import hosted
from gamefold.testkit.play import Rehearsal

from .race_game import race


def test_a_runner_rests_between_two_rolls() -> None:
    rehearsal = Rehearsal(race.RACE, race.RaceSpec(lasts_ms=60_000))
    [rolled] = rehearsal.submit("ada", race.Roll())
    assert 1 <= rolled.pips <= 6

    assert rehearsal.refused("ada", race.Roll()).code == race.TOO_SOON
    rehearsal.wait(5_000)
    [again] = rehearsal.submit("ada", race.Roll())
    assert again.total == rolled.pips + again.pips


def test_the_clock_ends_the_race_and_names_the_winner() -> None:
    rehearsal = Rehearsal(race.RACE, race.RaceSpec(lasts_ms=60_000))
    rehearsal.submit("ada", race.Roll())
    assert rehearsal.wait(60_000) == (race.RaceOver("ada"),)
    assert rehearsal.refused("ada", race.Roll()).code == race.RACE_OVER


def test_a_race_that_nobody_runs_has_no_winner() -> None:
    rehearsal = Rehearsal(race.RACE, race.RaceSpec(lasts_ms=60_000))
    assert rehearsal.wait(60_000) == (race.RaceOver(None),)


async def test_a_race_goes_on_after_a_crash() -> None:
    async with hosted(race.RACE) as house:
        await house.host.ensure("race/1", race.RaceSpec(lasts_ms=60_000))
        ack = await house.host.submit("race/1", "ada", race.Roll())
        await house.crash()

        host = await house.reopen()
        total = await host.query("race/1", lambda state: state.runners["ada"].total)
        assert [total] == [event.total for event in ack.events]

        await house.clock.elapse(60_000)
        told = [record.event async for record in host.history("race/1")]
        assert told[-1] == race.RaceOver("ada")
        assert (await history.verify(house.journal, house.rulesets, "race/1")).holds


async def test_a_refused_intent_leaves_no_trace() -> None:
    async with hosted(race.RACE) as house:
        await house.host.ensure("race/1", race.RaceSpec(lasts_ms=60_000))
        await house.host.submit("race/1", "ada", race.Roll())
        with pytest.raises(Rejected) as refusal:
            await house.host.submit("race/1", "ada", race.Roll())
        assert refusal.value.code == race.TOO_SOON
        verdict = await history.verify(house.journal, house.rulesets, "race/1")
        assert verdict.entries == 2
