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
from gamefold.engine.ruleset import Event, Intent, Ruleset, Tick

HASH_BYTES: Final = 16

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


def compress(raw: bytes) -> bytes:
    """Compress a snapshot's payload, with a checksum: a flipped byte must not open as another state."""
    return zstandard.ZstdCompressor(level=3, write_checksum=True).compress(raw)


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

    def encode_state(self, state: Any) -> bytes:
        """Encode a whole state."""
        return self._ruleset.encode(state) if self._ruleset.encode else encode(state)

    def decode_state(self, raw: bytes) -> Any:
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
