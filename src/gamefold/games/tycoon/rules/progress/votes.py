"""Votes at home: how much each company's vote weighs, and sending it to the market world, which counts."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gamefold.engine.refusal import Rejected
from gamefold.engine.ruleset import Context, Event
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
from gamefold.games.tycoon.rules.border import send
from gamefold.games.tycoon.rules.progress.reputation import VOTED, deed
from gamefold.games.tycoon.rules.purse import home_row
from gamefold.games.tycoon.state.border import MARKET, Ballot, MarketNews
from gamefold.games.tycoon.state.progress import REPUTATIONS, Voting
from gamefold.games.tycoon.state.region import Region

CHOICES: Final = ("FOR", "AGAINST", "ABSTAIN")
CLOSED_KEPT: Final = 64  # proposals of which is known that their voting is over


def weights_of(region: Region) -> NDArray[Any]:
    """Give each company's weight now, by row: mean reputation / 10, rounded down, + 1. A guest's is 0."""
    standings = region.standings
    total = np.zeros(len(standings), np.int64)
    for reputation in REPUTATIONS:
        total += standings[reputation]
    return (total // (10 * len(REPUTATIONS)) + 1) * standings["voter"]


def voting_weight(region: Region) -> int:
    """Give the weight of all who would have a vote if voting began now."""
    return int(weights_of(region).sum())


def hear_proposals(region: Region, news: MarketNews) -> None:
    """Fix the weights for votings that begin, and close those that are over."""
    book = region.book
    for proposal in news.proposals_begun:
        book.votings[proposal] = Voting(news.tick, weights_of(region).astype(np.uint8).tobytes())
    for proposal in news.proposals_ended:
        book.votings.pop(proposal, None)
        book.votings_closed = [*book.votings_closed, proposal][-CLOSED_KEPT:]


def cast_vote(region: Region, intent: CastVote, ctx: Context) -> Iterator[Event]:
    """Send a company's vote to the market world, once."""
    row = home_row(region, intent.company)
    company, votings = region.companies[row], region.book.votings
    if intent.choice not in CHOICES:
        raise Rejected(CHOICE_INVALID, f"Vote {', '.join(CHOICES)}.")
    voting = votings.get(intent.proposal)
    if voting is None and intent.proposal in region.book.votings_closed:
        raise Rejected(VOTING_CLOSED, "Voting on this proposal is over.")
    if voting is None:
        raise Rejected(PROPOSAL_NOT_FOUND, "There is no such proposal.")
    if company.guest:
        raise Rejected(GUESTS_CANNOT_VOTE, "Guests have no vote.")
    if row >= len(voting.weights) or voting.weights[row] == 0:
        raise Rejected(NOT_ENTITLED, "Only accounts that had a company when voting began may vote.")
    if intent.proposal in company.progress.votes:
        raise Rejected(ALREADY_VOTED, "You have voted on this proposal.")

    weight = voting.weights[row]
    open_votes = {name: choice for name, choice in company.progress.votes.items() if name in votings}
    company.progress.votes = {**open_votes, intent.proposal: intent.choice}
    region.touched(row)
    yield VoteCast(intent.company, intent.proposal, intent.choice, weight)
    yield send(region.border, MARKET, [Ballot(intent.company, intent.proposal, intent.choice, weight)])
    yield from deed(region, row, VOTED, ctx)
