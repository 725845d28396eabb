"""`draglayer plugins` and `draglayer doctor` for GIMP: what is put where, and the words for what GIMP passes over."""

from __future__ import annotations

import io
import os
import shutil
import stat
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from draglayer_daemon import cli_doctor, cli_plugins, plugin_gimp
from draglayer_daemon.doctor_gimp import gimp_findings
from draglayer_daemon.plugin_bundle import GIMP, LAUNCHER, gimp_files, zipped
from draglayer_daemon.plugin_gimp import (
    GimpPlace,
    gimp_install,
    gimp_installed,
    gimp_places,
    gimp_same,
    gimp_uninstall,
    own_python,
)
from tests.daemon.processes import draglayer


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """GIMP's folders: 3.0 and 3.2 were started here, and 2.10 once. No Krita; no GIMP on the path."""
    monkeypatch.setenv("DRAGLAYER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.delenv("GIMP3_DIRECTORY", raising=False)
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "nobody")
    monkeypatch.setattr(cli_plugins, "krita_runs", lambda: False)
    for version in ("2.10", "3.0", "3.2"):
        (tmp_path / "config" / "GIMP" / version).mkdir(parents=True)
    return tmp_path / "config" / "GIMP"


def problems() -> list[str]:
    return [f"{finding.what}: {finding.seen}; {finding.next}" for finding in gimp_findings() if not finding.ok]


def test_it_comes_into_every_gimp_3_and_its_launcher_can_be_started(config: Path) -> None:
    said = draglayer("plugins", "install", "gimp")
    assert said.code == 0
    assert [place.folder.name for place in gimp_places()] == ["3.0", "3.2"]
    for place in gimp_places():
        assert gimp_same(place, gimp_files())
        assert os.access(place.plugins / LAUNCHER, os.X_OK)
        assert [folder.name for folder in place.plugins.iterdir()] == [GIMP]  # GIMP would look into any other
        assert [folder.name for folder in place.folder.iterdir()] == ["plug-ins"]
    assert not (config / "2.10" / "plug-ins").exists()
    assert not (config.parents[1] / "data" / "krita").exists()
    assert "already" in draglayer("plugins", "install", "gimp").out
    assert draglayer("plugins", "list").out.count("GIMP 3") == 2
    assert problems() == []
    assert draglayer("plugins", "uninstall", "gimp").code == 0
    assert not any(gimp_installed(place) for place in gimp_places())
    assert "nothing" in draglayer("plugins", "uninstall", "gimp").out


def test_a_gimp_that_was_never_started_makes_its_folder_itself(config: Path) -> None:
    """It would not take over the settings of an older one otherwise."""
    for version in ("3.0", "3.2"):
        (config / version).rmdir()
    said = draglayer("plugins", "install", "gimp")
    assert said.code == 1
    assert "start GIMP once" in said.out
    assert sorted(folder.name for folder in config.iterdir()) == ["2.10"]


def test_a_dry_run_writes_nothing(config: Path) -> None:
    assert "would write" in draglayer("plugins", "install", "gimp", "--dry-run").out
    assert not any((config / version / "plug-ins").exists() for version in ("3.0", "3.2"))


def test_a_folder_of_ones_own_is_used_as_said(config: Path, tmp_path: Path) -> None:
    assert draglayer("plugins", "install", "gimp", "--dir", tmp_path / "portable").code == 0
    assert gimp_installed(GimpPlace("", tmp_path / "portable"))
    assert not any(gimp_installed(place) for place in gimp_places())
    assert draglayer("plugins", "install", "--dir", tmp_path / "portable").code == 1  # whose folder?


def test_the_zip_keeps_the_launcher_executable(config: Path, tmp_path: Path) -> None:
    assert draglayer("plugins", "export", tmp_path / "out").code == 0
    (file,) = (tmp_path / "out").glob("draglayer-gimp-*.zip")
    assert file.read_bytes() == zipped(gimp_files())
    with zipfile.ZipFile(io.BytesIO(file.read_bytes())) as archive:
        modes = {entry.filename: entry.external_attr >> 16 for entry in archive.infolist()}
    assert stat.S_IMODE(modes[LAUNCHER]) == 0o755
    assert {stat.S_IMODE(mode) for name, mode in modes.items() if name.endswith(".py") and name != LAUNCHER} == {0o644}
    assert all(name.startswith(f"{GIMP}/") for name in modes)


def test_the_doctor_names_a_launcher_that_is_not_executable(config: Path) -> None:
    draglayer("plugins", "install", "gimp")
    (config / "3.2" / "plug-ins" / LAUNCHER).chmod(0o644)
    (said,) = problems()
    assert "GIMP 3.2" in said
    assert "not executable" in said
    assert "chmod 755" in said
    draglayer("plugins", "install", "gimp")
    assert problems() == []


