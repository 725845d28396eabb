"""What was done to a layer, as GIMP tells it: a layer has a size of its own, whatever is painted in it."""

from __future__ import annotations

from draglayer_protocol.editor.following import Change, Moved, Other, Place, scaled


def told(was: Place, now: Place) -> Change:
    """A crop cuts a layer off, and nobody can tell on which side; with another boundary alone it shows the same."""
    if now.size == was.size[::-1] != was.size:
        return Other.UNKNOWN  # turned
    dx, dy = now.at[0] - was.at[0], now.at[1] - was.at[1]
    if now.bounds[2:] == was.bounds[2:]:
        return Moved(dx, dy) if dx or dy else Other.NOTHING
    if now.size == was.size:
        return Other.NOTHING  # or the layer was scaled: then its pixels tell
    return scaled(was, now) or Other.UNKNOWN
