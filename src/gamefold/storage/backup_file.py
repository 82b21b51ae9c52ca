"""A backup as bytes: messages in a compressed stream, under a checksum."""

import os
import struct
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from hashlib import blake2b
from pathlib import Path
from tempfile import NamedTemporaryFile
from types import TracebackType
from typing import Any, Final, Self
from uuid import UUID

import msgspec
import zstandard

_MAGIC: Final = b"gamefold-backup\x01"
_CHECKSUM_BYTES: Final = 32
_LENGTH: Final = struct.Struct(">I")
_CHUNK: Final = 1 << 20


class BackupRefused(Exception):
    """The backup or the database is not what it has to be. Nothing was changed."""


class Head(msgspec.Struct, frozen=True, tag=True):
    """The first message: at which version the tables were."""

    revision: str


class Contents(msgspec.Struct, frozen=True, tag=True):
    """The rows that follow belong to this table and have these columns."""

    schema: str
    table: str
    columns: list[str]


class End(msgspec.Struct, frozen=True, tag=True):
    """The last message."""

    rows: int


Message = Head | Contents | End | list[tuple[Any, ...]]

# Values msgpack has no type for (or, for times, gives back as another one) travel as text under these numbers.
_TEXTS: Final[dict[int, tuple[type, Any]]] = {
    1: (datetime, datetime.fromisoformat),
    2: (date, date.fromisoformat),
    3: (time, time.fromisoformat),
    4: (Decimal, Decimal),
    5: (UUID, UUID),
}
_CODES: Final = {type_: code for code, (type_, _) in _TEXTS.items()}


class BackupWriter:
    """Writes messages beside `path` and puts the file in its place when it is whole and on the disk."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Self:
        self._file = NamedTemporaryFile(dir=self._path.parent, prefix=f".{self._path.name}.", delete=False)
        self._hash = blake2b(digest_size=_CHECKSUM_BYTES)
        self._put(_MAGIC)
        self._compressor = zstandard.ZstdCompressor(level=3).compressobj()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._file as file:
            if kind is not None:
                Path(file.name).unlink()
                return
            self._put(self._compressor.flush())
            file.write(self._hash.digest())
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(self._path)
        _sync_directory(self._path.parent)

    def write(self, message: Head | Contents | End) -> None:
        """Add a message."""
        self._frame(msgspec.msgpack.encode(message))

    def write_rows(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Add rows of the table named last."""
        self._frame(msgspec.msgpack.encode([[_packed(value) for value in row] for row in rows]))

    def _frame(self, raw: bytes) -> None:
        self._put(self._compressor.compress(_LENGTH.pack(len(raw)) + raw))

    def _put(self, raw: bytes) -> None:
        self._hash.update(raw)
        self._file.write(raw)


class BackupReader:
    """Reads a backup whose checksum holds. BackupRefused, OSError."""

    def __init__(self, path: Path) -> None:
        self._path = path
        checksum = blake2b(digest_size=_CHECKSUM_BYTES)
        size = path.stat().st_size - _CHECKSUM_BYTES
        with path.open("rb") as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                raise BackupRefused(f"{path.name} is not a backup of this Gamefold")
            file.seek(0)
            while (left := size - file.tell()) > 0:
                checksum.update(file.read(min(left, _CHUNK)))
            if file.read() != checksum.digest():
                raise BackupRefused(f"{path.name} is damaged: its checksum does not hold")

    def messages(self) -> Iterator[Message]:
        """Give all messages in order."""
        decoder = msgspec.msgpack.Decoder(Head | Contents | End | list[Any], ext_hook=_unpacked)
        with self._path.open("rb") as file:
            file.seek(len(_MAGIC))
            stream = zstandard.ZstdDecompressor().stream_reader(file)
            message = None
            while not isinstance(message, End):
                (length,) = _LENGTH.unpack(stream.read(_LENGTH.size))
                message = decoder.decode(stream.read(length))
                yield message


def _packed(value: Any) -> Any:
    code = _CODES.get(type(value))
    if code is None:
        return value
    return msgspec.msgpack.Ext(code, (value.isoformat() if code <= 3 else str(value)).encode())


def _unpacked(code: int, data: memoryview) -> Any:
    return _TEXTS[code][1](bytes(data).decode())


def _sync_directory(path: Path) -> None:
    # A renamed file is only there after a power loss if its directory was synced too.
    directory = os.open(path, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
