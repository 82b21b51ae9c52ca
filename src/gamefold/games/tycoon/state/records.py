"""Records of which most are kept as bytes: what a region has too many of to keep as objects, and seldom asks for.

A record is read when somebody asks for it by its row, and stays read. Whoever changes it says so (`changed`), and it is
written down again when all are written or hashed.
"""

from collections.abc import Iterator
from typing import Any, ClassVar, Final, Generic, Self, TypeVar

import msgspec
import xxhash

T = TypeVar("T")
Part = TypeVar("Part", bound=msgspec.Struct)

_HASH_BYTES: Final = 16
_encode: Final = msgspec.msgpack.Encoder(order="deterministic").encode
_split: Final = msgspec.msgpack.Decoder(list[msgspec.Raw]).decode


class Records(Generic[T]):
    """A list that only grows. A subclass names the kind of its records."""

    KIND: ClassVar[type[Any]]

    __slots__ = ("_changed", "_hashes", "_read", "_written")

    def __init__(self) -> None:
        self._written: list[msgspec.Raw] = []
        self._hashes = bytearray()  # 16 bytes of xxh3 for each
        self._read: dict[int, T] = {}
        self._changed: set[int] = set()

    def __len__(self) -> int:
        return len(self._written)

    def __getitem__(self, row: int) -> T:
        """Give a record. Every time the same object, so it may be changed."""
        record = self._read.get(row)
        if record is None:
            if not 0 <= row < len(self._written):
                raise IndexError(row)
            record = self._read[row] = msgspec.msgpack.decode(self._written[row], type=self.KIND)
        return record

    def __iter__(self) -> Iterator[T]:
        """Give all records, to look at: those that nobody has asked for are read and forgotten again."""
        for row, written in enumerate(self._written):
            yield self._read.get(row) or msgspec.msgpack.decode(written, type=self.KIND)

    def append(self, record: T) -> None:
        """Add a record at the end."""
        row = len(self._written)
        self._written.append(msgspec.Raw())
        self._hashes += bytes(_HASH_BYTES)
        self._read[row] = record
        self._changed.add(row)

    def changed(self, row: int) -> None:
        """Say that a record has changed. Everybody who changes one says so."""
        assert row in self._read, row
        self._changed.add(row)

    def parts(self, kind: type[Part]) -> list[Part]:
        """Read all records as a struct that knows some of their fields: many times quicker than whole."""
        return msgspec.msgpack.decode(_encode(self.written()), type=list[kind])  # type: ignore[valid-type]

    def written(self) -> list[msgspec.Raw]:
        """Give all records as bytes, for an encoder."""
        for row in sorted(self._changed):
            written = _encode(self._read[row])
            self._written[row] = msgspec.Raw(written)
            self._hashes[_HASH_BYTES * row : _HASH_BYTES * (row + 1)] = xxhash.xxh3_128_digest(written)
        self._changed.clear()
        return self._written

    @classmethod
    def read(cls, raw: bytes | memoryview) -> Self:
        """Take what an encoder made of `written`. ValueError where it is something else."""
        records = cls()
        # A copy, because every record holds all of what it was cut out of.
        records._written = _split(bytes(raw))
        records._hashes = bytearray(b"".join(map(xxhash.xxh3_128_digest, records._written)))
        return records

    def digest(self) -> bytes:
        """Hash all records: 16 bytes of xxh3. Costs what those cost that changed, and 16 bytes for each."""
        self.written()
        hashed = xxhash.xxh3_128(b"%d;" % len(self))
        hashed.update(self._hashes)
        return hashed.digest()
