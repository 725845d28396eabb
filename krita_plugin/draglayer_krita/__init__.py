"""Draglayer in Krita: point pairs on the canvas, the picture in a layer that follows."""

from importlib.util import find_spec

from .bundled import load

load()
if find_spec("krita") is not None:  # Krita imports this package to have it register itself
    from .extension import register

    register()
