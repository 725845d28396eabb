"""What must hold for the package to run inside Krita's and GIMP's own Python."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import draglayer_protocol

PACKAGE = Path(draglayer_protocol.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
NAMES = [".".join(module.relative_to(PACKAGE.parent).with_suffix("").parts) for module in MODULES]
OLDEST = (3, 10)


def names(module: Path) -> set[str]:
    """Top-level names of absolute imports; relative ones stay inside the package."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    absolute = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    absolute |= {
        node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module and not node.level
    }
    return {name.partition(".")[0] for name in absolute}


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)
def test_only_the_standard_library_and_msgpack_are_imported(module: Path) -> None:
    assert names(module) <= sys.stdlib_module_names | {"msgpack"}


def test_the_test_above_would_see_another_import(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text("def f():\n    import zmq.utils\n    from draglayer_protocol import wire\n    from . import x\n")
    assert names(module) == {"zmq", "draglayer_protocol"}


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)
def test_every_module_is_python_3_10(module: Path) -> None:
    ast.parse(module.read_text(encoding="utf-8"), feature_version=OLDEST)


def test_nothing_else_is_loaded_when_everything_is_imported() -> None:
    program = (
        f"import sys, importlib; sys.path[:0] = {sys.path!r}\n"
        f"for name in {NAMES!r}: importlib.import_module(name)\n"
        "loaded = {name.partition('.')[0] for name in sys.modules} & {'zmq', 'numpy', 'torch', 'PIL'}\n"
        "assert not loaded, loaded\n"
    )
    subprocess.run([sys.executable, "-S", "-c", program], check=True, timeout=120)


def test_an_interpreter_of_the_oldest_version_imports_everything_if_there_is_one() -> None:
    found = shutil.which("python3.10")
    works = found and subprocess.run([found, "--version"], capture_output=True, check=False, timeout=60).returncode == 0
    # msgpack's compiled half is another version's; the pure one is what the editors get anyway
    site = [path for path in sys.path if path.endswith("site-packages")]
    program = (
        f"import os, sys, importlib; sys.path += [{str(PACKAGE.parent)!r}, *{site!r}]\n"
        "os.environ['MSGPACK_PUREPYTHON'] = '1'\n"
        f"for name in {NAMES!r}: importlib.import_module(name)\n"
        "from draglayer_protocol import messages, wire\n"
        "message = messages.SetMask('b', '0' * 32, 1, messages.Mask(1, 1, b'x'))\n"
        "assert wire.decode(wire.encode(message), wire.REQUESTS) == message\n"
    )
    interpreter = found if found and works else sys.executable  # at least the program itself is run
    subprocess.run([interpreter, "-c", program], check=True, timeout=120)