@pytest.mark.parametrize("wrong", ["draglayer-gimp-0.1.0", "draglayer-gimp-0.1.0/draglayer", "."])
def test_the_doctor_names_a_folder_that_gimp_does_not_look_into(config: Path, wrong: str) -> None:
    plugins = config / "3.0" / "plug-ins"
    gimp_install(GimpPlace("", config / "3.0"), gimp_files())
    if wrong == ".":
        for entry in (plugins / GIMP).iterdir():
            entry.rename(
                plugins / entry.name if entry.name != LAUNCHER.partition("/")[2] else plugins / "draglayer.py.new"
            )
        (plugins / GIMP).rmdir()
        (plugins / "draglayer.py.new").rename(plugins / "draglayer.py")
    else:
        (plugins / GIMP).rename(plugins / "aside")
        (plugins / wrong).parent.mkdir(exist_ok=True)
        (plugins / "aside").rename(plugins / wrong)
    (said,) = problems()
    assert str(plugins / wrong) in said
    assert f"starts only {plugins / LAUNCHER}" in said


def test_the_doctor_names_a_python_without_gi(config: Path, tmp_path: Path) -> None:
    draglayer("plugins", "install", "gimp")
    (tmp_path / "bin").mkdir()
    for name in ("gimp", "python3"):
        file = tmp_path / "bin" / name
        file.write_text(f'#!/bin/sh\nexec {sys.executable} -I -S "$@"\n')  # a Python, but for what is installed
        file.chmod(0o755)
    (said,) = problems()
    assert f"{tmp_path / 'bin' / 'python3'} is the first on the path" in said
    assert "No module named 'gi'" in said


def test_the_doctor_names_a_new_gimp_that_the_plug_in_was_not_put_into(config: Path) -> None:
    gimp_install(GimpPlace("", config / "3.0"), gimp_files())
    (said,) = problems()
    assert "GIMP 3.2: without the plug-in, which GIMP 3.0 has" in said
    assert "plugins install gimp" in said


def test_the_doctor_names_another_version(config: Path) -> None:
    draglayer("plugins", "install", "gimp")
    (config / "3.0" / "plug-ins" / LAUNCHER).write_text("# older")
    (said,) = problems()
    assert "GIMP 3.0: another version" in said


