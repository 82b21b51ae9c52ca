"""Votes: who may call one, what counts, how they are decided, and what they change for how long."""

from typing import Any

import msgspec
import pytest

from gamefold.engine.refusal import Rejected
from gamefold.engine.ruleset import Event
from gamefold.games.tycoon.events.border import Crossed
from gamefold.games.tycoon.events.world import (
    BallotCounted,
    ParameterChanged,
    ParameterRestored,
    ProposalClosed,
    ProposalOpened,
    WorldEventBegan,
)
from gamefold.games.tycoon.intents.world import (
    DESCRIPTION_MAX,
    GUESTS_CANNOT_PROPOSE,
    PARAMETER_OUT_OF_BOUNDS,
    PARAMETER_UNKNOWN,
    PROPOSAL_INVALID,
    PROPOSAL_OPEN,
    TITLE_MAX,
    InjectEvent,
    Propose,
)
from gamefold.games.tycoon.rules.happenings import inject
from gamefold.games.tycoon.rules.market.governance import (
    PROPOSALS_KEPT,
    PROPOSALS_OPEN_MAX,
    SUBJECTS,
    count_ballot,
    hear_weights,
    propose,
)
from gamefold.games.tycoon.rules.market.world import effects, leverage_cap
from gamefold.games.tycoon.state.border import Ballot, Prize, RegionNews
from gamefold.games.tycoon.state.world import MARKET_EVENTS, OPEN, PARAMETERS, PASSED, REJECTED, Proposal

from .builders import QUIET, Played

DAY = 288  # ticks
TAX = Propose("acme", "EUROPE", "REGULATION", "A tax", "On energy.", "energy_tax_bp", 500)


def a_vote(intent: Propose = TAX, **changes: Any) -> tuple[Played, Proposal]:
    """Call a vote in a new world of 100 votes' weight, and let its tick pass."""
    played = Played(QUIET | changes)
    propose(played.world, intent, played.now())
    played.go(1)
    (proposal,) = played.world.proposals
    hear_weights(played.world, region_news(1, "EUROPE", 60))
    hear_weights(played.world, region_news(1, "ASIA", 40))
    return played, proposal


def region_news(tick: int, region: str, weight: int) -> RegionNews:
    return RegionNews(tick, region, 0, 0, 0, 0, 0, 0, 0, b"", weight)


def vote(played: Played, proposal: Proposal, **weights: int) -> list[Event]:
    """Let somebody vote with each weight: FOR=.., AGAINST=.., ABSTAIN=.."""
    return [
        event
        for choice, weight in weights.items()
        for event in count_ballot(played.world, Ballot("voter", proposal.id, choice, weight))
    ]


def outcome(**weights: int) -> ProposalClosed:
    """Call a vote, vote, wait for the deadline and give how it was decided."""
    played, proposal = a_vote()
    vote(played, proposal, **weights)
    (closed,) = [event for event in played.go(DAY) if isinstance(event, ProposalClosed)]
    assert closed.outcome == proposal.outcome
    return closed


def refused(intent: Propose, played: Played | None = None) -> str:
    """Ask for what must be refused without a change, and give the code."""
    played = played or Played(QUIET)
    before = msgspec.json.encode(played.world)
    with pytest.raises(Rejected) as refusal:
        propose(played.world, intent, played.now())
    assert msgspec.json.encode(played.world) == before
    return refusal.value.code


def changed(**changes: Any) -> Propose:
    return msgspec.structs.replace(TAX, **changes)


def test_a_vote_is_told_with_the_next_news_and_lasts_a_day_of_game_time() -> None:
    played = Played(QUIET)
    (told,) = propose(played.world, TAX, played.now())
    assert isinstance(told, ProposalOpened)
    assert (told.begins, told.deadline, told.duration_ticks) == (1, 1 + DAY, 7 * DAY)
    played.go(2)
    assert [news.proposals_begun for news in played.news] == [(told.id,), ()]


def test_voting_lasts_as_long_in_game_time_however_fast_the_game_runs() -> None:
    played = Played(QUIET | {"time_compression": 1})
    (told,) = propose(played.world, changed(duration_hours=1), played.now())
    assert isinstance(told, ProposalOpened)
    assert (told.deadline - told.begins, told.duration_ticks) == (17_280, 720)


def test_a_majority_of_enough_weight_passes() -> None:
    closed = outcome(FOR=15, AGAINST=5, ABSTAIN=1)
    assert (closed.outcome, closed.quorum_met, closed.entitled) == (PASSED, True, 100)
    assert (closed.weight_for, closed.weight_against, closed.weight_abstain) == (15, 5, 1)


def test_a_tie_rejects() -> None:
    assert outcome(FOR=30, AGAINST=30).outcome == REJECTED


def test_more_weight_against_rejects() -> None:
    assert outcome(FOR=30, AGAINST=31).outcome == REJECTED


