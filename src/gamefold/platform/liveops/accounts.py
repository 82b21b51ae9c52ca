"""Accounts: who somebody is, and bans. A ban acts within a second, on every server and on open streams."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from gamefold.engine.refusal import Rejected
from gamefold.platform.accounts.players import Audience, Superuser, no_store
from gamefold.platform.accounts.sessions import Grant
from gamefold.platform.accounts.users import User
from gamefold.platform.limits import rate_limited
from gamefold.platform.liveops.bodies import (
    BanBody,
    Milliseconds,
    OperatorLoginBody,
    OperatorRefreshBody,
    ReasonBody,
    Shown,
    UuidInPath,
)
from gamefold.platform.liveops.described import DOORS, INSIDE
from gamefold.platform.liveops.desk import Desk
from gamefold.platform.liveops.refusals import NOT_YOURSELF
from gamefold.platform.refusals import (
    ACCOUNT_DISABLED,
    ACCOUNT_NOT_FOUND,
    FORBIDDEN,
    INVALID_CREDENTIALS,
    TOKEN_INVALID,
    TOKEN_REUSED,
)
from gamefold.storage.columns import milliseconds
from gamefold.web.errors import InvalidRequest
from gamefold.web.route import StrictRoute


class AccountShown(Shown):
    """A person. A guest has no email. `bannedUntilMs` is null where there is no ban or no end to it."""

    id: str
    email: str | None
    username: str | None
    is_active: bool
    is_guest: bool
    is_superuser: bool
    created_at_ms: Milliseconds
    banned_until_ms: Milliseconds | None


class OperatorTokensShown(Shown):
    """What a client keeps: the access token for `expiresIn` seconds, and the refresh token for the next pair."""

    access_token: str
    refresh_token: str
    token_type: str = "Bearer"  # noqa: S105 - the name of a scheme
    expires_in: Annotated[int, Field(description="Seconds.")]


def build(desk: Desk) -> APIRouter:
    """Give the routes of accounts."""
    router = APIRouter(prefix="/accounts", route_class=StrictRoute)
    moderation = desk.platform.moderation

    async def shown(user_id: str) -> AccountShown:
        user = await desk.platform.accounts.user(user_id)
        return _shown(user, await moderation.banned_until(user_id))

    @router.get("/{account_id}", **INSIDE.read("A person", None, ACCOUNT_NOT_FOUND))
    async def account(_who: Superuser, account_id: UuidInPath) -> AccountShown:
        return await shown(account_id.lower())

    @router.post("/{account_id}/ban", **INSIDE.write("Ban a person", None, ACCOUNT_NOT_FOUND, NOT_YOURSELF))
    async def ban(who: Superuser, account_id: UuidInPath, body: BanBody) -> AccountShown:
        user_id = account_id.lower()
        if user_id == who.id:
            raise Rejected(NOT_YOURSELF, "Nobody bans themselves.")
        if body.until_ms is not None and body.until_ms <= desk.wall.now_ms():
            raise InvalidRequest("The field untilMs must be a time to come.", field="untilMs")
        await moderation.disable(user_id, who.id, body.reason, until_ms=body.until_ms)
        return await shown(user_id)

    @router.post("/{account_id}/unban", **INSIDE.write("Undo a ban", None, ACCOUNT_NOT_FOUND))
    async def unban(who: Superuser, account_id: UuidInPath, body: ReasonBody) -> AccountShown:
        user_id = account_id.lower()
        await moderation.enable(user_id, who.id, body.reason)
        return await shown(user_id)

    return router


def build_doors(desk: Desk) -> APIRouter:
    """Give the routes by which operators come in where no game has any. Their answers are kept nowhere."""
    router = APIRouter(prefix="/auth", route_class=StrictRoute)
    by_address = [Depends(rate_limited("auth", 30, by="ip"))]
    accounts = desk.platform.accounts

    async def admitted(grant: Grant, response: Response) -> OperatorTokensShown:
        if not grant.user.is_superuser or grant.user.is_guest:
            await accounts.sessions.logout(grant.session_id, grant.user.id)
            raise Rejected(FORBIDDEN, "This is not allowed.")
        response.headers.update(no_store())
        return OperatorTokensShown(
            access_token=grant.access_token, refresh_token=grant.refresh_token, expires_in=grant.expires_in_s
        )

    @router.post(
        "/login",
        dependencies=by_address,
        **DOORS.write("Log in as an operator", None, INVALID_CREDENTIALS, ACCOUNT_DISABLED),
    )
    async def login(body: OperatorLoginBody, response: Response, audience: Audience) -> OperatorTokensShown:
        return await admitted(await accounts.login(body.email, body.password, audience), response)

    @router.post(
        "/refresh",
        dependencies=by_address,
        **DOORS.write("Get the next tokens", None, TOKEN_INVALID, TOKEN_REUSED, ACCOUNT_DISABLED),
    )
    async def refresh(body: OperatorRefreshBody, response: Response, audience: Audience) -> OperatorTokensShown:
        return await admitted(await accounts.sessions.refresh(body.refresh_token, audience), response)

    @router.post("/logout", **INSIDE.write("Log out", None, status=204, body=False))
    async def logout(_request: Request, who: Superuser) -> Response:
        await accounts.sessions.logout(who.session_id, who.id)
        return Response(status_code=204)

    return router


def _shown(user: User, banned_until_ms: int | None) -> AccountShown:
    return AccountShown(
        id=user.id,
        email=user.email,
        username=user.username,
        is_active=user.is_active,
        is_guest=user.is_guest,
        is_superuser=user.is_superuser,
        created_at_ms=milliseconds(user.created_at),
        banned_until_ms=banned_until_ms,
    )
