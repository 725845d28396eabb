"""What is kept for all drags, as the text that GIMP keeps for us; and how to drag, as a procedure's arguments."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from draglayer_protocol.messages import Parameters, Preset, Space

from .procedures import AS_PRESET, FASTEST, LAST, MOVABLE, WHOLE

PARASITE = "draglayer-settings"
PARAMETERS = ("preset", "max-steps", "step-size", "space", "layers", "r1", "r2", "lambda", "stop-distance")
OURS = {"lambda": "mask_weight"}  # where Parameters calls an argument otherwise; lambda is Python's own


@dataclass(frozen=True)
class Settings:
    """whole: LAST, MOVABLE or WHOLE; rate: pictures a second, 0: as fast as can be."""

    whole: str = LAST
    rate: int = 0

    def text(self) -> str:
        return json.dumps(asdict(self))


def read(text: str) -> Settings:
    """What was kept; where that is damaged or another version's, as if nothing had been."""
    try:
        said = json.loads(text)
        whole, rate = said["whole"], said["rate"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return Settings()
    known = whole in (LAST, MOVABLE, WHOLE) and type(rate) is int and 0 <= rate <= FASTEST
    return Settings(whole, rate) if known else Settings()


def parameters(value: Callable[[str], Any]) -> Parameters:
    """Out of a procedure's arguments, which say 0 (lambda: -1) where the preset shall decide. Raises InvalidMessage."""
    space = value("space")
    given: dict[str, Any] = {"space": None if space == AS_PRESET else Space[space]}
    for name in PARAMETERS:
        if name not in ("preset", "space"):
            number = value(name)
            given[_field(name)] = None if number == nothing(name) else number
    return Parameters(Preset(value("preset")), **given)


def arguments(chosen: Parameters) -> Mapping[str, Any]:
    """The same, back."""
    found: dict[str, Any] = {"preset": chosen.preset.value}
    found["space"] = AS_PRESET if chosen.space is None else chosen.space.name
    for name in PARAMETERS:
        if name not in found:
            number = getattr(chosen, _field(name))
            found[name] = nothing(name) if number is None else number
    return found


def nothing(name: str) -> float:
    """The value of an argument that leaves it to the preset."""
    return -1 if name == "lambda" else 0


def _field(name: str) -> str:
    return OURS.get(name, name.replace("-", "_"))


def language() -> str:
    """As GIMP's own texts are."""
    names = [os.environ.get(name, "") for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")]
    return next((name.split(":")[0] for name in names if name), "en")
