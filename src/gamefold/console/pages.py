"""The pages: the start page, and for every game its hub and the player that shows matches live and again.

The console knows no game. A game has one ES module that tells the pages how to ask it and how to draw it; the page
names its address, and the player imports it in the browser.
"""

import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

STATIC: Final = "/console/static"

_HERE: Final = Path(__file__).parent
_ON: Final = frozenset({"1", "true", "yes"})
_OFF: Final = frozenset({"0", "false", "no"})
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; worker-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors {ancestors}"
)

# Some systems call scripts plain text, and a browser runs no module of that kind.
mimetypes.add_type("text/javascript", ".js")


@dataclass(frozen=True, slots=True, kw_only=True)
class GamePages:
    """A game as the pages know it: `module` is the address of its ES module (see static/contract.js).

    One without a module has no hub yet; the start page leads to its API.
    """

    name: str
    prefix: str
    module: str | None

    @property
    def title(self) -> str:
        """Its name for people."""
        return self.name.title()

    @property
    def hub(self) -> str:
        """Where its hub is, or else its API's description."""
        return f"{self.prefix}/" if self.module else "/docs"


def pages_router(version: str, games: Sequence[GamePages]) -> APIRouter:
    """Give all pages. A game without a prefix has its hub at `/`, in place of the start page."""
    router = APIRouter(include_in_schema=False)
    pages = _Pages(version)
    files = StaticFiles(directory=_HERE / "static")

    @router.get(f"{STATIC}/{{path:path}}")
    async def static(path: str, request: Request) -> Response:
        answer = await files.get_response(path, request.scope)
        # Asked again each time and mostly answered 304, so that an upgrade never mixes old modules with new ones.
        answer.headers["Cache-Control"] = "no-cache"
        return answer

    if all(game.prefix for game in games):

        @router.get("/")
        async def start() -> HTMLResponse:
            return pages.page("start.html", games=games)

    for game in games:
        if game.module:
            _add_game(router, pages, game)
    return router


def _add_game(router: APIRouter, pages: "_Pages", game: GamePages) -> None:
    if game.prefix:

        @router.get(game.prefix)
        async def to_hub() -> RedirectResponse:
            return RedirectResponse(game.hub, 308)

    @router.get(game.hub)
    async def hub() -> HTMLResponse:
        return pages.page("hub.html", game=game)

    @router.get(f"{game.prefix}/watch/{{match_id}}")
    async def watch(match_id: str, request: Request) -> HTMLResponse:
        embedded = request.query_params.get("embed") in _ON
        controls = request.query_params.get("showControls") not in _OFF
        return pages.page(
            "watch.html", frame_anywhere=embedded, game=game, match_id=match_id, embedded=embedded, controls=controls
        )


class _Pages:
    def __init__(self, version: str) -> None:
        self._templates = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(version=version, static=STATIC)

    def page(self, template: str, *, frame_anywhere: bool = False, **values: Any) -> HTMLResponse:
        """Render a page. One that only shows may be put into a frame anywhere, for embedding."""
        headers = {
            "Content-Security-Policy": _POLICY.format(ancestors="*" if frame_anywhere else "'self'"),
            "Cache-Control": "no-cache",
        }
        return HTMLResponse(self._templates.get_template(template).render(**values), headers=headers)
