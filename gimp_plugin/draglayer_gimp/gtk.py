"""What GIMP's Python brings besides GIMP itself. The versions have to be named before the first import of each."""

from __future__ import annotations

import gi

gi.require_version("GdkPixbuf", "2.0")

from gi.repository import GdkPixbuf, GLib  # noqa: E402 (after its version)

__all__ = ["GLib", "GdkPixbuf"]
