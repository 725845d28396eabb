"""A pickle, read as the list of instructions that it is, by a machine that can do nothing but keep books.

Python's own unpickler works with real classes and functions even when `find_class` is guarded: calls call, BUILD sets
attributes, and memory is allocated for whatever length a file claims. Here no callable value exists at all: a name is
a `Name`, a call is a `Record` or one of the few values of meanings.py, and lengths are checked against the file.
Source of the instruction set: Python's pickletools documentation, protocols 0 to 5.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from .budget import Budget
from .errors import CheckpointError
from .names import judge
from .pickle_bytes import DAMAGED, Cursor, decoded
from .records import Name, Record, described, key, pairs


class Meanings(Protocol):
    """What calls of known names stand for; see meanings.py."""

    budget: Budget

    def call(self, name: Name, args: tuple[Any, ...]) -> Any: ...

    def put_state(self, target: Any, state: Any) -> None:
        """Put `state` into `target`, which others may refer to already."""


Resolver = Callable[[Any], Any]


class PickleMachine:
    """Reads one pickle of `cursor`; `resolve` stands for what torch keeps outside of the pickle."""

    def __init__(self, cursor: Cursor, meanings: Meanings, resolve: Resolver) -> None:
        self.cursor, self.meanings, self.resolve = cursor, meanings, resolve
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}

    def run(self) -> Any:
        """The value that the pickle describes. Raises CheckpointError; leaves the cursor behind the pickle."""
        while True:
            self.meanings.budget.spend()
            code = self.cursor.byte()
            if code == _STOP:
                return self.pop()
            step = _STEPS.get(code)
            if step is None:
                raise CheckpointError(
                    f"byte {self.cursor.position - 1} ({code:#04x}) is no pickle instruction, {DAMAGED}"
                )
            step(self)

    # the stack

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def pop(self) -> Any:
        if len(self.stack) <= (self.marks[-1] if self.marks else 0):
            raise CheckpointError(f"it is a pickle that takes what it never put, {DAMAGED}")
        return self.stack.pop()

    def top(self) -> Any:
        value = self.pop()
        self.stack.append(value)
        return value

    def marked(self) -> list[Any]:
        """Everything since the last mark, taken off together with the mark."""
        if not self.marks:
            raise CheckpointError(f"it is a pickle that closes what it never opened, {DAMAGED}")
        start = self.marks.pop()
        items = self.stack[start:]
        del self.stack[start:]
        return items

    def mark(self) -> None:
        self.marks.append(len(self.stack))

    def drop(self) -> None:
        if self.marks and len(self.stack) == self.marks[-1]:
            self.marks.pop()
        else:
            self.pop()

    def get(self, index: int) -> None:
        if index not in self.memo:
            raise CheckpointError(f"it is a pickle that recalls what it never stored, {DAMAGED}")
        self.push(self.memo[index])

    def put(self, index: int) -> None:
        if index < 0:
            raise CheckpointError(f"it is a pickle that stores at place {index}, {DAMAGED}")
        self.memo[index] = self.top()

    # collections

    def append(self, items: list[Any]) -> None:
        target = self.top()
        if isinstance(target, list):
            target.extend(items)
        elif isinstance(target, Record):
            target.sequence = target.sequence or []
            target.sequence.extend(items)
        elif isinstance(target, set):
            target.update(key(item) for item in items)
        else:
            raise CheckpointError(f"it is a pickle that appends to {described(target)}, {DAMAGED}")

    def set_items(self, items: list[Any]) -> None:
        target = self.top()
        if isinstance(target, Record):
            target.mapping = target.mapping or {}
            target = target.mapping
        if not isinstance(target, dict):
            raise CheckpointError(f"it is a pickle that puts items into {described(target)}, {DAMAGED}")
        target.update(pairs(items))

    def tuple_of(self, count: int) -> None:
        items = [self.pop() for _ in range(count)]
        self.push(tuple(reversed(items)))

    def set_of(self, items: list[Any]) -> None:
        self.push({key(item) for item in items})

    # names and objects

    def line_name(self) -> Name:
        module, name = self.cursor.line(), self.cursor.line()
        return judge(decoded(module, "utf-8"), decoded(name, "utf-8"))

    def stack_name(self) -> None:
        name, module = self.pop(), self.pop()
        if not isinstance(name, str) or not isinstance(module, str):
            raise CheckpointError(f"it is a pickle that names something by what is no text, {DAMAGED}")
        self.push(judge(module, name))

    def call(self, function: Any, args: Any) -> None:
        if not isinstance(function, Name) or not isinstance(args, tuple):
            raise CheckpointError(f"it is a pickle that calls {described(function)}, {DAMAGED}")
        self.push(self.meanings.call(function, args))

    def reduce(self) -> None:
        args, function = self.pop(), self.pop()
        self.call(function, args)

    def reduce_with_names(self) -> None:
        named, args, function = self.pop(), self.pop(), self.pop()
        if not isinstance(named, dict):
            raise CheckpointError(f"it is a pickle with named arguments that are no dictionary, {DAMAGED}")
        self.call(function, args)  # no class of a checkpoint is told apart by these

    def object_of_marked(self) -> None:
        items = self.marked()
        if not items:
            raise CheckpointError(f"it is a pickle that makes an object of nothing, {DAMAGED}")
        self.call(items[0], tuple(items[1:]))

    def instance(self) -> None:
        name = self.line_name()
        self.call(name, tuple(self.marked()))

    def build(self) -> None:
        state = self.pop()
        self.meanings.put_state(self.top(), state)

    # outside

    def persistent(self, identifier: Any) -> None:
        self.push(self.resolve(identifier))

    def extension(self, size: int) -> None:
        raise CheckpointError(
            f"it asks for entry {self.cursor.number(size)} of Python's extension registry, which no checkpoint needs;"
            " nothing was run, and you should get the model from its source again"
        )

    def buffer(self) -> None:
        raise CheckpointError("its numbers were stored apart from it and are missing; save the checkpoint in one file")

    def protocol(self) -> None:
        version = self.cursor.byte()
        if version > 5:
            raise CheckpointError(f"it is written in pickle protocol {version}; save it with protocol 5 or lower")

    def frame(self) -> None:
        length = self.cursor.number(8)
        start = self.cursor.position
        self.cursor.take(length)  # only to see that it is there
        self.cursor.position = start

    def integer(self) -> None:
        """Protocol 0 writes False and True as the numbers 00 and 01."""
        start = self.cursor.position
        line = self.cursor.line()
        if line in (b"00", b"01"):
            self.push(line == b"01")
        else:
            self.cursor.position = start
            self.push(self.cursor.integer_line())

    def long_line(self) -> None:
        """As Python 2 prints it, with an L behind."""
        line = self.cursor.line()
        self.push(Cursor(memoryview(line.rstrip(b"L") + b"\n")).integer_line())


Step = Callable[[PickleMachine], None]
_STOP = ord(".")


def _constant(value: Any) -> Step:
    return lambda m: m.push(value)


# One entry for each instruction, in the order of pickletools.
_TABLE: dict[bytes, Step] = {
    b"I": PickleMachine.integer,
    b"J": lambda m: m.push(m.cursor.int32()),
    b"K": lambda m: m.push(m.cursor.byte()),
    b"M": lambda m: m.push(m.cursor.number(2)),
    b"L": PickleMachine.long_line,
    b"\x8a": lambda m: m.push(m.cursor.long(m.cursor.byte())),
    b"\x8b": lambda m: m.push(m.cursor.long(m.cursor.number(4))),
    b"S": lambda m: m.push(m.cursor.quoted_line()),
    b"T": lambda m: m.push(m.cursor.text(m.cursor.number(4), "latin-1")),
    b"U": lambda m: m.push(m.cursor.text(m.cursor.byte(), "latin-1")),
    b"B": lambda m: m.push(m.cursor.run(m.cursor.number(4))),
    b"C": lambda m: m.push(m.cursor.run(m.cursor.byte())),
    b"\x8e": lambda m: m.push(m.cursor.run(m.cursor.number(8))),
    b"\x96": lambda m: m.push(m.cursor.run(m.cursor.number(8))),
    b"\x97": PickleMachine.buffer,
    b"\x98": PickleMachine.buffer,
    b"N": _constant(None),
    b"\x88": _constant(True),
    b"\x89": _constant(False),
    b"V": lambda m: m.push(decoded(m.cursor.line(), "raw_unicode_escape")),
    b"\x8c": lambda m: m.push(m.cursor.text(m.cursor.byte())),
    b"X": lambda m: m.push(m.cursor.text(m.cursor.number(4))),
    b"\x8d": lambda m: m.push(m.cursor.text(m.cursor.number(8))),
    b"F": lambda m: m.push(m.cursor.float_line()),
    b"G": lambda m: m.push(m.cursor.float64()),
    b"]": lambda m: m.push([]),
    b"a": lambda m: m.append([m.pop()]),
    b"e": lambda m: m.append(m.marked()),
    b"l": lambda m: m.push(m.marked()),
    b")": _constant(()),
    b"t": lambda m: m.push(tuple(m.marked())),
    b"\x85": lambda m: m.tuple_of(1),
    b"\x86": lambda m: m.tuple_of(2),
    b"\x87": lambda m: m.tuple_of(3),
    b"}": lambda m: m.push({}),
    b"d": lambda m: m.push(pairs(m.marked())),
    b"s": lambda m: m.set_items([m.pop(), m.pop()][::-1]),
    b"u": lambda m: m.set_items(m.marked()),
    b"\x8f": lambda m: m.push(set()),
    b"\x90": lambda m: m.append(m.marked()),
    b"\x91": lambda m: m.set_of(m.marked()),
    b"0": PickleMachine.drop,
    b"2": lambda m: m.push(m.top()),
    b"(": PickleMachine.mark,
    b"1": lambda m: m.marked().clear(),
    b"g": lambda m: m.get(m.cursor.integer_line()),
    b"h": lambda m: m.get(m.cursor.byte()),
    b"j": lambda m: m.get(m.cursor.number(4)),
    b"p": lambda m: m.put(m.cursor.integer_line()),
    b"q": lambda m: m.put(m.cursor.byte()),
    b"r": lambda m: m.put(m.cursor.number(4)),
    b"\x94": lambda m: m.put(len(m.memo)),
    b"\x82": lambda m: m.extension(1),
    b"\x83": lambda m: m.extension(2),
    b"\x84": lambda m: m.extension(4),
    b"c": lambda m: m.push(m.line_name()),
    b"\x93": PickleMachine.stack_name,
    b"R": PickleMachine.reduce,
    b"b": PickleMachine.build,
    b"i": PickleMachine.instance,
    b"o": PickleMachine.object_of_marked,
    b"\x81": PickleMachine.reduce,  # a class is called as a function is
    b"\x92": PickleMachine.reduce_with_names,
    b"\x80": PickleMachine.protocol,
    b"\x95": PickleMachine.frame,
    b"P": lambda m: m.persistent(decoded(m.cursor.line(), "latin-1")),
    b"Q": lambda m: m.persistent(m.pop()),
}
_STEPS: dict[int, Step] = {code[0]: step for code, step in _TABLE.items()}
