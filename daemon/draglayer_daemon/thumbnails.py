"""Strips of thumbnails: what a model's first seeds look like, made once by the worker and kept in the home folder.

A strip's file is named by the weights' hash and by everything that decides how it looks, so it is never out of date.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import PIL.Image

from draglayer_protocol.connection import home
from draglayer_protocol.messages import Image, OpenSeed, Thumbnails

from .files import make_folder, write_atomically
from .registry import Entry

MODES = {1: "L", 3: "RGB", 4: "RGBA"}


@dataclass(frozen=True)
class Settings:
    """How strips look. `side`: pixels of a thumbnail's longer side; a smaller picture is shown as it is.

    truncation  that of a seed that is opened without saying one, so that a strip shows what then comes
    """

    seeds: tuple[int, ...] = tuple(range(8))
    truncation: float = OpenSeed.truncation
    side: int = 96
    version: int = 1


SETTINGS = Settings()


@dataclass(frozen=True)
class Strip:
    """Which strip: of a model, and of one of its labels (None: one label after the other)."""

    entry: Entry
    label: int | None = None
    settings: Settings = SETTINGS

    @property
    def labels(self) -> tuple[int, ...]:
        """One for each seed; empty for a model without labels."""
        count = len(self.entry.labels)
        if not count:
            return ()
        return tuple(i % count if self.label is None else self.label for i in range(len(self.settings.seeds)))

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of one thumbnail."""
        longer = max(self.entry.width, self.entry.height)
        side = min(longer, self.settings.side)
        return max(1, self.entry.width * side // longer), max(1, self.entry.height * side // longer)

    def answer(self, request: int, image: Image) -> Thumbnails:
        """What somebody who asked for it is told."""
        settings, entry = self.settings, self.entry
        return Thumbnails(request, entry.name, entry.sha256, settings.seeds, self.labels, settings.truncation, image)

    @property
    def file(self) -> str:
        key = json.dumps([asdict(self.settings), self.label, self.entry.labels != ()])
        return f"{self.entry.sha256}-{hashlib.sha256(key.encode()).hexdigest()[:12]}.png"


class Strips:
    """Strips that were made before."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = home() / "thumbnails" if folder is None else folder

    def path(self, strip: Strip) -> Path:
        return self.folder / strip.file

    def has(self, strip: Strip) -> bool:
        return self.path(strip).is_file()

    def read(self, strip: Strip) -> Image | None:
        """None: it was not made yet, or its file is damaged, so that it has to be made again."""
        width, height = strip.size
        try:
            with PIL.Image.open(self.path(strip)) as picture:
                channels = {mode: count for count, mode in MODES.items()}[picture.mode]
                if picture.size != (width * len(strip.settings.seeds), height):
                    return None
                return Image(picture.width, picture.height, channels, picture.tobytes())
        except (OSError, ValueError, SyntaxError, KeyError, PIL.Image.DecompressionBombError):
            return None

    def write(self, strip: Strip, image: Image) -> None:
        """Raises CannotWrite."""
        picture = PIL.Image.frombytes(MODES[image.channels], (image.width, image.height), image.pixels)
        data = io.BytesIO()
        picture.save(data, "PNG")
        make_folder(self.folder)
        write_atomically(self.path(strip), data.getvalue())

    def forget(self, sha256: str) -> None:
        """Remove every strip of these weights."""
        for file in self.folder.glob(f"{sha256}-*.png"):
            with contextlib.suppress(OSError):  # it costs a few kilobytes
                file.unlink()


def side_by_side(images: tuple[Image, ...]) -> Image:
    """Pictures of one size in a row."""
    first = images[0]
    row = first.width * first.channels
    lines = [image.pixels[y * row : (y + 1) * row] for y in range(first.height) for image in images]
    return Image(first.width * len(images), first.height, first.channels, b"".join(lines))
