"""The frame in numbers: its place and its width on the canvas; the height follows from the model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from draglayer_protocol.editor.frame import SMALLEST, resized
from draglayer_protocol.editor.words import Words
from draglayer_protocol.geometry import Frame
from draglayer_protocol.messages import ModelInfo

from .qt import QtWidgets

FARTHEST = 100_000  # canvas pixels


class FrameBox(QtWidgets.QWidget):  # type: ignore[misc]
    """`changed` is called with the frame that the artist wants."""

    def __init__(self, words: Words, changed: Callable[[Frame], None], parent: Any = None) -> None:
        super().__init__(parent)
        self._changed, self._filling = changed, False
        self._frame: Frame | None = None
        self._model: ModelInfo | None = None
        form = QtWidgets.QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        self._x, self._y, self._width = (QtWidgets.QSpinBox() for _ in range(3))
        for label, box, low in (
            (words("Frame x"), self._x, -FARTHEST),
            (words("Frame y"), self._y, -FARTHEST),
            (words("Frame width"), self._width, SMALLEST),
        ):
            box.setRange(low, FARTHEST)
            box.setSuffix(" px")
            box.setAccessibleName(label)
            box.setKeyboardTracking(False)
            box.valueChanged.connect(self._edited)
            form.addRow(label, box)
        self.setEnabled(False)

    def show_frame(self, frame: Frame | None, model: ModelInfo | None) -> None:
        self.setEnabled(frame is not None and model is not None)
        if frame is None or frame == self._frame:
            self._model = model
            return
        self._frame, self._model, self._filling = frame, model, True
        try:
            self._x.setValue(round(frame.x))
            self._y.setValue(round(frame.y))
            self._width.setValue(round(frame.width))
        finally:
            self._filling = False

    def _edited(self, *_: Any) -> None:
        if self._filling or self._frame is None or self._model is None:
            return
        moved = self._frame._replace(x=float(self._x.value()), y=float(self._y.value()))
        self._changed(resized(moved, self._width.value(), self._model.width, self._model.height))
