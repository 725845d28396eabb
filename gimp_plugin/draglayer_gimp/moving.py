"""What was done to a layer, as GIMP tells it: a layer has a size of its own, whatever is painted in it."""

from __future__ import annotations

from draglayer_protocol.editor.following import Change, Moved, Other, Place, scaled


def told(was: Place, now: Place) -> Change:
    """A crop that cuts the layer off on both sides cannot be told; with another boundary alone it shows the same."""
    if now.size == was.size[::-1] != was.size:
        return Other.UNKNOWN  # turned
    dx, dy = now.at[0] - was.at[0], now.at[1] - was.at[1]
    if now.bounds[2:] == was.bounds[2:]:
        return Moved(dx, dy) if dx or dy else Other.NOTHING
    if now.size == was.size:
        return Other.NOTHING  # or the layer was scaled: then its pixels tell
    found = scaled(was, now)
    if found is not None:
        return found
    across = _shift(was.bounds.x, was.bounds.width, now.bounds.x, now.bounds.width, now.size[0])
    down = _shift(was.bounds.y, was.bounds.height, now.bounds.y, now.bounds.height, now.size[1])
    return Other.UNKNOWN if across is None or down is None else Moved(across, down)


def _shift(start: int, length: int, now: int, left: int, image: int) -> int | None:
    """How far an image's crop moved a layer along one axis, from where it lay and what is left; None: nobody can tell.

    image   its length now: where the layer does not touch its edge, it was not cut off
    """
    if left == length or (left < length and now > 0):
        return now - start
    if left < length and now + left < image:
        return now + left - (start + length)
    return None
