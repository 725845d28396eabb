"""Where GIMP keeps its plug-ins on this machine, a folder for every minor version, and putting ours there."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from .files import CannotWrite, make_folder, write_atomically
from .plugin_bundle import GIMP, LAUNCHER
from .plugin_install import put_folder, write_launch

ALIAS = Path("interpreters", f"{GIMP}.interp")  # in GIMP's folder


class GimpPlace(NamedTuple):
    """One GIMP's settings folder, such as ~/.config/GIMP/3.0."""

    name: str
    folder: Path

    @property
    def plugins(self) -> Path:
        return self.folder / "plug-ins"


def gimp_places() -> list[GimpPlace]:
    """Those of GIMP 3 that exist. None is made: GIMP would not take over an older one's settings then."""
    found = [
        GimpPlace(f"{name} {folder.name}", folder)
        for name, parent in _parents()
        if parent.is_dir()
        for folder in sorted(parent.iterdir(), key=version_of)
        if folder.is_dir() and re.fullmatch(r"3\.\d+", folder.name)
    ]
    chosen = os.environ.get("GIMP3_DIRECTORY")
    if chosen and Path(chosen) not in [place.folder for place in found]:
        found.append(GimpPlace("GIMP (GIMP3_DIRECTORY)", Path(chosen)))
    return found


def gimp_installed(place: GimpPlace) -> bool:
    return (place.plugins / LAUNCHER).is_file()


def gimp_same(place: GimpPlace, files: dict[str, bytes]) -> bool:
    """Whether exactly these files are there, and GIMP can start them."""
    folder = place.plugins / GIMP
    there = {
        file.relative_to(place.plugins).as_posix(): file
        for file in folder.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    try:
        return (
            set(there) == set(files) and executable(place) and all(f.read_bytes() == files[p] for p, f in there.items())
        )
    except OSError:
        return False


def executable(place: GimpPlace) -> bool:
    """GIMP passes over a file that is not, without a word."""
    return sys.platform == "win32" or os.access(place.plugins / LAUNCHER, os.X_OK)


def gimp_install(place: GimpPlace, files: dict[str, bytes]) -> None:
    """Raises CannotWrite."""
    beside = place.folder  # not in plug-ins, which GIMP reads when it starts
    put_folder(make_folder(place.plugins) / GIMP, files, beside, LAUNCHER)
    own = own_python()
    if own is not None:
        alias = make_folder(place.folder / ALIAS.parent) / ALIAS.name
        write_atomically(alias, f"python3={own}\n".encode())
    write_launch()


def gimp_uninstall(place: GimpPlace) -> bool:
    """Whether there was anything. Images keep what they carry."""
    target = place.plugins / GIMP
    (place.folder / ALIAS).unlink(missing_ok=True)
    if not target.exists() and not target.is_symlink():
        return False
    try:
        if target.is_symlink():
            target.unlink()
        else:
            shutil.rmtree(target)
    except OSError as error:
        raise CannotWrite(f"{target} cannot be removed: {error.strerror}; check its permissions") from error
    return True


def own_python() -> Path | None:
    """On Windows: GIMP's Python, where another one is first on the path, which has no GIMP in it.

    GIMP's own installer says the same in a file of GIMP's; the user's is read before (app/plug-in/gimpinterpreterdb.c:
    of two lines for one name the first counts). Other ways to get GIMP do not say it.
    """
    if sys.platform != "win32":
        return None
    programs = (os.environ.get("PROGRAMFILES"), os.environ.get("LOCALAPPDATA"))
    folders = [Path(programs[0] or "") / "GIMP 3", Path(programs[1] or "") / "Programs" / "GIMP 3"]
    own = next((file for folder in folders if (file := folder / "bin" / "pythonw.exe").is_file()), None)
    first = shutil.which("python3") or shutil.which("python")
    return None if own is None or first is None or Path(first).parent == own.parent else own


def version_of(folder: Path) -> tuple[int, ...]:
    """Of a folder that is called after its GIMP, to be compared."""
    return tuple(int(part) if part.isdigit() else -1 for part in folder.name.split("."))


def _parents() -> Iterator[tuple[str, Path]]:
    """Folders that hold one folder for each version. A flatpak's GIMP uses the ordinary one."""
    home = Path.home()
    if sys.platform == "darwin":
        yield "GIMP", home / "Library/Application Support/GIMP"
    elif sys.platform == "win32":
        yield "GIMP", Path(os.environ.get("APPDATA") or home / "AppData/Roaming") / "GIMP"
    else:
        yield "GIMP", Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "GIMP"
        yield "GIMP (snap)", home / "snap/gimp/current/.config/GIMP"
