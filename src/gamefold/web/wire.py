"""uvicorn's WebSocket, of which an app can have the wire itself.

Sending a frame through ASGI takes a coroutine in every middleware, encodes it anew for everybody, and needs a task
that waits; and as long as a socket is open, all the middlewares' frames stay on the stack. That is several times what
sending costs. So an app may accept a socket, take its wire, and return. What it leaves with the wire runs then: it
writes frames that are encoded once for all who get them, and reads as before.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode

EXTENSION: Final = "gamefold.wire"

_NOT_UTF8: Final = 1007


def text_frame(text: str) -> bytes:
    """Encode a frame as it goes over the wire (RFC 6455, section 5.2)."""
    return Frame(Opcode.TEXT, text.encode()).serialize(mask=False)


def wire_of(socket: WebSocket) -> "Wire":
    """Give the wire of an accepted socket."""
    wire: Wire = socket.scope["extensions"][EXTENSION]
    return wire


class Wire(WebSocketsSansIOProtocol):
    """One WebSocket's connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._asgi, self.app = self.app, self._run
        self._then: Callable[[], Awaitable[None]] | None = None
        self._on_free: Callable[[], None] = _nothing
        self._unsent: list[bytes] = []
        self.free = True  # the viewer takes what is written

    def after_return(self, then: Callable[[], Awaitable[None]], on_free: Callable[[], None]) -> None:
        """Do `then` once the app has returned; the socket is open until it ends. `on_free` hears when it is free."""
        self._then = then
        self._on_free = on_free

    def write(self, frames: bytes) -> None:
        """Send whole frames. All that is written in one turn of the event loop goes out in one piece.

        Whoever looks at `free` first takes no more memory than a connection may have.
        """
        if not self._unsent:
            self.loop.call_soon(self.flush)
        self._unsent.append(frames)

    def flush(self) -> None:
        """Send what is written now."""
        if self._unsent and not self.close_sent and not self.transport.is_closing():
            self.transport.write(b"".join(self._unsent))
        self._unsent.clear()

    def abort(self) -> None:
        """Cut the connection: who does not read would not read its end either."""
        self.transport.abort()

    # -- what uvicorn calls -------------------------------------------------------------------------------------

    def handle_connect(self, event: Any) -> None:
        """Tell the app of the wire."""
        super().handle_connect(event)
        if self.response.status_code == 101:
            extensions: Any = self.scope["extensions"]
            extensions[EXTENSION] = self

    def send_receive_event_to_app(self) -> None:
        """Hand on what was sent. Text that is none closes the socket, and is not worth a stack in the log."""
        if self.curr_msg_data_type == "text" and not self.close_sent:
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:
                self.conn.send_close(_NOT_UTF8)
                self.handle_parser_exception()
                return
        super().send_receive_event_to_app()

    def pause_writing(self) -> None:
        """Note that more is written than the viewer takes."""
        self.free = False
        super().pause_writing()

    def resume_writing(self) -> None:
        """Note that they have taken it."""
        super().resume_writing()
        self.free = True
        self._on_free()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget who waits."""
        self._on_free = _nothing
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Go down, behind what is written."""
        self.flush()
        super().shutdown()

    async def _run(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._asgi(scope, receive, send)
        finally:
            if self._then is not None:
                # What was asked for at the handshake would be a third of what an open socket takes.
                del scope, receive, send, self.scope, self.request, self.response
                then, self._then = self._then, None
                await then()


def _nothing() -> None:
    pass
