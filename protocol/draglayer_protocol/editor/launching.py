"""Starting the daemon of this machine from inside an editor, and the command to show where that cannot work."""

from __future__ import annotations

import json
import os
import shlex
import shutil
from pathlib import Path

from ..connection import home

NAME = "launch.json"  # in the daemon's folder, written by `draglayer plugins install`
ARGUMENTS = ("serve", "--stop-when-idle", "600")


def command(*arguments: str) -> list[str] | None:
    """How to start the daemon here, or another command of its program; None when this program cannot know.

    That is in a flatpak, or where it was never said.
    """
    arguments = arguments or ARGUMENTS
    if "FLATPAK_ID" in os.environ:
        return None  # what runs outside cannot be started from inside
    try:
        said = json.loads((home() / NAME).read_text(encoding="utf-8"))["command"]
        if isinstance(said, list) and said and all(isinstance(part, str) for part in said) and Path(said[0]).exists():
            return [*said, *arguments]
    except (OSError, ValueError, KeyError, TypeError):
        pass  # it was not written, or by another version: look on the path
    found = shutil.which("draglayer")
    return None if found is None else [found, *arguments]


def shown(*arguments: str) -> str:
    """What a person types."""
    return shlex.join(("draglayer", *(arguments or ARGUMENTS[:1])))
