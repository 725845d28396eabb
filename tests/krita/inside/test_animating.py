"""Export as GIF: steps are written beside the file, put together by the daemon's real program, and taken away again."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from draglayer_krita.animating import animate
from draglayer_krita.qt import QtCore
from draglayer_protocol.editor.launching import NAME
from draglayer_protocol.messages import Render
from tests.protocol.editor.fakes import Studio

DEADLINE = 60000  # milliseconds


def ready() -> Studio:
    """A picture with two steps."""
    studio = Studio()
    studio.ready()
    studio.tool.history.steps = studio.tool.history.step = 2
    return studio


def answered(studio: Studio) -> None:
    for value in (10, 120, 250):
        asked = studio.line.last(Render)
        assert isinstance(asked, Render)
        assert asked.step is not None
        studio.rendered(value, asked.step)


def until_said(studio: Studio, what: str) -> None:
    """Let Qt work until the note has these words."""
    loop = QtCore.QEventLoop()
    studio.tool.changed = lambda: loop.quit() if what in studio.tool.note else None
    QtCore.QTimer.singleShot(DEADLINE, loop.quit)
    if what not in studio.tool.note:
        (loop.exec if hasattr(loop, "exec") else loop.exec_)()
    assert what in studio.tool.note


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the file that says what to start lies, as `draglayer plugins install` writes it."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("DRAGLAYER_HOME", str(home))
    monkeypatch.delenv("FLATPAK_ID", raising=False)
    (home / NAME).write_text(json.dumps({"command": [sys.executable, "-m", "draglayer_daemon"]}))
    return home / NAME


def test_all_steps_become_an_animation_and_nothing_else_is_left(program: Path, tmp_path: Path) -> None:
    studio, out = ready(), tmp_path / "out"
    out.mkdir()
    animate(studio.tool, out / "drag")
    answered(studio)
    until_said(studio, "The animation is in")
    assert [path.name for path in out.iterdir()] == ["drag.gif"]
    assert (out / "drag.gif").read_bytes()[:6] == b"GIF89a"


def test_a_program_that_fails_is_quoted_and_nothing_is_left(program: Path, tmp_path: Path) -> None:
    studio, out = ready(), tmp_path / "out"
    (out / "drag.gif").mkdir(parents=True)
    animate(studio.tool, out / "drag.gif")
    answered(studio)
    until_said(studio, "The animation was not made")
    assert "it is a folder" in studio.tool.note
    assert [path.name for path in out.iterdir()] == ["drag.gif"]


def test_a_program_that_cannot_be_started_is_said(program: Path, tmp_path: Path) -> None:
    studio, out = ready(), tmp_path / "out"
    out.mkdir()
    program.write_text(json.dumps({"command": [str(program)]}))  # no program at all
    animate(studio.tool, out / "drag.gif")
    answered(studio)
    until_said(studio, "The animation was not made")
    assert not list(out.iterdir())


def test_where_nothing_can_be_started_the_command_is_shown_and_nothing_is_asked(
    program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLATPAK_ID", "org.kde.krita")
    studio = ready()
    asked = len(studio.line.all(Render))
    animate(studio.tool, tmp_path / "a drag.gif")
    assert f"--out '{tmp_path / 'a drag.gif'}'" in studio.tool.note
    assert "draglayer gif FOLDER " in studio.tool.note  # not the GIF's own folder, which has no steps
    assert len(studio.line.all(Render)) == asked


def test_a_picture_that_changes_meanwhile_leaves_nothing(program: Path, tmp_path: Path) -> None:
    studio, out = ready(), tmp_path / "out"
    out.mkdir()
    animate(studio.tool, out / "drag.gif")
    asked = studio.line.last(Render)
    assert isinstance(asked, Render)
    assert asked.step == 0
    studio.tool.life.go(studio.tool.life.phase.LOST)
    studio.rendered(10, 0)
    assert "not all steps were written" in studio.tool.note
    assert not list(out.iterdir())
