"""`draglayer plugins`: what is put into an editor, and what of it runs there without anything else."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from draglayer_daemon import cli_plugins, plugin_install
from draglayer_daemon.cli_doctor import CHECKS
from draglayer_daemon.plugin_bundle import KRITA, krita_files, zipped
from draglayer_daemon.plugin_install import install, installed, same, switch, uninstall
from draglayer_daemon.plugin_places import Place, krita_places
from tests.daemon.processes import draglayer


@pytest.fixture
def krita(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A closed Krita with its folders, and a home of our own."""
    monkeypatch.setenv("DRAGLAYER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "nobody")
    monkeypatch.setattr(cli_plugins, "krita_runs", lambda: False)
    (tmp_path / "data" / "krita").mkdir(parents=True)
    return Place("Krita", tmp_path / "data" / "krita", tmp_path / "config" / "kritarc")


def test_what_is_installed_needs_nothing_but_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither site-packages nor the checkout are on its path, and sys.path stays as it was."""
    place = Place("Krita", tmp_path, None)
    monkeypatch.setenv("DRAGLAYER_HOME", str(tmp_path / "home"))
    install(place, krita_files())
    program = (
        f"import sys; sys.path.insert(0, {str(place.plugins)!r}); before = list(sys.path)\n"
        "from importlib import import_module\n"
        "import_module('draglayer_krita')\n"
        "import draglayer_protocol.wire as wire, draglayer_protocol.editor.tool, draglayer_protocol.editor.line\n"
        "from draglayer_protocol.messages import ListModels\n"
        "assert wire.decode(wire.encode(ListModels(5)), wire.REQUESTS) == ListModels(5)\n"
        "assert wire.msgpack.__name__ == 'draglayer_protocol.msgpack', wire.msgpack\n"
        "assert 'msgpack' not in sys.modules\n"
        "assert draglayer_protocol.editor.tool.__file__.startswith(before[0])\n"
        "from draglayer_protocol.editor.words import Words\n"
        "assert Words('de')('Drag') == 'Ziehen'\n"
        "assert sys.path == before\n"
    )
    subprocess.run([sys.executable, "-I", "-S", "-c", program], check=True, timeout=120)


def test_the_zip_is_as_kritas_importer_wants_it() -> None:
    """plugin_importer.py of Krita: a folder entry for the module with __init__.py in it, a .desktop that names it."""
    with zipfile.ZipFile(io.BytesIO(zipped(krita_files()))) as archive:
        names = archive.namelist()
        assert f"{KRITA}/" in names
        assert f"{KRITA}/__init__.py" in names
        assert f"X-KDE-Library={KRITA}" in archive.read(f"{KRITA}.desktop").decode()
        assert [name for name in names if name.endswith(".action")] == [f"{KRITA}/{KRITA}.action"]
        assert not [name for name in names if "__pycache__" in name or name.endswith(".so")]
        assert archive.testzip() is None


def test_the_same_sources_make_the_same_zip() -> None:
    assert zipped(krita_files()) == zipped(krita_files())


def test_installing_twice_is_as_installing_once_and_listing_tells(krita: Place) -> None:
    assert "not installed" in draglayer("plugins", "list").out
    first = draglayer("plugins", "install", "krita")
    assert first.code == 0
    assert f"enabled in {krita.settings}" in first.out
    assert same(krita, krita_files())
    assert (krita.resources / "actions" / f"{KRITA}.action").is_file()
    again = draglayer("plugins", "install", "krita")
    assert "already" in again.out
    assert "enabled" not in again.out
    assert "installed" in draglayer("plugins", "list").out
    (krita.plugins / KRITA / "qt.py").write_text("# changed")
    assert "another version" in draglayer("plugins", "list").out
    assert draglayer("plugins", "install").code == 0
    assert same(krita, krita_files())
    assert [f.name for f in krita.plugins.iterdir() if f.name.startswith(".")] == []


def test_the_doctor_tells_another_version_from_this_one(krita: Place) -> None:
    def found() -> list[tuple[bool, str]]:
        return [(finding.ok, finding.seen) for finding in CHECKS[-1]()]

    ((ok, seen),) = found()
    assert ok
    assert "without the plugin" in seen
    draglayer("plugins", "install")
    ((ok, seen),) = found()
    assert ok
    assert "this version" in seen
    (krita.plugins / KRITA / "qt.py").write_text("# changed")
    ((ok, seen),) = found()
    assert not ok
    assert "another version" in seen


def test_a_dry_run_writes_nothing(krita: Place) -> None:
    said = draglayer("plugins", "install", "krita", "--dry-run")
    assert "would write" in said.out
    assert list(krita.resources.iterdir()) == []
    assert krita.settings is not None
    assert not krita.settings.exists()


def test_a_running_krita_is_told_where_to_enable_it_because_it_would_undo_the_setting(
    krita: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli_plugins, "krita_runs", lambda: True)
    assert "Python Plugin Manager" in draglayer("plugins", "install").out
    assert krita.settings is not None
    assert not krita.settings.exists()


def test_uninstalling_leaves_nothing(krita: Place) -> None:
    draglayer("plugins", "install")
    (krita.plugins / "other").mkdir()
    assert "removed" in draglayer("plugins", "uninstall").out
    assert not installed(krita)
    assert [f.name for f in krita.plugins.iterdir()] == ["other"]
    assert krita.settings is not None
    assert KRITA not in krita.settings.read_text()
    assert "nothing" in draglayer("plugins", "uninstall").out


def test_a_folder_of_ones_own_is_used_as_said(krita: Place, tmp_path: Path) -> None:
    said = draglayer("plugins", "install", "krita", "--dir", tmp_path / "portable")
    assert said.code == 0
    assert (tmp_path / "portable" / "pykrita" / KRITA / "__init__.py").is_file()
    assert not installed(krita)


def test_export_writes_the_zip(krita: Place, tmp_path: Path) -> None:
    said = draglayer("plugins", "export", tmp_path / "new" / "folder")
    assert said.code == 0
    (archive,) = (tmp_path / "new" / "folder").glob("draglayer-krita-*.zip")
    assert archive.read_bytes() == zipped(krita_files())


def test_a_failed_installation_leaves_the_old_one(krita: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    draglayer("plugins", "install")
    (krita.plugins / KRITA / "qt.py").write_text("# old")

    def full(new: Path, old: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(plugin_install, "_swap", full)
    said = draglayer("plugins", "install")
    assert said.code == 1
    assert "No space left" in said.err
    assert (krita.plugins / KRITA / "qt.py").read_text() == "# old"
    assert [f.name for f in krita.plugins.iterdir() if f.name.startswith(".")] == []


def test_every_krita_that_is_there_is_found(krita: Place) -> None:
    flatpak = Path.home() / ".var/app/org.kde.krita/data/krita"
    flatpak.mkdir(parents=True)
    assert [place.name for place in krita_places()] == ["Krita", "Krita (flatpak)"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "[python]\nenable_draglayer_krita=true\n"),
        ("[a]\nb=c\n", "[a]\nb=c\n\n[python]\nenable_draglayer_krita=true\n"),
        ("[python]\nx=y\n[z]\n", "[python]\nenable_draglayer_krita=true\nx=y\n[z]\n"),
        ("[python]\nenable_draglayer_krita=false\n", "[python]\nenable_draglayer_krita=true\n"),
    ],
)
def test_the_setting_is_added_and_nothing_else_changed(before: str, after: str, tmp_path: Path) -> None:
    file = tmp_path / "kritarc"
    file.write_text(before)
    assert switch(file, on=True)
    assert file.read_text() == after
    assert not switch(file, on=True)
    switch(file, on=False)
    assert "draglayer" not in file.read_text()


def test_a_developers_link_is_replaced_not_followed(krita: Place, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    krita.plugins.mkdir()
    (krita.plugins / KRITA).symlink_to(source)
    install(krita, krita_files())
    assert not (krita.plugins / KRITA).is_symlink()
    assert list(source.iterdir()) == []
    assert uninstall(krita)
