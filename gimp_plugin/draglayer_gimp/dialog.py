"""The windows of the procedures, until they are closed. What GIMP made of a procedure comes as a GTK dialog."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from draglayer_protocol.connection import NoConnection, read_connection
from draglayer_protocol.editor import launching
from draglayer_protocol.editor.desk import Desk, Light
from draglayer_protocol.editor.line import Line
from draglayer_protocol.editor.mask import Movable
from draglayer_protocol.editor.tool import Tool
from draglayer_protocol.editor.words import Words
from draglayer_protocol.messages import InvalidMessage

from .batch import Begin
from .connection import ConnectionBox
from .new_box import NewBox
from .panel import Panel
from .procedures import LAST, WHOLE
from .settings import PARAMETERS, Settings, arguments, parameters
from .toolkit import Gdk, Gtk
from .version import VERSION
from .waking import Waker
from .widgets import button, line, say
from .workshop import Workshop

if TYPE_CHECKING:
    from .host import GimpCanvas

Fields = Callable[[str, Sequence[str]], Any]  # a box with what GIMP makes of some of the procedure's arguments
MASK = ("movable", "whole")
HOW = (*PARAMETERS, "rate")


def drag(
    dialog: Any, fields: Fields, config: Any, canvas: GimpCanvas, begin: Begin | None, note: str,
    kept: Settings, words: Words,
) -> str | None:  # fmt: skip
    """Our name of the layer that was dragged, if one was. `note` is what there is to say before."""
    panels: list[Panel] = []  # the workshop comes first

    def changed() -> None:
        for panel in panels:
            panel.refresh()

    workshop = Workshop(canvas, begin, words, changed)
    workshop.tool.note = note
    if kept.whole != LAST:
        config.set_property("whole", kept.whole == WHOLE)
    if begin is not None and begin.saved is not None:
        config.set_property("movable", begin.saved.movable.value)
        for name, value in arguments(begin.saved.parameters).items():
            config.set_property(name, value)
    panel = Panel(workshop, fields("draglayer-mask", MASK), fields("draglayer-how", HOW))
    panels.append(panel)
    dialog.get_content_area().pack_start(panel.widget, True, True, 0)
    panel.widget.show_all()
    _one_button(dialog, words)
    for name in (*MASK, *HOW):
        config.connect(f"notify::{name}", lambda *_: _apply(workshop.tool, config, kept))
    _apply(workshop.tool, config, kept)
    panel.refresh()
    panel.begin(empty=begin is None)
    dialog.connect("key-press-event", panel.key)
    dialog.run()
    dialog.hide()  # what is under way ends without it
    panels.clear()
    result = workshop.finish()
    dialog.destroy()
    return result


def _apply(tool: Tool, config: Any, kept: Settings) -> None:
    """What the dialog's own widgets say."""
    movable = Movable(config.get_property("movable"))
    if movable is not tool.movable:
        tool.set_movable(movable)
    tool.show_whole(config.get_property("whole"))
    rate = config.get_property("rate")
    tool.set_preview_rate(kept.rate if rate < 0 else rate)
    try:
        wanted = replace(parameters(config.get_property), regularisation=tool.parameters.regularisation)
    except InvalidMessage as error:
        tool.say(str(error))
        return
    if wanted != tool.parameters:
        tool.set_parameters(wanted)


class _Desk:
    """A connection for a dialog without a picture. `shown` is called after whatever should be shown anew."""

    def __init__(self, words: Words, shown: Callable[[], None]) -> None:
        self._waker = Waker(self._pump, lambda: None)
        self.desk = Desk(Line("gimp", VERSION, self._waker.wake), words, shown)

    def _pump(self) -> None:
        self.desk.pump()

    def close(self) -> None:
        self._waker.stop()
        self.desk.close()


