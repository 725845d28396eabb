"""A session by value: a few ten kilobytes that go into a drawing and are dragged on with next month.

Layout: the line `draglayer-state 1`, the sha256 of what follows in hexadecimal, a newline, then safetensors whose
metadata is the configuration. Rows of w that equal the start's are not repeated.
"""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from .architecture import Size
from .config import DragConfig, Norm, Patch, Reduction, Sampling, Source, Space, check
from .generator import Generator

FARTHEST = 1e9  # image pixels
MAGIC = b"draglayer-state "
VERSION = 1
_ENUMS: dict[str, type[Enum]] = {
    "space": Space,
    "norm": Norm,
    "reduction": Reduction,
    "patch": Patch,
    "sampling": Sampling,
    "source": Source,
}
UNREADABLE = (SafetensorError, LookupError, ValueError, TypeError, AttributeError, RuntimeError, zlib.error)


class StateError(ValueError):
    """The bytes are no state that this program can go on from."""


@dataclass(frozen=True)
class Saved:
    """Everything that `DragSession` needs to go on; tensors on the CPU, shapes as there."""

    model_sha256: str
    config: DragConfig
    start: Tensor
    base: Tensor
    offset: Tensor
    p: Tensor
    t: Tensor
    mask: Tensor | None
    anchor_ws: Tensor | None
    anchor_p: Tensor | None
    moments: tuple[Tensor, Tensor, int] | None


def dumps(saved: Saved) -> bytes:
    start = saved.start
    uniform = bool((start == start[:, :1]).all())
    tensors = {"start": start[:, :1].clone() if uniform else start, "p": saved.p, "t": saved.t}
    _put_rows(tensors, "base", saved.base, start)
    tensors["offset"] = saved.offset
    if saved.anchor_ws is not None and saved.anchor_p is not None:
        _put_rows(tensors, "anchor", saved.anchor_ws, start)
        tensors["anchor_p"] = saved.anchor_p
    if saved.mask is not None:
        packed = zlib.compress((saved.mask * 255).round().to(torch.uint8).numpy().tobytes(), 6)
        tensors["mask"] = torch.from_numpy(np.frombuffer(packed, np.uint8).copy())
    steps = 0
    if saved.moments is not None:
        tensors["mean"], tensors["square"], steps = saved.moments[0].cpu(), saved.moments[1].cpu(), saved.moments[2]
    head = {
        "model": saved.model_sha256,
        "rows": start.shape[1],
        "adam_steps": steps,
        "config": _config_out(saved.config),
    }
    body = save({n: t.contiguous() for n, t in tensors.items()}, {"session": json.dumps(head)})
    return MAGIC + b"%d\n" % VERSION + hashlib.sha256(body).hexdigest().encode() + b"\n" + body


def loads(data: bytes, model_sha256: str, generator: Generator) -> Saved:
    """Raises StateError: not a state, newer, damaged, or of another model than `model_sha256`."""
    body = _body(data)
    try:
        tensors = load(body)
        head = json.loads(_metadata(body)["session"])
        saved = _saved(tensors, head, generator.num_ws)
        check(saved.config, generator.architecture.blocks)
        _check_positions(saved)
    except UNREADABLE as error:
        raise StateError(f"this state cannot be read ({type(error).__name__}: {error}); use an earlier copy") from error
    if saved.model_sha256 != model_sha256:
        raise StateError(
            f"this state belongs to the model {saved.model_sha256[:12] or 'without a name'},"
            f" not to {model_sha256[:12] or 'this one'}; open it with the model that it was made with"
        )
    expected = (1, generator.num_ws, generator.architecture.w_dim)
    if tuple(saved.start.shape) != expected or saved.config.size != generator.size:
        raise StateError(f"this state holds a latent of {tuple(saved.start.shape)}, the model needs {expected}")
    return saved


def model_of(data: bytes) -> str:
    """The sha256 of the model that a state belongs to. Raises StateError: not a state, newer, or damaged."""
    body = _body(data)
    try:
        model = str(json.loads(_metadata(body)["session"])["model"])
    except UNREADABLE as error:
        raise StateError(f"this state cannot be read ({type(error).__name__}: {error}); use an earlier copy") from error
    if not re.fullmatch("[0-9a-f]{64}", model):
        raise StateError("this state does not say which model it belongs to; use one that the daemon exported")
    return model


