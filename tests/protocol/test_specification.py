"""protocol/README.md is the specification: every kind and field is in it, and its examples are messages."""

from __future__ import annotations

import ast
import dataclasses
import json
import re
import types
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple, Union, get_args, get_origin, get_type_hints

import msgpack  # type: ignore[import-untyped]
import pytest

from draglayer_protocol import client, geometry, messages, remote_session
from draglayer_protocol.geometry import Frame, Point
from draglayer_protocol.wire import EVENTS, REQUESTS, decode, encode
from draglayer_protocol.zmtp import Dealer, Opened, Received, pack

README = Path(__file__).parents[2] / "protocol" / "README.md"
TEXT = README.read_text(encoding="utf-8")

KINDS: dict[str, type] = {**REQUESTS, **EVENTS}
VALUES: dict[str, type] = {
    cls.__name__: cls
    for cls in (
        messages.PointPair,
        messages.Mask,
        messages.Image,
        messages.Parameters,
        messages.ModelInfo,
        messages.SessionInfo,
        geometry.Point,
        geometry.Frame,
    )
}
ENUMS: dict[str, type[Enum]] = {
    cls.__name__: cls for cls in (messages.Preset, messages.Space, messages.Load, messages.EndReason)
}


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, flags=re.MULTILINE | re.DOTALL)


def rows() -> dict[str, str]:
    """The second column of every table row that begins with a name in code."""
    return dict(re.findall(r"^\| `(\w+)` \| ([^|]*?) \|", TEXT, flags=re.MULTILINE))


def type_name(hint: Any) -> str:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        (inner,) = (argument for argument in arguments if argument is not type(None))
        return f"{type_name(inner)} or nil"
    if origin is tuple:
        return f"[{type_name(arguments[0])}]"
    name: str = hint.__name__
    return name


def default_name(value: Any) -> str:
    if dataclasses.is_dataclass(value):
        return "{}"  # a map without entries: every field at its own default
    if isinstance(value, Enum):
        return str(value.value)
    if value is None or isinstance(value, bool):
        return {None: "nil", False: "false", True: "true"}[value]
    return '""' if value == "" else str(value)


def documented_fields(cls: type) -> str:
    """A class's fields as the specification writes them."""
    hints = get_type_hints(cls)
    if dataclasses.is_dataclass(cls):
        defaults = {f.name: f.default for f in dataclasses.fields(cls) if f.default is not dataclasses.MISSING}
        names = [f.name for f in dataclasses.fields(cls)]
    else:
        defaults, names = {}, list(hints)
    written = [
        f"`{name}: {type_name(hints[name])}" + (f" = {default_name(defaults[name])}`" if name in defaults else "`")
        for name in names
    ]
    return ", ".join(written)


@pytest.mark.parametrize("name", [*KINDS, *VALUES])
def test_every_kind_and_value_is_described_with_every_field_its_type_and_default(name: str) -> None:
    assert rows()[name] == documented_fields({**KINDS, **VALUES}[name])


@pytest.mark.parametrize("name", ENUMS)
def test_every_choice_is_described(name: str) -> None:
    assert re.findall(r"`([^`]+)`", rows()[name]) == [member.value for member in ENUMS[name]]


def test_nothing_is_described_that_does_not_exist() -> None:
    assert set(rows()) == {*KINDS, *VALUES, *ENUMS}


def test_the_tables_hold_every_type_that_a_message_can_contain() -> None:
    def inside(hint: Any) -> set[Any]:
        if get_args(hint):
            return set().union(*(inside(argument) for argument in get_args(hint)))
        fields = get_type_hints(hint) if dataclasses.is_dataclass(hint) or hasattr(hint, "_fields") else {}
        return {hint}.union(*(inside(field) for field in fields.values()))

    found = set().union(*(inside(cls) for cls in KINDS.values()))
    scalars = {int, float, str, bool, bytes, type(None), Ellipsis}
    assert found - scalars == {*KINDS.values(), *VALUES.values(), *ENUMS.values()}


class Example(NamedTuple):
    kinds: Mapping[str, type]
    header: Any
    packed: bytes | None  # where the page shows it
    blobs: list[bytes]


