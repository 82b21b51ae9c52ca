"""Research, patents, quests, standing orders."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from gamefold.games.tycoon.intents.progress import (
    AUTOMATION_LOCKED,
    FEE_CHANGED,
    FEE_OUT_OF_BOUNDS,
    KEEP_INVALID,
    LICENSE_HELD,
    NODE_NOT_FOUND,
    NOT_PATENT_HOLDER,
    PATENT_HELD,
    PATENT_NOT_FOUND,
    POINTS_INVALID,
    PROTOTYPE_NONE,
    PROTOTYPE_WORKS,
    QUEST_ALREADY_CLAIMED,
    QUEST_NOT_COMPLETED,
    QUEST_NOT_FOUND,
    RESEARCH_BUSY,
    RESEARCH_DONE,
    RESEARCH_LOCKED,
    RESEARCH_NOT_DONE,
    BuildPrototype,
    ClaimQuest,
    LicensePatent,
    OfferLicense,
    SetStandingOrders,
    StartResearch,
)
from gamefold.games.tycoon.intents.region import INSUFFICIENT_FUNDS
from gamefold.games.tycoon.routes.amounts import Amount, read
from gamefold.games.tycoon.routes.answers.progress import PatentsShown, QuestsShown, StandingOrdersShown, TreeShown
from gamefold.games.tycoon.routes.bounds import bounds
from gamefold.games.tycoon.routes.described import INSIDE
from gamefold.games.tycoon.routes.desk import Desk
from gamefold.games.tycoon.routes.envelope import Asked, shown
from gamefold.games.tycoon.routes.player import CurrentOwner, Owner
from gamefold.games.tycoon.routes.shapes import shape
from gamefold.games.tycoon.state import progress_views as views
from gamefold.games.tycoon.state.units import MICRO, SAT
from gamefold.web.bodies import Text
from gamefold.web.idempotency import request_entropy

NodeId = Annotated[Text, Field(max_length=64, examples=["MINING_EFFICIENCY_1"])]
Points = Annotated[int, Field(ge=-(2**31), le=2**31 - 1), bounds("Research points.", minimum=0)]


class StartBody(Asked):
    """A node to research; research points lower its price."""

    node_id: NodeId
    points: Points = 0


class NodeBody(Asked):
    """A node."""

    node_id: NodeId


class LicenseBody(NodeBody):
    """Another company's patent. `feeMost` is the most the license may cost, in USD."""

    fee_most: Amount | None = None


class OfferBody(NodeBody):
    """What a license of the own patent costs, in USD."""

    fee: Amount


class StandingBody(Asked):
    """What happens by itself: repairs, and selling BTC above `keepBtc`."""

    auto_repair: bool = False
    auto_sell: bool = False
    keep_btc: Amount = 0


