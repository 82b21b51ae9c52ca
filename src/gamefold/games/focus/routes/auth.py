"""Come in, stay in, go out."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from gamefold.engine.journal import WorldNotFound
from gamefold.engine.refusal import Rejected
from gamefold.games.focus.routes.desk import Desk
from gamefold.games.focus.routes.envelope import Asked, Reply, Shown, ok
from gamefold.games.focus.routes.profile import UserShown, user_shown
from gamefold.games.focus.tables import Scope
from gamefold.platform.accounts.players import Audience, CurrentPlayer, no_store
from gamefold.platform.accounts.sessions import Grant
from gamefold.platform.accounts.users import User
from gamefold.platform.audit import Actor
from gamefold.platform.limits import rate_limited
from gamefold.platform.tenants.members import NAME_CHARACTERS_MAX, create_tenant
from gamefold.web.bodies import Text
from gamefold.web.idempotency import request_entropy
from gamefold.web.route import StrictRoute

Email = Annotated[Text, Field(max_length=320, examples=["builder@example.com"])]
Password = Annotated[str, Field(max_length=4_096, examples=["correct horse battery"])]


class RegisterBody(Asked):
    """A new person. They get a tenant of their own, called `tenantName` or after them."""

    email: Email
    password: Password
    full_name: Annotated[Text | None, Field(max_length=100, examples=["Builder One"])] = None
    tenant_name: Annotated[Text | None, Field(max_length=NAME_CHARACTERS_MAX, examples=["Deep Work Club"])] = None


class LoginBody(Asked):
    """Who comes in."""

    email: Email
    password: Password


class RefreshBody(Asked):
    """The newest refresh token of a session."""

    refresh_token: Annotated[str, Field(max_length=512)]


class Tokens(Shown):
    """What a client keeps: the access token for `expiresIn` seconds, and the refresh token for the next pair."""

    access_token: str
    refresh_token: str
    token_type: str = "Bearer"  # noqa: S105 - the name of a scheme
    expires_in: int
    user: UserShown


def tokens_shown(grant: Grant) -> Tokens:
    """Give a grant as it is shown."""
    return Tokens(
        access_token=grant.access_token,
        refresh_token=grant.refresh_token,
        expires_in=grant.expires_in_s,
        user=user_shown(grant.user),
    )


def workspace_of(user: User) -> str:
    """Give the name of the tenant that a new person gets: "<name>'s workspace", shortened to what a name may be."""
    name, ending = user.full_name or (user.email or "").partition("@")[0], "'s workspace"
    return name[: NAME_CHARACTERS_MAX - len(ending)] + ending


def build(desk: Desk) -> APIRouter:
    """Give the routes of accounts. Their answers are kept nowhere."""
    router = APIRouter(prefix="/api/auth", tags=["auth"], route_class=StrictRoute)
    by_address = [Depends(rate_limited("auth", 30, by="ip"))]

    async def is_there(user_id: str) -> bool:
        try:
            await desk.platform.accounts.user(user_id)
        except Rejected:
            return False
        return True

    async def was_used(scope: Scope) -> bool:
        """Say whether these ids were given to somebody before. A save outlives its person in the journal."""
        try:
            await desk.host.journal.world(scope.world)
        except WorldNotFound:
            return await is_there(scope.user_id)
        return True

    async def welcomed(grant: Grant, response: Response) -> Reply[Tokens]:
        membership = await desk.platform.tenants.resolve(grant.user.id, None)
        await desk.begin(Scope(membership.tenant_id, grant.user.id))
        response.headers.update(no_store())
        return ok(tokens_shown(grant))

    @router.post("/register", status_code=201, dependencies=by_address)
    async def register(body: RegisterBody, request: Request, response: Response, audience: Audience) -> Reply[Tokens]:
        entropy = request_entropy(request)
        user_id, tenant_id = desk.entropy.new_id(entropy), desk.entropy.new_id(entropy and f"{entropy}:tenant")
        if entropy is not None and await was_used(Scope(tenant_id, user_id)):
            # The same request once more. Tokens are kept nowhere, so whoever asks has to pass as for a login: they
            # may be banned by now, or have another password.
            if await is_there(user_id):
                grant = await desk.platform.accounts.login(body.email, body.password, audience)
                return await welcomed(grant, response)
            user_id, tenant_id = desk.entropy.new_id(), desk.entropy.new_id()  # they left: this is somebody new

        def found_tenant(connection: Connection, user: User) -> None:
            name = body.tenant_name or workspace_of(user)
            create_tenant(connection, Actor(user.id), tenant_id, name, user.id, desk.platform.wall.now_ms())

        grant = await desk.platform.accounts.register(
            body.email,
            body.password,
            audience,
            full_name=body.full_name,
            user_id=user_id,
            also=found_tenant,
        )
        return await welcomed(grant, response)

    @router.post("/login", dependencies=by_address)
    async def login(body: LoginBody, response: Response, audience: Audience) -> Reply[Tokens]:
        grant = await desk.platform.accounts.login(body.email, body.password, audience)
        response.headers.update(no_store())
        return ok(tokens_shown(grant))

    @router.post("/refresh", dependencies=by_address)
    async def refresh(body: RefreshBody, response: Response, audience: Audience) -> Reply[Tokens]:
        grant = await desk.platform.accounts.sessions.refresh(body.refresh_token, audience)
        response.headers.update(no_store())
        return ok(tokens_shown(grant))

    @router.post("/logout", status_code=204)
    async def logout(player: CurrentPlayer) -> Response:
        await desk.platform.accounts.sessions.logout(player.session_id, player.id)
        return Response(status_code=204)

    return router
