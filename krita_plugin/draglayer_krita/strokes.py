"""The artist's own strokes on Krita's canvas, while pictures come: refreshing the projection ends a stroke half-way."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from draglayer_protocol.editor.tool import Tool

from .qt import QtCore, QtWidgets

AFTER = 0.2  # seconds after which Krita has painted the end of a stroke
LOST = 5.0  # seconds without any event of a pen that never said that it was lifted

STROKES = {
    getattr(QtCore.QEvent.Type, name)
    for name in ("TabletPress", "TabletMove", "TabletRelease", "MouseButtonPress", "MouseButtonRelease")
}


class Strokes(QtCore.QObject):  # type: ignore[misc]
    """An event filter that takes nothing. It is the application's: Krita puts its own before others on a canvas.

    began   called before Krita hears of a stroke
    """

    def __init__(self, canvas: Any, began: Callable[[], None]) -> None:
        super().__init__()
        self.canvas, self._began = canvas, began
        self._mouse = self._pen = False
        self._last = float("-inf")  # when something of a stroke was heard
        QtWidgets.QApplication.instance().installEventFilter(self)

    def under_way(self) -> bool:
        """Whether something is being painted, or was a moment ago."""
        quiet = time.monotonic() - self._last
        if self._mouse:
            self._mouse = bool(QtWidgets.QApplication.mouseButtons() & QtCore.Qt.MouseButton.LeftButton)
        self._pen = self._pen and quiet < LOST
        return self._mouse or self._pen or quiet < AFTER

    def finish(self) -> None:
        application = QtWidgets.QApplication.instance()
        if application is not None:
            application.removeEventFilter(self)

    def eventFilter(self, watched: Any, event: Any) -> bool:  # noqa: N802 (Qt's name)
        """Never True: Krita sees everything."""
        kind, types = event.type(), QtCore.QEvent.Type
        if kind not in STROKES or watched is not self.canvas:
            return False
        if kind == types.TabletPress or (
            kind == types.MouseButtonPress and event.button() == QtCore.Qt.MouseButton.LeftButton
        ):
            self._pen, self._mouse = kind == types.TabletPress, kind == types.MouseButtonPress
            self._last = time.monotonic()
            self._began()
        elif kind != types.MouseButtonPress:
            self._last = time.monotonic()
            self._pen = self._pen and kind != types.TabletRelease
        return False


class Painting:
    """Of the artist, on the canvas in front, in the document of one tool at a time."""

    def __init__(self) -> None:
        self._strokes: Strokes | None = None

    def watch(self, canvas: Any, tool: Tool | None) -> None:
        """None: no canvas any more, when the last stroke has ended."""
        now = self._strokes
        if now is not None and now.canvas is not canvas and not now.under_way():
            self.finish()
        if self._strokes is None and canvas is not None and tool is not None:
            self._strokes = Strokes(canvas, tool.layer.stroke)

    def under_way(self) -> bool:
        return self._strokes is not None and self._strokes.under_way()

    def finish(self) -> None:
        strokes, self._strokes = self._strokes, None
        if strokes is not None:
            strokes.finish()