def new(dialog: Any, config: Any, words: Words) -> bool:
    """Which picture; whether it is wanted."""
    boxes: list[Any] = []

    def shown() -> None:
        for box in boxes:
            box.refresh()
        if boxes:
            dialog.set_response_sensitive(Gtk.ResponseType.OK, boxes[1].model() is not None)

    held = _Desk(words, shown)
    light = ConnectionBox(held.desk)
    choice = NewBox(held.desk, lambda: dialog.response(Gtk.ResponseType.OK))
    choice.seed.set_activates_default(True)
    choice.seed.connect("value-changed", lambda seed: config.set_property("seed", seed.get_value_as_int()))
    config.connect("notify::seed", lambda *_: choice.seed.set_value(config.get_property("seed")))  # Reset, say
    choice.seed.set_value(config.get_property("seed"))
    boxes += [light, choice]
    _shown(dialog, light.widget, choice.widget)
    dialog.set_ok_label(words("_Make"))
    shown()
    wanted = bool(dialog.run())
    model, label = choice.model(), choice.label()
    if wanted and model is not None:
        config.set_property("model", model.name)
        config.set_property("label", -1 if label is None else label)
    boxes.clear()
    held.close()
    dialog.destroy()
    return wanted


def connection(dialog: Any, fields: Fields, words: Words) -> bool:
    """Whether the settings are wanted."""
    boxes: list[Any] = []

    def shown() -> None:
        for box in boxes:
            box.refresh()
            say(leaving, _leaving(held.desk))

    held = _Desk(words, shown)
    light = ConnectionBox(held.desk)
    typed = Gtk.Box(spacing=6)
    known = launching.command()
    command = Gtk.Entry(text=launching.shown() if known is None else shlex.join(known), editable=False, hexpand=True)
    command.get_accessible().set_name(words("Command that starts the daemon"))
    command.set_tooltip_text(words("In a terminal this starts the daemon, too"))
    typed.pack_start(command, True, True, 0)
    button(typed, words("C_opy"), lambda: _copy(command.get_text()))
    typed.child_set_property(typed.get_children()[1], "expand", False)
    again = Gtk.Button(label=words("_Try again"), use_underline=True)
    again.connect("clicked", lambda _: held.desk.retry())
    typed.pack_start(again, False, False, 0)
    about = Gtk.Box(orientation=Gtk.Orientation.VERTICAL)
    leaving = line(about, words("What leaves this machine"), high=4)
    boxes.append(light)
    _shown(dialog, light.widget, typed, about, fields("draglayer-settings", ("whole", "rate")))
    shown()
    wanted = bool(dialog.run())
    boxes.clear()
    held.close()
    dialog.destroy()
    return wanted


def _leaving(desk: Desk) -> str:
    words = desk.words
    try:
        where = read_connection().endpoint if desk.light is Light.CONNECTED else ""
    except NoConnection:
        where = ""
    at = words("GIMP speaks to the daemon at {where}.", where=where) if where else words("No daemon is connected.")
    return f"{at} " + words(
        "The daemon gets the points, the selection inside the frame, the settings and what a layer of Draglayer"
        " carries; no pixels of your images."
    )


def _copy(text: str) -> None:
    """Into the clipboard, where it stays when the dialog is closed."""
    clipboard = Gtk.Clipboard.get(Gdk.SELECTION_CLIPBOARD)
    clipboard.set_text(text, -1)
    clipboard.store()


def _shown(dialog: Any, *widgets: Any) -> None:
    inside = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=12, border_width=12)
    for widget in widgets:
        inside.pack_start(widget, False, False, 0)
    dialog.get_content_area().pack_start(inside, True, True, 0)
    inside.show_all()


def _one_button(dialog: Any, words: Words) -> None:
    """Closing it loses nothing, so there is nothing to cancel."""
    dialog.set_ok_label(words("_Close"))
    cancel = dialog.get_widget_for_response(Gtk.ResponseType.CANCEL)
    if cancel is not None:
        cancel.set_no_show_all(True)
        cancel.hide()
