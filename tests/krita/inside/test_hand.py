"""Mouse, pen and keys on a canvas widget, under zoom, rotation and mirror."""

from __future__ import annotations

import math
from typing import Any

import pytest

from draglayer_krita.hand import Hand
from draglayer_krita.qt import VERSION, QtCore, QtGui, QtWidgets
from draglayer_protocol.editor.gesture import Gesture
from tests.protocol.editor.fakes import FakeCanvas, Studio

TYPES = QtCore.QEvent.Type
LEFT, RIGHT = QtCore.Qt.MouseButton.LeftButton, QtCore.Qt.MouseButton.RightButton
DEVICES: list[Any] = []
NO_BUTTON, PLAIN = QtCore.Qt.MouseButton.NoButton, QtCore.Qt.KeyboardModifier.NoModifier


class Easel(QtWidgets.QWidget):  # type: ignore[misc]
    """In the canvas's place; counts what Krita would have painted with."""

    def __init__(self) -> None:
        super().__init__()
        self.resize(400, 300)
        self.painted = 0

    def mousePressEvent(self, event: Any) -> None:  # noqa: N802
        self.painted += 1

    def tabletEvent(self, event: Any) -> None:  # noqa: N802
        self.painted += 1


class Scene:
    """A hand over an easel that shows the document through a transform."""

    def __init__(self, transform: Any = None) -> None:
        self.studio = Studio(FakeCanvas(200, 200))
        self.studio.ready()
        self.transform = QtGui.QTransform() if transform is None else transform
        self.easel = Easel()
        self.gesture = Gesture(self.studio.tool)
        self.left = 0
        self.hand = Hand(self.easel, self.gesture, lambda: self.transform, self.leave)

    def leave(self) -> None:
        self.left += 1
        self.hand.finish()

    def at(self, x: float, y: float) -> Any:
        """Widget position of the middle of an image pixel."""
        return self.transform.map(QtCore.QPointF(x + 0.5, y + 0.5))

    def mouse(self, kind: Any, x: float, y: float, button: Any = LEFT, keys: Any = PLAIN) -> None:
        held = NO_BUTTON if kind == TYPES.MouseButtonRelease else button
        p = self.at(x, y)
        event = QtGui.QMouseEvent(kind, p, p, button, held, keys)
        QtWidgets.QApplication.sendEvent(self.easel, event)

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self.mouse(TYPES.MouseButtonPress, *start)
        self.mouse(TYPES.MouseMove, *end)
        self.mouse(TYPES.MouseButtonRelease, *end)

    def key(self, key: Any, keys: Any = PLAIN) -> bool:
        event = QtGui.QKeyEvent(TYPES.KeyPress, key, keys)
        QtWidgets.QApplication.sendEvent(self.easel, event)
        return bool(event.isAccepted())


def views() -> list[Any]:
    zoomed = QtGui.QTransform()
    zoomed.translate(-37.5, 20)
    zoomed.scale(1.7, 1.7)
    turned = QtGui.QTransform()
    turned.translate(150, 10)
    turned.rotate(30)
    turned.scale(0.5, 0.5)
    mirrored = QtGui.QTransform()
    mirrored.translate(300, 0)
    mirrored.scale(-2, 2)
    return [QtGui.QTransform(), zoomed, turned, mirrored]


@pytest.mark.parametrize("number", range(4))
def test_a_drag_sets_a_pair_at_the_image_pixels_under_it(number: int) -> None:
    scene = Scene(views()[number])
    scene.drag((40, 50), (90, 60))
    (pair,) = scene.studio.tool.pairs.items
    assert math.dist(pair.handle, (40, 50)) < 1e-3
    assert math.dist(pair.target, (90, 60)) < 1e-3
    assert scene.easel.painted == 0
    scene.hand.finish()


def test_the_middle_of_a_pixel_is_a_whole_number() -> None:
    """Qt has edges at whole numbers: the half is subtracted once."""
    scene = Scene()
    p = QtCore.QPointF(10.5, 20.5)
    QtWidgets.QApplication.sendEvent(scene.easel, QtGui.QMouseEvent(TYPES.MouseButtonPress, p, p, LEFT, LEFT, PLAIN))
    assert scene.studio.tool.pairs.items[0].handle == (10, 20)
    scene.hand.finish()


def test_nothing_is_painted_in_the_mode_and_everything_after_it() -> None:
    scene = Scene()
    scene.mouse(TYPES.MouseButtonPress, -50, -50)  # outside of the frame: nothing is set, nothing painted
    assert scene.easel.painted == 0
    scene.key(QtCore.Qt.Key.Key_Escape)
    assert scene.left == 1
    scene.mouse(TYPES.MouseButtonPress, 40, 50)
    assert scene.easel.painted == 1
    scene.hand.finish()  # twice is harmless


