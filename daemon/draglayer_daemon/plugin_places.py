"""Where Krita keeps its plugins and settings on this machine: native, AppImage, flatpak, snap, macOS, Windows."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


class Place(NamedTuple):
    """One Krita's resource folder (`pykrita`, `actions`) and its kritarc."""

    name: str
    resources: Path
    settings: Path | None

    @property
    def plugins(self) -> Path:
        return self.resources / "pykrita"


def krita_places() -> list[Place]:
    """Those that exist; the usual one where none does, so that the plugin waits for Krita's first start."""
    candidates = list(_candidates())
    found = [place for place in candidates if place.resources.is_dir()]
    return found or candidates[:1]


def krita_runs() -> bool | None:
    """Krita writes its settings when it ends, over whatever was written meanwhile. None: this system does not tell."""
    if not sys.platform.startswith("linux"):
        return None
    for process in Path("/proc").glob("[0-9]*/comm"):
        try:
            if process.read_text().strip() in ("krita", "krita.real", "AppRun.wrapped"):
                return True
        except OSError:
            continue  # it has ended meanwhile
    return False


def _candidates() -> Iterator[Place]:
    home = Path.home()
    if sys.platform == "darwin":
        yield Place("Krita", home / "Library/Application Support/Krita", home / "Library/Preferences/kritarc")
    elif sys.platform == "win32":
        roaming = Path(os.environ.get("APPDATA") or home / "AppData/Roaming")
        local = Path(os.environ.get("LOCALAPPDATA") or home / "AppData/Local")
        yield Place("Krita", roaming / "krita", local / "kritarc")
        for store in sorted((local / "Packages").glob("49800Krita_*")):
            yield Place("Krita from the Store", store / "LocalCache/Roaming/krita", None)
    else:
        data = Path(os.environ.get("XDG_DATA_HOME") or home / ".local/share")
        config = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
        yield Place("Krita", data / "krita", config / "kritarc")
        flatpak = home / ".var/app/org.kde.krita"
        yield Place("Krita (flatpak)", flatpak / "data/krita", flatpak / "config/kritarc")
        snap = home / "snap/krita/current"
        yield Place("Krita (snap)", snap / ".local/share/krita", snap / ".config/kritarc")
