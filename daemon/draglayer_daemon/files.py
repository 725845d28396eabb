"""Files that are there whole or not at all, and sentences for those that cannot be written."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


class CannotWrite(Exception):
    """A file or folder cannot be written; the sentence says which, why and what to do."""


def write_atomically(path: Path, data: bytes, mode: int = 0o644, *, durable: bool = False) -> None:
    """Write beside, then rename over: a reader sees the old file or the new one. Raises CannotWrite.

    durable  and it is on the disk before this returns, so that a power cut keeps it
    """
    if not path.parent.is_dir():
        raise CannotWrite(
            f"{path} cannot be written: there is no folder {path.parent}; make it, or choose another place"
        )
    if path.is_dir():
        raise CannotWrite(f"{path} cannot be written: it is a folder; name a file in it")
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(data)
                if durable:
                    stream.flush()
                    os.fsync(stream.fileno())
            beside.replace(path)
            if durable:
                sync_folder(path.parent)
        except OSError:
            beside.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise CannotWrite(
            f"{path} cannot be written: {error.strerror}; check the folder's permissions and the disk's free space"
        ) from error


def sync_folder(folder: Path) -> None:
    """So that a new name survives a power cut; Windows has no such call for folders. Raises OSError."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(path: Path, mode: int = 0o777) -> Path:
    """The folder, made if need be. Raises CannotWrite."""
    try:
        path.mkdir(mode=mode, parents=True, exist_ok=True)
    except OSError as error:
        raise CannotWrite(
            f"the folder {path} cannot be made: {error.strerror}; choose another place or change its permissions"
        ) from error
    return path


def tail(path: Path, lines: int = 12) -> str:
    """The last lines of a log; a sentence when there are none."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        return f"(the log {path} cannot be read: {error.strerror})"
    return "\n".join(text.splitlines()[-lines:]) or f"(the log {path} is empty)"