def examples() -> list[Example]:
    found: list[Example] = []
    for line in "\n".join(blocks("message")).splitlines():
        mark, _, rest = line.partition(" ")
        if mark in ("->", "<-"):
            found.append(Example(REQUESTS if mark == "->" else EVENTS, json.loads(rest), None, []))
        elif mark == "+":
            size = re.fullmatch(r"\s*(\d+) bytes", rest)
            found[-1].blobs.append(bytes([7]) * int(size[1]) if size else bytes.fromhex(rest))
        elif line:
            assert not mark, f"the example line {line!r} begins with neither ->, <-, + nor a space"
            found[-1] = found[-1]._replace(packed=(found[-1].packed or b"") + bytes.fromhex(line))
    return found


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.header[1])
def test_every_example_is_a_message_and_is_written_as_we_write_it(example: Example) -> None:
    packed = msgpack.packb(example.header)
    message: Any = decode([packed, *example.blobs], example.kinds)
    assert type(message).__name__ == example.header[1]
    if example.packed is not None:
        assert example.packed == packed
        assert encode(message) == [packed, *example.blobs]
    ours = msgpack.unpackb(encode(message)[0])
    assert {name: ours[2][name] for name in example.header[2]} == example.header[2]


def test_the_examples_show_bytes_for_both_directions_and_a_blob() -> None:
    shown = [example for example in examples() if example.packed is not None]
    assert {id(example.kinds) for example in shown} == {id(REQUESTS), id(EVENTS)}
    assert any(example.blobs for example in shown)


def test_the_transports_bytes_are_what_both_sides_say() -> None:
    (block,) = blocks("zmtp")
    said: list[tuple[str, bytes]] = []
    for line in block.splitlines():
        speaker, _, rest = line.partition(" ")
        if speaker:
            said.append((speaker, bytes.fromhex(rest)))
        else:
            said[-1] = (said[-1][0], said[-1][1] + bytes.fromhex(rest))
    dealer = Dealer()
    events = []
    ours = bytearray(dealer.outgoing())
    for speaker, data in said:
        if speaker == "gateway":
            events += list(dealer.receive(data))
            ours += dealer.outgoing()
    ping = messages.Ping(5)
    ours += b"".join(pack(encode(ping)))
    assert bytes(ours) == b"".join(data for speaker, data in said if speaker == "client")
    assert events == [Opened("ROUTER", b""), Received(encode(messages.Pong(5)))]


def test_the_worked_example_of_the_mapping_is_true() -> None:
    mapping = geometry.Mapping(Frame(100, 40, 512, 512), 256, 256)
    number = r"(-?[\d.]+)"
    lines = re.findall(rf"^\| {number}, {number} \| {number}, {number} \|", TEXT, flags=re.MULTILINE)
    assert len(lines) == 3
    for canvas_x, canvas_y, model_x, model_y in lines:
        assert mapping.to_model(Point(float(canvas_x), float(canvas_y))) == (float(model_x), float(model_y))


def test_the_python_example_uses_what_exists() -> None:
    """Its lines are run against a pretended daemon in test_client; here, that the page and that test agree."""
    (block,) = blocks("python")
    calls = [node.func for node in ast.walk(ast.parse(block)) if isinstance(node, ast.Call)]
    names = {call.attr for call in calls if isinstance(call, ast.Attribute)}
    assert names == {"connect", "open_seed", "set_points", "drag", "render", "export_state"}
    for name in names:
        assert hasattr(client.Client, name) or hasattr(remote_session.RemoteSession, name)


def test_limits_and_times_on_the_page_are_those_of_the_program() -> None:
    from draglayer_protocol import link, wire, zmtp

    assert f"{wire.MAX_FRAMES} frames a message" in TEXT
    assert wire.MAX_HEADER == 1 << 20
    assert f"{wire.MAX_ITEMS} items an array, {wire.MAX_FIELDS} fields a map" in TEXT
    assert wire.MAX_INLINE == 64 << 10
    assert f"{messages.MAX_TEXT}\ncharacters of any text" in TEXT
    assert f"{messages.MAX_POINTS} points; {messages.MAX_SIDE} pixels a side" in TEXT
    assert messages.MAX_STATE == 256 << 20
    assert zmtp.Limits().message_bytes > messages.MAX_STATE + wire.MAX_HEADER
    assert f"nothing for {link.Timing().idle:g} seconds" in TEXT
    assert f"after {link.Timing().silence:g} more seconds" in TEXT
