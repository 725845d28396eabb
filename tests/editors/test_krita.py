"""Real Krita on a virtual screen, the plugin installed from the exported zip, the real daemon and the bundled model."""

from __future__ import annotations

import math
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.daemon.processes import Home, end

from .room import SUITES, RoomError, find
from .screen import Screen, screen, wait
from .story import READY, Artist

pytestmark = pytest.mark.editors
HANDLES = (((290.0, 262.0), (320.0, 262.0)), ((355.0, 330.0), (355.0, 300.0)))


@pytest.fixture(scope="module", params=SUITES)
def suite(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def krita(suite: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Screen]:
    """A Krita with the plugin in it, a daemon beside it; screenshots are kept in $DRAGLAYER_SHOTS if that is set."""
    try:
        room = find(suite)
    except RoomError as error:
        pytest.skip(str(error))
    folder = tmp_path_factory.mktemp(suite)
    exported = [sys.executable, "-m", "draglayer_daemon", "plugins", "export", str(folder / "zip")]
    with screen(room, folder) as shown:
        home = Home(folder / "home")
        subprocess.run(exported, env=home.environment(), check=True, timeout=120)
        daemon = home.spawn("serve")
        assert daemon.stdout is not None
        assert "serving at" in daemon.stdout.readline()
        try:
            shown.install(next((folder / "zip").glob("*.zip")))
            shown.start_krita()
            yield shown
        finally:
            end(daemon.pid)
            keep = os.environ.get("DRAGLAYER_SHOTS")
            if keep:
                shutil.copytree(folder / "shots", Path(keep) / suite, dirs_exist_ok=True)


def test_the_whole_story(krita: Screen) -> None:
    """New from model, pairs on a turned canvas, drag, stop, one undo, redo, save, restart, continue."""
    artist = Artist(krita)
    a_new_picture_with_two_pairs(krita, artist)
    dragged = the_layer_changes_while_the_drag_runs(krita, artist)
    one_undo_removes_the_layer_and_redo_brings_it_back(krita, artist, dragged)
    saved_and_reopened_it_goes_on(krita, artist, dragged)


def a_new_picture_with_two_pairs(krita: Screen, artist: Artist) -> None:
    artist.new_document()
    artist.select(190, 150, 260, 300)
    artist.new_picture(3)
    assert len(artist.layers()) == 2
    assert artist.layers()[-1].startswith("Drag – ")
    assert "is selected may move" in artist.ask("(panel.refresh(), panel._mask.text())[1]")
    krita.shot("1-new")

    artist.view(1.2, 20.0)
    artist.edit_points(True)
    for handle, target in HANDLES:
        artist.pair(handle, target)
    pairs = artist.ask("[[list(p.handle), list(p.target)] for p in tool.pairs.items]")
    assert len(pairs) == 2
    for found, meant in zip(pairs, HANDLES, strict=True):
        for a, b in zip(found, meant, strict=True):
            assert math.dist(a, b) < 1.5, (found, meant)  # the pointer stands on whole screen pixels
    krita.shot("2-pairs")


def the_layer_changes_while_the_drag_runs(krita: Screen, artist: Artist) -> str:
    entries, before, seen = artist.undo_entries(), artist.layer_hash(), set[str]()
    krita.ask("probe.longest = 0.0; probe.holds = []")
    artist.press_button("_drag")

    def changes() -> bool:
        seen.add(artist.layer_hash())
        return len(seen - {before}) >= 5

    wait(changes, "five changes of the layer while the drag runs")
    krita.shot("3-dragging")
    if artist.ask("tool.life.busy"):
        artist.press_button("_drag")
    artist.until_ready("the stop")
    print("holds of the event loop over 50 ms:", artist.ask("probe.holds"), "longest:", artist.ask("probe.longest"))
    print("the drag:", artist.ask("[tool.life.sentence, tool.history.step, tool.drag.progress.speed()]"))
    dragged = artist.layer_hash()
    assert dragged != before
    assert artist.undo_entries() == entries  # no picture is an undo step
    krita.shot("4-stopped")
    return dragged


def one_undo_removes_the_layer_and_redo_brings_it_back(krita: Screen, artist: Artist, dragged: str) -> None:
    krita.key("Escape")
    wait(lambda: not artist.ask("desktop.editing()"), "the end of the mode")
    krita.key("ctrl+z")
    wait(lambda: len(artist.layers()) == 1, "the layer's going with one undo")
    krita.key("ctrl+shift+z")
    wait(lambda: len(artist.layers()) == 2, "the layer's coming back")
    assert artist.layer_hash() == dragged
    krita.shot("5-redone")


def saved_and_reopened_it_goes_on(krita: Screen, artist: Artist, dragged: str) -> None:
    pairs = artist.ask("[[list(p.handle), list(p.target)] for p in tool.pairs.items]")
    step = artist.ask("tool.history.step")
    artist.save("story.kra")
    krita.end_krita()
    krita.start_krita("story.kra")
    wait(lambda: artist.ask("app.activeDocument() is not None"), "the reopened document")
    artist.open_docker()
    assert artist.ask("tool.life.phase.value") == "idle"
    wait(lambda: artist.ask("(panel.refresh(), panel._continue.isVisible())[1]"), "the button Continue")
    krita.shot("6-reopened")
    artist.press_button("_continue")
    wait(lambda: artist.ask(READY), "the session's going on")
    assert artist.ask("[[list(p.handle), list(p.target)] for p in tool.pairs.items]") == pairs
    assert artist.ask("tool.history.step") == step
    assert artist.layer_hash() == dragged
    artist.press_button("_drag")
    wait(lambda: artist.layer_hash() != dragged, "a change after reopening")
    if artist.ask("tool.life.busy"):
        artist.press_button("_drag")
    artist.until_ready("the second stop")
    assert len(artist.layers()) == 2
    krita.shot("7-continued")
