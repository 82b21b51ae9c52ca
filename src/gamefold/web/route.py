"""The route class of every game: bodies are read as strict JSON before anything else looks at them."""

from collections.abc import Callable, Coroutine
from typing import Any, Final

from fastapi import params
from fastapi.routing import APIRoute, APIRouter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Scope

from gamefold.web.errors import InvalidRequest, Refused
from gamefold.web.strict_json import InvalidJson, parse

_JSON: Final = "application/json"


class GameRouter(APIRouter):
    """The router of one game: strict routes, and requests for other games are passed on after one look.

    `prefix` must be the whole path in front of the game's routes (include the router without another one). The
    framework itself would try every route of every game in front, one after the other, for each request.
    """

    def __init__(self, prefix: str = "", **options: Any) -> None:
        super().__init__(prefix=prefix, **{"route_class": StrictRoute, **options})
        self._inside = f"{prefix}/"

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Say whether a route of this game fits."""
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        if not path.startswith(self._inside) and path != self.prefix:
            return Match.NONE, {}
        return super().matches(scope)


class StrictRoute(APIRoute):
    """The route class of every `GameRouter`.

    A declared JSON body is refused with 415 unless it comes as `application/json` in UTF-8, and with 422
    INVALID_REQUEST unless it is JSON as `strict_json` takes it. Forms and raw uploads are left alone.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the framework's handler."""
        handle = super().get_route_handler()
        if self.body_field is None or isinstance(self.body_field.field_info, params.Form):
            return handle

        async def strict(request: Request) -> Response:
            strict_request = _StrictRequest(request.scope, request.receive)
            await strict_request.parse()
            return await handle(strict_request)

        return strict


class _StrictRequest(Request):
    _json: Any

    async def parse(self) -> None:
        """Read and parse the body, outside of the framework's own attempt, which turns any error into a 400."""
        raw = await self.body()
        if not raw:
            return  # the framework says which body is missing, or does without
        _require_json(self)
        try:
            self._json = parse(raw)
        except InvalidJson as error:
            raise InvalidRequest(f"The body {error}.") from None


def _require_json(request: Request) -> None:
    types = request.headers.getlist("content-type")
    encodings = request.headers.getlist("content-encoding")
    kind, _, parameters = (types[0] if len(types) == 1 else "").partition(";")
    name, _, charset = parameters.strip().lower().partition("=")
    readable = kind.strip().lower() == _JSON and (not name or (name == "charset" and charset.strip('"') == "utf-8"))
    if not readable or any(encoding.strip().lower() != "identity" for encoding in encodings):
        raise Refused(
            415, "UNSUPPORTED_MEDIA_TYPE", f"The body must be sent as {_JSON} in UTF-8.", headers={"Accept": _JSON}
        )
