"""How a region world is written down and hashed."""

from typing import Any, Final

import msgspec
import xxhash

from gamefold.games.tycoon.state.columns import Table
from gamefold.games.tycoon.state.region import Index, Region

_LARGE: Final = frozenset(
    {"companies", "ledger", "standings", "branches", "sites", "rigs", "repairs", "index"}
)  # hashed by themselves


def encode_region(region: Region) -> bytes:
    """Write a whole region world. Equal states give equal bytes."""
    return _encoder.encode(region)


def decode_region(raw: bytes) -> Region:
    """Read what `encode_region` wrote."""
    return _decoder.decode(raw)


def digest_region(region: Region) -> bytes:
    """Hash a region world: 16 bytes of xxh3. Costs what its tables cost, and the companies that were touched."""
    index = region.index
    for row in sorted(index.dirty):
        index.hashes[16 * row : 16 * row + 16] = xxhash.xxh3_128_digest(_encoder.encode(region.companies[row]))
    index.dirty.clear()
    small = {name: getattr(region, name) for name in region.__struct_fields__ if name not in _LARGE}
    hashed = xxhash.xxh3_128(_encoder.encode(small))
    hashed.update(b"%d;" % len(region.companies))
    hashed.update(bytes(index.hashes))
    for table in (region.ledger, region.standings, region.branches, region.sites, region.rigs, region.repairs):
        hashed.update(table.digest())
    return hashed.digest()


def _down(value: Any) -> Any:
    if isinstance(value, Table):
        return value.encode()
    if isinstance(value, Index):
        return None
    raise TypeError(f"a region holds no {type(value).__name__}")


def _up(wanted: type, raw: Any) -> Any:
    if issubclass(wanted, Table):
        return wanted.decode(raw)
    assert wanted is Index, wanted
    return Index()


_encoder: Final = msgspec.msgpack.Encoder(order="deterministic", enc_hook=_down)
_decoder: Final = msgspec.msgpack.Decoder(Region, dec_hook=_up)
