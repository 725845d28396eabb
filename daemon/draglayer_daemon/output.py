"""What the command line says: results on standard output, everything else on standard error."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

RARELY = 2.0  # seconds between two lines of progress where there is no terminal


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


class Progress:
    """One line on a terminal that is written over, or a line now and then elsewhere."""

    def __init__(self, most: int | None, *, quiet: bool) -> None:
        self._most, self._quiet = most, quiet
        self._terminal = sys.stderr.isatty()
        self._begin = self._last = time.monotonic()
        self._written = False

    def step(self, number: int, distance: float) -> None:
        """`number` steps of this drag are done; the handles are on average so many pixels from their targets."""
        now = time.monotonic()
        if self._quiet or (not self._terminal and now - self._last < RARELY):
            return
        self._last = now
        of = "" if self._most is None else f" of at most {self._most}"
        line = f"step {number}{of}  {distance:6.1f} px to go  {number / max(now - self._begin, 1e-6):5.1f} steps/s"
        sys.stderr.write(f"\r\x1b[K{line}" if self._terminal else f"{line}\n")
        sys.stderr.flush()
        self._written = True

    def end(self) -> None:
        if self._terminal and self._written:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
