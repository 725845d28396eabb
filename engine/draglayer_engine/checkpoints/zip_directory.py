"""The directory of a zip file, read strictly: only what torch.save writes, nothing ambiguous.

Source of the layout: PKWARE's APPNOTE.TXT, sections 4.3 and 4.5.3 (zip64).
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

from . import limits
from .errors import CheckpointError, listed, shown

_END, _END64, _LOCATOR64, _CENTRAL, _LOCAL = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07", b"PK\x01\x02", b"PK\x03\x04"
_LONGEST_END = 22 + 65535
_BROKEN = "is not as a zip file should be, so it is damaged or was cut short; download it again"


@dataclass(frozen=True)
class Entry:
    """One file of the archive: `start` and `size` of its bytes, and their checksum (0 = none was made)."""

    name: str
    start: int
    size: int
    checksum: int


class ZipFile:
    """The files of an archive by name. Raises CheckpointError when the archive is damaged or holds anything odd."""

    def __init__(self, data: memoryview) -> None:
        self._data = data
        entries = [self._located(entry) for entry in self._directory()]
        self.entries = {entry.name: entry for entry in entries}
        if len(self.entries) != len(entries):
            raise CheckpointError("it is a zip file with two entries of one name; get it from its source again")
        end = 0
        for entry in sorted(entries, key=lambda e: (e.start, e.size)):
            if entry.start < end:
                raise CheckpointError(
                    f"it is a zip file whose entries overlap ({shown(entry.name)}), as zip bombs have them;"
                    " get it from its source again"
                )
            end = entry.start + entry.size

    def read(self, name: str) -> memoryview:
        """The bytes of an entry. Raises CheckpointError when it is missing or differs from its checksum."""
        entry = self.entries.get(name)
        if entry is None:
            raise CheckpointError(
                f"its entry {shown(name)} is missing (it has {listed(list(self.entries))}); download it again"
            )
        data = self._data[entry.start : entry.start + entry.size]
        if entry.checksum and zlib.crc32(data) != entry.checksum:
            raise CheckpointError(f"its entry {shown(name)} differs from its checksum; download it again")
        return data

    def _directory(self) -> list[Entry]:
        tail = bytes(self._data[-_LONGEST_END:])
        at = tail.rfind(_END)
        if at < 0 or len(tail) - at < 22:
            raise CheckpointError("it is the beginning of a zip file whose end is missing; download it again")
        disk, first, _, count, size, offset = struct.unpack_from("<HHHHII", tail, at + 4)
        end = len(self._data) - len(tail) + at
        if 0xFFFF in (count, disk) or 0xFFFFFFFF in (size, offset):
            disk, first, count, size, offset = self._large_end(end)
        if disk or first or count > limits.ZIP_ENTRIES or size < 46 * count or offset + size > end:
            raise CheckpointError(f"its directory of {count} entries {_BROKEN}")
        directory = self._data[offset : offset + size]
        entries, position = [], 0
        for _ in range(count):
            entry, position = _central(directory, position)
            entries.append(entry)
        return entries

    def _large_end(self, end: int) -> tuple[int, int, int, int, int]:
        if end < 20 or self._data[end - 20 : end - 16] != _LOCATOR64:
            raise CheckpointError(f"its directory {_BROKEN}")
        (at,) = struct.unpack_from("<Q", self._data, end - 12)
        if at + 56 > end or self._data[at : at + 4] != _END64:
            raise CheckpointError(f"its directory {_BROKEN}")
        disk, first, _, count, size, offset = struct.unpack_from("<IIQQQQ", self._data, at + 16)
        return disk, first, count, size, offset

    def _located(self, entry: Entry) -> Entry:
        """With the place of its bytes, which lie behind a second header."""
        at = entry.start
        if at + 30 > len(self._data) or self._data[at : at + 4] != _LOCAL:
            raise CheckpointError(f"its entry {shown(entry.name)} {_BROKEN}")
        name_length, extra_length = struct.unpack_from("<HH", self._data, at + 26)
        start = at + 30 + name_length + extra_length
        if start + entry.size > len(self._data):
            raise CheckpointError(
                f"its entry {shown(entry.name)} of {entry.size} bytes ends beyond the file's {len(self._data)};"
                " download it again"
            )
        if bytes(self._data[at + 30 : at + 30 + name_length]) != entry.name.encode():
            raise CheckpointError(
                f"its entry {shown(entry.name)} is named otherwise in its own header; get it from its source again"
            )
        return Entry(entry.name, start, entry.size, entry.checksum)


def _central(directory: memoryview, position: int) -> tuple[Entry, int]:
    """One entry of the directory, `start` still at its local header; and where the next begins."""
    if position + 46 > len(directory) or directory[position : position + 4] != _CENTRAL:
        raise CheckpointError(f"its directory {_BROKEN}")
    flags, method = struct.unpack_from("<HH", directory, position + 8)
    checksum, packed, size, name_length, extra_length, comment_length = struct.unpack_from(
        "<IIIHHH", directory, position + 16
    )
    (offset,) = struct.unpack_from("<I", directory, position + 42)
    middle = position + 46 + name_length
    end = middle + extra_length
    if end + comment_length > len(directory):
        raise CheckpointError(f"its directory {_BROKEN}")
    name = _safe_name(bytes(directory[position + 46 : middle]))
    packed, size, offset = _large(bytes(directory[middle:end]), (packed, size, offset), name)
    if flags & 1 or method or packed != size:
        raise CheckpointError(
            f"its entry {shown(name)} is compressed or encrypted, as torch.save never writes it; if this is an archive"
            " around a checkpoint, unpack it and import what is inside"
        )
    return Entry(name, offset, size, checksum), end + comment_length


def _large(extra: bytes, values: tuple[int, int, int], name: str) -> tuple[int, int, int]:
    """Unpacked size, packed size and offset above 4 GiB stand in an extra field, in that order."""
    packed, size, offset = values
    if 0xFFFFFFFF not in values:
        return values
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        body = extra[at + 4 : at + 4 + length]
        if kind == 1:
            numbers = iter(struct.unpack(f"<{len(body) // 8}Q", body[: len(body) // 8 * 8]))
            size = next(numbers, size) if size == 0xFFFFFFFF else size
            packed = next(numbers, packed) if packed == 0xFFFFFFFF else packed
            offset = next(numbers, offset) if offset == 0xFFFFFFFF else offset
            return packed, size, offset
        at += 4 + length
    raise CheckpointError(f"its entry {shown(name)} {_BROKEN}")


def _safe_name(raw: bytes) -> str:
    """Nothing is ever written under these names; still, one that leads elsewhere shows what the file is for."""
    try:
        name = raw.decode()
    except UnicodeDecodeError as error:
        raise CheckpointError(f"it is a zip file with an unreadable name in it and {_BROKEN}") from error
    parts = name.split("/")
    if "\\" in name or "\0" in name or name.startswith("/") or ".." in parts or parts[0][1:2] == ":":
        raise CheckpointError(
            f"it is a zip file with the entry {shown(name)}, which leads out of it; get it from its source again"
        )
    return name
