"""`Idempotency-Key`: a write that is sent again gets the answer of the first time, and happens once.

The first request with a key claims it, runs, and stores its answer before the client sees it. What a crash between
the effect and the stored answer leaves open is closed by ids: a route derives its new ids from `request_entropy`, so
the repeated request makes the same things again instead of others.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final, Protocol

import structlog
from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gamefold.web.errors import InvalidRequest, Refused

KEY_CHARACTERS_MAX: Final = 255
ANSWER_BYTES_MAX: Final = 1 << 20
KEPT_MS: Final = 24 * 3_600_000
CLAIM_MS: Final = 60_000

log = structlog.get_logger("gamefold.web")


@dataclass(frozen=True, slots=True)
class Fresh:
    """Nobody has this key: it is claimed now, and the request is to run."""


@dataclass(frozen=True, slots=True)
class Replay:
    """The request ran before, and this was its answer."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Mismatch:
    """The key was used for another request."""


@dataclass(frozen=True, slots=True)
class InFlight:
    """The same request is running."""


Claim = Fresh | Replay | Mismatch | InFlight


class IdempotencyStore(Protocol):
    """Where keys and answers are kept, shared by all processes and durable.

    A claim without an answer counts as nobody's after `CLAIM_MS` (its process died); an answer is kept for
    `KEPT_MS` after its claim. Scope keys and fingerprints are hex digests.
    """

    async def claim(self, scope_key: str, fingerprint: str, now_ms: int) -> Claim:
        """Claim a key in one atomic step, or say who has it."""
        ...

    async def finish(self, scope_key: str, status: int, headers: tuple[tuple[str, str], ...], body: bytes) -> None:
        """Store the answer of a claimed key."""
        ...

    async def release(self, scope_key: str) -> None:
        """Give a claimed key back: the request may be tried again."""
        ...


CallerOf = Callable[[HTTPConnection], str]
"""Names the caller a key belongs to. One that reads tokens must verify them: it decides who sees stored answers."""


def authorization_header(connection: HTTPConnection) -> str:
    """Name the caller by the Authorization header as sent (only its hash is stored)."""
    return connection.headers.get("authorization") or "anonymous"


def request_entropy(connection: HTTPConnection) -> str | None:
    """Give a text that is the same for every repetition of this request, None without an Idempotency-Key.

    Hand it to `Entropy.new_id`, with a suffix for each further id, and as the request id of an intent.
    """
    entropy: str | None = connection.scope.get(_ENTROPY)
    return entropy


_ENTROPY: Final = "gamefold.request_entropy"
_WRITES: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
# Besides every 5xx: "not now" and "not you yet", so that the same request can go through later; and what did nothing
# and anybody can cause in any number, so that strangers cannot fill the store.
_UNKEPT: Final = frozenset({401, 404, 405, 408, 413, 415, 425, 429})