def test_the_right_button_and_delete_remove() -> None:
    scene = Scene()
    scene.drag((40, 50), (90, 60))
    scene.drag((40, 100), (90, 110))
    scene.mouse(TYPES.MouseButtonPress, 90, 60, RIGHT)
    assert len(scene.studio.tool.pairs.items) == 1
    scene.mouse(TYPES.MouseButtonPress, 40, 100)
    scene.mouse(TYPES.MouseButtonRelease, 40, 100)
    assert scene.key(QtCore.Qt.Key.Key_Delete)
    assert scene.studio.tool.pairs.items == ()
    scene.hand.finish()


def test_undo_keys_undo_point_edits_while_the_mode_is_on() -> None:
    scene = Scene()
    scene.drag((40, 50), (90, 60))
    control = QtCore.Qt.KeyboardModifier.ControlModifier
    assert scene.key(QtCore.Qt.Key.Key_Z, control)
    while scene.studio.tool.pairs.undo():
        pass
    assert scene.studio.tool.pairs.items == ()
    scene.hand.finish()
    assert not scene.key(QtCore.Qt.Key.Key_Z, control)


def test_a_pens_own_mouse_events_do_not_count_twice() -> None:
    scene = Scene()
    for kind, at in ((TYPES.TabletPress, (40, 50)), (TYPES.TabletMove, (90, 60)), (TYPES.TabletRelease, (90, 60))):
        QtWidgets.QApplication.sendEvent(scene.easel, pen(kind, scene.at(*at)))
        mouse = {TYPES.TabletPress: TYPES.MouseButtonPress, TYPES.TabletMove: TYPES.MouseMove}
        scene.mouse(mouse.get(kind, TYPES.MouseButtonRelease), *at)
    assert len(scene.studio.tool.pairs.items) == 1
    assert scene.easel.painted == 0
    scene.hand.finish()


def pen(kind: Any, p: Any) -> Any:
    """As a tablet's driver makes it."""
    buttons = NO_BUTTON if kind == TYPES.TabletRelease else LEFT
    if VERSION >= 6:
        DEVICES.append(QtGui.QPointingDevice())  # events only point at it
        return QtGui.QTabletEvent(kind, DEVICES[-1], p, p, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0, PLAIN, LEFT, buttons)
    device, pointer = QtGui.QTabletEvent.TabletDevice.Stylus, QtGui.QTabletEvent.PointerType.Pen
    return QtGui.QTabletEvent(kind, p, p, device, pointer, 0.5, 0, 0, 0.0, 0.0, 0, PLAIN, 1, LEFT, buttons)


def test_a_canvas_that_goes_away_ends_the_mode() -> None:
    scene = Scene()
    easel = scene.easel
    scene.easel = None  # type: ignore[assignment]
    easel.deleteLater()
    QtWidgets.QApplication.sendPostedEvents(easel, TYPES.DeferredDelete)
    assert scene.left == 1


def pulling() -> Scene:
    """The button is down, and the picture follows."""
    scene = Scene()
    scene.gesture.live = True
    scene.mouse(TYPES.MouseButtonPress, 40, 50)
    scene.mouse(TYPES.MouseMove, 60, 50)
    assert scene.studio.tool.drag.pulling
    return scene


def test_a_mode_that_ends_while_the_button_is_down_lets_go_of_what_was_held() -> None:
    scene = pulling()
    scene.hand.finish()
    assert scene.gesture.held is None
    assert not scene.studio.tool.drag.pulling
    again = Hand(scene.easel, scene.gesture, lambda: scene.transform, scene.leave)
    scene.mouse(TYPES.MouseMove, 90, 90, NO_BUTTON)
    assert scene.studio.tool.pairs.items[0].target == (60, 50)
    again.finish()


def test_undo_redo_and_delete_do_nothing_while_the_hand_holds_something() -> None:
    scene = pulling()
    control = QtCore.Qt.KeyboardModifier.ControlModifier
    for key, keys in ((QtCore.Qt.Key.Key_Z, control), (QtCore.Qt.Key.Key_Delete, PLAIN)):
        assert scene.key(key, keys)  # and Krita does not see it either
        assert len(scene.studio.tool.pairs.items) == 1
    assert scene.studio.tool.drag.pulling
    scene.mouse(TYPES.MouseButtonRelease, 60, 50)
    assert scene.key(QtCore.Qt.Key.Key_Delete)
    assert scene.studio.tool.pairs.items == ()
    scene.hand.finish()
