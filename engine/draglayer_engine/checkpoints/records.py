"""What a pickle says, kept as inert values: nothing here does anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import limits
from .errors import CheckpointError


@dataclass(frozen=True, slots=True)
class Name:
    """A name that the pickle mentions. It is never looked up."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(slots=True, eq=False)
class Record:
    """An object that the pickle describes: what it would be made from, and what would be put into it."""

    name: Name
    args: tuple[Any, ...] = ()
    state: Any = None
    mapping: dict[Any, Any] | None = None
    sequence: list[Any] | None = None


def mapping_of(value: object) -> Mapping[Any, Any] | None:
    """The items of a dictionary or of an object that is one (EasyDict), or the attributes of a plain object."""
    if isinstance(value, dict):
        return value
    if isinstance(value, Record):
        if value.mapping is not None:
            return value.mapping
        if isinstance(value.state, dict):
            return value.state
    return None


_WORDS: tuple[tuple[type, str], ...] = (
    (type(None), "nothing"),
    (bool, "a truth value"),
    (int, "a number"),
    (float, "a number"),
    (str, "a text"),
    (bytes, "a string of bytes"),
    (memoryview, "a string of bytes"),
    (list, "a list"),
    (tuple, "a tuple"),
    (dict, "a dictionary"),
    (set, "a set"),
    (Name, "a name"),
    (Record, "an object"),
)


def described(value: object) -> str:
    """What a value is, for a sentence."""
    return next((word for kind, word in _WORDS if isinstance(value, kind)), "a tensor")


_KEY_TYPES = (str, int, float, bool, bytes, type(None), Name)


def key(value: Any) -> Any:
    """A value that may be a key: hashing nested tuples can take for ever, so they stay flat and short.

    Raises CheckpointError.
    """
    flat = value if isinstance(value, tuple) and len(value) <= limits.TUPLE_KEY else (value,)
    # beyond 2^60 different numbers can share one hash, and a dictionary of those takes for ever, too
    if not all(isinstance(part, _KEY_TYPES) and not (isinstance(part, int) and abs(part) >> 60) for part in flat):
        raise CheckpointError(
            f"it uses {described(value)} as the key of a dictionary, so it is damaged or made to do harm;"
            " download it again"
        )
    return value


def pairs(items: list[Any]) -> dict[Any, Any]:
    """A dictionary of key, value, key, value, ... Raises CheckpointError."""
    if len(items) % 2:
        raise CheckpointError(
            "it is a pickle with a key that has no value, so it is damaged or made to do harm; download it again"
        )
    return {key(items[i]): items[i + 1] for i in range(0, len(items), 2)}
