"""Come in, stay in, go out. Guests play at once, and become accounts when they like; their company stays."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import Field
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from gamefold.engine.host import WorldUnavailable
from gamefold.engine.refusal import Rejected
from gamefold.games.tycoon import tables
from gamefold.games.tycoon.intents.region import COMPANY_NOT_GUEST, NAME_INVALID, UpgradeCompany
from gamefold.games.tycoon.routes.answers.company import AdmittedShown
from gamefold.games.tycoon.routes.described import DOORS, INSIDE
from gamefold.games.tycoon.routes.desk import DEFAULT_REGION, Desk
from gamefold.games.tycoon.routes.envelope import Asked, shown
from gamefold.games.tycoon.routes.player import company_shown, user_shown
from gamefold.games.tycoon.state.worlds import world_of
from gamefold.games.tycoon.tables import Home
from gamefold.platform.accounts.players import Audience, CurrentPlayer, no_store
from gamefold.platform.accounts.service import Also
from gamefold.platform.accounts.sessions import Grant
from gamefold.platform.accounts.users import User
from gamefold.platform.limits import address_of, rate_limited
from gamefold.platform.refusals import (
    ACCOUNT_DISABLED,
    EMAIL_INVALID,
    EMAIL_TAKEN,
    INVALID_CREDENTIALS,
    NOT_A_GUEST,
    PASSWORD_TOO_LONG,
    PASSWORD_TOO_WEAK,
    TOKEN_INVALID,
    TOKEN_REUSED,
    UNAUTHORIZED,
    USERNAME_INVALID,
    USERNAME_TAKEN,
)
from gamefold.web.bodies import Text
from gamefold.web.errors import Refused
from gamefold.web.idempotency import request_entropy
from gamefold.web.route import StrictRoute

Region = Literal["US_WEST", "US_EAST", "EUROPE", "ASIA", "SOUTH_AMERICA"]
Email = Annotated[Text, Field(max_length=320, examples=["miner@example.com"])]
Password = Annotated[str, Field(max_length=4_096, examples=["correct horse battery"])]
Username = Annotated[Text | None, Field(max_length=100, examples=["satoshi"])]
CompanyName = Annotated[Text | None, Field(max_length=200, examples=["Northern Hash"])]

NAME_CHARACTERS_MAX = 40
NAMING = NAME_INVALID, USERNAME_INVALID, USERNAME_TAKEN
CREDENTIALS = EMAIL_INVALID, EMAIL_TAKEN, PASSWORD_TOO_LONG, PASSWORD_TOO_WEAK
COMING_BACK = INVALID_CREDENTIALS, ACCOUNT_DISABLED


class RegisterBody(Asked):
    """A new person with their company, at home in `region`."""

    email: Email
    password: Password
    username: Username = None
    company_name: CompanyName = None
    region: Region = DEFAULT_REGION


class GuestBody(Asked):
    """Somebody who wants to look first."""

    username: Username = None
    company_name: CompanyName = None
    region: Region = DEFAULT_REGION


class UpgradeBody(Asked):
    """What makes a guest an account."""

    email: Email
    password: Password
    username: Username = None
    company_name: CompanyName = None


class LoginBody(Asked):
    """Who comes in."""

    email: Email
    password: Password


class RefreshBody(Asked):
    """The newest refresh token of a session."""

    refresh_token: Annotated[str, Field(max_length=512)]


def checked_name(name: str | None) -> str | None:
    """Give a company's name as its world takes it. Refused 422 NAME_INVALID, before anybody is registered."""
    if name is None:
        return None
    trimmed = name.strip()
    if not 1 <= len(trimmed) <= NAME_CHARACTERS_MAX or not trimmed.isprintable():
        raise Refused(422, NAME_INVALID, f"A name has 1 to {NAME_CHARACTERS_MAX} printable characters.")
    return trimmed


