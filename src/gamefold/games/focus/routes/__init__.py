"""Focus over HTTP: accounts, tenants, tasks, sessions, inventory, and how far a hero has come."""

from fastapi import APIRouter, Depends
from fastapi.routing import APIRoute

from gamefold.games.focus.routes import auth, inventory, profile, sessions, tasks, tenants
from gamefold.games.focus.routes.desk import STATUS_OF, Desk
from gamefold.games.focus.routes.envelope import ERROR_SCHEMA, error_envelope
from gamefold.platform.limits import rate_limited
from gamefold.web.route import StrictRoute

__all__ = ["ERROR_SCHEMA", "STATUS_OF", "Desk", "build_router", "error_envelope"]


def operation_id(route: APIRoute) -> str:
    """Name an operation for those who generate clients: `focus_sessions_start`."""
    return "_".join(("focus", *map(str, route.tags), route.name))


def build_router(desk: Desk) -> APIRouter:
    """Give all routes, at the paths of the spec. Whoever is logged in has one budget of requests for all of them."""
    router = APIRouter(route_class=StrictRoute, generate_unique_id_function=operation_id)
    router.include_router(auth.build(desk))
    for part in (profile, tenants, tasks, sessions, inventory):
        router.include_router(part.build(desk), dependencies=[Depends(rate_limited("requests"))])
    return router
