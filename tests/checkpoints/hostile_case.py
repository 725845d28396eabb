"""One hostile file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Hostile:
    """`make` puts it at a path. `refused`: whether it must be refused; a bit that flips in a weight may pass."""

    name: str
    make: Callable[[Path], None]
    refused: bool = True


def of_bytes(name: str, data: bytes, *, refused: bool = True) -> Hostile:
    return Hostile(name, lambda path: _write(path, data), refused)


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)
