"""`draglayer plugins`: put the plugin into the editors of this machine, or into a folder for installing by hand."""

from __future__ import annotations

import argparse
from pathlib import Path

from .commands import Subparsers
from .files import make_folder, write_atomically
from .output import say, table
from .plugin_bundle import KRITA, krita_files, zipped
from .plugin_install import install, installed, same, switch, uninstall, write_launch
from .plugin_places import Place, krita_places, krita_runs
from .version import version

BY_HAND = "enable it in Settings > Configure Krita > Python Plugin Manager, and start Krita anew"


def add_to(commands: Subparsers) -> None:
    parser = commands.add_parser("plugins", help="the editors' plugins", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="where editors are, and what they have").set_defaults(run=run_list)
    for name, act, what in (("install", run_install, "put it in"), ("uninstall", run_uninstall, "take it out")):
        one = actions.add_parser(name, help=what)
        one.add_argument("editor", nargs="?", choices=["krita"], default="krita")
        one.add_argument("--dir", type=Path, help="Krita's resource folder, where Krita keeps it elsewhere")
        one.add_argument("--dry-run", action="store_true", help="only say what would be done")
        one.set_defaults(run=act)
    export = actions.add_parser("export", help="write the zip that Krita's Import Python Plugin from File takes")
    export.add_argument("folder", type=Path, metavar="DIR")
    export.set_defaults(run=run_export)


def run_list(arguments: argparse.Namespace) -> int:
    files = krita_files()
    rows = [("EDITOR", "PLUGIN", "FOLDER")]
    for place in krita_places():
        state = "not installed" if not installed(place) else "installed" if same(place, files) else "another version"
        rows.append((place.name, state, str(place.resources)))
    say(table(rows))
    return 0


def run_install(arguments: argparse.Namespace) -> int:
    files = krita_files()
    for place in _places(arguments):
        where = f"{place.plugins / KRITA}"
        if same(place, files):
            say(f"{place.name}: this version is in {where} already")
        elif arguments.dry_run:
            say(f"{place.name}: would write {len(files)} files to {where}")
        else:
            install(place, files)
            say(f"{place.name}: written to {where}")
        _enable(place, dry=arguments.dry_run)
    return 0


def run_uninstall(arguments: argparse.Namespace) -> int:
    for place in _places(arguments):
        if arguments.dry_run:
            there = installed(place)
        else:
            there = uninstall(place)
            if place.settings is not None and place.settings.exists() and krita_runs() is False:
                switch(place.settings, on=False)
        verb = "would be removed" if arguments.dry_run else "removed"
        say(f"{place.name}: {verb} from {place.plugins}" if there else f"{place.name}: nothing in {place.plugins}")
    return 0


def run_export(arguments: argparse.Namespace) -> int:
    file = make_folder(arguments.folder) / f"draglayer-krita-{version()}.zip"
    write_atomically(file, zipped(krita_files()))
    write_launch()
    say(f"{file}: in Krita, Tools > Scripts > Import Python Plugin from File")
    return 0


def _places(arguments: argparse.Namespace) -> list[Place]:
    return krita_places() if arguments.dir is None else [Place("Krita", arguments.dir, None)]


def _enable(place: Place, *, dry: bool) -> None:
    if place.settings is None:
        say(f"{place.name}: {BY_HAND}")
    elif krita_runs() is not False:
        say(f"{place.name}: it may be running, and would undo the setting; {BY_HAND}")
    elif dry:
        say(f"{place.name}: would enable it in {place.settings}")
    elif switch(place.settings, on=True):
        say(f"{place.name}: enabled in {place.settings}")
