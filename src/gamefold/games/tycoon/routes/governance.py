"""Proposals and votes."""

import asyncio
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from gamefold.engine.refusal import Rejected
from gamefold.games.tycoon.events.world import ProposalOpened
from gamefold.games.tycoon.intents.progress import (
    ALREADY_VOTED,
    CHOICE_INVALID,
    GUESTS_CANNOT_VOTE,
    NOT_ENTITLED,
    PROPOSAL_NOT_FOUND,
    VOTING_CLOSED,
    CastVote,
)
from gamefold.games.tycoon.intents.world import (
    DESCRIPTION_MAX,
    GUESTS_CANNOT_PROPOSE,
    PARAMETER_OUT_OF_BOUNDS,
    PARAMETER_UNKNOWN,
    PROPOSAL_INVALID,
    PROPOSAL_OPEN,
    TITLE_MAX,
    Propose,
)
from gamefold.games.tycoon.routes.answers.progress import ProposalShown, ProposalsShown, VotedShown
from gamefold.games.tycoon.routes.bounds import bounds
from gamefold.games.tycoon.routes.described import INSIDE
from gamefold.games.tycoon.routes.desk import Desk
from gamefold.games.tycoon.routes.envelope import Asked, shown
from gamefold.games.tycoon.routes.player import CurrentOwner
from gamefold.games.tycoon.routes.shapes import shape
from gamefold.games.tycoon.routes.statuses import VOTING_NOT_BEGUN
from gamefold.games.tycoon.state import progress_views as views
from gamefold.games.tycoon.state.units import TICK_S
from gamefold.games.tycoon.state.world import Proposal, proposal_of
from gamefold.games.tycoon.tables import Home
from gamefold.web.bodies import Text
from gamefold.web.idempotency import request_entropy

LOOK_S: Final = 0.1
BEGINS_WITHIN_S: Final = TICK_S + 1.0

Number = Annotated[int, Field(ge=-(2**53), le=2**53)]


class ProposeBody(Asked):
    """What shall be decided. Bounds are the world's."""

    type: Annotated[Text, Field(max_length=40), bounds(enum=["SUBSIDY", "REGULATION", "EVENT"])]
    title: Annotated[Text, Field(max_length=500), bounds(minLength=1, maxLength=TITLE_MAX)]
    description: Annotated[Text, Field(max_length=10_000), bounds(minLength=1, maxLength=DESCRIPTION_MAX)]
    parameter: Annotated[Text | None, Field(max_length=64)] = None
    value: Number | None = None
    duration_hours: Annotated[Number, bounds("Hours of game time.", minimum=1)] | None = None


class VoteBody(Asked):
    """One vote; it cannot be changed."""

    proposal_id: Annotated[Text, Field(max_length=64)]
    choice: Annotated[Text, Field(max_length=40), bounds(enum=["FOR", "AGAINST", "ABSTAIN"])]


def build(router: APIRouter, desk: Desk) -> None:
    """Add the routes of governance."""

    @router.get("/governance/proposals", **INSIDE.read("Proposals, with the own votes", ProposalsShown))
    async def proposals(owner: CurrentOwner) -> Response:
        # Copies: what a world gives out changes no more once it is out.
        found = await desk.market(lambda market: [msgspec.structs.replace(one) for one in market.world.proposals])
        votes, weights = await desk.view(
            owner.home,
            lambda region, row, _balance: (
                views.votes(region, row),
                {one.id: views.vote_weight(region, row, one.id) for one in found},
            ),
        )
        return shown(
            {
                "proposals": [
                    {**proposal_shown(one), "myVote": votes.get(one.id), "myWeight": weights[one.id]}
                    for one in reversed(found)
                ]
            }
        )

    @router.post(
        "/governance/propose",
        **INSIDE.write(
            "Call a vote",
            ProposalShown,
            GUESTS_CANNOT_PROPOSE,
            PROPOSAL_INVALID,
            PARAMETER_UNKNOWN,
            PARAMETER_OUT_OF_BOUNDS,
            PROPOSAL_OPEN,
            status=201,
        ),
    )
    async def propose(body: ProposeBody, owner: CurrentOwner, request: Request) -> Response:
        intent = Propose(
            owner.home.company_id,
            owner.home.region,
            body.type,
            body.title,
            body.description,
            body.parameter,
            body.value,
            body.duration_hours,
            owner.player.is_guest,
        )
        ack = await desk.ask_market(owner.home, intent, request_entropy(request))
        opened = next(event for event in ack.events if isinstance(event, ProposalOpened))
        one = await desk.market(lambda market: _copy(proposal_of(market.world, opened.id)))
        return shown(shape(opened) if one is None else proposal_shown(one), 201)

    async def begins(home: Home, tick: int) -> None:
        """Wait until a home has heard that voting began: with the next tick after it was called.

        Refused VOTING_NOT_BEGUN where that takes too long.
        """
        for _ in range(round(BEGINS_WITHIN_S / LOOK_S)):
            if await desk.region(home.season, home.region, lambda region, _balance: region.tick) >= tick:
                return
            await asyncio.sleep(LOOK_S)
        raise Rejected(VOTING_NOT_BEGUN, f"Voting begins with tick {tick}.")

    @router.post(
        "/governance/vote",
        **INSIDE.write(
            "Vote, once",
            VotedShown,
            GUESTS_CANNOT_VOTE,
            PROPOSAL_NOT_FOUND,
            CHOICE_INVALID,
            VOTING_NOT_BEGUN,
            VOTING_CLOSED,
            NOT_ENTITLED,
            ALREADY_VOTED,
        ),
    )
    async def vote(body: VoteBody, owner: CurrentOwner, request: Request) -> Response:
        if owner.player.is_guest:
            raise Rejected(GUESTS_CANNOT_VOTE, "Guests have no vote.")
        proposal = await desk.market(lambda market: _copy(proposal_of(market.world, body.proposal_id)))
        if proposal is None:
            raise Rejected(PROPOSAL_NOT_FOUND, "There is no such proposal.")
        await begins(owner.home, proposal.begins)
        intent = CastVote(owner.home.company_id, body.proposal_id, body.choice)
        await desk.submit(owner.home, intent, request_entropy(request))
        return shown({"proposalId": body.proposal_id, "choice": body.choice})


def proposal_shown(one: Proposal) -> dict[str, Any]:
    """Give a proposal with its votes so far."""
    without = frozenset({"company", "entitled", "weight_for", "weight_against", "weight_abstain"})
    return {
        **shape(one, without=without),
        "companyId": one.company,
        "votes": {"for": one.weight_for, "against": one.weight_against, "abstain": one.weight_abstain},
        "entitledWeight": sum(one.entitled.values()),
    }


def _copy(one: Proposal | None) -> Proposal | None:
    return None if one is None else msgspec.structs.replace(one)
