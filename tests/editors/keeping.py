"""Around every editor of these tests: without its room they are skipped, and screenshots are kept."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from .room import RoomError


@contextmanager
def kept(folder: Path, name: str) -> Iterator[None]:
    """What lies in the folder's `shots` at the end comes into $DRAGLAYER_SHOTS/name, if that is set."""
    try:
        yield
    except RoomError as error:
        pytest.skip(str(error))
    finally:
        keep = os.environ.get("DRAGLAYER_SHOTS")
        if keep and (folder / "shots").exists():
            shutil.copytree(folder / "shots", Path(keep) / name, dirs_exist_ok=True)
