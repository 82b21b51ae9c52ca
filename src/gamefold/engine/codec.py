"""Bytes and hashes: how intents, events, states and entries of a game are written down.

msgpack with sorted keys, so equal values are equal bytes in every process and under every hash seed.
"""

from collections.abc import Iterable
from functools import reduce
from hashlib import blake2b
from operator import or_
from typing import Any, Final

import msgspec
import xxhash
import zstandard

from gamefold.engine.journal import Entry, JournalCorrupt, StoredBatch, StoredEvent
from gamefold.engine.lifecycle import ENGINE_INTENTS
from gamefold.engine.ruleset import Event, Intent, Ruleset, Tick, Written

HASH_BYTES: Final = 16

_BIN32: Final = b"\xc6"  # msgpack: bytes with a length of 32 bits follow

_encoder = msgspec.msgpack.Encoder(order="deterministic")
_entries = msgspec.msgpack.Decoder(list[Entry])
_events = msgspec.msgpack.Decoder(list[StoredEvent])

_blank = blake2b(digest_size=HASH_BYTES)

encode = _encoder.encode


def entry_hash(raw: bytes) -> bytes:
    """Hash an encoded entry: 16 bytes of blake2b, for a chain nobody can mend unseen."""
    hasher = _blank.copy()  # half the time of making one
    hasher.update(raw)
    return hasher.digest()


def first_previous(world: str) -> bytes:
    """Give what stands as `previous` in the first entry of a world."""
    return blake2b(world.encode(), digest_size=HASH_BYTES).digest()


def join(raws: Iterable[bytes]) -> bytes:
    """Encode a list whose items are encoded already."""
    return encode([msgspec.Raw(raw) for raw in raws])


def framed(head: Any, raw: Written) -> tuple[bytes, Written]:
    """Give the two parts of what `encode([head, raw])` is. A state may be 100 MB, and nothing needs another copy."""
    empty_bytes = encode(b"")
    begin = encode([head, b""]).removesuffix(empty_bytes)
    return begin + _BIN32 + len(raw).to_bytes(4, "big"), raw


def compress(parts: Iterable[Written]) -> bytes:
    """Compress a snapshot's payload, with a checksum: a flipped byte must not open as another state."""
    parts = tuple(parts)
    packer = zstandard.ZstdCompressor(level=3, write_checksum=True).compressobj(size=sum(map(len, parts)))
    return b"".join([*map(packer.compress, parts), packer.flush()])


def decompress(raw: bytes) -> bytes:
    """Undo `compress`."""
    return zstandard.decompress(raw)


def entries_of(batch: StoredBatch) -> list[Entry]:
    """Decode a row's entries. JournalCorrupt where the bytes are not entries."""
    try:
        return _entries.decode(batch.entries)
    except (msgspec.DecodeError, ValueError) as error:
        raise JournalCorrupt(batch.world, batch.first_seq, f"cannot be read ({error})") from error


def events_of(batch: StoredBatch) -> list[StoredEvent]:
    """Decode a row's events. JournalCorrupt where the bytes are not events."""
    try:
        return _events.decode(batch.events)
    except (msgspec.DecodeError, ValueError) as error:
        raise JournalCorrupt(batch.world, batch.first_seq, f"has events that cannot be read ({error})") from error


class Codec:
    """How one version of a game's rules is written down."""

    def __init__(self, ruleset: Ruleset) -> None:
        self._ruleset = ruleset
        self._intents = msgspec.msgpack.Decoder(_union((*ruleset.handlers, Tick, *ENGINE_INTENTS)))
        self._events = msgspec.msgpack.Decoder(_union(ruleset.events)) if ruleset.events else None
        self._state: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(ruleset.state)
        self._spec = msgspec.msgpack.Decoder(ruleset.spec)

    def intent(self, raw: bytes) -> Intent:
        """Decode an intent."""
        return self._intents.decode(raw)  # type: ignore[no-any-return]

    def event(self, raw: bytes) -> Event:
        """Decode an event."""
        assert self._events is not None, f"{self._ruleset.name} has no events"
        return self._events.decode(raw)  # type: ignore[no-any-return]

    def spec(self, raw: bytes) -> Any:
        """Decode what a world is made from."""
        return self._spec.decode(raw)

    def encode_state(self, state: Any) -> Written:
        """Encode a whole state."""
        return self._ruleset.encode(state) if self._ruleset.encode else encode(state)

    def decode_state(self, raw: Written) -> Any:
        """Decode a whole state."""
        return self._ruleset.decode(raw) if self._ruleset.decode else self._state.decode(raw)

    def digest(self, state: Any) -> bytes:
        """Hash a state: 16 bytes of xxh3. The chain of entries around it is what guards against forgery."""
        if self._ruleset.digest is not None:
            return self._ruleset.digest(state)
        return xxhash.xxh3_128_digest(self.encode_state(state))


_codecs: dict[tuple[str, int, int], Codec] = {}


def codec_of(ruleset: Ruleset) -> Codec:
    """Give the codec of a ruleset; decoders are built once."""
    # By identity too, because tests make several rulesets of one name and version.
    key = (ruleset.name, ruleset.version, id(ruleset))
    if key not in _codecs:
        _codecs[key] = Codec(ruleset)
    return _codecs[key]


def _union(types: Iterable[type]) -> Any:
    return reduce(or_, dict.fromkeys(types))
