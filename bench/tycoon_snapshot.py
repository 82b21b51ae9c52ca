"""What does it cost to write a region of a million rigs down, to hash it, to pack it, and to read it again?

The floor copies as many bytes as the region's encoding has. `encode` and `compress` are what a snapshot is made of
(zstd, level 3, with a checksum, as the host does it), `digest` is what every tick does. `decode` and `decompress` are
the way back. `tables` is the part of the encoding that is columns; the rest is companies, which are bytes already.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from bench.common import Effort, median, rounded, run, say, spread, take_turns, timed
from bench.tycoon_worlds import a_region
from gamefold.engine.codec import compress, decompress
from gamefold.games.tycoon.state.region_codec import decode_region, digest_region, encode_region

MEGABYTE: Final = 1_000_000


def main(arguments: list[str] | None = None) -> None:
    """Measure and report."""
    run("tycoon_snapshot", measure, arguments)


async def measure(effort: Effort) -> dict[str, Any]:
    """Give milliseconds and sizes."""
    region = a_region(effort.pick(1_000_000, 50_000))
    raw = encode_region(region)
    packed = compress([raw])
    source = np.frombuffer(raw, np.uint8)
    target = np.zeros_like(source)
    assert encode_region(decode_region(raw)) == raw
    tables = (region.ledger, region.standings, region.sites, region.rigs)
    parts: dict[str, Callable[[], Any]] = {
        "floor": lambda: np.copyto(target, source),
        "digest": lambda: digest_region(region),
        "encode": lambda: encode_region(region),
        "tables": lambda: [bytes(raw) for table in tables for _, _, raw in table.written()],
        "compress": lambda: compress([raw]),
        "decompress": lambda: decompress(packed),
        "decode": lambda: decode_region(raw),
    }
    sides = {name: timed(part) for name, part in parts.items()}
    results = await take_turns(sides, effort.pick(7, 2), effort.pick(1.0, 0.1), 0.5)
    floor = results["floor"]
    figures: dict[str, Any] = {
        "rigs": len(region.rigs),
        "encoded_mb": round(len(raw) / MEGABYTE, 1),
        "compressed_mb": round(len(packed) / MEGABYTE, 1),
    }
    for name, rates in results.items():
        times = [1_000 / rate for rate in rates]
        ratios = [base / rate for base, rate in zip(floor, rates, strict=True)]
        figures[name] = {"ms": rounded(median(times)), "spread": spread(times), "x_floor": round(median(ratios), 1)}
        say(f"{name:12} {median(times):>9.2f} ms  {spread(times)}")
    return figures


if __name__ == "__main__":
    main()