def test_too_little_weight_rejects_whatever_was_voted() -> None:
    closed = outcome(FOR=19)
    assert (closed.outcome, closed.quorum_met) == (REJECTED, False)
    assert outcome(FOR=20).outcome == PASSED


def test_abstaining_counts_for_the_quorum_only() -> None:
    assert outcome(FOR=1, ABSTAIN=19).outcome == PASSED
    assert outcome(ABSTAIN=100).outcome == REJECTED


def test_nobody_voting_rejects_even_where_no_quorum_is_asked() -> None:
    played, _ = a_vote(vote_quorum_bp=0)
    closed = [event for event in played.go(DAY) if isinstance(event, ProposalClosed)]
    assert [event.outcome for event in closed] == [REJECTED]


def test_weights_are_those_of_the_tick_in_which_voting_began() -> None:
    played, proposal = a_vote()
    hear_weights(played.world, region_news(2, "EUROPE", 100_000))
    assert proposal.entitled == {"EUROPE": 60, "ASIA": 40}


def test_every_ballot_is_told_with_the_sums_so_far() -> None:
    played, proposal = a_vote()
    told = vote(played, proposal, FOR=3, AGAINST=2)
    assert told == [
        BallotCounted(proposal.id, "voter", "FOR", 3, 3, 0, 0),
        BallotCounted(proposal.id, "voter", "AGAINST", 2, 3, 2, 0),
    ]
    assert proposal.ballots == 2


def test_a_ballot_that_comes_late_or_for_nothing_is_ignored_and_counted() -> None:
    played, proposal = a_vote()
    played.go(DAY)
    assert vote(played, proposal, FOR=5) == []
    assert count_ballot(played.world, Ballot("voter", "proposal-nowhere", "FOR", 5)) == []
    assert played.world.ballots_ignored == 2
    assert proposal.weight_for == 0


def test_a_vote_is_decided_at_its_deadline_and_not_before() -> None:
    played, proposal = a_vote()
    played.go(DAY - 1)
    assert proposal.outcome == OPEN
    played.go(1)
    assert proposal.outcome == REJECTED
    assert played.news[-1].proposals_ended == (proposal.id,)
    assert played.news[-2].proposals_ended == ()


def test_a_tax_that_passed_is_raised_and_taken_back_when_its_time_is_up() -> None:
    played, proposal = a_vote(changed(duration_hours=2))
    vote(played, proposal, FOR=50)
    told = played.go(DAY)
    assert [event for event in told if isinstance(event, ParameterChanged)] == [
        ParameterChanged("energy_tax_bp", 500, 0, proposal.id, played.tick + 24)
    ]
    assert played.news[-1].effects.energy_tax_bp == 500
    told = played.go(24)
    assert [news.effects.energy_tax_bp for news in played.news[-25:]] == [500] * 24 + [0]
    assert [event for event in told if isinstance(event, ParameterRestored)] == [
        ParameterRestored("energy_tax_bp", 0, proposal.id)
    ]


def test_a_subsidy_and_a_cap_on_leverage_can_be_voted_for() -> None:
    played, proposal = a_vote(changed(kind="SUBSIDY", parameter="mining_subsidy_bp", value=700))
    vote(played, proposal, FOR=50)
    played.go(DAY)
    assert effects(played.world, played.now()).mining_subsidy_bp == 700

    played, proposal = a_vote(changed(parameter="leverage_cap", value=5))
    assert leverage_cap(played.world, played.now()) == 20
    vote(played, proposal, FOR=50)
    played.go(DAY)
    assert leverage_cap(played.world, played.now()) == 5


def test_a_later_vote_on_the_same_parameter_takes_the_place_of_an_earlier_one() -> None:
    played, proposal = a_vote()
    second = changed(company="bull", value=900, duration_hours=1)
    propose(played.world, second, played.now(seq=7))
    played.go(1)
    other = played.world.proposals[-1]
    hear_weights(played.world, region_news(2, "EUROPE", 60))
    vote(played, proposal, FOR=50)
    vote(played, other, FOR=50)
    told = played.go(DAY + 1)
    assert [(event.value, event.previous) for event in told if isinstance(event, ParameterChanged)] == [
        (500, 0),
        (900, 500),
    ]
    assert [change.value for change in played.world.changes] == [900]


def test_an_event_that_was_voted_for_happens() -> None:
    played, proposal = a_vote(changed(kind="EVENT", parameter="TECH_BREAKTHROUGH", value=2, duration_hours=10))
    vote(played, proposal, FOR=50)
    told = played.go(DAY)
    (began,) = [event.event for event in told if isinstance(event, WorldEventBegan)]
    assert (began.kind, began.severity, began.ends - began.begins) == ("TECH_BREAKTHROUGH", "HIGH", 120)
    assert played.news[-1].effects.hashrate_bp > 10_000


