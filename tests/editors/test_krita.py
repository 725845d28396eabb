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
from .story import Artist

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
    artist = Artist(krita)
    artist.new_document()
    artist.new_picture(3)
    assert len(artist.layers()) == 2
    assert artist.layers()[-1].startswith("Drag – ")
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
    artist.edit_points(False)

    krita.ask("""
        selection = krita.Selection()
        selection.select(190, 150, 260, 300, 255)
        doc.setSelection(selection)
    """)
    assert "selected may move" in artist.ask("(panel.refresh(), panel._mask.text())[1]")
    assert undo_steps(artist) == []  # so that what follows can be counted

    before = artist.layer_hash()
    krita.ask("probe.longest = 0.0; probe.holds = []")
    artist.press_button("_drag")
    seen = {before}

    def changes() -> bool:
        seen.add(artist.layer_hash())
        return len(seen) >= 6

    wait(changes, "five changes of the layer while the drag runs")
    krita.shot("3-dragging")
    if artist.ask("tool.life.busy"):
        artist.press_button("_drag")
    artist.until_ready("the stop")
    print("longest hold of the event loop, s:", artist.ask("probe.longest"), artist.ask("probe.holds"))
    dragged = artist.layer_hash()
    assert dragged != before
    krita.shot("4-stopped")


def undo_steps(artist: Artist) -> list[str]:
    """Placeholder for what Krita's undo docker shows."""
    return []
