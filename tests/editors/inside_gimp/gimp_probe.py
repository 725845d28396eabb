"""Inside the plug-in's process: what listens to the tests. The launcher imports it, in the tests' own copy only."""

import gc

import gi

gi.require_version("Gimp", "3.0")
gi.require_version("Gegl", "0.4")
from gi.repository import Gegl, Gimp, GLib  # noqa: E402 (after their versions)
from listening import BEAT, LOOK, Listening  # noqa: E402 (as above)

from draglayer_protocol.editor import tool as tools  # noqa: E402 (as above)


class Probe(Listening):
    """Begins with the first tool that is made."""

    def __init__(self, tool):
        super().__init__({"Gimp": Gimp, "Gegl": Gegl, "GLib": GLib, "probe": self, "tool": tool})
        self.names |= {"desk": tool.desk, "canvas": tool.canvas, "image": tool.canvas.image}
        GLib.timeout_add(BEAT, self.tick, priority=GLib.PRIORITY_HIGH)
        GLib.timeout_add(LOOK, self.listen)

    def one(self, kind):
        """The one object of a class that is alive: the plug-in's Workshop, Panel and so on."""
        (found,) = [other for other in gc.get_objects() if type(other).__name__ == kind]
        return found

    def button(self, label):
        """The button with this label, mnemonics and what follows a colon aside."""
        from gi.repository import Gtk

        def below(widget):
            yield widget
            for child in widget.get_children() if isinstance(widget, Gtk.Container) else ():
                yield from below(child)

        for window in Gtk.Window.list_toplevels():
            for widget in below(window):
                said = (widget.get_label() or "") if isinstance(widget, Gtk.Button) else ""
                if said.replace("_", "").partition(":")[0] == label:
                    return widget
        raise LookupError(f"there is no button {label}")

    def middle(self, widget):
        """Of a widget, on the screen."""
        _, left, top = widget.get_window().get_origin()
        area = widget.get_allocation()
        return [left + area.x + area.width / 2, top + area.y + area.height / 2]


_make = tools.Tool.__init__


def _made(self, *arguments, **named):
    _make(self, *arguments, **named)
    if not hasattr(tools, "draglayer_probe"):
        tools.draglayer_probe = Probe(self)


tools.Tool.__init__ = _made
