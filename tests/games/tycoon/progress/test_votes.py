"""Votes at home: weights fixed at the start, one vote a company, none for guests."""

import pytest

from gamefold.games.tycoon.events.border import Crossed
from gamefold.games.tycoon.events.progress import VoteCast
from gamefold.games.tycoon.intents.progress import (
    ALREADY_VOTED,
    CHOICE_INVALID,
    GUESTS_CANNOT_VOTE,
    NOT_ENTITLED,
    PROPOSAL_NOT_FOUND,
    VOTING_CLOSED,
    CastVote,
)
from gamefold.games.tycoon.rules.progress import on_company_upgraded, on_prize, voting_weight
from gamefold.games.tycoon.state.border import MARKET, Ballot, Prize
from gamefold.games.tycoon.state.progress_views import vote_weight, votes

from .homes import Home, only

P = "proposal-9-0"


def test_a_vote_goes_to_the_market_with_its_weight() -> None:
    home = Home()
    home.tick(begun=(P,))
    told = home.do(CastVote("c0", P, "FOR"))
    assert only(told, VoteCast) == [VoteCast("c0", P, "FOR", 6)]  # floor(50 / 10) + 1
    assert only(told, Crossed) == [Crossed(MARKET, 1, (Ballot("c0", P, "FOR", 6),))]
    assert votes(home.region, 0) == {P: "FOR"}


@pytest.mark.parametrize(("points", "weight"), [(0, 6), (39, 6), (40, 7), (-1, 5), (-50, 3)])
def test_weight_is_a_tenth_of_the_mean_reputation_and_one(points: int, weight: int) -> None:
    home = Home()
    for name in ("miners", "traders") if points == -50 else ("miners",):
        home.tell(on_prize, 0, Prize("c0", name, points))
    home.tick(begun=(P,))
    assert vote_weight(home.region, 0, P) == weight


def test_weights_are_those_of_when_voting_began() -> None:
    home = Home()
    home.tick(begun=(P,))
    for name in ("miners", "traders", "regulators"):
        home.tell(on_prize, 0, Prize("c0", name, 50))
    home.tick(begun=("another",))
    assert only(home.do(CastVote("c0", P, "AGAINST")), VoteCast)[0].weight == 6
    assert only(home.do(CastVote("c0", "another", "AGAINST")), VoteCast)[0].weight == 9


@pytest.mark.parametrize("choice", ["FOR", "AGAINST", "ABSTAIN"])
def test_a_second_vote_is_refused_whatever_it_says(choice: str) -> None:
    home = Home()
    home.tick(begun=(P,))
    home.do(CastVote("c0", P, "FOR"))
    assert home.refused(CastVote("c0", P, choice)) == ALREADY_VOTED


def test_a_vote_on_another_proposal_does_not_free_the_first() -> None:
    home = Home()
    home.tick(begun=(P, "another"))
    home.do(CastVote("c0", P, "FOR"))
    home.do(CastVote("c0", "another", "FOR"))
    assert home.refused(CastVote("c0", P, "FOR")) == ALREADY_VOTED


def test_guests_cannot_vote_nor_can_those_who_were_guests_when_voting_began() -> None:
    home = Home(2, guests=[1])
    home.tick(begun=(P,))
    assert home.refused(CastVote("c1", P, "FOR")) == GUESTS_CANNOT_VOTE
    home.region.companies[1].guest = False
    on_company_upgraded(home.region, 1)
    home.region.touched(1)
    assert home.refused(CastVote("c1", P, "FOR")) == NOT_ENTITLED
    home.tick(begun=("another",))
    assert home.do(CastVote("c1", "another", "FOR"))


def test_companies_founded_later_have_no_vote() -> None:
    home = Home()
    home.tick(begun=(P,))
    late = home.open()
    assert home.refused(CastVote(late, P, "FOR")) == NOT_ENTITLED


def test_voting_ends_when_the_market_says_so() -> None:
    home = Home()
    assert home.refused(CastVote("c0", P, "FOR")) == PROPOSAL_NOT_FOUND
    home.tick(begun=(P,))
    home.tick(ended=(P,))
    assert home.refused(CastVote("c0", P, "FOR")) == VOTING_CLOSED
    assert home.region.book.votings == {}


def test_what_is_voted_is_forgotten_once_voting_is_over() -> None:
    home = Home()
    home.tick(begun=(P,))
    home.do(CastVote("c0", P, "FOR"))
    home.tick(begun=("another",), ended=(P,))
    home.do(CastVote("c0", "another", "FOR"))
    assert home.progress().votes == {"another": "FOR"}


def test_other_choices_are_refused() -> None:
    home = Home()
    home.tick(begun=(P,))
    assert home.refused(CastVote("c0", P, "for")) == CHOICE_INVALID


def test_the_weight_of_all_counts_accounts_only() -> None:
    assert voting_weight(Home(3, guests=[1]).region) == 12
