"""Who asks, and whose company it is: the dependency of all routes of players, and what is shown of a company."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from gamefold.engine.refusal import Rejected
from gamefold.games.tycoon import tables
from gamefold.games.tycoon.intents.region import COMPANY_NOT_FOUND
from gamefold.games.tycoon.routes.amounts import terahash
from gamefold.games.tycoon.routes.answers.company import OtherPlayerShown, PlayerShown
from gamefold.games.tycoon.routes.described import INSIDE
from gamefold.games.tycoon.routes.desk import Desk
from gamefold.games.tycoon.routes.envelope import shown, stamp
from gamefold.games.tycoon.routes.shapes import shape
from gamefold.games.tycoon.state.progress_views import reputation
from gamefold.games.tycoon.tables import Home
from gamefold.platform.accounts.players import CurrentPlayer, Player
from gamefold.platform.accounts.users import User
from gamefold.storage.columns import milliseconds


@dataclass(frozen=True, slots=True)
class Owner:
    """A player with their company."""

    player: Player
    home: Home


async def current_owner(request: Request, player: CurrentPlayer) -> Owner:
    """Give whoever asks, with their company. Refused 401 UNAUTHORIZED."""
    request.state.player = player
    desk: Desk = request.state.desk
    return Owner(player, await desk.home_of(player))


CurrentOwner = Annotated[Owner, Depends(current_owner)]


def user_shown(user: User) -> dict[str, Any]:
    """Give a person as they see themselves."""
    return {
        "id": user.id,
        "email": user.email,
        "username": user.username,
        "guest": user.is_guest,
        "createdAt": stamp(milliseconds(user.created_at)),
    }


async def company_shown(desk: Desk, home: Home) -> dict[str, Any]:
    """Give a company as its owner sees it."""
    scores, guest, founded = await desk.view(
        home,
        lambda region, row, _balance: (
            reputation(region, row),
            region.companies[row].guest,
            region.companies[row].founded,
        ),
    )
    funds = (await desk.funds([home]))[home.company_id]
    return {
        "id": home.company_id,
        "ownerId": home.owner_id,
        "regions": [home.region, *funds.home.branches],
        "name": home.name,
        "region": home.region,
        "season": home.season,
        "guest": guest,
        "foundedTick": founded,
        "reputation": shape(scores),
        "balances": funds.shown(),
    }


async def public_shown(desk: Desk, company_id: str) -> dict[str, Any]:
    """Give a company as everybody sees it. Rejected COMPANY_NOT_FOUND."""
    home = await desk.database.read(lambda connection: tables.home_of_company(connection, company_id))
    if home is None:
        raise Rejected(COMPANY_NOT_FOUND, "There is no such company.")
    scores, hashrate = await desk.view(
        home,
        lambda region, row, _balance: (
            reputation(region, row),
            int(region.ledger["hash"][row] + region.ledger["away"][row]),
        ),
        own=False,
    )
    return {
        "id": home.company_id,
        "ownerId": home.owner_id,
        "name": home.name,
        "region": home.region,
        "season": home.season,
        "reputation": shape(scores),
        "hashrate": terahash(hashrate),
    }


def build(router: APIRouter, desk: Desk) -> None:
    """Add the routes of companies."""

    @router.get("/player/{player_id}", **INSIDE.read("A company", PlayerShown | OtherPlayerShown, COMPANY_NOT_FOUND))
    async def player(player_id: str, request: Request, asking: CurrentPlayer) -> Response:
        request.state.player = asking
        home = await desk.home_of(asking)
        if player_id in ("me", asking.id, home.company_id):
            user = await desk.platform.accounts.user(asking.id)
            return shown({"user": user_shown(user), "company": await company_shown(desk, home)})
        found = await desk.database.read(lambda connection: tables.home_of(connection, home.season, player_id))
        company_id = player_id if found is None else found.company_id
        return shown({"company": await public_shown(desk, company_id)})