class Idempotency:
    """Middleware: runs every keyed write once per caller, method, path and key.

    The same key and body get the stored answer with `Idempotency-Replayed: true`; another body 422
    IDEMPOTENCY_KEY_REUSED; one that is still running after `wait_s` 409 IDEMPOTENCY_IN_FLIGHT; a key that is not
    1 to 255 visible ASCII characters 422. Not kept: 5xx, 401, 404, 405, 408, 413, 415, 425, 429, streams, answers
    over 1 MiB, and answers marked `Cache-Control: no-store` (fresh tokens must not lie in a table).
    """

    def __init__(
        self,
        app: ASGIApp,
        store: IdempotencyStore,
        now_ms: Callable[[], int],
        caller_of: CallerOf = authorization_header,
        wait_s: float = 2.0,
    ) -> None:
        self._app = app
        self._store = store
        self._now_ms = now_ms
        self._caller_of = caller_of
        self._wait_s = wait_s
        self._running: dict[str, asyncio.Event] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the request, or answer as before."""
        keys = _keys(scope) if scope["type"] == "http" and scope["method"] in _WRITES else []
        if not keys:
            await self._app(scope, receive, send)
            return
        if len(keys) > 1 or not _well_formed(keys[0]):
            raise InvalidRequest(
                f"The header Idempotency-Key must be 1 to {KEY_CHARACTERS_MAX} visible ASCII characters, given once.",
                field="Idempotency-Key",
            )
        body = await _whole_body(receive)
        scope_key = _digest(
            self._caller_of(HTTPConnection(scope)).encode(),
            scope["method"].encode(),
            scope.get("raw_path") or scope["path"].encode(),
            keys[0],
        )
        fingerprint = _digest(scope["query_string"], body)
        claim = await self._claim(scope_key, fingerprint)
        match claim:
            case Fresh():
                scope[_ENTROPY] = _digest(scope_key.encode(), fingerprint.encode())
                await self._run(scope_key, scope, _replayed(body, receive), send)
            case Replay():
                await _send_again(claim, send)
            case Mismatch():
                raise Refused(
                    422, "IDEMPOTENCY_KEY_REUSED", "This Idempotency-Key was used for another request already."
                )
            case InFlight():
                raise Refused(
                    409,
                    "IDEMPOTENCY_IN_FLIGHT",
                    "The first request with this Idempotency-Key is still running.",
                    headers={"Retry-After": "1"},
                )

    async def _claim(self, scope_key: str, fingerprint: str) -> Claim:
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + self._wait_s
        pause_s = 0.02
        while True:
            claim = await self._store.claim(scope_key, fingerprint, self._now_ms())
            left_s = deadline_s - loop.time()
            if not isinstance(claim, InFlight) or left_s <= 0:
                return claim
            if (running := self._running.get(scope_key)) is not None:
                with suppress(TimeoutError):
                    await asyncio.wait_for(running.wait(), left_s)
            else:  # it runs in another process
                await asyncio.sleep(min(pause_s, left_s))
                pause_s = min(pause_s * 2, 0.5)

    async def _run(self, scope_key: str, scope: Scope, receive: Receive, send: Send) -> None:
        done = self._running[scope_key] = asyncio.Event()
        recorder = _Recorder(self._store, scope_key, send)
        try:
            await self._app(scope, receive, recorder.send)
        finally:
            try:
                await recorder.close()
            finally:
                del self._running[scope_key]
                done.set()


class _Recorder:
    """Holds an answer back until it is stored, or lets it pass once it is clear that it will not be."""

    def __init__(self, store: IdempotencyStore, scope_key: str, send: Send) -> None:
        self._store = store
        self._scope_key = scope_key
        self._send = send
        self._start: Message | None = None
        self._body = bytearray()
        self._settled = False

    async def send(self, message: Message) -> None:
        if self._settled:
            await self._send(message)
        elif message["type"] == "http.response.start":
            self._start = message
            if not _kept(message):
                await self._let_pass()
        else:
            assert self._start is not None
            self._body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(self._body) > ANSWER_BYTES_MAX:
                await self._let_pass()
                await self._send({"type": "http.response.body", "body": bytes(self._body), "more_body": more})
            elif not more:
                await self._keep()

    async def close(self) -> None:
        """The request is over. Without a stored answer, the key is free again."""
        if not self._settled:
            self._settled = True
            await self._release()

    async def _let_pass(self) -> None:
        assert self._start is not None
        self._settled = True
        await self._release()
        await self._send(self._start)

    async def _keep(self) -> None:
        assert self._start is not None
        self._settled = True
        body = bytes(self._body)
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in self._start["headers"])
        try:
            await self._store.finish(self._scope_key, self._start["status"], headers, body)
        except Exception as error:  # the write happened, and its caller must hear so
            log.exception("answer not kept for its Idempotency-Key", exc_info=error)
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": body})

    async def _release(self) -> None:
        try:
            await self._store.release(self._scope_key)
        except Exception as error:  # the claim runs out by itself
            log.exception("Idempotency-Key not released", exc_info=error)


def _keys(scope: Scope) -> list[bytes]:
    return [value for name, value in scope["headers"] if name == b"idempotency-key"]


def _well_formed(key: bytes) -> bool:
    return 1 <= len(key) <= KEY_CHARACTERS_MAX and all(0x21 <= byte <= 0x7E for byte in key)


def _kept(start: Message) -> bool:
    status = start["status"]
    if status >= 500 or status in _UNKEPT:
        return False
    headers = {name.lower(): value.lower() for name, value in start.get("headers", ())}
    streams = headers.get(b"content-type", b"").startswith(b"text/event-stream")
    return not streams and b"no-store" not in headers.get(b"cache-control", b"")


def _digest(*parts: bytes) -> str:
    digest = blake2b(digest_size=32)
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()


async def _whole_body(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(body)


def _replayed(body: bytes, receive: Receive) -> Receive:
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


async def _send_again(replay: Replay, send: Send) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in replay.headers]
    headers.append((b"idempotency-replayed", b"true"))
    await send({"type": "http.response.start", "status": replay.status, "headers": headers})
    await send({"type": "http.response.body", "body": replay.body})
