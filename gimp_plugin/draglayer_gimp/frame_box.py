"""The frame in numbers: its place and its width in the image; the height follows from the model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from draglayer_protocol.editor.frame import SMALLEST, resized
from draglayer_protocol.editor.words import Words
from draglayer_protocol.geometry import Frame
from draglayer_protocol.messages import ModelInfo

from .toolkit import Gtk

FARTHEST = 100_000  # image pixels


class FrameBox:
    """`widget` is for the dialog; `changed` is called with the frame that the artist wants."""

    def __init__(self, words: Words, changed: Callable[[Frame], None]) -> None:
        self._changed, self._filling = changed, False
        self._frame: Frame | None = None
        self._model: ModelInfo | None = None
        self.widget = Gtk.Box(spacing=6)
        self._boxes: list[Any] = []
        for label, hint, low in (
            ("x", words("Frame x"), -FARTHEST),
            ("y", words("Frame y"), -FARTHEST),
            (words("Width"), words("Frame width"), SMALLEST),
        ):
            box = Gtk.SpinButton.new_with_range(low, FARTHEST, 1)
            box.set_width_chars(6)
            box.set_tooltip_text(words("{what}, in image pixels; the height follows from the model", what=hint))
            box.get_accessible().set_name(hint)
            box.connect("value-changed", self._edited)
            named = Gtk.Label(label=label)
            named.set_mnemonic_widget(box)
            self.widget.pack_start(named, False, False, 0)
            self.widget.pack_start(box, False, False, 0)
            self._boxes.append(box)
        self.widget.set_sensitive(False)

    def show_frame(self, frame: Frame | None, model: ModelInfo | None) -> None:
        self.widget.set_sensitive(frame is not None and model is not None)
        self._model = model
        if frame is None or frame == self._frame:
            return
        self._frame, self._filling = frame, True
        try:
            for box, value in zip(self._boxes, (frame.x, frame.y, frame.width)):  # noqa: B905 (as everywhere in hosts)
                box.set_value(round(value))
        finally:
            self._filling = False

    def _edited(self, _: Any) -> None:
        if self._filling or self._frame is None or self._model is None:
            return
        x, y, width = (box.get_value_as_int() for box in self._boxes)
        self._changed(
            resized(self._frame._replace(x=float(x), y=float(y)), width, self._model.width, self._model.height)
        )
