"""Who opens this WebSocket. Browsers cannot send an Authorization header there, and addresses end up in logs.

So a token comes in one of three ways: the header, where a client can; the subprotocols `bearer, <token>`; or the
first message `{"type": "auth", "token": "..."}`, within five seconds.
"""

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from gamefold.engine.refusal import Rejected
from gamefold.platform.accounts.players import Player, doors_of, unauthorized

WAIT_S: Final = 5.0
UNAUTHORIZED_CODE: Final = 4401
REASON: Final = f"no valid token within {WAIT_S:.0f} seconds"
MESSAGE_CHARACTERS_MAX: Final = 8_192
SUBPROTOCOL: Final = "bearer"


class OpenSocket(WebSocket):
    """A WebSocket that is accepted already: accepting it again, as `Streams.frames` does, changes nothing."""

    def __init__(self, socket: WebSocket) -> None:
        super().__init__(socket.scope, socket._receive, socket._send)  # noqa: SLF001 - the same connection, going on
        self.client_state = self.application_state = WebSocketState.CONNECTED

    async def accept(self, *_: Any, **__: Any) -> None:
        """Do nothing."""


@dataclass(frozen=True, slots=True)
class SocketLogin:
    """A player at an accepted WebSocket. `message` is what they said first, where they said anything."""

    player: Player
    socket: WebSocket
    message: Mapping[str, Any] = field(default_factory=dict, repr=False)


async def socket_player(socket: WebSocket, wait_s: float = WAIT_S) -> SocketLogin | None:
    """Let a player in at a WebSocket; None where it was closed because nobody showed a token in time.

    A wrong token in the header or the subprotocol is refused with 401 before it is accepted; in the first message it
    closes the socket with 4401.
    """
    headers, offered = socket.headers.getlist("authorization"), _offered(socket)
    if headers or SUBPROTOCOL in offered:
        token = _from_header(headers) if headers else _from_subprotocol(offered)
        player = await _admitted(socket, token)
        if player is None:
            raise unauthorized(shown=True)
        # A browser drops a connection whose answer names none of the subprotocols it offered.
        await socket.accept(subprotocol=SUBPROTOCOL if SUBPROTOCOL in offered else None)
        return SocketLogin(player, OpenSocket(socket))

    await socket.accept()
    message = await _first_message(socket, wait_s)
    player = await _admitted(socket, message.get("token")) if message.get("type") == "auth" else None
    if player is None:
        with suppress(RuntimeError, WebSocketDisconnect):
            await socket.close(UNAUTHORIZED_CODE, REASON)
        return None
    return SocketLogin(player, OpenSocket(socket), {**message, "token": None})


def _offered(socket: WebSocket) -> list[str]:
    return [part.strip() for header in socket.headers.getlist("sec-websocket-protocol") for part in header.split(",")]


def _from_subprotocol(offered: list[str]) -> str | None:
    tokens = [part for part in offered if part != SUBPROTOCOL]
    return tokens[0] if len(tokens) == 1 else None


def _from_header(headers: list[str]) -> str | None:
    scheme, _, token = headers[0].partition(" ")
    return token if len(headers) == 1 and scheme.lower() == "bearer" else None


async def _first_message(socket: WebSocket, wait_s: float) -> dict[str, Any]:
    try:
        async with asyncio.timeout(wait_s):
            text = await socket.receive_text()
        message = json.loads(text) if len(text) <= MESSAGE_CHARACTERS_MAX else None
    except (TimeoutError, WebSocketDisconnect, ValueError, KeyError, RecursionError):
        return {}
    return message if isinstance(message, dict) else {}


async def _admitted(socket: WebSocket, token: object) -> Player | None:
    if not isinstance(token, str):
        return None
    try:
        return await doors_of(socket).admit(token, socket.scope["path"])
    except Rejected:
        return None
