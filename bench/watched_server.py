"""`gamefold serve GAME`, which also notes when each event was durable: for `sse_viewers` and `tycoon_sockets`.

    python -m bench.watched_server --data DIRECTORY --port PORT --stamps FILE [--game GAME] [--time-scale K]

Viewers are told right after the commit, so the time at which a world's feed is handed a record is the time from
which its delivery is measured. Stamps are lines `world position seconds` of the machine's monotonic clock, which all
processes share; they are kept in memory and written at the end, some hundred a second at most.
"""

import argparse
import atexit
import time
from pathlib import Path
from typing import Any

from gamefold.cli.serving import serve
from gamefold.engine.feed import Feed, Record

stamps: list[tuple[str, int, float]] = []


def main() -> None:
    """Serve, with stamps."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--stamps", type=Path, required=True)
    parser.add_argument("--game", default="spellcasters")
    parser.add_argument("--time-scale", type=float, default=1.0)
    given = parser.parse_args()
    publish: Any = Feed.publish

    def stamped(feed: Feed, records: list[Record]) -> None:
        now_s = time.monotonic()
        stamps.extend((record.world, record.position, now_s) for record in records)
        publish(feed, records)

    Feed.publish = stamped  # type: ignore[method-assign]
    atexit.register(lambda: given.stamps.write_text("".join(f"{w} {p} {s!r}\n" for w, p, s in stamps)))
    serve([given.game], port=given.port, data=given.data, time_scale=given.time_scale)


if __name__ == "__main__":
    main()
