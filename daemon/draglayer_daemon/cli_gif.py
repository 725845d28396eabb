"""`draglayer gif`: pictures of a folder, as the editors' plugins write the steps of a drag, as one animation."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable
from pathlib import Path

import PIL.Image

from .commands import Subparsers
from .drag_inputs import CannotRead
from .drag_outputs import MOST_FRAMES, write_animation
from .output import say

NUMBERED = re.compile(r"step[-_](\d+)\.png")


def add_to(commands: Subparsers) -> None:
    parser = commands.add_parser("gif", help="an animation of the steps that an editor exported", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="DIR", help="with step-0000.png and so on in it")
    parser.add_argument("--out", type=Path, metavar="FILE", help="default: steps.gif in that folder")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Raises CannotRead, CannotWrite."""
    files = steps(arguments.folder)
    out = arguments.folder / "steps.gif" if arguments.out is None else arguments.out
    stride = -(-len(files) // MOST_FRAMES)
    write_animation(out, _opened([*files[:-1:stride], files[-1]]))
    say(str(out))
    return 0


def steps(folder: Path) -> list[Path]:
    """The numbered pictures of a folder, in order. Raises CannotRead when there is none."""
    try:
        found = [(int(match[1]), path) for path in folder.iterdir() if (match := NUMBERED.fullmatch(path.name))]
    except OSError as error:
        raise CannotRead(f"{folder} cannot be read: {error.strerror}; name a folder of exported steps") from error
    if not found:
        raise CannotRead(f"there is no step-0000.png or the like in {folder}; name a folder of exported steps")
    return [path for _, path in sorted(found)]


def _opened(files: Iterable[Path]) -> list[PIL.Image.Image]:
    pictures = []
    for file in files:
        try:
            with PIL.Image.open(file, formats=["PNG"]) as picture:
                pictures.append(picture.convert("RGB"))
        except (OSError, ValueError, SyntaxError, PIL.Image.DecompressionBombError) as error:
            raise CannotRead(f"{file} cannot be read as a PNG picture ({error}); export the steps anew") from error
        (width, height), first = pictures[-1].size, pictures[0].size
        if (width, height) != first:
            raise CannotRead(
                f"{file} has {width} x {height} pixels and the first step {first[0]} x {first[1]};"
                " put the steps of one picture into a folder of their own"
            )
    return pictures
