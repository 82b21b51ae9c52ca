"""A disk that forgets: what was written and not synced may be lost, kept or torn when the power goes.

`kill -9` does not test durability, because the operating system still writes what a dead process has written. Here
SQLite itself runs, real C code, on files that exist in this process only. Needs apsw, a development dependency.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from gamefold.engine.rng import Rng

try:
    import apsw
except ImportError as error:  # pragma: no cover - the development environment has it
    raise ImportError("the simulated disk needs apsw: install Gamefold's development dependencies") from error

SECTOR: Final = 512  # what a disk writes as a whole
_MISSING: Final = b""

# Called before each write and each sync with "xWrite" or "xSync"; gives a SQLite result code to fail with, or None.
Fault = Callable[[str], int | None]


@dataclass(slots=True)
class File:
    """One file: what would survive, what is read back, and the writes between the two, in their order."""

    durable: bytearray = field(default_factory=bytearray)
    current: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)  # (offset, bytes), or (size, None) to cut


class Disk(apsw.VFS):
    """A SQLite VFS under its own name. `sometimes` counts what happened, so that a fault that never fires is seen."""

    def __init__(self, name: str, rng: Rng) -> None:
        self.name = name
        self.files: dict[str, File] = {}
        self.sometimes: Counter[str] = Counter()
        self.calls = 0  # writes and syncs so far
        self.fault: Fault = lambda _call: None
        self.dead = False
        self.lives = 0
        self._rng = rng
        super().__init__(name, "")

    def crash(self) -> int:
        """Stop the machine inside a write or a sync: nothing is written any more until `power_loss`."""
        self.dead = True
        return int(apsw.SQLITE_IOERR)

    def power_loss(self) -> None:
        """Let the power go and come back. Of the unsynced writes a random part is there, whole or torn."""
        for file in self.files.values():
            if file.pending:
                self.sometimes["power lost with unsynced writes"] += 1
            for offset, written in file.pending:
                self._survive(file.durable, offset, written)
            file.pending.clear()
            file.current = bytearray(file.durable)
        self.dead = False
        self.lives += 1

    def _survive(self, content: bytearray, offset: int, written: bytes | None) -> None:
        fate = self._rng.below(4)
        if fate == 0:
            self.sometimes["write lost"] += 1
        elif fate == 1 and written is not None and len(written) > SECTOR:
            self.sometimes["write torn"] += 1
            for start in range(0, len(written), SECTOR):
                if self._rng.below(2):
                    put(content, offset + start, written[start : start + SECTOR])
        else:
            put(content, offset, written)

    def fails(self, call: str, file: File) -> None:
        """Ask for the fault of this call, and raise it."""
        self.calls += 1
        code = apsw.SQLITE_IOERR if self.dead else self.fault(call)
        if code is not None:
            if self.dead and call == "xSync" and file.pending:
                self.sometimes["power lost inside a sync"] += 1
            raise apsw.exception_for(code)

    # -- what SQLite calls --------------------------------------------------------------------------------------

    def xOpen(self, name: Any, flags: list[int]) -> Any:  # noqa: N802 - SQLite's names
        """Open a file, or a nameless one that is nobody else's."""
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        flags[1] = flags[0]
        return _Open(self, File() if path is None else self.files.setdefault(path, File()))

    def xAccess(self, path: str, _flags: int) -> bool:  # noqa: N802
        """Say whether a file is there."""
        return path in self.files

    def xDelete(self, path: str, _sync: bool) -> None:  # noqa: N802
        """Delete a file, at once and for good."""
        if self.dead:
            raise apsw.exception_for(apsw.SQLITE_IOERR_DELETE)
        self.files.pop(path, None)

    def xFullPathname(self, name: str) -> str:  # noqa: N802
        """There are no folders."""
        return name

    def xRandomness(self, count: int) -> bytes:  # noqa: N802
        """Give SQLite chance that comes again."""
        return bytes(self._rng.below(256) for _ in range(count))

    def xSleep(self, microseconds: int) -> int:  # noqa: N802
        """Time does not pass on this disk."""
        return microseconds


class _Open:
    """One open file, as SQLite sees it. There is one connection to a disk, so locks have nothing to do."""

    def __init__(self, disk: Disk, file: File) -> None:
        self._disk = disk
        self._file = file
        self._life = disk.lives

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802
        return bytes(self._file.current[offset : offset + amount])

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._ask("xWrite")
        self._change(offset, bytes(data))

    def xTruncate(self, size: int) -> None:  # noqa: N802
        self._ask("xWrite")
        self._change(size, None)

    def xSync(self, _flags: int) -> None:  # noqa: N802
        self._ask("xSync")
        self._file.durable = bytearray(self._file.current)
        self._file.pending.clear()

    def xFileSize(self) -> int:  # noqa: N802
        return len(self._file.current)

    def xClose(self) -> None:  # noqa: N802
        pass

    def xLock(self, level: int) -> None:  # noqa: N802
        pass

    def xUnlock(self, level: int) -> None:  # noqa: N802
        pass

    def xCheckReservedLock(self) -> bool:  # noqa: N802
        return False

    def xFileControl(self, _operation: int, _pointer: int) -> bool:  # noqa: N802
        return False

    def xSectorSize(self) -> int:  # noqa: N802
        return SECTOR

    def xDeviceCharacteristics(self) -> int:  # noqa: N802
        return 0  # promises nothing

    def _ask(self, call: str) -> None:
        if self._life != self._disk.lives:
            # Opened before the power went: nobody is left who could write here.
            raise apsw.exception_for(apsw.SQLITE_IOERR)
        self._disk.fails(call, self._file)

    def _change(self, offset: int, written: bytes | None) -> None:
        put(self._file.current, offset, written)
        self._file.pending.append((offset, written))


def put(content: bytearray, offset: int, written: bytes | None) -> None:
    """Write into bytes as into a file: past the end there are zeros first. None cuts the file at `offset`."""
    if written is None:
        del content[offset:]
        return
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(written)] = written
