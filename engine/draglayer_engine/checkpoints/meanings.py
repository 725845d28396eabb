"""What the few calls stand for that a checkpoint is made of: containers, tensors and numpy arrays, as inert values."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import limits
from .budget import Budget
from .errors import CheckpointError, shown
from .names import KNOWN, Meaning
from .pickle_bytes import DAMAGED
from .records import Name, Record, described, pairs
from .stored import ITEM_BYTES, Storage, StoredArray, UnfilledArray, contiguous

OpenNested = Callable[[bytes | memoryview, Budget], Any]


@dataclass(slots=True, eq=False)
class ElementType:
    """A numpy dtype: kind and size ("f4"), and the order of its bytes."""

    code: str
    big_endian: bool = False


class CheckpointMeanings:
    """Turns calls into values. `open_nested` reads the torch file inside of a string of bytes.

    `ignored` collects the names of foreign classes that were met and left alone.
    """

    def __init__(self, open_nested: OpenNested, budget: Budget) -> None:
        self._open_nested = open_nested
        self.budget = budget
        self.ignored: set[str] = set()

    def call(self, name: Name, args: tuple[Any, ...]) -> Any:
        """Raises CheckpointError when the arguments are not what such a call has."""
        self.budget.spend(_work(args))
        meaning = KNOWN.get((name.module, name.name))
        if meaning is None:
            self.ignored.add(str(name))
            return Record(name, args)
        try:
            return self._known(meaning, args)
        except (TypeError, ValueError, IndexError, AttributeError) as error:
            if isinstance(error, CheckpointError):
                raise
            raise CheckpointError(f"it makes {meaning.value} of something else, {DAMAGED}") from error

    def put_state(self, target: Any, state: Any) -> None:
        """Raises CheckpointError for a state that such a value does not have."""
        self.budget.spend(_work((state,)))
        match target:
            case UnfilledArray():
                array = _array(state)
                if isinstance(array, StoredArray):
                    target.become(array)
            case ElementType():
                target.big_endian = _is_big_endian(state)
            case Record():
                self.budget.spend(_items_of(target.state) + _items_of(state))
                target.state = _merged(target.state, state)
            case dict() | StoredArray():
                pass  # attributes of an OrderedDict (`_metadata`) and of a tensor: of no use here
            case _:
                raise CheckpointError(f"it puts a state into {described(target)}, {DAMAGED}")

    def _known(self, meaning: Meaning, args: tuple[Any, ...]) -> Any:
        match meaning:
            case Meaning.NEW_OBJECT:
                return self.call(_name(args[0]), tuple(args[1:]))
            case Meaning.TENSOR_OF_TYPE:
                return self.call(_name(args[0]), tuple(args[2]))
            case Meaning.NESTED_STORAGE:
                return self._open_nested(_bytes(args[0]), self.budget)
            case _:
                return _MAKERS[meaning](args)


def _work(args: tuple[Any, ...]) -> int:
    """What handling these may cost at most, in pickle instructions: items to copy, texts to turn into bytes."""
    cost = len(args)
    for value in args[:8]:
        if isinstance(value, (list, tuple, set, dict)):
            cost += len(value) + sum(len(part) // 1000 for part in value if isinstance(part, str) and len(value) < 8)
        elif isinstance(value, str):
            cost += len(value) // 1000
    return cost


def _items_of(state: Any) -> int:
    """How many items merging this state with another copies."""
    return sum(len(part) for part in (state if isinstance(state, tuple) else (state,)) if isinstance(part, dict))


def _name(value: Any) -> Name:
    if not isinstance(value, Name):
        raise TypeError
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _bytes(value: Any) -> bytes | memoryview:
    """Bytes; Python 2 has them as text of characters below 256."""
    if isinstance(value, str):
        return value.encode("latin-1")
    if not isinstance(value, (bytes, memoryview)):
        raise TypeError
    return value


def _sizes(value: Any) -> tuple[int, ...]:
    if not isinstance(value, (tuple, list)) or len(value) > limits.DIMENSIONS:
        raise TypeError
    if not all(type(n) is int for n in value):
        raise TypeError
    return tuple(value)


def _dictionary(args: tuple[Any, ...]) -> dict[Any, Any]:
    items = args[-1] if args and isinstance(args[-1], (dict, list)) else []  # defaultdict names its class first
    if isinstance(items, dict):
        return dict(items)
    return pairs([part for key, value in items for part in (key, value)])


def _items(args: tuple[Any, ...]) -> Any:
    items = args[0] if args else []
    if not isinstance(items, (list, tuple, set)):
        raise TypeError
    return items


def _reconstructed(cls: Any, base: Any, state: Any) -> Record:
    """An object of protocols 0 and 1: its class, the built-in class under it, and that one's value."""
    record = Record(_name(cls))
    if _name(base).name == "dict" and isinstance(state, dict):
        record.mapping = state
    elif _name(base).name == "list" and isinstance(state, list):
        record.sequence = state
    return record


