"""Values <-> what msgpack can hold: typed by the hints of `messages`, so no message needs code of its own.

An Enum is its value, a NamedTuple an array, a nested dataclass a map, `bytes` the index of a frame of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache
from types import MappingProxyType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

Reader = Callable[[Any, Sequence[bytes]], Any]  # a decoded msgpack value, the frames after the header -> typed value


class Misfit(Exception):
    """A value that does not fit its field; the path to the field grows on the way out."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.path = ""


def plain(value: Any, blobs: list[bytes]) -> Any:
    """A message as maps, arrays and scalars; its `bytes` are appended to `blobs`, not copied."""
    if value is None or isinstance(value, (int, float, str)):
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [plain(item, blobs) for item in value]
    if isinstance(value, bytes):
        blobs.append(value)
        return len(blobs) - 1
    cls: Any = type(value)
    return {name: plain(getattr(value, name), blobs) for name in _field_names(cls)}


@cache
def _field_names(cls: Any) -> tuple[str, ...]:
    return tuple(f.name for f in fields(cls))


@cache
def reader_of(hint: Any) -> Reader:
    """The function that reads values of a type hint; built once per hint, because steps and previews come fast."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        (inner,) = (argument for argument in arguments if argument is not type(None))
        return _optional(reader_of(inner))
    if origin is tuple:
        return _array(reader_of(arguments[0]))
    if is_dataclass(hint):
        return _record(hint)
    if issubclass(hint, Enum):
        return _choice(hint)
    if issubclass(hint, tuple):
        return _named(hint)
    return _SCALARS[hint]


def _optional(inner: Reader) -> Reader:
    return lambda value, blobs: None if value is None else inner(value, blobs)


def _array(item: Reader) -> Reader:
    def read(value: Any, blobs: Sequence[bytes]) -> Any:
        if not isinstance(value, list):
            raise Misfit(f"an array is needed, {shown(value)} came")
        done: list[Any] = []
        try:
            for entry in value:
                done.append(item(entry, blobs))
        except Misfit as misfit:
            misfit.path = f"[{len(done)}]{misfit.path}"
            raise
        return tuple(done)

    return read


def _record(cls: Any) -> Reader:
    hints = get_type_hints(cls)
    readers = [(f.name, reader_of(hints[f.name]), f.default is MISSING) for f in fields(cls)]

    def read(value: Any, blobs: Sequence[bytes]) -> Any:
        if not isinstance(value, dict):
            raise Misfit(f"a map is needed, {shown(value)} came")
        known: dict[str, Any] = {}
        for name, reader, required in readers:
            if name in value:
                try:
                    known[name] = reader(value[name], blobs)
                except Misfit as misfit:
                    misfit.path = f".{name}{misfit.path}"
                    raise
            elif required:
                raise Misfit(f"the field {name!r} is missing")
        return cls(**known)

    return read


def _named(cls: Any) -> Reader:
    hints = get_type_hints(cls)
    readers = [(name, reader_of(hints[name])) for name in cls._fields]

    def read(value: Any, blobs: Sequence[bytes]) -> Any:
        if not isinstance(value, list) or len(value) != len(readers):
            came = f"an array of {len(value)}" if isinstance(value, list) else shown(value)
            raise Misfit(f"an array [{', '.join(cls._fields)}] is needed, {came} came")
        items: list[Any] = []
        try:
            for entry, (_, reader) in zip(value, readers):  # noqa: B905 (the length was compared above)
                items.append(reader(entry, blobs))
        except Misfit as misfit:
            misfit.path = f".{readers[len(items)][0]}{misfit.path}"
            raise
        return cls._make(items)

    return read


def _choice(cls: type[Enum]) -> Reader:
    by_value = {member.value: member for member in cls}

    def read(value: Any, blobs: Sequence[bytes]) -> Enum:
        member = by_value.get(value) if isinstance(value, str) else None
        if member is None:
            raise Misfit(f"one of {', '.join(map(repr, by_value))} is needed, {shown(value)} came")
        return member

    return read


def is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _int(value: Any, blobs: Sequence[bytes]) -> int:
    if not is_int(value):
        raise Misfit(f"a whole number is needed, {shown(value)} came")
    number: int = value
    return number


def _float(value: Any, blobs: Sequence[bytes]) -> float:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise Misfit(f"a number is needed, {shown(value)} came")
    return float(value)


def _bool(value: Any, blobs: Sequence[bytes]) -> bool:
    if not isinstance(value, bool):
        raise Misfit(f"true or false is needed, {shown(value)} came")
    return value


def _str(value: Any, blobs: Sequence[bytes]) -> str:
    if not isinstance(value, str):
        raise Misfit(f"a string is needed, {shown(value)} came")
    return value


def _bytes(value: Any, blobs: Sequence[bytes]) -> bytes:
    if not is_int(value):
        raise Misfit(f"the index of a frame is needed, {shown(value)} came")
    if not 0 <= value < len(blobs):
        raise Misfit(f"frame {value} after the header is named, but {len(blobs)} came")
    blob: bytes = blobs[value]
    return blob


_SCALARS: Mapping[Any, Reader] = MappingProxyType(
    {int: _int, float: _float, bool: _bool, str: _str, bytes: _bytes},
)


def shown(value: Any) -> str:
    """A peer's value in a sentence: short whatever it is."""
    if isinstance(value, (list, dict)):
        return f"{'an array' if isinstance(value, list) else 'a map'} of {len(value)}"
    if value is None:
        return "nothing"
    if isinstance(value, (str, bytes)):
        return f"{value[:32]!r}" + ("..." if len(value) > 32 else "")
    return repr(value)[:64]
