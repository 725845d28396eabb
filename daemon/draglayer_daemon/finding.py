"""What a check of this installation found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One line: what was looked at, whether it is well, what was seen, and what to do next if it is not."""

    what: str
    ok: bool
    seen: str
    next: str = ""
