"""A small curve of how far the handles still are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .qt import QtCore, QtGui, QtWidgets


class Curve(QtWidgets.QWidget):  # type: ignore[misc]
    """In the theme's own colours; nothing where there is nothing yet."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._values: tuple[float, ...] = ()
        self.setMinimumHeight(36)

    def show_values(self, values: Sequence[float]) -> None:
        if tuple(values) != self._values:
            self._values = tuple(values)
            self.update()

    def paintEvent(self, event: Any) -> None:  # noqa: N802 (Qt's name)
        if len(self._values) < 2:
            return
        painter = QtGui.QPainter(self)
        painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing)
        most = max(self._values) or 1.0
        width, height = self.width() - 4, self.height() - 4
        points = [
            QtCore.QPointF(2 + width * n / (len(self._values) - 1), 2 + height * (1 - value / most))
            for n, value in enumerate(self._values)
        ]
        painter.setPen(QtGui.QPen(self.palette().highlight().color(), 1.5))
        painter.drawPolyline(QtGui.QPolygonF(points))
        painter.end()
