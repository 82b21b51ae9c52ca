"""In which tenant this request takes place: the dependency of routes.

The membership is read for every request: somebody who was removed is out with the next one.
"""

import re
from typing import Annotated, Final

from fastapi import Depends, FastAPI, Header, Request

from gamefold.platform.accounts.players import CurrentPlayer
from gamefold.platform.tenants.members import Membership
from gamefold.platform.tenants.service import Tenants
from gamefold.web.errors import InvalidRequest, Refused

HEADER: Final = "X-Tenant-Id"
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


def install_tenants(app: FastAPI, tenants: Tenants) -> None:
    """Make `CurrentTenant` work in the routes of `app`."""
    app.state.tenants = tenants


def asked_tenant(headers: list[str]) -> str | None:
    """Read the header X-Tenant-Id as sent. Refused 422 where it is no UUID, 400 where it is there twice."""
    if len(headers) > 1:
        raise Refused(400, "BAD_REQUEST", f"The header {HEADER} is given more than once.")
    if not headers:
        return None
    if not _UUID.fullmatch(headers[0]):
        raise InvalidRequest(f"The header {HEADER} must be a UUID.", field=HEADER)
    return headers[0].lower()


async def current_tenant(
    request: Request,
    player: CurrentPlayer,
    _documented: Annotated[str | None, Header(alias=HEADER, description="The default tenant where absent.")] = None,
) -> Membership:
    """Give the player's membership in the tenant they ask for.

    Refused 401 UNAUTHORIZED, 400 BAD_REQUEST, 422 INVALID_REQUEST; Rejected TENANT_FORBIDDEN.
    """
    tenants: Tenants = request.app.state.tenants
    return await tenants.resolve(player.id, asked_tenant(request.headers.getlist(HEADER)))


CurrentTenant = Annotated[Membership, Depends(current_tenant)]
