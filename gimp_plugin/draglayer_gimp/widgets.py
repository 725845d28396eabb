"""The dialogs' building blocks: a line of words, a button, something folded away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .gtk import GLib
from .toolkit import Gtk

WIDE = 48  # characters of a line
LAID = 100  # milliseconds after which GTK has laid out what was unfolded
EMPTY = "\u00a0"  # keeps a line's room, so that nothing moves when a sentence comes


def line(into: Any, name: str, high: int = 1) -> Any:
    """A sentence that a screen reader finds under a name, with room for so many lines."""
    label = Gtk.Label(xalign=0.0, yalign=0.0, wrap=True, max_width_chars=WIDE, width_chars=WIDE, selectable=True)
    label.set_can_focus(False)
    label.get_accessible().set_name(name)
    label.set_size_request(-1, high * label.get_layout().get_pixel_size()[1])
    into.pack_start(label, False, False, 0)
    return label


def say(label: Any, sentence: str) -> None:
    """Only if it is another one: a selection in it stays."""
    if label.get_text() != (sentence or EMPTY):
        label.set_text(sentence or EMPTY)


def button(into: Any, label: str, act: Callable[[], Any], hint: str = "") -> Any:
    """With a mnemonic where the label has one; what is only a sign gets its hint as its name."""
    made = Gtk.Button(label=label, use_underline=True)
    made.connect("clicked", lambda _: act())
    if hint:
        made.set_tooltip_text(hint)
        if len(label) == 1:
            made.get_accessible().set_name(hint)
    into.pack_start(made, True, True, 0)
    return made


def folded(into: Any, label: str, inside: Any) -> Any:
    """An expander, closed. What is folded away is hidden, too: GTK would let Tab wander through it unseen."""
    made = Gtk.Expander(label=label, use_underline=True)
    made.add(inside)
    inside.show_all()
    inside.hide()
    inside.set_no_show_all(True)

    def turned(*_: Any) -> None:
        inside.set_visible(made.get_expanded())
        if made.get_expanded():
            GLib.timeout_add(LAID, lambda: _seen(made))

    made.connect("notify::expanded", turned)
    into.pack_start(made, False, False, 0)
    return made


def unturned(inside: Any) -> None:
    """The wheel passes what holds a value, and moves the column instead: nobody turns a number unseen."""
    if isinstance(inside, (Gtk.SpinButton, Gtk.ComboBox, Gtk.Range)):
        inside.connect("scroll-event", _passed)
    if isinstance(inside, Gtk.Container):
        inside.forall(unturned)


def _passed(widget: Any, _: Any) -> bool:
    widget.stop_emission_by_name("scroll-event")
    return False


def _seen(widget: Any) -> bool:
    """What has just been unfolded is scrolled to."""
    around = widget.get_ancestor(Gtk.ScrolledWindow)
    if around is not None:
        here = widget.get_allocation()
        around.get_vadjustment().clamp_page(here.y, here.y + here.height)
    return False  # once
