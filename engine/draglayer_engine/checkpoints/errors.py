"""What goes wrong with a checkpoint is said in one sentence: what, why, what next."""

from __future__ import annotations

_SHOWN = 72


class CheckpointError(ValueError):
    """The file cannot be imported; the sentence says what was found, why that is refused and what to do."""


def shown(value: object, limit: int = _SHOWN) -> str:
    """What came out of a file, fit for a sentence: printable ASCII on one line, and short.

    Of containers only the kind is told: printing one that holds itself a thousand times has no end.
    """
    plain = isinstance(value, (str, int, float, BaseException, type(None)))
    text = str(value) if plain else f"a {type(value).__name__}"
    clean = text[: 4 * limit].encode("unicode_escape").decode("ascii")
    return clean if len(clean) <= limit else clean[: limit - 3] + "..."


def listed(names: object, limit: int = 3) -> str:
    """The first few of several names, and how many more there are."""
    items = [shown(name) for name in (names if isinstance(names, (list, tuple)) else [names])]
    more = len(items) - limit
    return ", ".join(items[:limit]) + (f" and {more} more" if more > 0 else "")
