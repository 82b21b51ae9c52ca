"""One writer per data directory: a lock file that names the process that holds it."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self


class DataInUse(Exception):
    """Another process holds the data. The message names it."""


class DataLock:
    """Held as long as the process lives; a crash lets go of it. Errors: DataInUse."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def __enter__(self) -> Self:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(file, 32).decode(errors="replace").strip() or "unknown"
            os.close(file)
            raise DataInUse(f"{self._path.parent} is used by another process (pid {holder})") from None
        os.ftruncate(file, 0)
        os.write(file, str(os.getpid()).encode())
        self._file = file
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
