"""Both editors in one shape: their folders on this machine, and whether our plugin lies there, in which version."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

from .plugin_bundle import GIMP, KRITA, gimp_files, krita_files
from .plugin_gimp import GimpPlace, gimp_install, gimp_installed, gimp_places, gimp_same, gimp_uninstall
from .plugin_install import install, installed, same, uninstall
from .plugin_places import Place, krita_places


class State(Enum):
    ABSENT = "not installed"
    SAME = "installed"  # exactly these files
    OTHER = "another version"


@dataclass(frozen=True)
class Editor:
    """What can be done with one kind of editor. A place is a Place or a GimpPlace, always the editor's own."""

    name: str  # as on the command line
    plugin: str  # the plugin's folder in the editor's folder of plugins
    files: Callable[[], dict[str, bytes]]
    places: Callable[[], list[Any]]
    place: Callable[[Path], Any]  # of a folder that somebody names
    folder: Callable[[Any], Path]  # the editor's own, as --dir names it
    installed: Callable[[Any], bool]
    same: Callable[[Any, dict[str, bytes]], bool]
    install: Callable[[Any, dict[str, bytes]], None]
    uninstall: Callable[[Any], bool]
    after: str  # what is left to do after installing


class Seat(NamedTuple):
    """The plugin's place in one editor, taken or not."""

    editor: Editor
    place: Any

    @property
    def name(self) -> str:
        return str(self.place.name)

    @property
    def target(self) -> Path:
        return Path(self.place.plugins) / self.editor.plugin

    def state(self, files: dict[str, bytes]) -> State:
        if not self.editor.installed(self.place):
            return State.ABSENT
        return State.SAME if self.editor.same(self.place, files) else State.OTHER


KRITA_EDITOR = Editor(
    "krita", KRITA, krita_files, krita_places, lambda folder: Place("Krita", folder, None),
    lambda place: place.resources, installed, same, install, uninstall, "",
)  # fmt: skip
GIMP_EDITOR = Editor(
    "gimp", GIMP, gimp_files, gimp_places, lambda folder: GimpPlace("GIMP", folder),
    lambda place: place.folder, gimp_installed, gimp_same, gimp_install, gimp_uninstall,
    "; start GIMP anew, and look in Filters > Draglayer",
)  # fmt: skip
EDITORS = (KRITA_EDITOR, GIMP_EDITOR)


def seats(editor: Editor, folder: Path | None = None) -> list[Seat]:
    """Of every such editor of this machine, or of the one whose folder is named."""
    places = editor.places() if folder is None else [editor.place(folder)]
    return [Seat(editor, place) for place in places]
