"""Frame, handles, targets and trails, drawn over the canvas by a widget that the mouse does not see."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from draglayer_protocol.editor.scene import Mark, Scene
from draglayer_protocol.geometry import Point

from .qt import QtCore, QtGui, QtWidgets

FOLLOW = 33  # milliseconds between two looks whether the view was moved, while the overlay is shown
SLOWEST = 200  # milliseconds between two such looks at most
BREATH = 4.0  # the next look comes so many times later than this one came late
RADIUS = 7.0  # logical pixels of a handle
DARK, LIGHT = "#101010", "#ffffff"
FILL, OFF, TRAIL = "#d83018", "#808080", "#ffd060"


class Overlay(QtWidgets.QWidget):  # type: ignore[misc]
    """Child of the canvas widget; it takes no mouse and no focus.

    look        what is to be drawn now
    to_widget   QTransform from image pixels (edges at integers) to the canvas widget's logical pixels, or None
    """

    def __init__(self, canvas: Any, look: Callable[[], Scene], to_widget: Callable[[], Any]) -> None:
        super().__init__(canvas)
        self._look, self._to_widget = look, to_widget
        self._drawn: tuple[Any, Scene] | None = None
        attribute = QtCore.Qt.WidgetAttribute
        for wanted in (
            attribute.WA_TransparentForMouseEvents,
            attribute.WA_NoSystemBackground,
            attribute.WA_TranslucentBackground,
            attribute.WA_ShowWithoutActivating,
        ):
            self.setAttribute(wanted)
        self.setFocusPolicy(QtCore.Qt.FocusPolicy.NoFocus)
        self.setGeometry(canvas.rect())
        self._timer = QtCore.QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._tick)
        self._timer.start(FOLLOW)
        self._clock = QtCore.QElapsedTimer()  # since the last look
        self._clock.start()
        self.show()
        self.raise_()

    def follow(self) -> None:
        """Draw anew if the view or what is to be seen has changed. Krita tells nobody when it zooms or pans."""
        parent = self.parentWidget()
        if parent is not None and self.geometry() != parent.rect():
            self.setGeometry(parent.rect())
        now = (self._to_widget(), self._look())
        if self._drawn is None or now[1] != self._drawn[1] or now[0] != self._drawn[0]:
            self._drawn = now
            self.update()

    def _tick(self) -> None:
        """Every drawing makes Krita put its window together anew; where that takes long (without a graphics card),
        pictures would have to wait for the overlay."""
        late = self._clock.restart() - self._timer.interval()
        self.follow()
        self._timer.start(min(SLOWEST, max(FOLLOW, round(FOLLOW + BREATH * late))))

    def finish(self) -> None:
        with suppress(RuntimeError):  # it has gone with its canvas
            self._timer.stop()
            self.hide()
            self.setParent(None)
            self.deleteLater()

    def paintEvent(self, event: Any) -> None:  # noqa: N802 (Qt's name)
        transform, seen = self._drawn if self._drawn is not None else (self._to_widget(), self._look())
        if transform is None:
            return
        painter = QtGui.QPainter(self)
        painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing)
        paint(painter, seen, transform)
        painter.end()


def paint(painter: Any, seen: Scene, transform: Any) -> None:
    """Every line twice, dark and wide below light or coloured and thin, so that it shows on any picture."""

    def at(p: Point) -> Any:
        return transform.map(QtCore.QPointF(p.x + 0.5, p.y + 0.5))

    if seen.frame is not None:
        x, y, width, height = seen.frame
        corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
        outline = QtGui.QPolygonF([transform.map(QtCore.QPointF(*corner)) for corner in corners])
        painter.setBrush(QtCore.Qt.BrushStyle.NoBrush)
        painter.setPen(_pen(DARK, 3.0))
        painter.drawPolygon(outline)
        painter.setPen(_pen(LIGHT, 1.0, dashed=True))
        painter.drawPolygon(outline)
    for mark in seen.marks:
        _trail(painter, [at(p) for p in mark.trail])
    for mark in seen.marks:
        _mark(painter, mark, at(mark.handle), None if mark.target is None else at(mark.target))


def _trail(painter: Any, way: list[Any]) -> None:
    if len(way) > 1:
        painter.setOpacity(0.6)
        painter.setBrush(QtCore.Qt.BrushStyle.NoBrush)
        for colour, width in ((DARK, 3.0), (TRAIL, 1.5)):
            painter.setPen(_pen(colour, width))
            painter.drawPolyline(QtGui.QPolygonF(way))
        painter.setOpacity(1.0)


def _mark(painter: Any, mark: Mark, handle: Any, target: Any) -> None:
    colour = FILL if mark.on else OFF
    if target is not None:
        way = target - handle
        length = math.hypot(way.x(), way.y())
        for pen, width in ((DARK, 5.0), (LIGHT, 2.0)):
            painter.setPen(_pen(pen, width))
            painter.setBrush(QtCore.Qt.BrushStyle.NoBrush)
            if length > 2 * RADIUS:  # between the circles, with a head
                unit = way / length
                side = QtCore.QPointF(-unit.y(), unit.x())
                tip = target - unit * RADIUS
                painter.drawLine(handle + unit * RADIUS, tip)
                painter.drawLine(tip, tip - unit * 8 + side * 5)
                painter.drawLine(tip, tip - unit * 8 - side * 5)
            painter.drawEllipse(target, RADIUS, RADIUS)
    painter.setBrush(QtGui.QColor(colour))
    square = QtCore.QRectF(handle.x() - RADIUS, handle.y() - RADIUS, 2 * RADIUS, 2 * RADIUS)
    for pen, width in ((DARK, 4.5 if mark.selected else 3.0), (LIGHT, 2.5 if mark.selected else 1.2)):
        painter.setPen(_pen(pen, width))
        # an anchor is square: told by its shape
        painter.drawRect(square) if target is None else painter.drawEllipse(handle, RADIUS, RADIUS)
    number = QtGui.QPainterPath()
    font = painter.font()
    font.setBold(True)
    number.addText(0, 0, font, str(mark.number))
    box = number.boundingRect()
    number.translate(handle + _aside(handle, target, box.width() / 2, box.height() / 2) - box.center())
    painter.strokePath(number, _pen(DARK, 3.5))
    painter.fillPath(number, QtGui.QColor(LIGHT))


def _aside(handle: Any, target: Any, wide: float, high: float) -> Any:
    """From a handle to the middle of its number, of half this size: behind it, off the arrow."""
    way = QtCore.QPointF(-1.0, 1.0) if target is None or target == handle else target - handle
    unit = way / math.hypot(way.x(), way.y())
    return -unit * (RADIUS + 4.0 + abs(unit.x()) * wide + abs(unit.y()) * high)


def _pen(colour: str, width: float, *, dashed: bool = False) -> Any:
    pen = QtGui.QPen(QtGui.QColor(colour), width)
    if dashed:
        pen.setStyle(QtCore.Qt.PenStyle.DashLine)
    return pen
