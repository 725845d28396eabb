"""From tensors under NVIDIA's names to a generator: the architecture read off shapes, every tensor accounted for."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..architecture import Architecture, ArchitectureError, Size
from . import limits
from .errors import CheckpointError, listed, shown
from .layout import expected_shapes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Arrays = dict[str, NDArray[Any]]

ANOTHER = "its pictures would come out wrong; import a standard StyleGAN2 generator"
_AVERAGED = 4096  # latents in a computed w_avg, fewer for very wide mapping networks
_MULTIPLICATIONS = 1 << 35


@dataclass
class Parts:
    """A generator on its way: tensors under NVIDIA's names, and what shapes do not tell.

    conv_clamp      of the synthesis; None = never
    lr_multiplier   of the mapping network; the engine's is 0.01
    num_fp16_res    highest blocks that were trained in half precision; None where the file does not say
    notes           sentences for the person who imports
    """

    arrays: Arrays
    conv_clamp: float | None = None
    lr_multiplier: float = 0.01
    num_fp16_res: int | None = None
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Discriminator:
    """A discriminator's tensors under NVIDIA's names, and the value its activations are clamped at (None = never)."""

    arrays: Arrays
    conv_clamp: float | None = None


def assemble(parts: Parts) -> tuple[Architecture, Arrays]:
    """Every tensor that the engine needs, in its shape. Raises CheckpointError naming what is missing or too much."""
    arrays = _without_filters(parts.arrays)
    architecture = _architecture(arrays, parts.conv_clamp)
    _rescale_mapping(arrays, parts.lr_multiplier)
    expected = expected_shapes(architecture)
    numbers = sum(math.prod(shape) for shape in expected.values())
    if numbers > limits.NUMBERS:
        raise CheckpointError(
            f"its generator would have {numbers} numbers, many times what a StyleGAN2 generator has; import another"
        )
    _fill_noise(arrays, expected, parts.notes)
    missing = [name for name in expected if name not in arrays and name != "mapping.w_avg"]
    if missing:
        raise CheckpointError(f"its generator lacks tensors ({listed(missing)}); download it again")
    extra = [name for name in arrays if name not in expected]
    strange = [name for name in extra if arrays[name].ndim > 1]
    if strange:
        raise CheckpointError(
            f"its generator has tensors that StyleGAN2 does not know ({listed(strange)}), so {ANOTHER}"
        )
    if extra:
        parts.notes.append(f"small tensors that StyleGAN2 does not know were left out: {listed(extra)}")
    for name, shape in expected.items():
        if name in arrays and arrays[name].shape != shape:
            raise CheckpointError(
                f"its tensor {name} has the shape {list(arrays[name].shape)} where the others say {list(shape)},"
                f" so {ANOTHER}"
            )
    if "mapping.w_avg" not in arrays:
        arrays["mapping.w_avg"] = average_w(architecture, arrays)
        parts.notes.append("the average w was not in the file; it was computed from random latents")
    return architecture, {name: arrays[name] for name in expected}


def _without_filters(arrays: Mapping[str, NDArray[Any]]) -> Arrays:
    """Every layer repeats the resampling filter; the engine has only StyleGAN2's own."""
    import numpy as np

    row = np.array([1.0, 3.0, 3.0, 1.0])
    own = row[:, None] * row[None] / 64.0
    rest: Arrays = {}
    for name, array in arrays.items():
        if not name.endswith("resample_filter"):
            rest[name] = array
        elif array.shape != own.shape or not np.allclose(array.astype(np.float64), own, atol=1e-4):
            raise CheckpointError(f"its {name} is not StyleGAN2's filter [1, 3, 3, 1], so {ANOTHER}")
    return rest


def _architecture(arrays: Arrays, conv_clamp: float | None) -> Architecture:
    found = {int(m[1]) for name in arrays if (m := re.fullmatch(r"synthesis\.b(\d{1,6})\.conv1\.weight", name))}
    blocks = [4 << i for i in range(len(found))]
    if found != set(blocks) or not blocks:
        raise CheckpointError(f"its blocks are {listed(sorted(found))}, not 4, 8, 16 and so on, so {ANOTHER}")
    depth = sum(1 for name in arrays if re.fullmatch(r"mapping\.fc\d+\.weight", name))
    if not depth or "mapping.fc0.weight" not in arrays or f"mapping.fc{depth - 1}.weight" not in arrays:
        raise CheckpointError("it has a synthesis network but no mapping network before it; import the whole generator")
    const = _shape(arrays, "synthesis.b4.const", 3)
    w_dim, first = _shape(arrays, "mapping.fc0.weight", 2)
    embedded, c_dim = _shape(arrays, "mapping.embed.weight", 2) if "mapping.embed.weight" in arrays else (0, 0)
    paint = [block for block in blocks if f"synthesis.b{block}.torgb.weight" in arrays]
    skips = [block for block in blocks if f"synthesis.b{block}.skip.weight" in arrays]
    if paint == blocks and not skips:
        kind = "skip"
    elif paint == blocks[-1:] and skips == blocks[1:]:
        kind = "resnet"
    else:
        raise CheckpointError(
            f"its architecture is neither 'skip' nor 'resnet': of {len(blocks)} blocks {len(paint)} have torgb and"
            f" {len(skips)} have skip; import a generator of one of these two"
        )
    try:
        return Architecture(
            z_dim=first - embedded,
            c_dim=c_dim,
            w_dim=w_dim,
            mapping_layers=depth,
            channels=tuple(_shape(arrays, f"synthesis.b{block}.conv1.weight", 4)[0] for block in blocks),
            image_channels=_shape(arrays, f"synthesis.b{blocks[-1]}.torgb.weight", 4)[0],
            base=Size(*const[1:]),
            kind=kind,
            conv_clamp=conv_clamp,
        )
    except ArchitectureError as error:
        raise CheckpointError(f"its generator cannot be used: {error}; import another") from error


