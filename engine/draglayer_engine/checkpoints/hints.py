"""How to drag a model, as somebody's model.json says it: believed as far as a drag can work with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from ..architecture import Architecture
from ..config import Hints, Space
from ..limits import limits
from .errors import listed


def usable_hints(stated: Any, a: Architecture) -> tuple[dict[str, Any], list[str]]:
    """Those of `Hints` that make sense for this model; and a note about the others."""
    said: Mapping[Any, Any] = stated if isinstance(stated, dict) else {}
    known = [field.name for field in fields(Hints)]
    good = {name: said[name] for name in known if name in said and _usable(name, said[name], a)}
    left = [name for name in said if name not in good]
    notes = [f"what its model.json says of dragging was left out where no drag can use it: {listed(left)}"]
    return good, notes if left else []


def _usable(name: str, value: Any, a: Architecture) -> bool:
    if name == "space":
        return isinstance(value, str) and value in [space.value for space in Space]
    if name == "feature_block":
        return type(value) is int and value in a.blocks
    return limits(a.size.height)[name].holds(value)