def build(router: APIRouter, desk: Desk) -> None:
    """Add the routes of progress."""

    async def tree(owner: Owner) -> Response:
        nodes, points = await desk.view(
            owner.home,
            lambda region, row, balance: (
                views.research_tree(region, row, balance),
                region.companies[row].progress.points,
            ),
        )
        return shown({"points": points, "nodes": [_node(node) for node in nodes]})

    @router.get("/research/tree", **INSIDE.read("The research tree", TreeShown))
    async def research_tree(owner: CurrentOwner) -> Response:
        return await tree(owner)

    @router.post(
        "/research/start",
        **INSIDE.write(
            "Begin to research a node",
            TreeShown,
            NODE_NOT_FOUND,
            RESEARCH_DONE,
            RESEARCH_BUSY,
            RESEARCH_LOCKED,
            POINTS_INVALID,
            INSUFFICIENT_FUNDS,
        ),
    )
    async def start(body: StartBody, owner: CurrentOwner, request: Request) -> Response:
        intent = StartResearch(owner.home.company_id, body.node_id, body.points)
        await desk.submit(owner.home, intent, request_entropy(request))
        return await tree(owner)

    @router.post(
        "/research/prototype",
        **INSIDE.write(
            "Try a prototype again",
            TreeShown,
            NODE_NOT_FOUND,
            PROTOTYPE_NONE,
            RESEARCH_NOT_DONE,
            PROTOTYPE_WORKS,
            INSUFFICIENT_FUNDS,
        ),
    )
    async def prototype(body: NodeBody, owner: CurrentOwner, request: Request) -> Response:
        await desk.submit(owner.home, BuildPrototype(owner.home.company_id, body.node_id), request_entropy(request))
        return await tree(owner)

    @router.post(
        "/research/license",
        **INSIDE.write(
            "License another company's patent",
            TreeShown,
            NODE_NOT_FOUND,
            PATENT_NOT_FOUND,
            PATENT_HELD,
            LICENSE_HELD,
            FEE_CHANGED,
            FEE_OUT_OF_BOUNDS,
            INSUFFICIENT_FUNDS,
        ),
    )
    async def license_patent(body: LicenseBody, owner: CurrentOwner, request: Request) -> Response:
        most = None if body.fee_most is None else read(body.fee_most, MICRO, FEE_OUT_OF_BOUNDS, "fee")
        intent = LicensePatent(owner.home.company_id, body.node_id, most)
        await desk.submit(owner.home, intent, request_entropy(request))
        return await tree(owner)

    @router.post(
        "/research/offer",
        **INSIDE.write(
            "Say what a license of the own patent costs",
            TreeShown,
            NODE_NOT_FOUND,
            PATENT_NOT_FOUND,
            NOT_PATENT_HOLDER,
            FEE_OUT_OF_BOUNDS,
        ),
    )
    async def offer(body: OfferBody, owner: CurrentOwner, request: Request) -> Response:
        fee = read(body.fee, MICRO, FEE_OUT_OF_BOUNDS, "fee")
        await desk.submit(owner.home, OfferLicense(owner.home.company_id, body.node_id, fee), request_entropy(request))
        return await tree(owner)

    @router.get("/research/patents", **INSIDE.read("The patents that stand in the region", PatentsShown))
    async def patents(owner: CurrentOwner) -> Response:
        found = await desk.view(owner.home, lambda region, row, _balance: views.patents(region, row))
        return shown({"patents": shape(found)})

    async def quest_list(owner: Owner) -> Response:
        found = await desk.view(owner.home, views.quests)
        return shown({"quests": [{"id": quest.quest, **shape(quest, without=frozenset({"quest"}))} for quest in found]})

    @router.get("/quests", **INSIDE.read("All quests", QuestsShown))
    async def quests(owner: CurrentOwner) -> Response:
        return await quest_list(owner)

    @router.post(
        "/quests/{quest_id}/claim",
        **INSIDE.write(
            "Take the reward of a quest",
            QuestsShown,
            QUEST_NOT_FOUND,
            QUEST_NOT_COMPLETED,
            QUEST_ALREADY_CLAIMED,
            body=False,
        ),
    )
    async def claim(quest_id: str, owner: CurrentOwner, request: Request) -> Response:
        await desk.submit(owner.home, ClaimQuest(owner.home.company_id, quest_id), request_entropy(request))
        return await quest_list(owner)

    async def standing(owner: Owner) -> Response:
        found = await desk.view(owner.home, lambda region, row, _balance: views.standing_orders(region, row))
        return shown(shape(found))

    @router.get("/standing-orders", **INSIDE.read("What happens by itself", StandingOrdersShown))
    async def standing_orders(owner: CurrentOwner) -> Response:
        return await standing(owner)

    @router.post(
        "/standing-orders",
        **INSIDE.write("Say what happens by itself", StandingOrdersShown, AUTOMATION_LOCKED, KEEP_INVALID),
    )
    async def set_standing_orders(body: StandingBody, owner: CurrentOwner, request: Request) -> Response:
        keep = 0 if body.keep_btc in (0, "0") else read(body.keep_btc, SAT, KEEP_INVALID, "amount")
        intent = SetStandingOrders(owner.home.company_id, body.auto_repair, body.auto_sell, keep)
        await desk.submit(owner.home, intent, request_entropy(request))
        return await standing(owner)


def _node(node: views.NodeView) -> dict[str, object]:
    """Give a node. Its level is 1 once it has its effect, as in the table `research`."""
    return {**shape(node, without=frozenset({"in_effect"})), "level": int(node.in_effect)}