def _merged(old: Any, new: Any) -> Any:
    """A class with slots has its state as a pair: dictionary, and values of the slots."""
    if isinstance(new, tuple) and len(new) == 2 and all(isinstance(part, (dict, type(None))) for part in new):
        new = {**(new[0] or {}), **(new[1] or {})}
    return {**old, **new} if isinstance(old, dict) and isinstance(new, dict) else new


def _tensor(storage: Any, offset: Any, shape: Any, strides: Any) -> StoredArray | Record:
    if not isinstance(storage, Storage) or type(offset) is not int:
        raise TypeError
    return StoredArray(storage, offset, _sizes(shape), _sizes(strides))


_CODE = re.compile(r"([<>=|]?)([fiub]\d{1,2}|\?|[a-zA-Z]\d*)")


def _element_type(text: str) -> ElementType:
    found = _CODE.fullmatch(text)
    if found is None:
        raise ValueError
    return ElementType("b1" if found[2] == "?" else found[2], found[1] == ">")


def _is_big_endian(state: Any) -> bool:
    """State of a dtype: version, order of bytes, then what only records and sub-arrays have."""
    if not isinstance(state, tuple) or len(state) < 5 or any(part is not None for part in state[2:5]):
        raise CheckpointError(f"it holds a numpy array of records, as no StyleGAN2 checkpoint does, {DAMAGED}")
    return bool(state[1] == ">")


def _array(state: Any) -> Any:
    """State of a numpy array: version, shape, type, column order, bytes."""
    if not isinstance(state, tuple) or len(state) != 5:
        raise CheckpointError(f"it holds a numpy array without its numbers, {DAMAGED}")
    _, shape, dtype, fortran, data = state
    if not isinstance(dtype, ElementType):
        raise CheckpointError(f"it holds a numpy array of an unknown type, {DAMAGED}")
    if dtype.code.startswith("O"):
        raise CheckpointError(
            "it holds a numpy array of Python objects instead of numbers, which no StyleGAN2 checkpoint needs;"
            " nothing of it was made, get the model from its source again"
        )
    if dtype.code not in ITEM_BYTES:
        return Record(Name("numpy", "ndarray"))  # texts, dates, complex numbers: nothing a generator has
    try:
        sizes, raw = _sizes(shape), _bytes(data)
    except (TypeError, UnicodeEncodeError) as error:
        raise CheckpointError(f"it holds a numpy array without its numbers, {DAMAGED}") from error
    storage = Storage(dtype.code, len(raw) // ITEM_BYTES[dtype.code], big_endian=dtype.big_endian)
    storage.fill(memoryview(raw))
    return contiguous(storage, sizes, fortran=bool(fortran))


def _array_of_bytes(data: Any, dtype: Any, shape: Any, order: Any, axes: Any = None) -> Any:
    """Protocol 5: order "C" or "F", or "K" with the axes in which rows stored in order "C" are seen (numpy 2.3)."""
    if order not in ("C", "F", "K"):
        raise ValueError
    array = _array((1, shape, dtype, order == "F", data))
    if axes is None or not isinstance(array, StoredArray):
        return array
    if sorted(_sizes(axes)) != list(range(array.ndim)):
        raise ValueError
    shapes, strides = array.shape, array.strides
    return StoredArray(array.storage, 0, tuple(shapes[i] for i in axes), tuple(strides[i] for i in axes))


def _scalar(dtype: Any, data: bytes | memoryview) -> Any:
    """A numpy number as Python's; None for one of another kind."""
    if not isinstance(dtype, ElementType):
        raise TypeError
    if dtype.code.startswith("O"):
        raise CheckpointError(f"it holds a numpy scalar of type {shown(dtype.code)} instead of a number, {DAMAGED}")
    if dtype.code not in ITEM_BYTES:
        return None
    storage = Storage(dtype.code, 1, big_endian=dtype.big_endian)
    storage.fill(memoryview(data))
    return contiguous(storage, ()).read().item()


_MAKERS: dict[Meaning, Callable[[tuple[Any, ...]], Any]] = {
    Meaning.DICT: _dictionary,
    Meaning.LIST: lambda args: list(_items(args)),
    Meaning.TUPLE: lambda args: tuple(_items(args)),
    Meaning.SET: lambda args: set(pairs([part for item in _items(args) for part in (item, None)])),
    Meaning.BYTES: lambda args: args[0] if args and isinstance(args[0], (bytes, memoryview)) else b"",
    Meaning.TEXT_BYTES: lambda args: _text(args[0]).encode("latin-1"),
    Meaning.RECONSTRUCT: lambda args: _reconstructed(*args),
    Meaning.TENSOR: lambda args: _tensor(*args[:4]),
    Meaning.PARAMETER: lambda args: args[0],
    Meaning.DTYPE: lambda args: _element_type(_text(args[0])),
    Meaning.EMPTY_ARRAY: lambda args: UnfilledArray(),
    Meaning.ARRAY_OF_BYTES: lambda args: _array_of_bytes(*args),
    Meaning.SCALAR: lambda args: _scalar(args[0], _bytes(args[1])),
}
