"""New from model: which model, which of its kinds, which number; and a strip of its pictures to choose from."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from draglayer_protocol.editor.desk import Desk
from draglayer_protocol.messages import ModelInfo, Thumbnails

from .gtk import GdkPixbuf
from .pictures import as_pixbuf
from .procedures import LARGEST_INT
from .toolkit import Gtk

SIDE = 56  # widget pixels of a picture in the strip
PICTURE, SEED = 0, 1  # columns


class NewBox:
    """`widget` is for a dialog; `make` is called when a picture of the strip is chosen by Enter or a double click."""

    def __init__(self, desk: Desk, make: Callable[[], None]) -> None:
        self._desk, self._make, words = desk, make, desk.words
        self._listed: tuple[str, ...] = ()  # hashes of the models in the list
        self._stripped: Thumbnails | None = None  # what the strip shows
        self.widget = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=6)
        row = Gtk.Box(spacing=6)
        self._models, self._labels = Gtk.ComboBoxText(), Gtk.ComboBoxText(no_show_all=True)
        self._models.get_accessible().set_name(words("Model"))
        self._labels.get_accessible().set_name(words("Kind of picture"))
        self._models.connect("changed", lambda _: self._chosen())
        self._labels.connect("changed", lambda _: self.refresh())
        self._models.connect("notify::popup-shown", lambda *_: desk.ask_models())
        self.seed = Gtk.SpinButton.new_with_range(0, LARGEST_INT, 1)
        self.seed.get_accessible().set_name(words("Seed"))
        self.seed.set_tooltip_text(words("The number that a picture comes from"))
        self.seed.set_width_chars(6)
        dice = Gtk.Button(label="⚄", tooltip_text=words("Another seed"))
        dice.get_accessible().set_name(words("Another seed"))
        dice.connect("clicked", lambda _: self.seed.set_value(random.randrange(10000)))
        row.pack_start(self._models, True, True, 0)
        for widget in (self._labels, self.seed, dice):
            row.pack_start(widget, False, False, 0)
        self.widget.pack_start(row, False, False, 0)
        self._holder = self._strip()
        self.widget.pack_start(self._holder, False, False, 0)
        self._ask = Gtk.Button(label=words("Show pictures of this model"), no_show_all=True)
        self._ask.connect("clicked", lambda _: self._asked())
        self.widget.pack_start(self._ask, False, False, 0)

    def refresh(self) -> None:
        """What the daemon has."""
        models = self._desk.models
        listed = tuple(f"{model.sha256} {model.title}" for model in models)
        if listed != self._listed:
            chosen, self._listed = self._models.get_active_text(), listed
            titles = [model.title for model in models]
            self._models.remove_all()
            for title in titles:
                self._models.append_text(title)
            self._models.set_active(titles.index(chosen) if chosen in titles else 0 if titles else -1)
        model = self.model()
        seen = None if model is None else self._desk.thumbnails.get((model.sha256, self.label()))
        if model is not None and model.thumbnails:
            self._asked()  # it is made already and costs nothing
        self._ask.set_visible(model is not None and self._desk.boot is not None and seen is None)
        if seen is not self._stripped:
            self._fill(seen)

    def model(self) -> ModelInfo | None:
        """The chosen one."""
        index, models = self._models.get_active(), self._desk.models
        return models[index] if 0 <= index < len(models) else None

    def label(self) -> int | None:
        """None for a model without kinds."""
        model = self.model()
        return max(0, self._labels.get_active()) if model is not None and model.labels else None

    def _chosen(self) -> None:
        model = self.model()
        self._labels.remove_all()
        for label in () if model is None else model.labels:
            self._labels.append_text(label)
        self._labels.set_active(0)
        self._labels.set_visible(model is not None and bool(model.labels))
        self.refresh()

    def _asked(self) -> None:
        model = self.model()
        if model is not None:
            self._desk.ask_thumbnails(model, self.label())

    def _strip(self) -> Any:
        words = self._desk.words
        self._store = Gtk.ListStore(GdkPixbuf.Pixbuf, int)
        self._icons = Gtk.IconView(model=self._store, pixbuf_column=PICTURE, margin=0, item_padding=2)
        self._icons.set_spacing(0)
        self._icons.set_column_spacing(0)
        self._icons.set_item_width(SIDE)
        self._icons.get_accessible().set_name(words("Pictures of this model"))
        self._icons.set_tooltip_text(words("Choose one; Enter or a double click makes it"))
        self._icons.connect("selection-changed", lambda _: self._picked())
        self._icons.connect("item-activated", lambda *_: self._make())
        holder = Gtk.ScrolledWindow(vscrollbar_policy=Gtk.PolicyType.NEVER, no_show_all=True, can_focus=False)
        holder.set_shadow_type(Gtk.ShadowType.IN)
        holder.add(self._icons)
        return holder

    def _fill(self, seen: Thumbnails | None) -> None:
        self._stripped = seen
        self._store.clear()
        if seen is not None:
            whole, count = as_pixbuf(seen.image), len(seen.seeds)
            wide, high = whole.get_width() // count, whole.get_height()
            for place, seed in enumerate(seen.seeds):
                part = whole.new_subpixbuf(place * wide, 0, wide, high)
                small = part.scale_simple(SIDE, max(1, round(SIDE * high / wide)), GdkPixbuf.InterpType.BILINEAR)
                self._store.append([small, seed])
            self._icons.set_columns(count)
            self._icons.show()
        self._holder.set_visible(seen is not None)

    def _picked(self) -> None:
        for path in self._icons.get_selected_items():
            self.seed.set_value(self._store[path][SEED])
