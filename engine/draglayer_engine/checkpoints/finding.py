"""Finding networks in what a checkpoint holds: modules with their children, and dictionaries of tensors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import limits
from .budget import Budget, for_search
from .errors import CheckpointError, shown
from .records import Record, mapping_of
from .stored import StoredArray

_PERSISTENT = "_reconstruct_persistent_obj"
_NESTING = 4  # dictionaries in dictionaries in which networks are looked for


@dataclass(frozen=True)
class Network:
    """Tensors under dotted names, as torch's state_dict has them.

    path         where it lay in the file, such as "G_ema"
    kind         its class, or "dictionary"
    attributes   by dotted name of each module: everything else that the module carries
    """

    path: str
    kind: str
    arrays: dict[str, StoredArray]
    attributes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def attribute(self, module: str, name: str, default: Any = None) -> Any:
        return self.attributes.get(module, {}).get(name, default)


def networks(value: Any) -> list[Network]:
    """Every network in the file, in its order. Raises CheckpointError when there is no end of modules."""
    return list(_search(value, "", 0, for_search()))


def _search(value: Any, path: str, depth: int, budget: Budget) -> Iterator[Network]:
    budget.spend()
    module = _module(value)
    if module is not None:
        yield _flattened(module, path, budget)
        return
    items = mapping_of(value)
    if items is None and isinstance(value, (list, tuple)) and len(value) <= 16:
        items = {str(i): item for i, item in enumerate(value)}
    if items is None or depth > _NESTING:
        return
    budget.spend(len(items))
    arrays = {k: v for k, v in items.items() if isinstance(k, str) and isinstance(v, StoredArray)}
    if arrays:
        yield Network(path, "dictionary", arrays)
    for name, item in items.items():
        if isinstance(name, str) and not isinstance(item, StoredArray):
            yield from _search(item, f"{path}.{name}" if path else name, depth + 1, budget)


def _module(value: Any) -> tuple[str, Mapping[Any, Any]] | None:
    """Class and attributes of a torch module, plain or as NVIDIA's persistence stores it; None for anything else."""
    if not isinstance(value, Record):
        return None
    if value.name.name == _PERSISTENT and value.args:
        meta = mapping_of(value.args[0]) or {}
        state = mapping_of(meta.get("state"))
        return (shown(meta.get("class_name")), state) if state is not None else None
    if isinstance(value.state, dict) and ("_modules" in value.state or "_parameters" in value.state):
        return value.name.name, value.state
    return None


def _flattened(module: tuple[str, Mapping[Any, Any]], path: str, budget: Budget) -> Network:
    arrays: dict[str, StoredArray] = {}
    attributes: dict[str, Mapping[str, Any]] = {}
    waiting: list[tuple[str, Mapping[Any, Any], int]] = [("", module[1], 0)]
    while waiting:
        name, state, depth = waiting.pop()
        attributes[name] = state
        for group in ("_parameters", "_buffers"):
            for key, item in _spent(state.get(group), budget):
                if isinstance(item, StoredArray):
                    arrays[_dotted(name, key)] = item
        for key, child in _spent(state.get("_modules"), budget):
            inner = _module(child)
            if inner is None:
                continue
            if depth >= limits.DEPTH:
                raise CheckpointError(
                    f"its modules are nested more than {limits.DEPTH} deep, as no StyleGAN2 network is;"
                    " get it from its source again"
                )
            waiting.append((_dotted(name, key), inner[1], depth + 1))
    return Network(path, module[0], arrays, attributes)


def _spent(value: Any, budget: Budget) -> Iterable[tuple[Any, Any]]:
    items = mapping_of(value) or {}
    budget.spend(1 + len(items))
    return items.items()


def _dotted(parent: str, key: Any) -> str:
    text = key if isinstance(key, str) and len(key) <= limits.NAME_LETTERS else shown(key)
    return f"{parent}.{text}" if parent else text