def build(desk: Desk) -> APIRouter:
    """Give the routes of accounts. Their answers are kept nowhere."""
    router = APIRouter(prefix="/auth", tags=["auth"], route_class=StrictRoute)
    by_address = [Depends(rate_limited("auth", 30, by="ip"))]
    accounts = desk.platform.accounts

    async def granted(grant: Grant, request: Request, status: int = 200) -> Response:
        await desk.note_link(grant.user.id, address_of(request))
        try:
            home = await home_of(grant)
            company = None if home is None else await company_shown(desk, home)
        except WorldUnavailable:
            # The tokens were made, and a refresh token that never arrives would end the session.
            company = None
        content = {
            "accessToken": grant.access_token,
            "refreshToken": grant.refresh_token,
            "expiresIn": grant.expires_in_s,
            "user": user_shown(grant.user),
            "company": company,
        }
        return shown(content, status, no_store())

    async def home_of(grant: Grant) -> Home | None:
        """Give the company of whoever comes in; there is none between two seasons."""
        season = await desk.seasons.running()
        if season is None:
            return None
        home = await desk.database.read(lambda connection: tables.home_of(connection, season, grant.user.id))
        if home is None:
            home = await desk.found_again(season, grant.user.id)
        await desk.open_company(home, guest=grant.user.is_guest)
        return home

    async def planned(region: str, name: str | None, entropy: str | None) -> tuple[str, Also | None]:
        """Give a new person's id, and what claims a home for their company together with it.

        Raises WorldUnavailable where no company can be founded now: then nobody is registered.
        """
        user_id, season = desk.entropy.new_id(entropy), await desk.seasons.running()
        if season is None:
            return user_id, None
        await desk.host.query(world_of(season, region), lambda _region: None)
        home, now_ms = desk.plan_home(season, user_id, region, checked_name(name), entropy), desk.clock.now_ms()

        def claim(connection: Connection, user: User) -> None:
            assert user.id == home.owner_id
            tables.claim_home(connection, home, now_ms)

        return user_id, claim

    @router.post(
        "/register",
        dependencies=by_address,
        **DOORS.write(
            "Open an account and found a company", AdmittedShown, *NAMING, *CREDENTIALS, *COMING_BACK, status=201
        ),
    )
    async def register(body: RegisterBody, request: Request, audience: Audience) -> Response:
        user_id, claim = await planned(body.region, body.company_name, request_entropy(request))
        if request_entropy(request) is not None and await _known(desk, user_id):
            # The same request once more. Whoever asks passes as for a login: they may be banned by now.
            grant = await accounts.login(body.email, body.password, audience)
        else:
            grant = await accounts.register(
                body.email, body.password, audience, username=body.username, user_id=user_id, also=claim
            )
        return await granted(grant, request, 201)

    @router.post(
        "/guest",
        dependencies=by_address,
        **DOORS.write("Found a company and play at once", AdmittedShown, *NAMING, status=201),
    )
    async def guest(request: Request, audience: Audience, body: GuestBody | None = None) -> Response:
        body = body or GuestBody()
        # Never the same guest twice, whatever the Idempotency-Key: nothing but the answer proves who they are.
        user_id, claim = await planned(body.region, body.company_name, None)
        grant = await accounts.guest(audience, username=body.username, user_id=user_id, also=claim)
        return await granted(grant, request, 201)

    @router.post(
        "/upgrade",
        dependencies=by_address,
        **INSIDE.write("Make a guest an account, once", AdmittedShown, NOT_A_GUEST, *NAMING, *CREDENTIALS),
    )
    async def upgrade(body: UpgradeBody, request: Request, player: CurrentPlayer, audience: Audience) -> Response:
        name = checked_name(body.company_name)
        home = await desk.home_of(player)
        await desk.view(home, lambda _region, _row, _balance: None)  # raises before anything has changed
        grant = await accounts.upgrade(player.id, body.email, body.password, audience, username=body.username)
        try:
            await desk.submit(home, UpgradeCompany(home.company_id, name))
        except Rejected as refusal:
            if refusal.code != COMPANY_NOT_GUEST:
                raise
        if name is not None:
            await desk.database.write(lambda connection: tables.rename_home(connection, home.company_id, name))
            desk.forget(player.id)
        return await granted(grant, request)

    @router.post("/login", dependencies=by_address, **DOORS.write("Log in", AdmittedShown, *COMING_BACK))
    async def login(body: LoginBody, request: Request, audience: Audience) -> Response:
        grant = await accounts.login(body.email, body.password, audience)
        return await granted(grant, request)

    @router.post(
        "/refresh",
        dependencies=by_address,
        **DOORS.write("Get the next tokens", AdmittedShown, TOKEN_INVALID, TOKEN_REUSED, ACCOUNT_DISABLED),
    )
    async def refresh(body: RefreshBody, request: Request, audience: Audience) -> Response:
        grant = await accounts.sessions.refresh(body.refresh_token, audience)
        return await granted(grant, request)

    @router.post("/logout", **DOORS.write("Log out", None, UNAUTHORIZED, status=204, body=False))
    async def logout(player: CurrentPlayer) -> Response:
        await accounts.sessions.logout(player.session_id, player.id)
        return Response(status_code=204)

    return router


async def _known(desk: Desk, user_id: str) -> bool:
    try:
        await desk.platform.accounts.user(user_id)
    except Rejected:
        return False
    return True
