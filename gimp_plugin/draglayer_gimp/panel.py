"""The dialog's inside: widgets that show a workshop and pass on what the artist wants."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from draglayer_protocol.editor.desk import Light
from draglayer_protocol.editor.life import Phase
from draglayer_protocol.editor.mask import said
from draglayer_protocol.editor.placing import keep_step
from draglayer_protocol.editor.tool import Tool
from draglayer_protocol.messages import MAX_SEED, ModelInfo

from .preview import Preview
from .table import PairTable
from .toolkit import Gdk, Gtk
from .workshop import Workshop

LIGHTS = {Light.STARTING: "◌", Light.CONNECTED: "●", Light.DISCONNECTED: "○"}
WIDE = 52  # characters of a line
EMPTY = "\u00a0"  # keeps a line's room, so that nothing moves when a sentence comes


class Panel:
    """`widget` is for the dialog; `options` is what GIMP made of the procedure's own arguments."""

    def __init__(self, workshop: Workshop, options: Any) -> None:
        self._workshop, self._words, self._filling = workshop, workshop.words, False
        words = self._words
        self.preview = Preview(words, workshop.gesture, workshop.seen, workshop.changed)
        self.widget = Gtk.Box(orientation=Gtk.Orientation.HORIZONTAL, spacing=12, border_width=12)
        self.widget.pack_start(self.preview.widget, True, True, 0)
        column = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=6)
        self.widget.pack_start(column, False, False, 0)
        self._light = self._line(column, words("Connection"))
        self._start = self._button(column, words("Start the daemon"), workshop.start_daemon)
        self._new = self._new_row(column)
        self._table = PairTable(words)
        column.pack_start(self._table.widget, True, True, 0)
        self._pair_rows(column)
        self._live = Gtk.CheckButton(label=words("Live: the picture follows the hand"))
        self._live.connect("toggled", lambda button: setattr(workshop.gesture, "live", button.get_active()))
        column.pack_start(self._live, False, False, 0)
        self._mask = self._line(column, words("Mask"))
        column.pack_start(options, False, False, 0)
        self._drag = Gtk.Button()
        self._drag.set_tooltip_text(words("Ctrl+Enter does the same"))
        self._drag.connect("clicked", lambda _: workshop.toggle())
        column.pack_start(self._drag, False, False, 0)
        self._bar = Gtk.ProgressBar(show_text=True)
        self._bar.get_accessible().set_name(words("Progress"))
        column.pack_start(self._bar, False, False, 0)
        self._note = self._line(column, words("Note"))
        self._note.set_size_request(-1, 2 * self._note.get_layout().get_pixel_size()[1])  # most need two lines
        self._history_rows(column)

    def refresh(self) -> None:
        """Show what is."""
        self._filling = True
        try:
            self._refresh()
        finally:
            self._filling = False
        self.preview.refresh()

    def _refresh(self) -> None:
        words, workshop, tool = self._words, self._workshop, self._workshop.tool
        desk = workshop.desk
        _say(self._light, f"{LIGHTS[desk.light]} {desk.sentence}")
        self._start.set_visible(desk.light is Light.DISCONNECTED)
        self._show_models()
        self._table.show_pairs(tool.pairs)
        _say(self._mask, said(tool.movable, workshop.canvas.selected(), words))
        busy = tool.life.busy
        label = words("Stop") if busy else words("Continue") if tool.life.phase is Phase.LOST else words("Drag")
        self._drag.set_label(label)
        self._drag.set_sensitive(tool.life.phase not in (Phase.IDLE, Phase.OPENING))
        self._show_progress(tool)
        _say(self._note, tool.note or tool.life.sentence)
        steps = max(1, tool.history.steps)
        self._slider.set_range(0, steps)
        if not tool.history.seeking:
            self._slider.set_value(tool.history.step)
        still = tool.life.phase is Phase.READY
        self._slider.set_sensitive(still and tool.history.steps > 0)
        self._undo.set_sensitive(still and tool.history.last_begin() is not None)
        self._keep.set_sensitive(still and tool.layer.name is not None)

    def _show_models(self) -> None:
        models = self._workshop.desk.models
        listed = [row[0] for row in self._models.get_model()]
        if listed != [model.title for model in models]:
            self._models.remove_all()
            for model in models:
                self._models.append_text(model.title)
            self._models.set_active(0 if models else -1)
        self._make.set_sensitive(self._model() is not None and not self._workshop.tool.life.busy)

    def _show_progress(self, tool: Tool) -> None:
        progress, words = tool.drag.progress, self._words
        if progress is None:
            self._bar.set_fraction(0.0)
            self._bar.set_text(EMPTY)
            return
        speed = progress.speed()
        parts = [
            words("Step {n}", n=progress.steps)
            if progress.most is None
            else words("Step {n} of {most}", n=progress.steps, most=progress.most),
            words("{distance:.1f} px to go", distance=progress.distance),
            words("{speed:.1f} steps/s", speed=speed) if speed is not None else "",
        ]
        self._bar.set_text(" · ".join(part for part in parts if part))
        if progress.most:
            self._bar.set_fraction(min(1.0, progress.steps / progress.most))
        elif tool.life.running:
            self._bar.pulse()
        else:
            self._bar.set_fraction(0.0)

    def key(self, _: Any, event: Any) -> bool:
        """Wherever the focus is."""
        with_control = bool(event.state & Gdk.ModifierType.CONTROL_MASK)
        if with_control and Gdk.keyval_name(event.keyval) in ("Return", "KP_Enter") and self._drag.get_sensitive():
            self._workshop.toggle()
            return True
        return False

    # Making

    def _new_row(self, column: Any) -> Any:
        words, row = self._words, Gtk.Box(spacing=6)
        self._models = Gtk.ComboBoxText()
        self._models.get_accessible().set_name(words("Model"))
        self._models.connect("changed", lambda _: self._labelled())
        self._labels = Gtk.ComboBoxText(no_show_all=True)
        self._labels.get_accessible().set_name(words("Kind of picture"))
        self._seed = Gtk.SpinButton.new_with_range(0, min(MAX_SEED, 2**31 - 1), 1)
        self._seed.get_accessible().set_name(words("Seed"))
        self._seed.set_tooltip_text(words("The number that a picture comes from"))
        self._seed.set_width_chars(6)
        self._make = Gtk.Button(label=words("New from model"))
        self._make.connect("clicked", lambda _: self._pressed_new())
        row.pack_start(self._models, True, True, 0)
        for widget in (self._labels, self._seed, self._make):
            row.pack_start(widget, False, False, 0)
        column.pack_start(row, False, False, 0)
        return row

    def _pair_rows(self, column: Any) -> None:
        words, workshop = self._words, self._workshop
        row = Gtk.Box(spacing=6)
        for label, hint, act in (
            ("+", words("Add a pair in the middle of the frame"), workshop.tool.add_pair),
            ("−", words("Delete this pair"), lambda: self._with_row(workshop.tool.pairs.delete)),
            ("⇄", words("Exchange handle and target"), lambda: self._with_row(workshop.tool.pairs.swap)),
            ("↶", words("Undo the last change of the points"), workshop.tool.pairs.undo),
            (words("From path"), words("Points from the strokes of the selected path"), workshop.from_path),
            (words("To path"), words("Points as strokes of a path"), workshop.to_path),
            (words("Fit"), words("See the whole frame; the wheel zooms, the middle button moves"), self._fit),
        ):
            button = self._button(row, label, act)
            button.set_tooltip_text(hint)
            button.get_accessible().set_name(hint)
        column.pack_start(row, False, False, 0)

    def _history_rows(self, column: Any) -> None:
        words, tool = self._words, self._workshop.tool
        self._slider = Gtk.Scale.new_with_range(Gtk.Orientation.HORIZONTAL, 0, 1, 1)
        self._slider.set_value_pos(Gtk.PositionType.RIGHT)
        self._slider.get_accessible().set_name(words("Step of the history"))
        self._slider.set_tooltip_text(words("Go through all steps of this picture"))
        self._slider.connect("value-changed", self._slid)
        column.pack_start(self._slider, False, False, 0)
        row = Gtk.Box(spacing=6, homogeneous=True)
        self._undo = self._button(row, words("Undo drag"), tool.undo_drag)
        self._keep = self._button(row, words("Keep this step as layer"), lambda: keep_step(tool))
        column.pack_start(row, False, False, 0)

    def _button(self, into: Any, label: str, act: Callable[[], Any]) -> Any:
        button = Gtk.Button(label=label)

        def clicked(_: Any) -> None:
            act()
            self._workshop.changed()

        button.connect("clicked", clicked)
        into.pack_start(button, isinstance(into, Gtk.Box), True, 0)
        return button

    def _line(self, into: Any, name: str) -> Any:
        label = Gtk.Label(
            xalign=0.0, wrap=True, max_width_chars=WIDE, width_chars=WIDE, selectable=True, can_focus=False
        )
        label.get_accessible().set_name(name)
        into.pack_start(label, False, False, 0)
        return label

    # What the artist wants

    def _fit(self) -> None:
        self.preview.fit()

    def _model(self) -> ModelInfo | None:
        index, models = self._models.get_active(), self._workshop.desk.models
        return models[index] if 0 <= index < len(models) else None

    def _labelled(self) -> None:
        model = self._model()
        self._labels.remove_all()
        for label in () if model is None else model.labels:
            self._labels.append_text(label)
        self._labels.set_active(0)
        self._labels.set_visible(model is not None and bool(model.labels))

    def _pressed_new(self) -> None:
        model = self._model()
        if model is not None:
            label = max(0, self._labels.get_active()) if model.labels else None
            self._workshop.new(model, self._seed.get_value_as_int(), label)

    def _slid(self, slider: Any) -> None:
        if not self._filling:
            self._workshop.tool.seek(round(slider.get_value()))

    def _with_row(self, act: Callable[[int], None]) -> None:
        row = self._table.chosen()
        row = self._workshop.gesture.selected if row is None else row
        if row is not None and row < len(self._workshop.tool.pairs.items):
            act(row)


def _say(label: Any, sentence: str) -> None:
    if label.get_text() != (sentence or EMPTY):
        label.set_text(sentence or EMPTY)
