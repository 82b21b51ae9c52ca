"""A server for the tests that need a process, signals and sockets: `python served.py GRACE_S`.

It tells its port, and what it does, line by line. A request of `/held` is answered when a line is read.
"""

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI, WebSocket
from prometheus_client import CollectorRegistry
from starlette.responses import Response

from gamefold.engine.feed import Feed, QueueLimits, Record
from gamefold.engine.ruleset import Event
from gamefold.web.drain import Drain
from gamefold.web.idempotency import Claim, Fresh
from gamefold.web.install import Web, install
from gamefold.web.logs import configure_logs
from gamefold.web.metrics import WebMetrics
from gamefold.web.server import serve
from gamefold.web.streams import Source, Streams


class Noise(Event, frozen=True):
    pass


class NoStore:
    async def claim(self, *_: object) -> Claim:
        return Fresh()

    async def finish(self, *_: object) -> None:
        pass

    async def release(self, *_: object) -> None:
        pass


async def nothing() -> AsyncIterator[Record]:
    for record in ():
        yield record


def tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _when_told(go: Callable[[], object]) -> None:
    if sys.stdin.readline():
        go()


def as_event(record: Record) -> bytes:
    return b"data: " + b"x" * record.size + b"\n\n"


def main() -> int:
    configure_logs()
    metrics, drain, feed = WebMetrics(CollectorRegistry()), Drain(), Feed()
    streams = Streams(metrics, send_timeout_s=1.0)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        if "--stuck" in sys.argv:
            await asyncio.sleep(60)
        tell("lifespan ended")

    app = FastAPI(docs_url=None, redoc_url=None, lifespan=lifespan)
    web = Web(version="1", drain=drain, metrics=metrics, streams=streams, idempotency=NoStore(), now_ms=lambda: 0)
    install(app, web)

    @app.get("/events")
    async def events() -> Response:
        return streams.events(Source(nothing(), feed.subscribe(QueueLimits(age_s=1.0))), as_event)

    @app.websocket("/socket")
    async def socket(socket: WebSocket) -> None:
        await streams.frames(socket, Source(nothing(), feed.subscribe(QueueLimits())), lambda _: "x")

    @app.post("/publish/{size}/{count}")
    async def publish(size: int, count: int) -> dict[str, int]:
        for position in range(count):
            feed.publish([Record("w", 1, position + 1, 1, 1, 0, Noise(), size)])
            await asyncio.sleep(0)
        return {"viewers": len(feed)}

    @app.post("/held")
    async def held() -> dict[str, bool]:
        # A thread that nobody waits for: it must not hold up the end of a process whose line never comes.
        loop, let_go = asyncio.get_running_loop(), asyncio.Event()
        waiting = partial(_when_told, partial(loop.call_soon_threadsafe, let_go.set))
        threading.Thread(target=waiting, daemon=True).start()
        tell("held")
        await let_go.wait()
        return {"done": True}

    @app.post("/work")
    async def work() -> dict[str, bool]:
        return {"done": True}

    return serve(app, "127.0.0.1", 0, drain, grace_s=float(sys.argv[1]), announce=lambda _, port: tell(str(port)))


if __name__ == "__main__":
    sys.exit(main())