def _executable(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(0o755)


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "not executable": (
        lambda plugins: (plugins / LAUNCHER).chmod(0o644),
        "problem  GIMP 3.2: {plugins}/draglayer/draglayer.py is not executable, so GIMP ignores it; make it so with"
        " `chmod 755 {plugins}/draglayer/draglayer.py`, and start GIMP anew",
    ),
    "wrong folder": (
        lambda plugins: (plugins / GIMP).rename(plugins / "draglayer-gimp"),
        "problem  GIMP 3.2: the plug-in lies in {plugins}/draglayer-gimp, where GIMP does not find it; GIMP starts only"
        " {plugins}/draglayer/draglayer.py: rename the folder or move it there, or put it in anew with"
        " `draglayer plugins install gimp`",
    ),
    "python without gi": (
        lambda plugins: [
            _executable(plugins.parents[3] / "bin" / name, f'#!/bin/sh\nexec {sys.executable} -I -S "$@"\n')
            for name in ("gimp", "python3")
        ],
        "problem  GIMP's Python: {bin}/python3 is the first on the path and cannot be used: ModuleNotFoundError: No"
        " module named 'gi'; start GIMP without that environment (conda, pyenv, venv) on the path, or install what is"
        " missing (Debian: python3-gi and gir1.2-gimp-3.0)",
    ),
    "only the older one": (
        lambda plugins: shutil.rmtree(plugins / GIMP),
        "problem  GIMP 3.2: without the plug-in, which GIMP 3.0 has: every new version of GIMP has a folder of its own;"
        " `draglayer plugins install gimp` puts it in",
    ),
    "no launcher": (
        lambda plugins: (plugins / LAUNCHER).unlink(),
        "problem  GIMP 3.2: {plugins}/draglayer is there without its launcher draglayer.py, so GIMP passes it over; put"
        " it in anew with `draglayer plugins install gimp`",
    ),
    "a link to nowhere": (
        lambda plugins: [shutil.rmtree(plugins / GIMP), (plugins / GIMP).symlink_to("nowhere")],
        "problem  GIMP 3.2: {plugins}/draglayer is there without its launcher draglayer.py, so GIMP passes it over; put"
        " it in anew with `draglayer plugins install gimp`",
    ),
    "a file instead of the folder": (
        lambda plugins: [shutil.rmtree(plugins), plugins.write_text("")],
        "problem  GIMP 3.2: {plugins} is not a folder, so GIMP finds no plug-in there; move it away and start GIMP,"
        " which makes the folder; then `draglayer plugins install gimp` puts it in",
    ),
    "two copies": (
        lambda plugins: shutil.copytree(plugins / GIMP, plugins / "draglayer-gimp-0.1.0" / GIMP),
        "problem  GIMP 3.2: the plug-in lies in {plugins}/draglayer-gimp-0.1.0/draglayer once more; remove"
        " {plugins}/draglayer-gimp-0.1.0/draglayer, so that there are no two versions",
    ),
    "another version": (
        lambda plugins: (plugins / GIMP / "draglayer_gimp" / "version.py").write_text("VERSION = '0.0.1'\n"),
        "problem  GIMP 3.2: another version of the plug-in in {plugins}; put it in anew with"
        " `draglayer plugins install gimp`",
    ),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_the_doctor_tells_of_a_broken_installation_exactly_one_sentence(
    config: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """The command line's own words, of an installation that was whole before."""
    monkeypatch.setattr(cli_doctor, "CHECKS", (gimp_findings,))
    assert draglayer("plugins", "install", "gimp").code == 0
    assert draglayer("doctor").code == 0
    plugins = config / "3.2" / "plug-ins"
    breaks, sentence = BROKEN[broken]
    breaks(plugins)
    said = draglayer("doctor")
    assert said.code == 1
    found = [line for line in said.out.splitlines() if line.startswith("problem")]
    assert found == [sentence.format(plugins=plugins, bin=config.parents[1] / "bin")]


@pytest.mark.parametrize(
    ("system", "folder", "name"),
    [
        ("linux", "nobody/.config/GIMP", "GIMP 3.2"),  # native, and what a flatpak's GIMP uses too
        ("linux", "nobody/snap/gimp/current/.config/GIMP", "GIMP (snap) 3.2"),
        ("darwin", "nobody/Library/Application Support/GIMP", "GIMP 3.2"),
        ("win32", "roaming/GIMP", "GIMP 3.2"),
    ],
)
def test_on_every_system_it_comes_where_gimp_keeps_its_settings(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: str, folder: str, name: str
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setenv("APPDATA", str(tmp_path / "roaming"))
    (tmp_path / folder / "3.2").mkdir(parents=True)
    (place,) = gimp_places()
    assert (place.name, place.plugins) == (name, tmp_path / folder / "3.2" / "plug-ins")


def test_a_folder_that_gimp_was_told_to_use_counts_too(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIMP3_DIRECTORY", str(tmp_path / "mine"))
    assert gimp_places()[-1].folder == tmp_path / "mine"
    monkeypatch.setenv("GIMP3_DIRECTORY", str(config / "3.0"))
    assert [place.folder.name for place in gimp_places()] == ["3.0", "3.2"]


@pytest.mark.parametrize(
    ("foreign", "expected"), [("python3", True), ("python", True), (None, False), ("GIMP 3/bin/python3", False)]
)
def test_on_windows_gimps_own_python_is_named_where_another_one_is_first_on_the_path(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, foreign: str | None, expected: bool
) -> None:
    """A layout of files only: GIMP on Windows itself was not run."""
    own = tmp_path / "GIMP 3" / "bin" / "pythonw.exe"
    _executable(own, "")
    path = tmp_path / "elsewhere"
    if foreign is not None:
        path = (tmp_path if "/" in foreign else tmp_path / "bin") / foreign
        _executable(path, "")
        path = path.parent
    monkeypatch.setenv("PATH", str(path))
    monkeypatch.setenv("PROGRAMFILES", str(tmp_path))
    place = GimpPlace("GIMP 3.2", config / "3.2")
    monkeypatch.setattr(plugin_gimp, "own_python", lambda: _as_on_windows(monkeypatch))
    gimp_install(place, gimp_files())
    alias = place.folder / "interpreters" / "draglayer.interp"
    assert alias.exists() == expected
    if expected:
        assert alias.read_text() == f"python3={own}\n"
    assert gimp_uninstall(place)
    assert not alias.exists()


def _as_on_windows(monkeypatch: pytest.MonkeyPatch, ask: Callable[[], Path | None] = own_python) -> Path | None:
    with monkeypatch.context() as windows:
        windows.setattr(plugin_gimp.sys, "platform", "win32")
        windows.setattr(plugin_gimp.shutil, "which", _which)
        return ask()


def _which(name: str) -> str | None:
    """Without Windows' own lookup, which this system does not have."""
    file = Path(os.environ["PATH"]) / name
    return str(file) if file.is_file() else None