def _body(data: bytes) -> bytes:
    """What follows magic, version and checksum, all three of which fit."""
    if not data.startswith(MAGIC):
        raise StateError(
            f"these {len(data)} bytes are not a Draglayer state; choose one that was exported, or begin with a seed"
        )
    version, _, rest = data[len(MAGIC) :].partition(b"\n")
    if version != b"%d" % VERSION:
        raise StateError(
            f"this state has format {version[:8].decode('ascii', 'replace')}, this Draglayer reads {VERSION}; update it"
        )
    digest, _, body = rest.partition(b"\n")
    if hashlib.sha256(body).hexdigest().encode() != digest:
        raise StateError(f"this state is damaged (its checksum over {len(body)} bytes differs); use an earlier copy")
    return body


def _metadata(body: bytes) -> dict[str, str]:
    length = int.from_bytes(body[:8], "little")
    found: dict[str, str] = json.loads(body[8 : 8 + length])["__metadata__"]
    return found


def _put_rows(tensors: dict[str, Tensor], name: str, ws: Tensor, start: Tensor) -> None:
    changed = (ws != start).any(dim=2)[0].nonzero()[:, 0]
    tensors[f"{name}_index"], tensors[f"{name}_rows"] = changed, ws[0, changed]


def _take_rows(tensors: dict[str, Tensor], name: str, start: Tensor) -> Tensor:
    ws = start.clone()
    ws[0, tensors[f"{name}_index"]] = tensors[f"{name}_rows"]
    return ws


def _offset(offset: Tensor, config: DragConfig, start: Tensor) -> Tensor:
    expected = (1, config.layers if config.space is Space.W_PLUS else 1, start.shape[2])
    if tuple(offset.shape) != expected or config.layers > start.shape[1]:
        raise ValueError(f"an offset of shape {tuple(offset.shape)}, {expected} is needed")
    return offset


def _saved(tensors: dict[str, Tensor], head: dict[str, Any], num_ws: int) -> Saved:
    config = _config_in(head["config"])
    start = tensors["start"]
    if int(head["rows"]) != num_ws:
        raise ValueError(f"a latent of {head['rows']} rows, the model has {num_ws}")
    if start.shape[1] == 1:
        start = start.repeat(1, num_ws, 1)
    mask = None
    if "mask" in tensors:
        # the size is known, so a bomb cannot unpack to more
        unpacked = zlib.decompressobj().decompress(
            tensors["mask"].numpy().tobytes(), config.size.height * config.size.width
        )
        mask = torch.from_numpy(np.frombuffer(unpacked, np.uint8).reshape(config.size).copy()).float() / 255
    p, t = tensors["p"], tensors["t"]
    if p.shape != t.shape or p.ndim != 2 or p.shape[1] != 2:
        raise ValueError(f"handles of shape {tuple(p.shape)}, targets of shape {tuple(t.shape)}")
    if not all(bool(x.isfinite().all()) for x in tensors.values() if x.is_floating_point()):
        raise ValueError("a number is not finite")
    has_anchor, has_moments = "anchor_p" in tensors, "mean" in tensors
    offset = _offset(tensors["offset"], config, start)
    if has_moments:
        along = (1, offset.shape[1], config.moved_along(start.shape[2]) or start.shape[2])
        if not tuple(tensors["mean"].shape) == tuple(tensors["square"].shape) == along:
            raise ValueError(f"moments of shape {tuple(tensors['mean'].shape)}, {along} is needed")
    return Saved(
        model_sha256=str(head["model"]),
        config=config,
        start=start,
        base=_take_rows(tensors, "base", start),
        offset=offset,
        p=p,
        t=t,
        mask=mask,
        anchor_ws=_take_rows(tensors, "anchor", start) if has_anchor else None,
        anchor_p=tensors["anchor_p"] if has_anchor else None,
        moments=(tensors["mean"], tensors["square"], int(head["adam_steps"])) if has_moments else None,
    )


def _check_positions(saved: Saved) -> None:
    """Raises ValueError: a drag can only have led to handles in the picture, and to targets that a client may set."""
    end = torch.tensor([saved.config.size.height, saved.config.size.width]) - 0.5
    if any(bool(((p < -0.5) | (p > end)).any()) for p in (saved.p, saved.anchor_p) if p is not None):
        raise ValueError("a handle lies outside the picture")
    if bool((saved.t.abs() > FARTHEST).any()):
        raise ValueError("a target lies too far away")


def _config_out(config: DragConfig) -> dict[str, Any]:
    return {name: value.value if isinstance(value, Enum) else value for name, value in asdict(config).items()}


def _config_in(values: dict[str, Any]) -> DragConfig:
    known = {name: values[name] for name in DragConfig.__dataclass_fields__ if name in values}
    for name, kind in _ENUMS.items():
        if name in known:  # a state from before this choice existed keeps the way it was dragged
            known[name] = kind(known[name])
    known["size"] = Size(*(int(n) for n in known["size"]))
    return DragConfig(**known)
