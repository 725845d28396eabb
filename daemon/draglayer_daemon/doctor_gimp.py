"""GIMP passes over a plug-in that it cannot start without a word; here are the words."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from .finding import Finding
from .plugin_bundle import GIMP, GIMP_PACKAGE, LAUNCHER, IncompleteError, gimp_files
from .plugin_editors import GIMP_EDITOR, Seat, State
from .plugin_gimp import GimpPlace, executable, gimp_installed, gimp_places, version_of

INSTALL = "`draglayer plugins install gimp` puts it in"
AGAIN = "put it in anew with `draglayer plugins install gimp`"
PROGRAMS = ("gimp", "gimp-3.0", "gimp-3.2", "gimp-3")
PATIENCE = 30.0  # seconds


def gimp_findings() -> list[Finding]:
    """A GIMP without the plug-in is no problem, unless an older one has it; one that cannot start it is one."""
    try:
        files = gimp_files()
    except IncompleteError as error:
        return [Finding("GIMP plug-in", False, str(error), "install Draglayer again")]
    places = gimp_places()
    having = [place for place in places if gimp_installed(place)]
    found = [finding for place in places for finding in _of(place, having, files)]
    if having and sys.platform.startswith("linux") and any(map(shutil.which, PROGRAMS)):
        found += _interpreter()
    return found or [Finding("GIMP", True, "none was found; draglayer works without it")]


def _of(place: GimpPlace, having: list[GimpPlace], files: dict[str, bytes]) -> list[Finding]:
    stray, state = _stray(place.plugins), Seat(GIMP_EDITOR, place).state(files)
    if state is State.ABSENT and stray is not None:
        expected = place.plugins / LAUNCHER
        advice = f"GIMP starts only {expected}: rename the folder or move it there, or {AGAIN}"
        return [Finding(place.name, False, f"the plug-in lies in {stray}, where GIMP does not find it", advice)]
    if place.plugins.exists() and not place.plugins.is_dir():
        advice = f"move it away and start GIMP, which makes the folder; then {INSTALL}"
        return [Finding(place.name, False, f"{place.plugins} is not a folder, so GIMP finds no plug-in there", advice)]
    within = place.plugins / GIMP
    if state is State.ABSENT and (within.exists() or within.is_symlink()):
        seen = f"{within} is there without its launcher {Path(LAUNCHER).name}, so GIMP passes it over"
        return [Finding(place.name, False, seen, AGAIN)]
    if state is State.ABSENT:
        older = [other for other in having if version_of(other.folder) < version_of(place.folder)]
        if older:
            seen = f"without the plug-in, which {older[-1].name} has: every new version of GIMP has a folder of its own"
            return [Finding(place.name, False, seen, INSTALL)]
        return [Finding(place.name, True, f"without the plug-in; {INSTALL}")]
    if not executable(place):
        file = place.plugins / LAUNCHER
        advice = f"make it so with `chmod 755 {file}`, and start GIMP anew"
        return [Finding(place.name, False, f"{file} is not executable, so GIMP ignores it", advice)]
    found = []
    if stray is not None:
        seen = f"the plug-in lies in {stray} once more"
        found.append(Finding(place.name, False, seen, f"remove {stray}, so that there are no two versions"))
    if state is State.SAME:
        return [*found, Finding(place.name, True, f"this version of the plug-in in {place.plugins}")]
    return [*found, Finding(place.name, False, f"another version of the plug-in in {place.plugins}", AGAIN)]


def _stray(plugins: Path) -> Path | None:
    """Where the plug-in lies instead of where GIMP looks for it: unpacked one folder too deep or not deep enough."""
    for pattern in (GIMP_PACKAGE, f"*/{GIMP_PACKAGE}", f"*/{GIMP}/{GIMP_PACKAGE}"):
        for folder in sorted(plugins.glob(pattern)):
            if folder.parent != plugins / GIMP:
                return folder.parent
    return None


def _interpreter() -> list[Finding]:
    """The launcher's first line takes whichever python3 is first on the path that GIMP was started with."""
    python = shutil.which("python3")
    if python is None:
        return [Finding("GIMP's Python", False, "there is no python3 on the path", "install Python with your system")]
    program = "import gi; gi.require_version('Gimp', '3.0'); from gi.repository import Gimp"
    try:
        told = subprocess.run([python, "-c", program], capture_output=True, text=True, timeout=PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return [Finding("GIMP's Python", False, f"{python} cannot be run: {error}", "repair it")]
    if told.returncode == 0:
        return [Finding("GIMP's Python", True, f"{python} has GIMP's interface")]
    why = (told.stderr.strip().splitlines() or ["it ended without a word"])[-1]
    advice = (
        "start GIMP without that environment (conda, pyenv, venv) on the path, or install what is missing (Debian:"
        " python3-gi and gir1.2-gimp-3.0)"
    )
    return [Finding("GIMP's Python", False, f"{python} is the first on the path and cannot be used: {why}", advice)]
