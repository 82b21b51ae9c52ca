"""A server for the tests that need a process, signals and sockets: `python served.py GRACE_S`."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

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

    @app.post("/slow/{seconds}")
    async def slow(seconds: float) -> dict[str, bool]:
        await asyncio.sleep(seconds)
        return {"done": True}

    return serve(app, "127.0.0.1", 0, drain, grace_s=float(sys.argv[1]), announce=lambda _, port: tell(str(port)))


if __name__ == "__main__":
    sys.exit(main())
