"""What the command line says: results on standard output, everything else on standard error."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

RARELY = 2.0  # seconds between two lines of progress where there is no terminal
OFTEN = 0.1  # and where there is one
BAR = 24  # letters of a bar


class Usage(Exception):
    """The command was not written as it must be; the sentence says how."""


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()  # somebody may read along: `draglayer serve | tee`


def say_json(values: Mapping[str, Any] | Sequence[Any]) -> None:
    say(json.dumps(values, indent=1, ensure_ascii=False))


def complain(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def table(rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their widest cell; the first row is the head."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows)


class Line:
    """On a terminal one line that is written over, or a line now and then elsewhere."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._terminal = sys.stderr.isatty()
        self._begin = self._last = time.monotonic()
        self._written = False

    def due(self) -> bool:
        """Whether it is time to write again."""
        now = time.monotonic()
        if self._quiet or now - self._last < (OFTEN if self._terminal else RARELY):
            return False
        self._last = now
        return True

    @property
    def seconds(self) -> float:
        """Since it was made; never 0."""
        return max(time.monotonic() - self._begin, 1e-6)

    def write(self, line: str) -> None:
        sys.stderr.write(f"\r\x1b[K{line}" if self._terminal else f"{line}\n")
        sys.stderr.flush()
        self._written = True

    def end(self) -> None:
        if self._terminal and self._written:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


class Progress(Line):
    """Of a drag."""

    def __init__(self, most: int | None, *, quiet: bool) -> None:
        super().__init__(quiet=quiet)
        self._most = most

    def step(self, number: int, distance: float) -> None:
        """`number` steps of this drag are done; the handles are on average so many pixels from their targets."""
        if not self.due():
            return
        of = "" if self._most is None else f" of at most {self._most}"
        self.write(f"step {number}{of}  {distance:6.1f} px to go  {number / self.seconds:5.1f} steps/s")


class Transfer(Line):
    """Of bytes that come from a disk or from a network."""

    def __init__(self, what: str, *, quiet: bool) -> None:
        super().__init__(quiet=quiet)
        self._what = what
        self._first: int | None = None  # what was there before

    def at(self, done: int, size: int | None) -> None:
        """`done` of `size` bytes are here; None: nobody knows how many there will be."""
        if self._first is None:
            self._first = done
        if not self.due():
            return
        rate = (done - self._first) / self.seconds
        pace = f"{rate / 1e6:6.1f} MB/s"
        if not size:
            self.write(f"{self._what}  {done / 1e6:.0f} MB  {pace}")
            return
        part = min(done / size, 1.0)
        bar = "#" * round(BAR * part) + "." * (BAR - round(BAR * part))
        left = f"  {(size - done) / rate:.0f} s to go" if rate > 0 else ""
        self.write(f"{self._what}  {bar} {part:4.0%}  {done / 1e6:.0f} of {size / 1e6:.0f} MB  {pace}{left}")
