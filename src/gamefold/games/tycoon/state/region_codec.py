"""How a region world is written down and hashed."""

from typing import Any, Final

import msgspec
import xxhash

from gamefold.games.tycoon.state.columns import Table
from gamefold.games.tycoon.state.records import Records
from gamefold.games.tycoon.state.region import Index, Region

_TABLES: Final = ("ledger", "standings", "branches", "sites", "rigs", "repairs")
_LARGE: Final = frozenset({*_TABLES, "companies", "index"})  # hashed by themselves


def encode_region(region: Region) -> bytes:
    """Write a whole region world. Equal states give equal bytes."""
    return _encoder.encode(region)


def decode_region(raw: bytes) -> Region:
    """Read what `encode_region` wrote. ValueError (msgspec.DecodeError is one) where it is something else."""
    written = _decoder.decode(raw)
    fields = {name: getattr(written, name) for name in written.__struct_fields__}
    return Region(**{name: _read(_kinds[name], value) for name, value in fields.items()})


def digest_region(region: Region) -> bytes:
    """Hash a region world: 16 bytes of xxh3. Costs what its tables cost, and the companies that were touched."""
    small = {name: getattr(region, name) for name in region.__struct_fields__ if name not in _LARGE}
    hashed = xxhash.xxh3_128(_encoder.encode(small))
    hashed.update(region.companies.digest())
    for name in _TABLES:
        hashed.update(getattr(region, name).digest())
    return hashed.digest()


def _down(value: Any) -> Any:
    if isinstance(value, Table | Records):
        return value.written()
    if isinstance(value, Index):
        return None
    raise TypeError(f"a region holds no {type(value).__name__}")


def _read(kind: Any, value: Any) -> Any:
    if not isinstance(value, msgspec.Raw):
        return value
    return kind.decode(value) if issubclass(kind, Table) else kind.read(value)


_encoder: Final = msgspec.msgpack.Encoder(order="deterministic", enc_hook=_down)

# Tables and companies are left as they are written, and read by themselves: 100 MB are not copied for that.
_kinds: Final = {field.name: field.type for field in msgspec.structs.fields(Region) if field.name != "index"}
_decoder: Final = msgspec.msgpack.Decoder(
    msgspec.defstruct("_Written", [(name, msgspec.Raw if name in _LARGE else kind) for name, kind in _kinds.items()])
)
