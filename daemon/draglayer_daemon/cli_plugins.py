"""`draglayer plugins`: put the plugins into the editors of this machine, or into a folder for installing by hand."""

from __future__ import annotations

import argparse
from pathlib import Path

from .commands import Subparsers
from .files import make_folder, write_atomically
from .output import say, table
from .plugin_bundle import gimp_files, krita_files, zipped
from .plugin_editors import EDITORS, Editor, State, seats
from .plugin_gimp import gimp_places
from .plugin_install import switch, write_launch
from .plugin_places import Place, krita_runs
from .version import version

BY_HAND = "enable it in Settings > Configure Krita > Python Plugin Manager, and start Krita anew"


def add_to(commands: Subparsers) -> None:
    parser = commands.add_parser("plugins", help="the editors' plugins", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="where editors are, and what they have").set_defaults(run=run_list)
    for name, act, what in (("install", run_install, "put it in"), ("uninstall", run_uninstall, "take it out")):
        one = actions.add_parser(name, help=what)
        one.add_argument("editor", nargs="?", choices=["krita", "gimp"], help="only this one; otherwise all")
        one.add_argument(
            "--dir", type=Path, help="the editor's own folder (Krita's resources, GIMP's settings), if elsewhere"
        )
        one.add_argument("--dry-run", action="store_true", help="only say what would be done")
        one.set_defaults(run=act)
    export = actions.add_parser("export", help="write a zip for each editor, to install by hand")
    export.add_argument("folder", type=Path, metavar="DIR")
    export.set_defaults(run=run_export)


def run_list(arguments: argparse.Namespace) -> int:
    rows = [("EDITOR", "PLUGIN", "FOLDER")]
    for editor in EDITORS:
        files = editor.files()
        rows += [(seat.name, seat.state(files).value, str(editor.folder(seat.place))) for seat in seats(editor)]
    say(table(rows))
    return 0


def run_install(arguments: argparse.Namespace) -> int:
    for editor in _chosen(arguments):
        files = editor.files()
        for seat in seats(editor, arguments.dir):
            if seat.state(files) is State.SAME:
                say(f"{seat.name}: this version is in {seat.target} already")
            elif arguments.dry_run:
                say(f"{seat.name}: would write {len(files)} files to {seat.target}")
            else:
                editor.install(seat.place, files)
                say(f"{seat.name}: written to {seat.target}{editor.after}")
            if isinstance(seat.place, Place):
                _enable(seat.place, dry=arguments.dry_run)
    return _none_said(arguments)


def run_uninstall(arguments: argparse.Namespace) -> int:
    for editor in _chosen(arguments):
        for seat in seats(editor, arguments.dir):
            there = editor.installed(seat.place) if arguments.dry_run else editor.uninstall(seat.place)
            if isinstance(seat.place, Place) and not arguments.dry_run:
                _disable(seat.place)
            _say_removed(seat.name, seat.place.plugins, there, dry=arguments.dry_run)
    return _none_said(arguments)


def run_export(arguments: argparse.Namespace) -> int:
    folder = make_folder(arguments.folder)
    file = folder / f"draglayer-krita-{version()}.zip"
    write_atomically(file, zipped(krita_files()))
    say(f"{file}: in Krita, Tools > Scripts > Import Python Plugin from File")
    file = folder / f"draglayer-gimp-{version()}.zip"
    write_atomically(file, zipped(gimp_files()))
    say(f"{file}: unpack it in GIMP's folder `plug-ins` (Edit > Preferences > Folders > Plug-ins), and start GIMP anew")
    write_launch()
    return 0


def _chosen(arguments: argparse.Namespace) -> list[Editor]:
    """The editor that is named; otherwise all, unless a folder is named that can only be one's."""
    if arguments.editor is None and arguments.dir is not None:
        return []
    return [editor for editor in EDITORS if arguments.editor in (None, editor.name)]


def _none_said(arguments: argparse.Namespace) -> int:
    """1 when nothing could be done, with the reason."""
    if arguments.editor is None and arguments.dir is not None:
        say("--dir is one editor's folder: name the editor, as in `draglayer plugins install gimp --dir ...`")
        return 1
    if arguments.editor == "gimp" and arguments.dir is None and not gimp_places():
        say(
            "GIMP 3 was not started here yet, and its folder must be made by itself, with what it takes over from older"
            " ones; start GIMP once and run this again, or name its folder with --dir"
        )
        return 1
    return 0


def _say_removed(name: str, plugins: Path, there: bool, *, dry: bool) -> None:
    verb = "would be removed" if dry else "removed"
    say(f"{name}: {verb} from {plugins}" if there else f"{name}: nothing in {plugins}")


def _enable(place: Place, *, dry: bool) -> None:
    if place.settings is None:
        say(f"{place.name}: {BY_HAND}")
    elif krita_runs() is not False:
        say(f"{place.name}: it may be running, and would undo the setting; {BY_HAND}")
    elif dry:
        say(f"{place.name}: would enable it in {place.settings}")
    elif switch(place.settings, on=True):
        say(f"{place.name}: enabled in {place.settings}")


def _disable(place: Place) -> None:
    if place.settings is not None and place.settings.exists() and krita_runs() is False:
        switch(place.settings, on=False)
