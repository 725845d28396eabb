"""A batch over its real line, with a real gateway and the stub engine's worker, into a document of bytes."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from draglayer_daemon.plugin_install import write_launch
from draglayer_gimp.asking import Refused
from draglayer_gimp.batch import Batch, Begin, Wish
from draglayer_protocol.editor.canvas import Inside
from draglayer_protocol.editor.desk import Light
from draglayer_protocol.editor.document import load
from draglayer_protocol.editor.frame import Box
from draglayer_protocol.editor.mask import Movable
from draglayer_protocol.editor.pairs import Pair
from draglayer_protocol.editor.words import Words
from draglayer_protocol.geometry import Point
from draglayer_protocol.link import Peer
from draglayer_protocol.messages import Hello, Parameters
from tests.daemon.conftest import Running
from tests.daemon.processes import Home
from tests.protocol.editor.fakes import FakeCanvas

WORDS = Words()
WISH = Wish((Pair(Point(20, 20), Point(36, 20)),), None, Movable.SELECTION, False, Parameters())
SMALL = Begin("small", 3)


@pytest.fixture
def batch(running: Running) -> Iterator[Batch]:
    peer = Peer(running.gateway.endpoint, Hello(running.gateway.token, "test", "1"))
    works = Batch(WORDS, lambda sentence, part: None, find=lambda: peer)
    works.connect()
    yield works
    works.close()


def test_a_seeds_picture_stays_and_the_result_lies_in_another_layer(batch: Batch) -> None:
    canvas = FakeCanvas()
    made = batch.make(canvas, SMALL)
    (seed,) = canvas.layers
    assert made.layer == seed
    (data,) = canvas.data.values()
    shown = canvas.layers[seed]
    outcome = batch.drag(canvas, Begin(saved=load(data, WORDS), title=seed), WISH)
    assert outcome.steps == 4
    assert outcome.distance < 2
    assert outcome.layer != seed
    assert canvas.layers[seed] is shown
    states = [load(data, WORDS) for data in canvas.data.values()]
    assert sorted(state.step for state in states) == [0, 4]
    assert len({state.id for state in states}) == 2
    assert all(state.state for state in states)


def test_a_result_is_gone_on_with_in_its_layer_and_opaque_where_it_was(batch: Batch) -> None:
    canvas = FakeCanvas()
    outcome = batch.drag(canvas, SMALL, WISH)
    ((name, data),) = canvas.data.items()
    frame, clear = Box(0, 8, 64, 48), bytes(64 * 48)
    further = Wish((Pair(Point(36, 20), Point(44, 20)),), None, Movable.SELECTION, False, Parameters())
    seen = Begin(saved=load(data, WORDS), layer=outcome.layer, opacity=lambda box: clear[: box.width * box.height])
    again = batch.drag(canvas, seen, further)
    assert again.layer == outcome.layer
    assert list(canvas.layers) == [outcome.layer]
    assert canvas.insides[-1] == Inside(frame, clear)  # nothing is selected, so nobody said otherwise
    assert list(canvas.data) == [name]


@pytest.mark.parametrize(
    ("begin", "wish", "said"),
    [
        (Begin("nothing"), WISH, "has no model 'nothing'"),
        (SMALL, Wish((), None, Movable.FRAME, False, Parameters()), "nothing to drag"),
        (
            SMALL,
            Wish((Pair(Point(99, 0), Point(1, 1)),), None, Movable.FRAME, False, Parameters()),
            "outside the frame",
        ),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_drawn(batch: Batch, begin: Begin, wish: Wish, said: str) -> None:
    canvas = FakeCanvas()
    with pytest.raises(Refused) as refused:
        batch.drag(canvas, begin, wish)
    assert said in refused.value.sentence
    assert canvas.layers == {}


def test_without_a_daemon_the_sentence_says_how_to_start_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAGLAYER_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", "")  # where a `draglayer` could be
    works = Batch(WORDS, lambda sentence, part: None)
    try:
        with pytest.raises(Refused) as refused:
            works.connect()
        assert "draglayer serve" in refused.value.sentence
    finally:
        works.close()


def test_without_a_daemon_one_is_started_and_two_scripts_at_once_share_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRAGLAYER_HOME", str(tmp_path / "home"))
    write_launch()  # as `draglayer plugins install` does
    works = [Batch(WORDS, lambda sentence, part: None) for _ in range(2)]
    threads = [threading.Thread(target=one.connect) for one in works]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [one.desk.light for one in works] == [Light.CONNECTED] * 2
        assert works[0].desk.boot == works[1].desk.boot
        assert works[0].model("").name == "creatures-256"
    finally:
        for one in works:
            one.close()
        Home(tmp_path / "home").end_daemon()


def test_a_daemon_that_cannot_start_leaves_the_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAGLAYER_HOME", str(tmp_path))
    (tmp_path / "launch.json").write_text(json.dumps({"command": [sys.executable, "-c", "raise SystemExit(1)"]}))
    works = Batch(WORDS, lambda sentence, part: None)
    try:
        with pytest.raises(Refused) as refused:
            works.connect()
        assert "draglayer serve" in refused.value.sentence
    finally:
        works.close()