def _shape(arrays: Arrays, name: str, dimensions: int) -> tuple[int, ...]:
    if name not in arrays:
        raise CheckpointError(f"its generator lacks {name}; download it again")
    shape = arrays[name].shape
    if len(shape) != dimensions:
        raise CheckpointError(f"its tensor {name} has {len(shape)} dimensions instead of {dimensions}, so {ANOTHER}")
    return shape


def _rescale_mapping(arrays: Arrays, lr_multiplier: float) -> None:
    """Stored weights are runtime weights divided by the multiplier, and the engine's multiplier is 0.01."""
    if not (math.isfinite(lr_multiplier) and 1e-6 <= lr_multiplier <= 1e3):
        raise CheckpointError(f"its mapping network has a learning-rate multiplier of {lr_multiplier}, so {ANOTHER}")
    if math.isclose(lr_multiplier, 0.01, rel_tol=1e-6):
        return
    for name in arrays:
        if re.fullmatch(r"mapping\.fc\d+\.(weight|bias)", name):
            arrays[name] = arrays[name] * (lr_multiplier / 0.01)


def _fill_noise(arrays: Arrays, expected: Mapping[str, tuple[int, ...]], notes: list[str]) -> None:
    """A generator without noise has no strengths; one that draws it anew for every picture has no constants."""
    import numpy as np

    drawn = 0
    for index, (name, shape) in enumerate(expected.items()):
        if not name.endswith(".noise_const"):
            continue
        strength = name.replace("noise_const", "noise_strength")
        if strength not in arrays:
            arrays[strength], arrays[name] = np.zeros((), np.float32), np.zeros(shape, np.float32)
        elif name not in arrays:
            arrays[name] = np.random.RandomState(index).standard_normal(shape).astype(np.float32)
            drawn += 1
    if drawn:
        notes.append(f"the file holds no constant noise for {drawn} layers; it was drawn from a fixed seed")


def average_w(a: Architecture, arrays: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
    """Mean of the mapping network's output over standard normal z (labels in turn): [w_dim]."""
    import numpy as np

    def normalise(x: NDArray[Any]) -> NDArray[Any]:
        scaled: NDArray[Any] = x / np.sqrt(np.mean(x * x, axis=1, keepdims=True) + 1e-8)
        return scaled

    def tensor(name: str) -> NDArray[Any]:
        return arrays[name].astype(np.float32)

    weights = sum(tensor.size for name, tensor in arrays.items() if re.fullmatch(r"mapping\.fc\d+\.weight", name))
    count = min(_AVERAGED, max(64, _MULTIPLICATIONS // weights))
    with np.errstate(all="ignore"):  # what is not finite is reported when it is written
        x = normalise(np.random.RandomState(0).standard_normal((count, a.z_dim)).astype(np.float32))
        if a.c_dim:
            rows = tensor("mapping.embed.weight").T[np.arange(count) % a.c_dim]
            embedded = rows / math.sqrt(a.c_dim) + tensor("mapping.embed.bias")
            x = np.concatenate([x, normalise(embedded)], axis=1)
        for i in range(a.mapping_layers):
            weight = tensor(f"mapping.fc{i}.weight") * (0.01 / math.sqrt(x.shape[1]))
            x = x @ weight.T + tensor(f"mapping.fc{i}.bias") * 0.01
            x = np.where(x < 0, x * 0.2, x) * math.sqrt(2.0)
        mean: NDArray[Any] = x.mean(axis=0)
        return mean


def number(value: Any, what: str) -> float | None:
    """A setting of the file that must be a number or absent. Raises CheckpointError."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        stated = repr(value) if isinstance(value, str) else value
        raise CheckpointError(f"its {what} is {shown(stated)} instead of a number; download it again")
    return float(value)
