"""What travels with a drawing: a picture's points, frame, settings and latent, as versioned JSON.

A reader accepts its own version and older ones, ignores fields that it does not know, and answers everything else with
a sentence; the drawing itself is never touched.
"""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import asdict, dataclass, fields
from typing import Any

from ..geometry import Frame, Point
from ..messages import MAX_STATE, Parameters, Preset, Space
from .mask import Movable
from .pairs import Pair
from .words import Words

FORMAT = 1
KIND = "draglayer"  # annotations are named so, and the layer's own id behind a slash


class Unreadable(Exception):
    """The document's Draglayer state cannot be used; the sentence says why and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True)
class Saved:
    """One layer's picture.

    id        of this state, in whatever document it is
    layer     the host's name for the layer, as long as the document is not copied
    written   hash of the pixels that Draglayer wrote into the layer last; "" when none
    state     the session by value, as the daemon exports it; empty when only the seed is known
    midway    whether the layer's pixels are of later steps than the state: it was saved in the middle of a drag
    whole     whether the result covers what may not move, too
    """

    id: str
    layer: str
    model: str
    sha256: str
    seed: int | None
    label: int | None
    frame: Frame
    pairs: tuple[Pair, ...]
    movable: Movable
    parameters: Parameters
    step: int
    written: str
    state: bytes
    midway: bool = False
    whole: bool = False


def name_of(saved: str) -> str:
    """The annotation's name for a state's id."""
    return f"{KIND}/{saved}"


def dump(saved: Saved) -> bytes:
    """ASCII JSON: GIMP's parasites hold no other bytes."""
    values = {
        "format": FORMAT,
        "program": KIND,
        "id": saved.id,
        "layer": saved.layer,
        "model": {"name": saved.model, "sha256": saved.sha256},
        "seed": saved.seed,
        "label": saved.label,
        "frame": list(saved.frame),
        "points": [
            {"handle": list(p.handle), "target": list(p.target), "on": p.on, "locked": p.locked} for p in saved.pairs
        ],
        "movable": saved.movable.value,
        "parameters": {k: getattr(v, "value", v) for k, v in asdict(saved.parameters).items() if v is not None},
        "step": saved.step,
        "written": saved.written,
        "midway": saved.midway,
        "whole": saved.whole,
        "state": base64.b64encode(saved.state).decode("ascii"),
        "crc32": zlib.crc32(saved.state),
    }
    return json.dumps(values, separators=(",", ":"), allow_nan=False).encode("ascii")


def load(data: bytes, words: Words) -> Saved:
    """Raises Unreadable."""
    try:
        values = json.loads(data)
        program, version = values["program"], values["format"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Unreadable(_damaged(words, type(error).__name__)) from error
    if program != KIND or type(version) is not int:
        raise Unreadable(words("This document's Draglayer data was written by another program and is left alone."))
    if version > FORMAT:
        raise Unreadable(
            words(
                "This drawing was saved by a newer Draglayer (format {theirs}, this one reads {ours}); update the"
                " plugin to drag it on. The drawing itself is complete.",
                theirs=version,
                ours=FORMAT,
            )
        )
    try:
        return _saved(values)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise Unreadable(_damaged(words, str(error)[:200] or type(error).__name__)) from error


def _damaged(words: Words, why: str) -> str:
    return words(
        "The Draglayer data of this drawing is damaged ({why}); the drawing is complete, but begin a new drag from a"
        " model.",
        why=why,
    )


def _saved(values: dict[str, Any]) -> Saved:
    state = base64.b64decode(_of(str, values["state"]), validate=True)
    if len(state) > MAX_STATE:
        raise ValueError(f"{len(state)} bytes of state")
    if zlib.crc32(state) != values["crc32"]:
        raise ValueError("its checksum is wrong")
    frame = Frame(*_numbers(values["frame"], 4))
    if frame.width < 1 or frame.height < 1:
        raise ValueError("its frame is empty")
    if not state and values["seed"] is None:
        raise ValueError("it has neither a state nor a seed")
    return Saved(
        id=_word(values["id"]),
        layer=_of(str, values["layer"]),
        model=_word(values["model"]["name"]),
        sha256=_of(str, values["model"]["sha256"]),
        seed=None if values["seed"] is None else _of(int, values["seed"]),
        label=None if values["label"] is None else _of(int, values["label"]),
        frame=frame,
        pairs=tuple(_pair(pair) for pair in _of(list, values["points"])),
        movable=Movable(values["movable"]),
        parameters=_parameters(_of(dict, values["parameters"])),
        step=_of(int, values["step"]),
        written=_of(str, values["written"]),
        state=state,
        midway=_of(bool, values.get("midway", False)),
        whole=_of(bool, values.get("whole", False)),
    )


def _pair(values: dict[str, Any]) -> Pair:
    handle, target = Point(*_numbers(values["handle"], 2)), Point(*_numbers(values["target"], 2))
    return Pair(handle, target, _of(bool, values["on"]), _of(bool, values["locked"]))


def _parameters(values: dict[str, Any]) -> Parameters:
    known = {field.name for field in fields(Parameters)}
    given = {name: value for name, value in values.items() if name in known}
    preset = Preset(given.pop("preset", Preset.DEFAULT.value))
    space = Space(given.pop("space")) if "space" in given else None
    for value in given.values():
        _numbers([value], 1)
    for name in ("layers", "max_steps"):
        if name in given:
            _of(int, given[name])
    return Parameters(preset, space, **given)


def _of(kind: type[Any], value: Any) -> Any:
    if type(value) is not kind:
        raise ValueError(f"{value!r:.40} instead of {kind.__name__}")
    return value


def _word(value: Any) -> str:
    text: str = _of(str, value)
    if not 0 < len(text) <= 200:
        raise ValueError("a name is missing")
    return text


def _numbers(values: Any, count: int) -> list[float]:
    _of(list, values)
    if len(values) != count or any(type(v) not in (int, float) or not abs(v) <= 1e7 for v in values):
        raise ValueError(f"{values!r:.40} are not {count} numbers")
    return [float(v) for v in values]


__all__ = ["FORMAT", "KIND", "Saved", "Unreadable", "dump", "load", "name_of"]
