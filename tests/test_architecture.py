"""The house: a folder is a sentence, imports point one way, and nothing refers to what lies outside the repository."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
NOT_OURS = {".git", ".venv", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", "__pycache__"}
NOT_OURS |= {"out", "dist", "build"}  # as in .gitignore
NETWORK = {"asyncio", "ftplib", "http", "imaplib", "poplib", "smtplib", "socket", "socketserver", "ssl", "urllib"}
NETWORK |= {"xmlrpc", "selectors"}


class May(NamedTuple):
    """What a package may import besides the standard library and itself: others' libraries, and packages of ours."""

    libraries: frozenset[str] = frozenset()
    ours: frozenset[str] = frozenset()


PROTOCOL, ENGINE, DAEMON = "draglayer_protocol", "draglayer_engine", "draglayer_daemon"
KRITA, GIMP = "draglayer_krita", "draglayer_gimp"
LEARNING = frozenset({"torch", "numpy", "safetensors"})
ARROWS = {
    PROTOCOL: May(frozenset({"msgpack"})),
    ENGINE: May(LEARNING),
    DAEMON: May(frozenset({"zmq", "numpy", "PIL", "torch"}), frozenset({PROTOCOL, ENGINE})),
    KRITA: May(frozenset({"PyQt5", "PyQt6", "krita", "pykrita"}), frozenset({PROTOCOL})),
    GIMP: May(frozenset({"gi"}), frozenset({PROTOCOL})),
    "training": May(LEARNING | {"PIL"}, frozenset({ENGINE, "benchmarks"})),  # it trains the benchmarks' detector
    "benchmarks": May(LEARNING | {"PIL"}, frozenset({PROTOCOL, ENGINE, DAEMON, "training", "tests"})),
}
WORKERS = {f"{DAEMON}.worker", f"{DAEMON}.worker_torch"}  # the modules that may import torch and the engine
IMPORTERS = {f"{DAEMON}.shelf", f"{DAEMON}.verifying"}  # those that may import the engine's half without torch
WITHOUT_TORCH = (f"{ENGINE}.checkpoints", f"{ENGINE}.architecture")


class Import(NamedTuple):
    """One import statement's target as a dotted name; `level` dots stood before it."""

    target: str
    level: int


