"""Krita on a screen with pixels half as large: what the hand points at is what the points lie on."""

from __future__ import annotations

from collections.abc import Iterator
from math import hypot

import numpy as np
import pytest
from PIL import Image as Picture

from .keeping import kept
from .room import SUITES
from .running import Running, running
from .screen import wait
from .story import Artist, Spot

pytestmark = pytest.mark.editors

SCALE = 2
CLOSE = 2.5  # screen pixels: Krita tells where the mouse is in larger ones, and where the image lies too
SPOT = (290, 262)  # image pixels; the middle of a mark that is seen


@pytest.fixture(scope="module", params=SUITES)
def sharp(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    suite = str(request.param)
    folder = tmp_path_factory.mktemp(f"sharp-{suite}")
    with kept(folder, f"sharp-{suite}"), running(suite, folder, scale=SCALE) as works:
        yield works


def test_points_lie_where_the_hand_was_and_a_drag_runs(sharp: Running) -> None:
    artist = Artist(sharp.screen)
    artist.new_document()
    assert artist.ask("app.activeWindow().qwindow().devicePixelRatioF()") == SCALE
    artist.new_picture(3)
    x, y = SPOT
    artist.screen.ask(f"""
        mark = doc.createNode("mark", "paintlayer")
        doc.rootNode().addChildNode(mark, None)
        mark.setPixelData(bytes([255, 0, 255, 255]) * 81, {x - 4}, {y - 4}, 9, 9)
        doc.refreshProjection()
    """)
    for zoom, rotation, mirror in ((1.0, 0.0, False), (2.0, 0.0, False), (1.3, 30.0, False), (0.8, -45.0, True)):
        artist.view(zoom, rotation, mirror)
        seen = _mark(artist)
        artist.edit_points(True)
        artist.screen.ask("tool.pairs.clear()")
        artist.screen.drag(seen, Spot(seen.x + 60, seen.y - 40))
        wait(lambda: len(artist.ask("tool.pairs.items")) == 1, "the pair")
        handle = artist.ask("tuple(tool.pairs.items[0].handle)")
        assert zoom * hypot(handle[0] - x, handle[1] - y) <= CLOSE, (zoom, rotation, mirror, handle)
        artist.edit_points(False)
    artist.parameters(max_steps=4)
    artist.press_button("_drag")
    wait(lambda: artist.ask("tool.history.step") == 4, "the drag")
    artist.until_ready("its last picture")
    artist.screen.shot("sharp")


def _mark(artist: Artist) -> Spot:
    """Where the mark is on the screen, by looking."""
    found: list[Spot] = []

    def seen() -> bool:
        about = artist.on_canvas(*SPOT)
        shot = np.asarray(Picture.open(artist.screen.shot("mark")).convert("RGB")).astype(int)
        rows, columns = np.nonzero((shot[..., 0] > 200) & (shot[..., 1] < 60) & (shot[..., 2] > 200))
        near = (abs(columns - about.x) < 30) & (abs(rows - about.y) < 30)  # its thumbnail is elsewhere
        if near.sum() < 30:
            return False
        found.append(Spot(float(columns[near].mean()), float(rows[near].mean())))
        return len(found) > 1 and found[-1] == found[-2]  # the view has come to rest

    wait(seen, "the mark")
    return found[-1]
