"""The docker's life around Krita's windows, with no document and with none any more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from draglayer_krita import launching
from draglayer_krita.desktop import Desktop
from draglayer_krita.qt import QtCore, QtWidgets
from draglayer_protocol.editor.words import Words


class FakeKrita:
    def documents(self) -> list[object]:
        return []


@pytest.fixture
def desktop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desktop]:
    monkeypatch.setenv("DRAGLAYER_HOME", str(tmp_path))
    desktop = Desktop(FakeKrita(), lambda: None, Words(), lambda on: None)
    yield desktop
    desktop.close()


def test_a_panel_that_goes_with_its_window_ends_everything_that_could_touch_it(desktop: Desktop) -> None:
    desktop.panel.deleteLater()
    QtWidgets.QApplication.sendPostedEvents(None, QtCore.QEvent.Type.DeferredDelete)
    desktop._changed()
    desktop._tick()
    desktop._pump()
    desktop.edit_points(True)
    desktop.present(None)


def test_without_a_document_no_mode_begins(desktop: Desktop) -> None:
    desktop.present(None)
    desktop.edit_points(True)
    assert not desktop.editing()
    assert desktop.tool() is None


def test_where_the_daemon_cannot_be_started_the_command_is_shown(
    desktop: Desktop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLATPAK_ID", "org.kde.krita")
    desktop.start_daemon()
    desktop._refresh()
    assert "draglayer serve" in desktop.panel._light.text()
    desktop.close()


@pytest.mark.parametrize("written", ["", "{", "[]", '{"command": []}', '{"command": ["/nowhere/python"]}'])
def test_a_launch_file_that_leads_nowhere_is_not_followed(
    written: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRAGLAYER_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("FLATPAK_ID", raising=False)
    (tmp_path / launching.NAME).write_text(written)
    assert launching.command() is None
