"""Modules under the names that public checkpoints mention, present only while a test file is written.

Nothing in them is NVIDIA's: pickle writes classes and functions by name, so a name is all that is needed.
"""

from __future__ import annotations

import contextlib
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class EasyDict(dict[str, Any]):
    """Pickled as `dnnlib.util.EasyDict`."""


class Persistent:
    """Pickled as NVIDIA's persistence does it: a call with the source text and the state of the object."""

    def __init__(self, class_name: str, state: dict[str, Any], source: str) -> None:
        self.class_name, self.state, self.source = class_name, state, source

    def __reduce__(self) -> tuple[Any, ...]:
        meta = EasyDict(type="class", version=6, module_src=self.source, class_name=self.class_name, state=self.state)
        return (_reconstruct_persistent_obj, (meta,))


def _reconstruct_persistent_obj(meta: dict[str, Any]) -> Any:
    """What makes these files dangerous; here it serves to prove that the canary of a test file is alive."""
    exec(meta["module_src"], {})
    return meta


class Network:
    """Pickled as `dnnlib.tflib.network.Network`; loading it runs its source, as the original does."""

    def __init__(self, **state: Any) -> None:
        self.__dict__.update(state)

    def __setstate__(self, state: dict[str, Any]) -> None:
        exec(state["build_module_src"], {})
        self.__dict__.update(state)


def leave(path: str) -> None:
    """Leave the canary."""
    Path(path).write_text("executed", encoding="utf-8")


class Gadget:
    """Calls `leave` when it is unpickled."""

    def __init__(self, canary: Path) -> None:
        self.canary = str(canary)

    def __reduce__(self) -> tuple[Any, ...]:
        return (leave, (self.canary,))


_PLACES: dict[str, tuple[Any, ...]] = {
    "torch_utils": (),
    "torch_utils.persistence": (_reconstruct_persistent_obj,),
    "dnnlib": (),
    "dnnlib.util": (EasyDict,),
    "dnnlib.tflib": (),
    "dnnlib.tflib.network": (Network,),
    "augmentation": (leave,),
}


@contextlib.contextmanager
def public_modules() -> Iterator[None]:
    """While this is open, pickle finds (and names) the classes above where public checkpoints have them."""
    old = {name: sys.modules.get(name) for name in _PLACES}
    own = {item: (item.__module__, item.__qualname__) for items in _PLACES.values() for item in items}
    for place, items in _PLACES.items():
        module = types.ModuleType(place)
        for item in items:
            setattr(module, item.__name__, item)
            item.__module__ = place
        sys.modules[place] = module
    try:
        yield
    finally:
        for item, (place, _) in own.items():
            item.__module__ = place
        for name, module_before in old.items():
            if module_before is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module_before


def source_with_canary(canary: Path) -> str:
    """Python text that leaves the canary when anything executes it."""
    return (
        "import pathlib\n"
        f"pathlib.Path({str(canary)!r}).write_text('executed')\n"
        "class Generator:\n    def __init__(self, conv_clamp=256):\n        self.conv_clamp = conv_clamp\n"
    )
