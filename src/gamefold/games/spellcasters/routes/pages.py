"""What browsers draw Spellcasters with: the game's module for the pages, its sprites and its style."""

from pathlib import Path
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from gamefold.games.spellcasters.routes.desk import Desk

_STATIC: Final = Path(__file__).parent / "static"


def build(_desk: Desk) -> APIRouter:
    """Give the route of the game's files; pages import `static/game.js`."""
    router = APIRouter(prefix="/static", include_in_schema=False)
    files = StaticFiles(directory=_STATIC)

    @router.get("/{path:path}")
    async def static(path: str, request: Request) -> Response:
        answer = await files.get_response(path, request.scope)
        # Asked again each time and mostly answered 304, so that an upgrade never mixes old modules with new ones.
        answer.headers["Cache-Control"] = "no-cache"
        return answer

    return router
