"""The floor under `http_intents`: bare FastAPI with one Pydantic body, and SQLite FULL with group commit.

    python -m bench.floor_server --data DIRECTORY --port PORT

What somebody would write who wants nothing but a durable POST: no middlewares, no rules, no events, no log lines.
Every request waits until the commit that holds its row is synced; whatever waits is written in one transaction by
one thread.
"""

import argparse
import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

from bench.journal_append import SqliteFloor


class Action(BaseModel):
    """As the playground's."""

    move: list[int] | None = None
    spell: str | None = None


class Submit(BaseModel):
    """As the playground's."""

    player_id: str
    turn: int
    action: Action | None


class Accepted(BaseModel):
    """As the playground's."""

    accepted: bool
    session_id: str
    turn: int


def build(directory: Path) -> FastAPI:
    """Give the app."""
    waiting: list[tuple[bytes, asyncio.Future[None]]] = []
    work = asyncio.Event()

    async def write(store: SqliteFloor) -> None:
        seq = 0
        while True:
            await work.wait()
            work.clear()
            await asyncio.sleep(0)
            taken, waiting[:] = waiting[:], []
            seq += 1
            await store.write([("world", seq, b"".join(row for row, _ in taken))])
            for _, answer in taken:
                answer.set_result(None)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        store = SqliteFloor(directory / "floor.db")
        writer = asyncio.create_task(write(store))
        yield
        writer.cancel()
        await store.close()

    app = FastAPI(lifespan=lifespan)

    @app.post("/playground/{session_id}/action", response_model=Accepted)
    async def act(session_id: str, body: Submit) -> dict[str, object]:
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        row = json.dumps([session_id, body.player_id, body.turn, body.action and body.action.model_dump()]).encode()
        waiting.append((row, answer))
        work.set()
        await answer
        return {"accepted": True, "session_id": session_id, "turn": body.turn}

    @app.get("/health/ready")
    async def ready() -> dict[str, str]:
        return {"status": "ok"}

    return app


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args()
    uvicorn.run(build(given.data), port=given.port, access_log=False, log_level="warning")