class House:
    """Packages' modules by dotted name, and what each of them imports, late imports included."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self.files = {self._dotted(folder, file): file for folder in folders for file in sorted(folder.rglob("*.py"))}
        self.imports = {name: set(self._imports(name, file)) for name, file in self.files.items()}

    def of(self, package: str) -> dict[str, set[Import]]:
        """What each of a package's modules imports."""
        return {name: found for name, found in self.imports.items() if top(name) == package}

    def outside(self, package: str) -> set[str]:
        """Top-level names of everything that is neither the package's own nor the standard library's."""
        tops = {top(imported.target) for found in self.of(package).values() for imported in found}
        return tops - {package} - sys.stdlib_module_names

    def edges(self) -> dict[str, set[str]]:
        """Which of the house's modules each of them imports."""
        return {name: {i.target for i in found} & set(self.files) - {name} for name, found in self.imports.items()}

    @staticmethod
    def _dotted(folder: Path, file: Path) -> str:
        parts = file.relative_to(folder.parent).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def _imports(self, name: str, file: Path) -> Iterator[Import]:
        inside = name if file.name == "__init__.py" else name.rpartition(".")[0]
        for node in _executed(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (Import(alias.name, 0) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = inside.split(".")[: len(inside.split(".")) + 1 - node.level] if node.level else []
                module = ".".join([*base, *([node.module] if node.module else [])])
                for alias in node.names:  # a module of that name, or something inside `module`
                    within = f"{module}.{alias.name}"
                    yield Import(within if within in self.files else module, node.level)


def top(name: str) -> str:
    return name.partition(".")[0]


def _executed(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node but for what only a type checker reads."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            for other in node.orelse:
                yield other
                yield from _executed(other)
            continue
        yield node
        yield from _executed(node)


def closure(start: str, edges: Mapping[str, set[str]]) -> set[str]:
    """Everything that is imported when `start` is, the packages around it included."""
    found, left = {start}, [start]
    while left:
        name = left.pop()
        around = {name[:end] for end, letter in enumerate(name) if letter == "."}
        new = (edges[name] | around) - found
        found |= new
        left += new
    return found


def cycle(edges: Mapping[str, set[str]]) -> list[str]:
    """Some modules that import each other in a circle; empty when none do."""
    for start in edges:
        ways = [[start]]
        seen = {start}
        while ways:
            way = ways.pop()
            for target in edges[way[-1]]:
                if target == start:
                    return [*way, start]
                if target not in seen:
                    seen.add(target)
                    ways.append([*way, target])
    return []


def files() -> Iterator[Path]:
    """Everything in the repository that could be committed."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in NOT_OURS and not name.endswith(".egg-info")]
        yield from (Path(folder, name) for name in names)


def package_folders() -> dict[str, Path]:
    """Every package of the repository but for the tests, by name."""
    found = {file.parent for file in files() if file.name == "__init__.py" and ROOT / "tests" not in file.parents}
    return {folder.name: folder for folder in found if not (folder.parent / "__init__.py").exists()}


FOLDERS = package_folders()
HOUSE = House(FOLDERS.values())


def test_every_package_has_its_sentence_here() -> None:
    assert set(FOLDERS) == set(ARROWS)


@pytest.mark.parametrize("name", ARROWS)
def test_a_package_imports_what_it_may(name: str) -> None:
    may = ARROWS[name]
    assert HOUSE.outside(name) <= may.libraries | may.ours


def test_imports_point_one_way() -> None:
    assert cycle(HOUSE.edges()) == []


def test_the_protocol_imports_itself_relatively() -> None:
    """Inside an editor it may lie under another name."""
    for found in HOUSE.of(PROTOCOL).values():
        assert not [i for i in found if top(i.target) == PROTOCOL and not i.level]


def test_the_engine_knows_no_network() -> None:
    for name, found in HOUSE.of(ENGINE).items():
        assert not {top(i.target) for i in found} & NETWORK, name


def test_of_the_daemon_only_the_worker_knows_torch_and_the_engine() -> None:
    """But for what reads checkpoints, which needs no torch."""
    found = {name: {i.target for i in imports} for name, imports in HOUSE.of(DAEMON).items()}
    assert {name for name, targets in found.items() if "torch" in map(top, targets)} == WORKERS
    assert {name for name, targets in found.items() if ENGINE in map(top, targets)} <= WORKERS | IMPORTERS
    for name in IMPORTERS:
        assert all(target.startswith(WITHOUT_TORCH) for target in found[name] if top(target) == ENGINE), name


@pytest.mark.parametrize("start", ["gateway", "serving", "cli"])
def test_gateway_and_command_line_reach_no_torch(start: str) -> None:
    reached = closure(f"{DAEMON}.{start}", HOUSE.edges())
    assert not reached & WORKERS
    assert "torch" not in {top(i.target) for name in reached for i in HOUSE.imports[name]}
    assert {f"{DAEMON}.registry", f"{PROTOCOL}.wire"} <= reached  # it does follow imports


def test_the_gateway_reaches_nothing_of_the_engine() -> None:
    assert ENGINE not in {top(name) for name in closure(f"{DAEMON}.gateway", HOUSE.edges())}


def test_inside_krita_only_two_files_know_its_interface_and_one_decides_which_qt() -> None:
    modules = HOUSE.of(KRITA)
    knowing = {name for name, found in modules.items() if {top(i.target) for i in found} & {"krita"}}
    assert knowing == {f"{KRITA}.extension"}  # host.py is handed its objects by it
    deciding = {
        name for name, found in modules.items() if {top(i.target) for i in found} & {"PyQt5", "PyQt6", "pykrita"}
    }
    assert deciding == {f"{KRITA}.qt"}


def test_inside_gimp_two_files_know_its_interface_and_batches_need_no_gtk() -> None:
    """Counted by who imports GIMP's own namespaces, late imports included; the others are handed plain values and
    GTK's widgets (a ProcedureDialog is a Gtk.Dialog, a config an object with properties)."""
    gi = {name: from_gi(file) for name, file in HOUSE.files.items() if top(name) == GIMP}
    knowing = {name for name, found in gi.items() if found & {"Gimp", "GimpUi", "Gegl"}}
    assert knowing == {f"{GIMP}.plugin", f"{GIMP}.host"}
    assert {name for name, found in gi.items() if found & {"Gtk", "Gdk"}} == {f"{GIMP}.toolkit"}
    assert {name for name, found in gi.items() if found} == knowing | {f"{GIMP}.toolkit", f"{GIMP}.gtk"}
    without = closure(f"{GIMP}.batch", HOUSE.edges()) | closure(f"{GIMP}.asking", HOUSE.edges())
    assert not without & {f"{GIMP}.toolkit", f"{GIMP}.gtk", f"{GIMP}.host"}
    assert f"{PROTOCOL}.editor.tool" in without  # it does follow imports
    early = {name for name, found in toplevel(HOUSE.files[f"{GIMP}.plugin"]).items() if found == 1}
    assert {"asking", "host", "settings"} <= early
    for name in early & {module.rpartition(".")[2] for module in gi}:  # a procedure without a window loads no GTK
        assert f"{GIMP}.toolkit" not in closure(f"{GIMP}.{name}", HOUSE.edges()), name


def from_gi(file: Path) -> set[str]:
    """Names that a module imports out of gi.repository, wherever it does."""
    nodes = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    return {
        alias.name
        for node in nodes
        if isinstance(node, ast.ImportFrom) and node.module == "gi.repository"
        for alias in node.names
    }


def toplevel(file: Path) -> dict[str, int]:
    """What is imported when a module is: modules of its own package by name, with the level of the import."""
    found = {}
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom):
            names = [node.module] if node.module else [alias.name for alias in node.names]
            found |= {name: node.level for name in names if name is not None}
    return found


def test_what_editors_share_knows_neither_qt_nor_an_editor() -> None:
    """It is covered by what the protocol may import, too; here it is said."""
    shared = {name: found for name, found in HOUSE.of(PROTOCOL).items() if name.startswith(f"{PROTOCOL}.editor")}
    assert len(shared) > 10
    assert not {top(i.target) for found in shared.values() for i in found} & {"PyQt5", "PyQt6", "krita", "gi"}


def test_what_is_shipped_imports_nothing_that_is_not() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    shipped = {Path(path).name for path in project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]}
    assert shipped >= {PROTOCOL, ENGINE, DAEMON}
    for name in shipped:
        assert HOUSE.outside(name) & set(ARROWS) <= shipped


def test_component_roots_are_no_packages() -> None:
    """A flat package called `daemon` would overwrite other people's."""
    for name in (PROTOCOL, ENGINE, DAEMON, KRITA, GIMP):
        assert FOLDERS[name].parent.parent == ROOT
        assert not (FOLDERS[name].parent / "__init__.py").exists()


@pytest.mark.parametrize("module", ["gateway", "cli"])
def test_importing_the_gateway_or_the_command_line_does_not_import_torch(module: str) -> None:
    code = f"import draglayer_daemon.{module}, sys; sys.exit(bool({{'torch', 'draglayer_engine'}} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=180).returncode == 0


def test_no_file_refers_to_the_folder_beside_the_repository() -> None:
    names = [b"../" + b"shared"]  # in two pieces, so that this file does not
    assert not [file for file in files() if any(name in file.read_bytes() for name in names)]


def test_late_relative_and_type_checkers_imports_are_seen_for_what_they_are(tmp_path: Path) -> None:
    house, other = tmp_path / "house", tmp_path / "other"
    (house / "deep").mkdir(parents=True)
    other.mkdir()
    for file, text in {
        house / "__init__.py": "",
        house / "late.py": "def f():\n    import zmq.utils\n    from . import deep\n",
        house / "deep" / "__init__.py": "from .below import f\n",
        house / "deep" / "below.py": "try:\n    from ..late import f\nexcept ImportError:\n    import other.one\n",
        other / "__init__.py": "",
        other
        / "one.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch\nelse:\n    import PIL",
        other / "two.py": "from house.deep import below\n",
    }.items():
        file.write_text(text)
    found = House([house, other])
    assert found.outside("house") == {"zmq", "other"}
    assert found.outside("other") == {"PIL", "house"}
    assert found.edges() == {
        "house": set(),
        "house.late": {"house.deep"},
        "house.deep": {"house.deep.below"},
        "house.deep.below": {"house.late", "other.one"},
        "other": set(),
        "other.one": set(),
        "other.two": {"house.deep.below"},
    }
    assert set(cycle(found.edges())) == {"house.late", "house.deep", "house.deep.below"}
    assert cycle({name: edges - {"house.late"} for name, edges in found.edges().items()}) == []
    assert closure("house.deep", found.edges()) == set(found.files) - {"other.two"}
