"""Whether the daemon is there, in a light and words; and how to start it where it is not."""

from __future__ import annotations

from typing import Any

from draglayer_protocol.editor import launching
from draglayer_protocol.editor.desk import Desk, Light

from .starting import spawn
from .toolkit import Gtk
from .widgets import button, line, say

LIGHTS = {Light.STARTING: "◌", Light.CONNECTED: "●", Light.DISCONNECTED: "○"}


class ConnectionBox:
    """`widget` is for a dialog; `refresh` after whatever has changed."""

    def __init__(self, desk: Desk) -> None:
        self._desk, words = desk, desk.words
        self.widget = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=6)
        self._light = line(self.widget, words("Connection"))
        self._start: Any = button(self.widget, words("Start the daemon"), lambda: start_daemon(desk))
        self._start.set_no_show_all(True)
        self.refresh()

    def refresh(self) -> None:
        advice = f"\n{self._desk.advice}" if self._desk.advice else ""
        say(self._light, f"{LIGHTS[self._desk.light]} {self._desk.sentence}{advice}")
        self._start.set_visible(self._desk.light is Light.DISCONNECTED)


def start_daemon(desk: Desk) -> None:
    """The daemon of this machine, if none runs."""
    command = launching.command()
    if command is not None:
        try:
            spawn(command)
        except OSError:
            command = None
    if command is None:
        desk.advice = desk.words(
            "The daemon cannot be started from here. Run this in a terminal: {command}", command=launching.shown()
        )
        desk.changed()
    else:
        desk.retry()
