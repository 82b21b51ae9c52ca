"""Rate limits for routes, told in headers of the IETF draft `draft-ietf-httpapi-ratelimit-headers`.

    @router.post("/api/sessions/start", dependencies=[Depends(rate_limited("sessions"))])

The counted is by default the player who asks; `by="tenant"` counts a tenant as one, `by="ip"` an address (for
routes without a player, and only where the house says so: a classroom sits behind one address). What anybody can
send, such as X-Forwarded-For, counts nobody.
"""

import ipaddress
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

from fastapi import FastAPI, Request
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gamefold.platform.accounts.players import CurrentPlayer
from gamefold.platform.budgets import WINDOW_S, Budgets, Spent
from gamefold.platform.tenants.current import CurrentTenant
from gamefold.web.errors import TooManyRequests

By = Literal["user", "tenant", "ip"]

_SPENT: Final = "gamefold.rate_limits"
_IPV6_HOME: Final = 64  # one household has this many leading bits in common, and all addresses below them


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The house's limits. `per_minute` counts where a route names no number; 0 turns a limit off."""

    budgets: Budgets
    per_minute: int
    by_ip: bool = False


def install_limits(app: FastAPI, limits: Limits) -> None:
    """Make `rate_limited` work in the routes of `app`. Call it after `web.install`: the headers go on every answer."""
    app.state.limits = limits
    app.add_middleware(RateLimitHeaders)


def rate_limited(name: str, per_minute: int | None = None, *, by: By = "user") -> Callable[..., Awaitable[None]]:
    """Give a dependency that spends one request of the budget `name`.

    Refused 429 RATE_LIMITED with Retry-After once it is spent, and everything the player's or tenant's own
    dependency is refused with. Names have letters, digits and dashes.
    """
    assert name.replace("-", "").isalnum(), "the name stands in a header"

    async def spend(request: Request, who: str) -> None:
        limits: Limits = request.app.state.limits
        most = limits.per_minute if per_minute is None else per_minute
        if most == 0 or (by == "ip" and not limits.by_ip):
            return
        spent = await limits.budgets.spend(name, who, most)
        told: list[tuple[str, int, Spent]] = request.scope.setdefault(_SPENT, [])
        told.append((name, most, spent))
        if not spent.allowed:
            raise TooManyRequests(spent.reset_s)

    async def by_user(request: Request, player: CurrentPlayer) -> None:
        await spend(request, f"user:{player.id}")

    async def by_tenant(request: Request, tenant: CurrentTenant) -> None:
        await spend(request, f"tenant:{tenant.tenant_id}")

    async def by_ip(request: Request) -> None:
        await spend(request, f"ip:{address_of(request)}")

    counted: dict[By, Callable[..., Awaitable[None]]] = {"user": by_user, "tenant": by_tenant, "ip": by_ip}
    return counted[by]


def address_of(connection: HTTPConnection) -> str:
    """Give the address a connection comes from; of an IPv6 address the part that is one household's."""
    host = connection.client.host if connection.client else "unknown"
    try:
        address: Any = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.version == 4:
        return host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((int(address), _IPV6_HOME), strict=False))


class RateLimitHeaders:
    """Middleware: says on every answer of a limited route, refusals included, what is left of its budgets."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the request."""

        async def telling(message: Message) -> None:
            if message["type"] == "http.response.start" and (told := scope.get(_SPENT)):
                policy = ", ".join(f'"{name}";q={most};w={WINDOW_S}' for name, most, _ in told)
                left = ", ".join(f'"{name}";r={spent.remaining};t={spent.reset_s}' for name, _, spent in told)
                message["headers"] = [
                    *message.get("headers", ()),
                    (b"ratelimit-policy", policy.encode()),
                    (b"ratelimit", left.encode()),
                ]
            await send(message)

        await self._app(scope, receive, telling if scope["type"] == "http" else send)
