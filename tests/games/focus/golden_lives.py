"""Recorded lives: what the rules of a released version made of them must stay what they make.

`GAMEFOLD_WRITE_GOLDEN=1 uv run pytest tests/games/focus/test_golden.py` writes the newest version's record anew. Do
that only for a version that was never released.
"""

from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import msgspec

from gamefold.engine.codec import encode
from gamefold.engine.journal import Entry
from gamefold.engine.world import Played

FOLDER = Path(__file__).with_name("golden")


class GoldenEntry(msgspec.Struct):
    """One entry as it was written, and what people may read of it."""

    raw: str
    time_ms: int
    events: list[Any]
    digest: str


def read_life(version: int) -> list[GoldenEntry]:
    return msgspec.json.decode((FOLDER / f"life-{version}.json").read_bytes(), type=list[GoldenEntry])


def entry_of(golden: GoldenEntry) -> Entry:
    return msgspec.msgpack.decode(b64decode(golden.raw), type=Entry)


def as_golden(played: Played) -> GoldenEntry:
    events = [msgspec.to_builtins(record.event) for record in played.records]
    assert played.entry.digest is not None
    return GoldenEntry(
        b64encode(encode(played.entry)).decode(), played.entry.time_ms, events, played.entry.digest.hex()
    )


def write_life(version: int, played: list[Played]) -> None:
    FOLDER.mkdir(exist_ok=True)
    lines = (msgspec.json.encode(as_golden(one)).decode() for one in played)
    (FOLDER / f"life-{version}.json").write_text("[\n" + ",\n".join(lines) + "\n]\n")
