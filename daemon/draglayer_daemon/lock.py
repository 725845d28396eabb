"""Locks that end with their process: one daemon per home folder, one change of the models at a time."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from .files import CannotWrite

NAME = "daemon.lock"
_FAR = 1 << 20  # Windows locks bytes against reading too: lock one behind the text


PAUSE = 0.05  # seconds between two looks at a lock that another holds


class Held(Exception):
    """Another process holds the lock."""


class AlreadyRunning(Exception):
    """Another daemon holds the lock; the sentence says which."""


class DaemonLock:
    """Held from `with` to its end, or to the death of the process: the system lets go of it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self._descriptor = -1

    def __enter__(self) -> DaemonLock:
        """Raises AlreadyRunning, CannotWrite."""
        try:
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise CannotWrite(
                f"the lock {self.path} cannot be opened: {error.strerror}; remove what lies there, or give this user"
                " the permission to write it"
            ) from error
        if not _lock(self._descriptor):
            said = os.read(self._descriptor, 1000).decode(errors="replace").strip() or "it has not said where yet"
            os.close(self._descriptor)
            raise AlreadyRunning(
                f"a Draglayer daemon is running already ({said}); use it as it is (`draglayer status`), or end it first"
            )
        self.say(f"process {os.getpid()}")
        return self

    def say(self, text: str) -> None:
        """What a second daemon will read."""
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        os.truncate(self._descriptor, 0)
        os.write(self._descriptor, text.encode())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        os.close(self._descriptor)  # the file stays: removing it would let two daemons hold two files of one name


@contextlib.contextmanager
def holding(path: Path, *, wait: bool) -> Iterator[None]:
    """The lock on a file, which is made if need be and stays. Raises Held if it is held and need not be waited for.

    Waiting is for what takes a moment only. Raises OSError where the file cannot be opened.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        while not _lock(descriptor):
            if not wait:
                raise Held(str(path))
            time.sleep(PAUSE)
        yield
    finally:
        os.close(descriptor)


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> bool:
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def _lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
