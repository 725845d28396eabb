"""GTK, for the modules with windows: a batch needs none, and has no display."""

from __future__ import annotations

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("Gdk", "3.0")

from gi.repository import Gdk, Gtk  # noqa: E402 (after its version)

__all__ = ["Gdk", "Gtk"]
