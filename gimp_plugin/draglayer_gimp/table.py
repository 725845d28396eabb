"""The pairs as a table: the keyboard's and the screen reader's way to them."""

from __future__ import annotations

from typing import Any

from draglayer_protocol.editor.pairs import End, Pairs
from draglayer_protocol.editor.words import Words
from draglayer_protocol.geometry import Point

from .toolkit import Gtk

NUMBER, ON, LOCKED = 0, 5, 6  # columns; between them the four coordinates
FARTHEST = 1e6


class PairTable:
    """Edits go to the pairs, and come back from them."""

    def __init__(self, words: Words) -> None:
        self._pairs: Pairs | None = None
        self._editing = False
        self._store = Gtk.ListStore(int, str, str, str, str, bool, bool)
        self.view = Gtk.TreeView(model=self._store)
        self.view.set_tooltip_text(words("Canvas pixels; a locked point must stay where it is"))
        self.view.get_accessible().set_name(words("Point pairs"))
        self.view.append_column(Gtk.TreeViewColumn("", Gtk.CellRendererText(), text=NUMBER))
        titles = ("Handle x", "Handle y", "Target x", "Target y")
        for column, title in enumerate(titles, 1):
            cell = Gtk.CellRendererText(editable=True, width_chars=7, xalign=1.0)
            cell.connect("edited", self._edited, column)
            cell.connect("editing-started", lambda *_: self._hold(True))
            cell.connect("editing-canceled", lambda *_: self._hold(False))
            self.view.append_column(Gtk.TreeViewColumn(words(title), cell, text=column))
        for column, title in ((ON, "On"), (LOCKED, "Lock")):
            toggle = Gtk.CellRendererToggle(activatable=True)
            toggle.connect("toggled", self._toggled, column)
            self.view.append_column(Gtk.TreeViewColumn(words(title), toggle, active=column))
        self.widget = Gtk.ScrolledWindow(
            hscrollbar_policy=Gtk.PolicyType.NEVER, min_content_height=110, can_focus=False
        )
        self.widget.set_shadow_type(Gtk.ShadowType.IN)
        self.widget.add(self.view)

    def show_pairs(self, pairs: Pairs) -> None:
        """As they are; a cell that is being edited stays so, unless there are other rows."""
        self._pairs = pairs
        if self._editing and len(pairs.items) == len(self._store):
            return  # a row that changes takes the editing away, and handles move all the time
        rows = [
            [n, *(f"{value:.1f}" for value in (*pair.handle, *pair.target)), pair.on, pair.locked]
            for n, pair in enumerate(pairs.items, 1)
        ]
        while len(self._store) > len(rows):
            self._store.remove(self._store.get_iter(len(self._store) - 1))
        for place, row in enumerate(rows):
            if place == len(self._store):
                self._store.append(row)
            elif list(self._store[place]) != row:
                self._store[place] = row

    def chosen(self) -> int | None:
        """The row that buttons act on."""
        model, found = self.view.get_selection().get_selected()
        return None if found is None else int(model.get_path(found)[0])

    def _hold(self, editing: bool) -> None:
        self._editing = editing

    def _edited(self, _: Any, path: str, text: str, column: int) -> None:
        row, value = int(path), _number(text)
        self._hold(False)
        if self._pairs is None or row >= len(self._pairs.items) or value is None:
            return  # what is no number is taken back
        end = End.HANDLE if column < 3 else End.TARGET
        pair = self._pairs.items[row]
        old = pair.handle if column < 3 else pair.target
        self._pairs.move(row, end, Point(value, old.y) if column % 2 else Point(old.x, value))
        self._pairs.seal()
        self.show_pairs(self._pairs)

    def _toggled(self, _: Any, path: str, column: int) -> None:
        row = int(path)
        if self._pairs is not None and row < len(self._pairs.items):
            pair = self._pairs.items[row]
            if column == ON:
                self._pairs.switch(row, not pair.on)
            else:
                self._pairs.lock(row, not pair.locked)


def _number(text: str) -> float | None:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if abs(value) < FARTHEST else None
