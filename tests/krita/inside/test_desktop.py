"""The docker's life around Krita's windows, with no document and with none any more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from draglayer_krita import launching
from draglayer_krita.desktop import Desktop
from draglayer_krita.qt import QtCore, QtWidgets
from draglayer_protocol.editor.gesture import Gesture
from draglayer_protocol.editor.words import Words
from draglayer_protocol.geometry import Point
from tests.protocol.editor.fakes import FakeCanvas, Studio


class FakeKrita:
    def documents(self) -> list[object]:
        return []


class OpenCanvas(FakeCanvas):
    """Of a document that is open."""

    open = True


def with_picture(desktop: Desktop) -> Studio:
    """A document with a picture is in front."""
    studio = Studio(OpenCanvas())
    studio.ready()
    studio.tool.save()
    desktop._tools["one"] = (studio.tool, Gesture(studio.tool), studio.canvas)
    desktop._key = "one"
    return studio


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


def test_points_are_kept_in_the_document_also_while_the_docker_is_hidden(desktop: Desktop) -> None:
    studio = with_picture(desktop)
    before = dict(studio.canvas.data)
    assert not desktop.panel.isVisible()
    studio.tool.pairs.add(Point(3, 4), Point(8, 9))
    desktop._tick()
    assert studio.canvas.data != before
    desktop._key = None  # another document is in front
    before = dict(studio.canvas.data)
    studio.tool.pairs.add(Point(5, 4), Point(8, 19))
    desktop._tick()
    assert studio.canvas.data != before


def test_a_window_without_a_canvas_says_so_when_points_are_to_be_edited(desktop: Desktop) -> None:
    studio = with_picture(desktop)
    desktop.edit_points(True)
    assert not desktop.editing()
    assert "canvas of this window" in studio.tool.note
