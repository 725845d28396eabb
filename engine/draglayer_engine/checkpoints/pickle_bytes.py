"""The bytes of a pickle, taken piece by piece; nothing is allocated before its bytes are known to be there."""

from __future__ import annotations

import re
import struct

from . import limits
from .errors import CheckpointError

_INTEGER = re.compile(rb"[+-]?\d{1,160}")
_COPIED = 64 * 1024  # longer runs of bytes stay where they are, in the mapped file

DAMAGED = "so it is damaged, cut short, or not a checkpoint; download it again"


class Cursor:
    """Reads forward through `data`; every method raises CheckpointError instead of reading beyond the end."""

    def __init__(self, data: memoryview, position: int = 0) -> None:
        self.data = data
        self.position = position

    def take(self, count: int) -> memoryview:
        end = self.position + count
        if count < 0 or end > len(self.data):
            raise CheckpointError(
                f"it announces {count} more bytes at position {self.position} of {len(self.data)}, {DAMAGED}"
            )
        piece = self.data[self.position : end]
        self.position = end
        return piece

    def byte(self) -> int:
        if self.position >= len(self.data):
            raise CheckpointError(f"it ends in the middle, at byte {self.position}, {DAMAGED}")
        value = self.data[self.position]
        self.position += 1
        return value

    def number(self, size: int) -> int:
        """A whole number without sign, low byte first, of `size` bytes."""
        return int.from_bytes(self.take(size), "little")

    def int32(self) -> int:
        return int.from_bytes(self.take(4), "little", signed=True)

    def float64(self) -> float:
        value: float = struct.unpack(">d", self.take(8))[0]
        return value

    def long(self, size: int) -> int:
        """A whole number with sign, of `size` bytes."""
        if size > limits.INTEGER_BYTES:
            raise CheckpointError(f"it holds a whole number of {size} bytes, as no checkpoint does, {DAMAGED}")
        return int.from_bytes(self.take(size), "little", signed=True)

    def run(self, size: int) -> bytes | memoryview:
        """Bytes: a copy of few, a view of many."""
        piece = self.take(size)
        return bytes(piece) if size <= _COPIED else piece

    def text(self, size: int, encoding: str = "utf-8") -> str:
        """Raises CheckpointError also for text that is too long or not in that encoding."""
        piece = self.take(size)
        if size > limits.TEXT_BYTES:
            raise CheckpointError(f"it holds a text of {size} bytes, as no checkpoint does, {DAMAGED}")
        return decoded(bytes(piece), encoding)

    def line(self) -> bytes:
        """Up to the next line feed, which is left out; the pickle formats of old are lines of text."""
        reach = 128
        while reach <= limits.LINE_BYTES:
            piece = bytes(self.data[self.position : self.position + reach])
            end = piece.find(b"\n")
            if end >= 0:
                self.position += end + 1
                return piece[:end]
            reach *= 2  # never much more than the line is copied
        raise CheckpointError(f"it lacks the end of a line after byte {self.position}, {DAMAGED}")

    def integer_line(self) -> int:
        text = self.line().strip()
        if _INTEGER.fullmatch(text) is None:
            raise CheckpointError(f"it holds a line of text where a number is due, {DAMAGED}")
        return int(text)

    def float_line(self) -> float:
        try:
            return float(self.line())
        except ValueError as error:
            raise CheckpointError(f"it holds a line of text where a number is due, {DAMAGED}") from error

    def quoted_line(self) -> str:
        """A string as Python 2 prints it: quotes around, backslashes inside; each character is one byte."""
        text = self.line().strip()
        if len(text) < 2 or text[:1] != text[-1:] or text[:1] not in (b"'", b'"'):
            raise CheckpointError(f"it holds a text without its quotes, {DAMAGED}")
        return decoded(text[1:-1], "unicode_escape")


def decoded(data: bytes, encoding: str) -> str:
    """Raises CheckpointError for bytes that are no text in that encoding."""
    try:
        # Python writes lone surrogates in pickles as they are
        return data.decode(encoding, "surrogatepass" if encoding == "utf-8" else "strict")
    except UnicodeDecodeError as error:
        raise CheckpointError(f"it holds a text that is not {encoding}, {DAMAGED}") from error
