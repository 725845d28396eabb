"""An editor's plugin with all that it needs inside, the protocol package and pure-Python msgpack, as files or a zip."""

from __future__ import annotations

import io
import zipfile
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path

KRITA = "draglayer_krita"
GIMP = "draglayer"  # GIMP's folder, and the file in it that GIMP starts
LAUNCHER = f"{GIMP}/{GIMP}.py"
GIMP_PACKAGE = "draglayer_gimp"
ROOTS = {KRITA: "krita_plugin", GIMP_PACKAGE: "gimp_plugin"}  # in a checkout
PROTOCOL = "draglayer_protocol"
KINDS = {".py", ".json", ".html", ".action"}
DATE = (2020, 1, 1, 0, 0, 0)  # the same files make the same zip
IMPORT = b"import msgpack"
RELATIVE = b"from . import msgpack"


class IncompleteError(Exception):
    """This installation does not have the plugin's sources; the sentence says what to do."""


def krita_files() -> dict[str, bytes]:
    """Path in Krita's folder `pykrita` -> content. Raises IncompleteError."""
    plugin = _folder(KRITA)
    desktop = next((f for f in (plugin / f"{KRITA}.desktop", plugin.parent / f"{KRITA}.desktop") if f.is_file()), None)
    if desktop is None:
        raise IncompleteError(f"{KRITA}.desktop is missing beside {plugin}; install Draglayer again")
    files = {f"{KRITA}.desktop": desktop.read_bytes()}
    files |= _below(plugin, KRITA)
    files |= _protocol(KRITA)
    files |= _licences(KRITA)
    return dict(sorted(files.items()))


def gimp_files() -> dict[str, bytes]:
    """Path in GIMP's folder `plug-ins` -> content. Raises IncompleteError."""
    plugin = _folder(GIMP_PACKAGE)
    launchers = (plugin / "launcher" / f"{GIMP}.py", plugin.parent / f"{GIMP}.py")  # as installed, in a checkout
    launcher = next((file for file in launchers if file.is_file()), None)
    if launcher is None:
        raise IncompleteError(f"{GIMP}.py is missing beside {plugin}; install Draglayer again")
    inside = f"{GIMP}/{GIMP_PACKAGE}"
    files = {LAUNCHER: launcher.read_bytes()}
    files |= {p: d for p, d in _below(plugin, inside).items() if not p.startswith(f"{inside}/launcher/")}
    files |= _protocol(GIMP)
    files |= _licences(GIMP)
    return dict(sorted(files.items()))


def zipped(files: dict[str, bytes]) -> bytes:
    """With an entry for every folder, without which Krita's importer finds no plugin; GIMP's launcher executable."""
    folders = {str(parent) + "/" for path in files for parent in Path(path).parents if str(parent) != "."}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for folder in sorted(folders):
            archive.writestr(_entry(folder, 0o40755), b"")
        for path, data in files.items():
            archive.writestr(_entry(path, 0o100755 if path == LAUNCHER else 0o100644), data)
    return stream.getvalue()


def _protocol(into: str) -> dict[str, bytes]:
    """The protocol package with msgpack inside, in an editor's folder."""
    protocol, msgpack = _folder(PROTOCOL), _folder("msgpack")
    files = _below(protocol, f"{into}/{PROTOCOL}")
    files |= {
        path: data for path, data in _below(msgpack, f"{into}/{PROTOCOL}/msgpack").items() if path.endswith(".py")
    }
    wire = f"{into}/{PROTOCOL}/wire.py"
    if files[wire].count(IMPORT) != 1:
        raise IncompleteError(f"{protocol / 'wire.py'} does not import msgpack as it should; install Draglayer again")
    files[wire] = files[wire].replace(IMPORT, RELATIVE)  # the bundled one, without touching sys.path
    return files


def _entry(name: str, mode: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, DATE)
    entry.external_attr = mode << 16 | (0x10 if name.endswith("/") else 0)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _folder(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        beside = (
            Path(__file__).parents[2] / ROOTS.get(package, "") / package
        )  # a checkout that was installed before it had one
        if beside.is_dir():
            return beside
        raise IncompleteError(f"the package {package} is not installed; install Draglayer again")
    return Path(spec.submodule_search_locations[0])


def _below(folder: Path, into: str) -> dict[str, bytes]:
    return {
        f"{into}/{file.relative_to(folder).as_posix()}": file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.suffix in KINDS and file.is_file()
    }


def _licences(into: str) -> dict[str, bytes]:
    found = {}
    for name in ("draglayer", "msgpack"):
        try:
            files = distribution(name).files or []
        except PackageNotFoundError:
            continue
        for file in files:
            path = Path(str(file.locate()))
            if path.name in ("LICENSE", "COPYING") and path.is_file():
                found[f"{into}/licences/{name}.txt"] = path.read_bytes()
    return found
