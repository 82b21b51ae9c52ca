"""`/ws`: everything live, over one WebSocket."""

from contextlib import suppress
from functools import partial
from typing import Final

from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect

from gamefold.engine.host import WorldUnavailable
from gamefold.engine.journal import StorageUnavailable, WorldNotFound
from gamefold.engine.refusal import Rejected
from gamefold.games.tycoon.routes.desk import Desk
from gamefold.games.tycoon.routes.lobby import Lobby
from gamefold.games.tycoon.routes.places import read_position
from gamefold.games.tycoon.routes.told import message
from gamefold.games.tycoon.routes.viewer import TycoonViewer
from gamefold.platform.accounts.sockets import socket_player

TRY_AGAIN_CODE: Final = 1013
POLICY_CODE: Final = 1008
SOCKETS_MAX: Final = 10  # of one company

_STOPPED: Final = {"code": "WORLD_STOPPED", "message": "A world is not heard here at the moment; try again soon."}
_TOO_MANY: Final = {"code": "TOO_MANY_SOCKETS", "message": f"A company may have {SOCKETS_MAX} sockets."}
_MALFORMED: Final = {"code": "POSITION_INVALID", "message": "The position is not one that was given here."}


def build(router: APIRouter, desk: Desk, lobby: Lobby) -> None:
    """Add the WebSocket."""

    @router.websocket("/ws")
    async def live(socket: WebSocket) -> None:
        login = await socket_player(socket)
        if login is None:
            return
        asked = login.message.get("position", socket.query_params.get("position"))
        position = None if asked is None else read_position(asked)
        try:
            home, hub = await desk.home_of(login.player), await lobby.hub()
        except Rejected as refusal:  # between two seasons
            told = {"code": refusal.code, "message": refusal.message}
            await _end(login.socket, message("error", told).text(""), TRY_AGAIN_CODE)
            return
        except (StorageUnavailable, WorldNotFound, WorldUnavailable):
            await _end(login.socket, message("error", _STOPPED).text(""), TRY_AGAIN_CODE)
            return
        if asked is not None and position is None:
            await _end(login.socket, message("error", _MALFORMED).text(""), POLICY_CODE)
            return
        viewer = TycoonViewer(hub, desk.host, home, partial(desk.branch_positions, home))
        if not await viewer.start(position):
            await _end(login.socket, message("error", _STOPPED).text(""), TRY_AGAIN_CODE)
        elif hub.sockets_of(home.company_id) > SOCKETS_MAX:  # counted once it is one of them: many come at once
            viewer.leave()
            await _end(login.socket, message("error", _TOO_MANY).text(""), POLICY_CODE)
        else:
            await desk.streams.talk(login.socket, viewer, owner=login.player.session_id)


async def _end(socket: WebSocket, frame: str, code: int) -> None:
    with suppress(RuntimeError, WebSocketDisconnect):
        await socket.send_text(frame)
        await socket.close(code)
