"""The dialog's inside: widgets that show a workshop and pass on what the artist wants."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from draglayer_protocol.editor.exporting import Export
from draglayer_protocol.editor.life import Phase
from draglayer_protocol.editor.mask import said
from draglayer_protocol.editor.placing import keep_step, move_frame
from draglayer_protocol.editor.tool import Tool

from .connection import ConnectionBox
from .curve import Curve
from .frame_box import FrameBox
from .new_box import NewBox
from .pair_box import PairBox
from .pictures import save_step
from .preview import Preview
from .toolkit import Gdk, Gtk
from .widgets import EMPTY, button, folded, line, say, unturned
from .workshop import Workshop

AROUND = 240  # screen pixels that are left for the rest of the dialog and the desktop's bars


class Panel:
    """`widget` is for the dialog. `mask` and `how` are what GIMP made of the procedure's own arguments."""

    def __init__(self, workshop: Workshop, mask: Any, how: Any) -> None:
        self._workshop, self._words, self._filling = workshop, workshop.words, False
        words, tool = self._words, workshop.tool
        self.preview = Preview(words, workshop.gesture, workshop.seen, workshop.changed)
        self.widget = Gtk.Box(orientation=Gtk.Orientation.HORIZONTAL, spacing=12, border_width=12)
        self.widget.pack_start(self.preview.widget, True, True, 0)
        column = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=6, margin_end=12)
        self.widget.pack_start(_scrolled(column), False, False, 0)
        self._connection = ConnectionBox(workshop.desk)
        column.pack_start(self._connection.widget, False, False, 0)
        self._new_box = NewBox(workshop.desk, self._new_wanted)
        self._make = button(self._new_box.widget, words("New from model"), self._new_wanted)
        self._new = folded(column, words("_New picture of a model"), self._new_box.widget)
        self._pairs = PairBox(workshop, self.preview.fit)
        column.pack_start(self._pairs.widget, True, True, 0)
        self._live = Gtk.CheckButton(label=words("Li_ve: the picture follows the hand"), use_underline=True)
        self._live.connect("toggled", lambda toggle: setattr(workshop.gesture, "live", toggle.get_active()))
        column.pack_start(self._live, False, False, 0)
        column.pack_start(mask, False, False, 0)
        self._mask = line(column, words("Mask"))
        self._drag = button(column, words("Dra_g"), self._toggle, words("Ctrl+Enter does the same"))
        self._progress_rows(column)
        self._note = line(column, words("Note"), high=2)  # most need two
        self._history_rows(column)
        self._frame = FrameBox(words, lambda frame: move_frame(tool, frame))
        folded(column, words("Frame in n_umbers"), self._frame.widget)
        folded(column, words("_Advanced"), how)
        unturned(column)

    def refresh(self) -> None:
        """Show what is."""
        self._filling = True
        try:
            self._refresh()
        finally:
            self._filling = False
        self.preview.refresh()

    def begin(self, *, empty: bool) -> None:
        """Before it is seen. `empty`: there is no picture to drag yet, so making one comes first."""
        self._new.set_expanded(empty)
        self.preview.widget.grab_focus()

    def key(self, _: Any, event: Any) -> bool:
        """Wherever the focus is."""
        name = (Gdk.keyval_name(event.keyval) or "").lower()
        if not event.state & Gdk.ModifierType.CONTROL_MASK:
            return False
        if name in ("return", "kp_enter"):
            self._toggle()
        elif name in ("z", "y"):
            again = name == "y" or bool(event.state & Gdk.ModifierType.SHIFT_MASK)
            self._pairs.turn(back=not again)
        else:
            return False
        return True

    def _refresh(self) -> None:
        words, workshop, tool = self._words, self._workshop, self._workshop.tool
        self._connection.refresh()
        self._new_box.refresh()
        busy, still = tool.life.busy, tool.life.phase is Phase.READY
        self._make.set_sensitive(self._new_box.model() is not None and workshop.desk.boot is not None and not busy)
        self._pairs.refresh()
        say(self._mask, said(tool.movable, workshop.canvas.seen.anything(), words))
        label = words("Stop") if busy else words("Continue") if tool.life.phase is Phase.LOST else words("Dra_g")
        if self._drag.get_label() != label:
            self._drag.set_label(label)
        self._show_progress(tool)
        say(self._note, tool.note or tool.life.sentence)
        self._slider.set_range(0, max(1, tool.history.steps))
        if not tool.history.seeking:
            self._slider.set_value(tool.history.step)
        self._slider.set_sensitive(still and tool.history.steps > 0)
        self._export.set_sensitive(still and tool.history.steps > 0)
        self._undo.set_sensitive(still and tool.history.last_begin() is not None)
        self._keep.set_sensitive(still and tool.layer.name is not None and not tool.history.seeking)
        self._frame.show_frame(tool.frame, tool.model)

    def _show_progress(self, tool: Tool) -> None:
        progress, words = tool.drag.progress, self._words
        self._curve.show_values(() if progress is None else progress.curve)
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

    # Parts

    def _progress_rows(self, column: Any) -> None:
        words = self._words
        self._bar = Gtk.ProgressBar(show_text=True)
        self._bar.get_accessible().set_name(words("Progress"))
        column.pack_start(self._bar, False, False, 0)
        self._curve = Curve(words("Distance of the handles over the steps"))
        column.pack_start(self._curve.widget, False, False, 0)

    def _history_rows(self, column: Any) -> None:
        words, tool = self._words, self._workshop.tool
        self._slider = Gtk.Scale.new_with_range(Gtk.Orientation.HORIZONTAL, 0, 1, 1)
        self._slider.set_value_pos(Gtk.PositionType.RIGHT)
        self._slider.get_accessible().set_name(words("Step of the history"))
        self._slider.set_tooltip_text(words("Go through all steps of this picture"))
        self._slider.connect("value-changed", self._slid)
        row = Gtk.Box(spacing=6)
        named = Gtk.Label(label=words("St_ep"), use_underline=True, mnemonic_widget=self._slider)
        row.pack_start(named, False, False, 0)
        row.pack_start(self._slider, True, True, 0)
        column.pack_start(row, False, False, 0)
        row = Gtk.Box(spacing=6)
        undo, keep, export = (
            self._changing(tool.undo_drag),
            self._changing(lambda: keep_step(tool)),
            self._export_wanted,
        )
        self._undo = button(row, words("Undo drag"), undo, words("Back to where the last drag began"))
        self._keep = button(row, words("_Keep step"), keep, words("This step as a layer of its own"))
        self._export = button(row, words("E_xport steps…"), export, words("Every step as a PNG file in a folder"))
        column.pack_start(row, False, False, 0)

    # What the artist wants

    def _toggle(self) -> None:
        self._workshop.toggle()

    def _new_wanted(self) -> None:
        model = self._new_box.model()
        if model is not None and self._make.get_sensitive():
            self._workshop.new(model, self._new_box.seed.get_value_as_int(), self._new_box.label())
            self._new.set_expanded(False)

    def _slid(self, slider: Any) -> None:
        if not self._filling:
            self._workshop.tool.seek(round(slider.get_value()))

    def _export_wanted(self) -> None:
        words, tool = self._words, self._workshop.tool
        chooser = Gtk.FileChooserNative.new(
            words("Every step as a PNG file in a folder"),
            self.widget.get_toplevel(),
            Gtk.FileChooserAction.SELECT_FOLDER,
            None,
            None,
        )
        chooser.set_current_folder(str(Path.home()))
        if chooser.run() == Gtk.ResponseType.ACCEPT:
            folder = chooser.get_filename()
            Export(tool, partial(save_step, Path(folder)), folder).start()
        chooser.destroy()

    def _changing(self, act: Callable[[], Any]) -> Callable[[], None]:
        def acted() -> None:
            act()
            self._workshop.changed()

        return acted


def _scrolled(column: Any) -> Any:
    """As high as the column, but never higher than the screen."""
    area = Gdk.Display.get_default().get_monitor(0).get_workarea()
    scrolled = Gtk.ScrolledWindow(
        hscrollbar_policy=Gtk.PolicyType.NEVER, propagate_natural_height=True, can_focus=False
    )
    scrolled.set_max_content_height(max(320, area.height - AROUND))
    scrolled.set_min_content_height(320)
    scrolled.add(column)
    return scrolled
