"""Spellcasters over HTTP: players, the playground, the archive of matches, and what operators see."""

from fastapi import APIRouter

from gamefold.games.spellcasters.routes import admin, matches, pages, play, players, sessions
from gamefold.games.spellcasters.routes.desk import STATUS_OF, Desk, PlaygroundOptions
from gamefold.web.route import StrictRoute

__all__ = ["STATUS_OF", "Desk", "PlaygroundOptions", "build_router"]


def build_router(desk: Desk) -> APIRouter:
    """Give all routes of the playground, at the paths of its spec."""
    router = APIRouter(route_class=StrictRoute)
    for part in (players, play, sessions, matches, admin, pages):
        router.include_router(part.build(desk))
    return router
