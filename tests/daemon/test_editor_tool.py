"""The editors' tool, over its real line, with a real gateway and the stub engine's worker."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from draglayer_protocol.editor.desk import Desk, Light
from draglayer_protocol.editor.document import load
from draglayer_protocol.editor.life import Phase
from draglayer_protocol.editor.line import Line
from draglayer_protocol.editor.pairs import End
from draglayer_protocol.editor.tool import Tool
from draglayer_protocol.editor.words import Words
from draglayer_protocol.geometry import Point
from draglayer_protocol.link import Peer
from draglayer_protocol.messages import Hello
from tests.daemon.conftest import Running
from tests.daemon.processes import DEADLINE
from tests.daemon.stub_engine import DIES
from tests.protocol.editor.fakes import FakeCanvas


class Editor:
    """A host whose main thread is the test."""

    def __init__(self, running: Running) -> None:
        self._woken = threading.Semaphore(0)
        gateway = running.gateway
        peer = Peer(gateway.endpoint, Hello(gateway.token, "test", "1"))
        self.line = Line("test", "1", self._woken.release, find=lambda: peer)
        self.desk = Desk(self.line, Words(), lambda: None)
        self.canvas = FakeCanvas()
        self.tool = Tool(self.desk, self.canvas)
        self.until(lambda: self.desk.light is Light.CONNECTED and bool(self.desk.models), "the connection")

    def until(self, that: Callable[[], bool], what: str) -> None:
        """Do what a host does, woken by the line, until something is so."""
        while not that():
            if self.desk.due() != 0.0:
                assert self._woken.acquire(timeout=DEADLINE), f"{what} never came: {self.tool.note}"
            self.desk.pump()

    def settled(self) -> bool:
        return self.tool.life.phase is Phase.READY and self.tool.settling is None and self.tool.layer.written != ""

    def new_picture(self, seed: int) -> None:
        small = next(model for model in self.desk.models if model.name == "small")
        self.tool.new_from_model(small, seed)
        self.until(self.settled, "the picture")


@pytest.fixture
def editor(running: Running) -> Iterator[Editor]:
    editor = Editor(running)
    yield editor
    editor.line.close()


def test_a_picture_is_made_dragged_and_kept(editor: Editor) -> None:
    editor.new_picture(3)
    editor.tool.pairs.add(Point(20, 20), Point(36, 20))  # 64 x 48 canvas pixels are 16 x 12 of the model's
    editor.tool.drag.start()
    editor.until(lambda: editor.tool.life.running, "the drag")
    editor.until(editor.settled, "its end")
    assert editor.tool.history.step == 4
    assert editor.tool.pairs.items[0].handle == Point(36, 20)
    assert editor.canvas.drawn[-1] == 4  # the stub's picture shows its step
    (kept,) = editor.canvas.data.values()
    editor.until(lambda: load(next(iter(editor.canvas.data.values())), Words()).state != b"", "the state")
    assert kept


def test_going_back_and_on_again(editor: Editor) -> None:
    editor.new_picture(3)
    editor.tool.pairs.add(Point(20, 20), Point(36, 20))
    editor.tool.drag.start()
    editor.until(lambda: editor.tool.history.step == 4 and editor.settled(), "the drag")
    for wish in (3, 2, 1):
        editor.tool.seek(wish)
    editor.until(lambda: editor.tool.history.step == 1 and editor.canvas.drawn[-1] == 1 and editor.settled(), "step 1")
    assert editor.tool.pairs.items[0].handle == Point(24, 20)
    editor.tool.drag.start()
    editor.until(lambda: editor.tool.history.step == 4 and editor.settled(), "the second drag")


def test_a_drag_right_after_the_slider_begins_at_the_slider_s_step(editor: Editor) -> None:
    editor.new_picture(3)
    editor.tool.pairs.add(Point(20, 20), Point(36, 20))
    editor.tool.drag.start()
    editor.until(lambda: editor.tool.history.step == 4 and editor.settled(), "the drag")
    for wish in (3, 2):
        editor.tool.seek(wish)
    editor.tool.drag.start()
    editor.until(lambda: editor.tool.history.step == 4 and editor.settled(), "the second drag")
    assert editor.tool.history.drags == [0, 2]
    assert editor.tool.note == ""


def test_a_drag_takes_further_points_while_it_runs(editor: Editor) -> None:
    editor.new_picture(3)
    editor.tool.pairs.add(Point(20, 20), Point(36, 20))
    editor.tool.drag.pull(0)  # held, so that it runs until it is told otherwise
    editor.until(lambda: editor.tool.pairs.items[0].handle == Point(36, 20), "the first target")
    editor.tool.pairs.add(Point(8, 8), Point(16, 8))
    editor.until(lambda: editor.tool.pairs.items[1].handle == Point(16, 8), "the second target")
    editor.tool.pairs.delete(0)
    editor.tool.pairs.move(0, End.TARGET, Point(24, 8))
    editor.until(lambda: editor.tool.pairs.items[0].handle == Point(24, 8), "the target of the one that is left")
    editor.tool.drag.let_go()
    editor.until(editor.settled, "the end")


def test_a_live_pull_runs_until_it_is_let_go(editor: Editor) -> None:
    editor.new_picture(3)
    index = editor.tool.pairs.add(Point(20, 20), Point(20, 20))
    editor.tool.drag.pull(index)
    editor.tool.drag.pull_to(index, Point(36, 20))
    editor.until(lambda: editor.tool.life.phase is Phase.PULLING, "the pull")
    editor.until(lambda: editor.tool.pairs.items[0].handle == Point(36, 20), "the hand's place")
    assert editor.tool.life.phase is Phase.PULLING  # it rests there, held
    editor.tool.drag.pull_to(index, Point(40, 20))
    editor.until(lambda: editor.tool.pairs.items[0].handle == Point(40, 20), "the hand's next place")
    editor.tool.drag.take_back()
    editor.until(lambda: editor.tool.history.step == 0 and editor.settled(), "the way back")
    assert editor.canvas.drawn[-1] == 0
    assert editor.tool.pairs.items[0].handle == Point(20, 20)


def test_a_worker_that_dies_is_said_and_the_picture_continues(editor: Editor) -> None:
    editor.new_picture(DIES)
    editor.tool.pairs.add(Point(20, 20), Point(36, 20))
    editor.tool.drag.start()
    editor.until(lambda: editor.tool.life.phase is Phase.LOST, "the worker's death")
    assert editor.tool.life.sentence
    editor.tool.drag.start()
    editor.until(editor.settled, "the picture again")
    assert len(editor.canvas.layers) == 1
