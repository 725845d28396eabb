"""The point pairs below the preview's hand: their table, and the buttons that change it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .table import PairTable
from .toolkit import Gdk, Gtk
from .widgets import button
from .workshop import Workshop


class PairBox:
    """`widget` is for the dialog. `fit` shows the whole frame in the preview."""

    def __init__(self, workshop: Workshop, fit: Callable[[], None]) -> None:
        self._workshop, words, tool = workshop, workshop.words, workshop.tool
        self.table = PairTable(words)
        self.widget = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=6)
        self.widget.pack_start(self.table.widget, True, True, 0)
        signs = (
            ("+", words("Add a pair in the middle of the frame"), tool.add_pair),
            ("−", words("Delete this pair"), self.delete),
            ("⇄", words("Exchange handle and target"), self._swap),
            ("✕", words("Delete all pairs"), tool.pairs.clear),
            ("↶", words("Undo the last change of the points"), tool.pairs.undo),
            ("↷", words("Redo it"), tool.pairs.redo),
        )
        named = (
            (words("_From path"), words("Points from the strokes of the selected path"), workshop.from_path),
            (words("_To path"), words("Points as strokes of a path"), workshop.to_path),
            (words("Fit"), words("See the whole frame; the wheel zooms, the middle button moves"), fit),
        )
        for buttons in (signs, named):
            row = Gtk.Box(spacing=6, homogeneous=True)
            for label, hint, act in buttons:
                button(row, label, self._changing(act), hint)
            self.widget.pack_start(row, False, False, 0)
        self.table.view.connect("key-press-event", self._key)

    def refresh(self) -> None:
        self.table.show_pairs(self._workshop.tool.pairs)

    def delete(self) -> None:
        """The chosen pair."""
        row = self._row()
        if row is not None:
            self._workshop.tool.pairs.delete(row)

    def turn(self, *, back: bool) -> None:
        """Undo or redo of the points' edits, which are none of the image's."""
        gesture = self._workshop.gesture
        self._changing(gesture.undo if back else gesture.redo)()

    def _swap(self) -> None:
        row = self._row()
        if row is not None:
            self._workshop.tool.pairs.swap(row)

    def _row(self) -> int | None:
        row = self.table.chosen()
        row = self._workshop.gesture.selected if row is None else row
        return row if row is not None and row < len(self._workshop.tool.pairs.items) else None

    def _changing(self, act: Callable[[], Any]) -> Callable[[], None]:
        def acted() -> None:
            act()
            self.refresh()  # at once: the next key may come before the rest is shown anew
            self._workshop.changed()

        return acted

    def _key(self, _: Any, event: Any) -> bool:
        """In the table, while no cell of it is edited."""
        name = Gdk.keyval_name(event.keyval)
        act = {"Delete": self.delete, "KP_Delete": self.delete, "Insert": self._workshop.tool.add_pair}.get(name)
        if act is None:
            return False
        self._changing(act)()
        return True
