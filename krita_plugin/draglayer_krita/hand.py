"""The mouse and the pen on Krita's canvas while points are edited: taken before Krita paints with them.

A filter that is forgotten means that nobody can paint, so it ends by itself when its canvas goes, and `finish` is safe
to call at any time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from draglayer_protocol.editor.gesture import Gesture
from draglayer_protocol.geometry import Point

from .qt import QtCore, QtGui, QtWidgets, modifiers, position

REACH = 12.0  # logical pixels within which an end is taken hold of
AFTER_PEN = 0.3  # seconds after a pen's event in which the mouse events that are made of it are dropped


class Hand(QtCore.QObject):  # type: ignore[misc]
    """An event filter on the canvas widget.

    leave      called when the artist pressed Esc and nothing was under way
    to_widget  QTransform from image pixels to the widget's, or None
    """

    def __init__(self, canvas: Any, gesture: Gesture, to_widget: Callable[[], Any], leave: Callable[[], None]) -> None:
        super().__init__()
        self._canvas, self._gesture = canvas, gesture
        self._to_widget, self._leave = to_widget, leave
        self._pen = float("-inf")
        self._cursor = canvas.cursor()
        canvas.destroyed.connect(self._gone)
        canvas.installEventFilter(self)
        QtWidgets.QApplication.instance().installEventFilter(self)  # for Esc, Del and undo, whoever has the focus

    def finish(self) -> None:
        """Krita paints again. What is held is let go where it is."""
        application = QtWidgets.QApplication.instance()
        if application is not None:
            application.removeEventFilter(self)
        canvas, self._canvas = self._canvas, None
        self._gesture.let_go()
        if canvas is not None:
            with suppress(RuntimeError):  # it has gone before us
                canvas.removeEventFilter(self)
                canvas.destroyed.disconnect(self._gone)

    def eventFilter(self, watched: Any, event: Any) -> bool:  # noqa: N802 (Qt's name)
        """True for what Krita must not see."""
        if self._canvas is None:
            return False
        kind, types = event.type(), QtCore.QEvent.Type
        if kind in (types.ShortcutOverride, types.KeyPress):
            return self._key(event, kind == types.KeyPress)
        if watched is not self._canvas:
            return False
        if kind in (types.TabletPress, types.TabletMove, types.TabletRelease):
            self._pen = time.monotonic()
            pen = {types.TabletPress: self._press, types.TabletMove: self._move, types.TabletRelease: self._release}
            return pen[kind](event)
        if kind in (types.MouseButtonPress, types.MouseMove, types.MouseButtonRelease, types.MouseButtonDblClick):
            if time.monotonic() - self._pen < AFTER_PEN:
                return True
            mouse = {types.MouseMove: self._move, types.MouseButtonRelease: self._release}
            return mouse.get(kind, self._press)(event)
        return False

    def _press(self, event: Any) -> bool:
        buttons = QtCore.Qt.MouseButton
        if modifiers(event) & (QtCore.Qt.KeyboardModifier.ControlModifier | QtCore.Qt.KeyboardModifier.ShiftModifier):
            return False  # Krita's own: rotate, zoom
        at, reach = self._at(event)
        if at is None:
            return False
        if event.button() == buttons.RightButton:
            self._gesture.remove(at, reach)
            return True
        if event.button() == buttons.LeftButton:
            self._gesture.press(at, reach)
            return True  # even where nothing was set: the brush must not paint in this mode
        return False  # the middle button pans

    def _move(self, event: Any) -> bool:
        if self._gesture.held is None and self._gesture.frame is None:
            return bool(event.buttons() & QtCore.Qt.MouseButton.LeftButton)
        at, _ = self._at(event)
        return at is not None and self._gesture.move(at)

    def _release(self, event: Any) -> bool:
        if event.button() != QtCore.Qt.MouseButton.LeftButton:
            return event.button() == QtCore.Qt.MouseButton.RightButton
        at, reach = self._at(event)
        if at is not None:
            self._gesture.release(at, reach)
        return True

    def _key(self, event: Any, pressed: bool) -> bool:
        """Shortcuts are offered as ShortcutOverride first; accepting that makes them come as plain key presses."""
        if isinstance(QtWidgets.QApplication.focusWidget(), (QtWidgets.QLineEdit, QtWidgets.QAbstractSpinBox)):
            return False  # somebody is writing
        keys = QtCore.Qt.Key
        act: Callable[[], object] | None = None
        if event.key() == keys.Key_Escape:
            act = self._escape
        elif event.key() in (keys.Key_Delete, keys.Key_Backspace):
            act = self._gesture.delete
        elif event.matches(QtGui.QKeySequence.StandardKey.Undo):
            act = self._gesture.undo
        elif event.matches(QtGui.QKeySequence.StandardKey.Redo):
            act = self._gesture.redo
        if act is None:
            return False
        event.accept()
        if pressed:
            act()
        return True

    def _escape(self) -> None:
        if not self._gesture.escape():
            self._leave()

    def _at(self, event: Any) -> tuple[Point | None, float]:
        """Canvas pixels with their centres at integers, and the reach in them."""
        transform = self._to_widget()
        back, possible = (None, False) if transform is None else transform.inverted()
        if not possible or back is None:
            return None, 0.0
        image = back.map(position(event))
        scale = abs(back.determinant()) ** 0.5
        return Point(image.x() - 0.5, image.y() - 0.5), REACH * scale

    def _gone(self, *_: Any) -> None:
        self._canvas = None
        self.finish()
        self._leave()
