"""The private folder in which an import happens, beside the place of its result; nothing of it stays."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

PREFIX = ".importing-"  # of the names of such folders
_REMOVING = ".removing-"  # of those that anybody may remove: their lock may be gone already
_LOCK, _NEW_LOCK = "lock", "lock.new"
_ABANDONED = 3600.0  # seconds after which a folder without a lock belongs to nobody


@contextlib.contextmanager
def workplace(parent: Path) -> Iterator[Path]:
    """A new folder in `parent`, which is made if need be, removed whatever happens. Raises OSError."""
    parent.mkdir(parents=True, exist_ok=True)
    remove_leftovers(parent)
    folder = parent / f"{PREFIX}{secrets.token_hex(6)}"
    folder.mkdir(mode=0o700)
    try:
        descriptor = os.open(folder / _NEW_LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(descriptor)
            (folder / _NEW_LOCK).rename(folder / _LOCK)  # so a lock that can be seen is held, or its holder is gone
            yield folder
        finally:
            os.close(descriptor)
    finally:
        with contextlib.suppress(OSError):
            _remove(folder)


def remove_leftovers(parent: Path) -> int:
    """Remove what imports into `parent` left when they were killed; returns how many. Those that run stay."""
    removed = 0
    for folder in parent.glob(f"{_REMOVING}*"):
        with contextlib.suppress(OSError):
            shutil.rmtree(folder)
            removed += 1
    for folder in parent.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            if _abandoned(folder):
                _remove(folder)
                removed += 1
    return removed


def _remove(folder: Path) -> None:
    """Under another name first: killed half-way, a folder whose lock is gone would look like one that just begins."""
    doomed = folder.with_name(_REMOVING + folder.name.removeprefix(PREFIX))
    folder.rename(doomed)
    shutil.rmtree(doomed)


def _abandoned(folder: Path) -> bool:
    try:
        descriptor = os.open(folder / _LOCK, os.O_RDWR)
    except FileNotFoundError:
        return time.time() - folder.stat().st_mtime > _ABANDONED
    try:
        return _lock(descriptor)
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> bool:
    """A lock that ends with its process; False when another has it, or where the system has none (Windows)."""
    try:
        import fcntl
    except ImportError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
