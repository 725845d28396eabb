"""What `draglayer drag` writes: pictures, frames, an animation. Files are there whole or not at all."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

import PIL.Image

from draglayer_protocol.messages import Image

from .files import CannotWrite, make_folder, write_atomically

MODES = {1: "L", 3: "RGB", 4: "RGBA"}
MOST_FRAMES = 120  # of an animation; of a longer drag every second, third... step is shown
FRAME_MS, LAST_MS = 50, 1200


class Renderer(Protocol):
    def render(self, step: int | None = None) -> Image: ...


def check_places(files: Iterable[Path | None], frames: Path | None) -> None:
    """Raises CannotWrite now rather than after the drag. Makes nothing yet: the drag may still be refused."""
    named: set[Path] = set()
    for path in files:
        if path is None:
            continue
        if path.absolute() in named:
            raise CannotWrite(f"two results are to be written to {path}; give each a name of its own")
        named.add(path.absolute())
        if path.is_dir():
            raise CannotWrite(f"{path} is a folder; name a file in it")
        if not path.parent.is_dir():
            raise CannotWrite(f"{path} cannot be written: there is no folder {path.parent}; make it first")
        if not os.access(path.parent, os.W_OK):
            raise CannotWrite(f"{path} cannot be written: the folder {path.parent} is not writable; choose another one")
    if frames is not None:
        nearest = next(place for place in (frames.absolute(), *frames.absolute().parents) if place.exists())
        if not nearest.is_dir():
            raise CannotWrite(f"the folder {frames} cannot be made: {nearest} is a file; choose another place")
        if not os.access(nearest, os.W_OK):
            raise CannotWrite(f"the folder {frames} cannot be written: {nearest} is not writable; choose another place")


def write_picture(path: Path, image: Image) -> None:
    """As PNG. Raises CannotWrite."""
    write_png(path, to_pil(image))


def write_png(path: Path, picture: PIL.Image.Image) -> None:
    """Raises CannotWrite."""
    write_atomically(path, _encoded(picture, "PNG"))


def write_frames(folder: Path, source: Renderer, first: int, last: int) -> None:
    """step_0000.png and so on, one for each step of the drag, the picture before it included. Makes the folder."""
    make_folder(folder)
    for step in range(first, last + 1):
        write_picture(folder / f"step_{step:04d}.png", source.render(step))


def write_gif(path: Path, source: Renderer, first: int, last: int) -> None:
    """The drag as an animation that stands still at its end for a moment."""
    stride = -(-(last - first + 1) // MOST_FRAMES)
    steps = [*range(first, last, stride), last]
    write_animation(path, [to_pil(source.render(step)).convert("RGB") for step in steps])


def write_animation(path: Path, pictures: Sequence[PIL.Image.Image]) -> None:
    """Pictures of one size, one after the other; the last one stands still for a moment. Raises CannotWrite."""
    durations = [FRAME_MS] * (len(pictures) - 1) + [LAST_MS]
    buffer = io.BytesIO()
    pictures[0].save(buffer, "GIF", save_all=True, append_images=list(pictures[1:]), duration=durations, loop=0)
    write_atomically(path, buffer.getvalue())


def to_pil(image: Image) -> PIL.Image.Image:
    return PIL.Image.frombytes(MODES[image.channels], (image.width, image.height), image.pixels)


def _encoded(picture: PIL.Image.Image, kind: str) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind)
    return buffer.getvalue()