def test_an_event_that_is_there_already_does_not_happen_twice() -> None:
    played, proposal = a_vote(changed(kind="EVENT", parameter="TECH_BREAKTHROUGH", value=None))
    inject(played.world.happenings, InjectEvent("TECH_BREAKTHROUGH", "LOW", None, 0, 1_000), played.now())
    vote(played, proposal, FOR=50)
    told = played.go(DAY)
    assert proposal.outcome == PASSED
    assert len([event for event in told if isinstance(event, WorldEventBegan)]) == 1


def test_whoever_proposed_what_passed_is_praised_at_home() -> None:
    played, proposal = a_vote()
    vote(played, proposal, FOR=50)
    crossed = [event for event in played.go(DAY) if isinstance(event, Crossed)]
    [passed] = crossed
    assert (passed.to, passed.no, passed.cargo) == ("EUROPE", 1, (Prize("acme", "regulators", 5),))
    played, proposal = a_vote()
    vote(played, proposal, AGAINST=50)
    assert not any(isinstance(event, Crossed) for event in played.go(DAY))


def test_guests_call_no_votes() -> None:
    assert refused(changed(guest=True)) == GUESTS_CANNOT_PROPOSE


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "REVOLUTION"},
        {"title": ""},
        {"title": " \t "},
        {"title": "x" * (TITLE_MAX + 1)},
        {"title": "a\x00b"},
        {"title": "a\nb"},
        {"description": ""},
        {"description": "x" * (DESCRIPTION_MAX + 1)},
        {"description": "a\x1bb"},
        {"region": "ATLANTIS"},
        {"duration_hours": 0},
        {"duration_hours": -5},
        {"duration_hours": 721},
        {"duration_hours": 1 << 62},
    ],
)
def test_proposals_that_make_no_sense_are_refused(changes: dict[str, Any]) -> None:
    assert refused(changed(**changes)) == PROPOSAL_INVALID


@pytest.mark.parametrize(
    ("kind", "parameter"),
    [
        ("REGULATION", None),
        ("REGULATION", "mining_subsidy_bp"),
        ("REGULATION", "gravity"),
        ("SUBSIDY", "energy_tax_bp"),
        ("EVENT", "HALVING"),
        ("EVENT", "MARKET_SHOCK"),
        ("EVENT", "HEATWAVE"),
        ("EVENT", None),
    ],
)
def test_what_cannot_be_voted_on_is_refused(kind: str, parameter: str | None) -> None:
    assert refused(changed(kind=kind, parameter=parameter)) == PARAMETER_UNKNOWN


@pytest.mark.parametrize(
    ("kind", "parameter", "value"),
    [
        ("REGULATION", "energy_tax_bp", None),
        ("REGULATION", "energy_tax_bp", -1),
        ("REGULATION", "energy_tax_bp", 3_001),
        ("REGULATION", "leverage_cap", 1),
        ("REGULATION", "leverage_cap", 1 << 62),
        ("SUBSIDY", "mining_subsidy_bp", 2_001),
        ("EVENT", "REGULATION", 4),
        ("EVENT", "REGULATION", -1),
    ],
)
def test_values_out_of_bounds_are_refused(kind: str, parameter: str, value: int | None) -> None:
    assert refused(changed(kind=kind, parameter=parameter, value=value)) == PARAMETER_OUT_OF_BOUNDS


def test_a_company_has_one_open_proposal() -> None:
    played, _ = a_vote()
    assert refused(changed(title="Another tax"), played) == PROPOSAL_OPEN
    played.go(DAY)
    assert propose(played.world, changed(title="Another tax"), played.now())


def test_there_are_only_so_many_open_proposals() -> None:
    played = Played(QUIET)
    for number in range(PROPOSALS_OPEN_MAX):
        propose(played.world, changed(company=f"company-{number}"), played.now(seq=number))
    assert refused(changed(company="late"), played) == PROPOSAL_INVALID


def test_only_the_last_decided_proposals_are_kept() -> None:
    played = Played(QUIET | {"vote_hours": 1})
    for number in range(PROPOSALS_KEPT + 5):
        propose(played.world, changed(company=f"company-{number}"), played.now(seq=number))
    played.go(13)
    assert [one.company for one in played.world.proposals] == [f"company-{number}" for number in range(5, 55)]


def test_words_may_be_of_any_script_and_are_trimmed() -> None:
    played = Played(QUIET)
    propose(played.world, changed(title="  Für Ökostrom ⚡ ", description="Zeile\nNoch eine 电"), played.now())
    (proposal,) = played.world.proposals
    assert (proposal.title, proposal.description) == ("Für Ökostrom ⚡", "Zeile\nNoch eine 电")


def test_what_can_be_voted_on_exists() -> None:
    assert sorted(SUBJECTS["REGULATION"] + SUBJECTS["SUBSIDY"]) == sorted(PARAMETERS)
    assert set(SUBJECTS["EVENT"]) < set(MARKET_EVENTS)
