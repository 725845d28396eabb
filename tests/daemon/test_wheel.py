"""What an installed wheel has: both plugins, from which the command line puts them into the editors."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from draglayer_daemon.plugin_bundle import LAUNCHER, gimp_files, krita_files

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As pip would lay it out; its dependencies are this interpreter's."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "dist")]
    subprocess.run(command, cwd=ROOT, check=True, timeout=120, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    (wheel,) = (folder / "dist").glob("draglayer-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


@pytest.mark.parametrize(("editor", "inside"), [("gimp", "plug-ins"), ("krita", "pykrita")])
def test_it_installs_the_same_plugins_as_a_checkout(unpacked: Path, tmp_path: Path, editor: str, inside: str) -> None:
    environment = os.environ | {"PYTHONPATH": str(unpacked), "DRAGLAYER_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-m", "draglayer_daemon", "plugins", "install", editor, "--dir", str(tmp_path / editor)]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, timeout=120, stdout=subprocess.DEVNULL)
    plugins = tmp_path / editor / inside
    expected = gimp_files() if editor == "gimp" else krita_files()
    found = {f.relative_to(plugins).as_posix(): f.read_bytes() for f in plugins.rglob("*") if f.is_file()}
    assert found == expected
    if editor == "gimp":
        assert os.access(plugins / LAUNCHER, os.X_OK)
