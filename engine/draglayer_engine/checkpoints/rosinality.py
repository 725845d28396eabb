"""Generators under the names of the PyTorch port most encoders use (e4e, pSp, anime and cartoon models).

Numerically the same network as NVIDIA's, except that the 1e-8 of the demodulation is added to weights of another
scale. Unlike in TensorFlow's files, nothing is turned.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .assembly import Discriminator, Parts
from .errors import CheckpointError
from .finding import Network
from .stored import StoredArray

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CONVOLUTION = re.compile(r"(conv1|convs\.\d{1,2})\.(.+)")
_PAINT = re.compile(r"(to_rgb1|to_rgbs\.\d{1,2})\.(.+)")
_CONVOLUTION_PARTS = {
    "conv.weight": "weight",
    "conv.modulation.weight": "affine.weight",
    "conv.modulation.bias": "affine.bias",
    "activate.bias": "bias",
    "noise.weight": "noise_strength",
    "conv.blur.kernel": "resample_filter",
}
_PAINT_PARTS = {
    "conv.weight": "weight",
    "conv.modulation.weight": "affine.weight",
    "conv.modulation.bias": "affine.bias",
    "bias": "bias",
    "upsample.kernel": "resample_filter",
}


def is_generator(network: Network, prefix: str) -> bool:
    return f"{prefix}input.input" in network.arrays and f"{prefix}conv1.conv.weight" in network.arrays


def generator_parts(network: Network, prefix: str, latent_avg: StoredArray | None) -> Parts:
    """Raises CheckpointError for tensors that this format does not have."""
    parts = Parts({})
    for name, stored in network.arrays.items():
        if name.startswith(prefix):
            own = name.removeprefix(prefix)
            target = _nvidia_name(own)
            parts.arrays[target] = _shaped(target, stored.read())
    if latent_avg is not None:
        average = latent_avg.read()
        # encoders repeat it for every row of w
        parts.arrays["mapping.w_avg"] = average if average.ndim == 1 else average.reshape(-1, average.shape[-1])[0]
    return parts


def _nvidia_name(name: str) -> str:
    """Names that are not of the generator are kept, so that they are seen to be too many."""
    if name == "input.input":
        return "synthesis.b4.const"
    if found := re.fullmatch(r"style\.(\d{1,2})\.(weight|bias)", name):  # style.0 normalises and has no tensors
        return f"mapping.fc{int(found[1]) - 1}.{found[2]}"
    if found := re.fullmatch(r"noises\.noise_(\d{1,2})", name):
        return f"synthesis.{_convolution(int(found[1]) - 1)}.noise_const"
    if (found := _CONVOLUTION.fullmatch(name)) and found[2] in _CONVOLUTION_PARTS:
        index = -1 if found[1] == "conv1" else int(found[1].removeprefix("convs."))
        return f"synthesis.{_convolution(index)}.{_CONVOLUTION_PARTS[found[2]]}"
    if (found := _PAINT.fullmatch(name)) and found[2] in _PAINT_PARTS:
        block = 4 if found[1] == "to_rgb1" else 8 << int(found[1].removeprefix("to_rgbs."))
        return f"synthesis.b{block}.torgb.{_PAINT_PARTS[found[2]]}"
    return name


def _convolution(index: int) -> str:
    """The convolution after `conv1` that has this index; -1 is `conv1` itself."""
    return "b4.conv1" if index < 0 else f"b{8 << (index // 2)}.conv{index % 2}"


def _shaped(target: str, array: NDArray[Any]) -> NDArray[Any]:
    """Without the axes of length 1 that this format adds, and the filter without its gain of 4."""
    if target.endswith("resample_filter"):
        return array / 4.0
    if target.endswith("noise_strength"):
        return array.reshape(()) if array.size == 1 else array
    if target.endswith(("conv0.weight", "conv1.weight", "torgb.weight")) and array.ndim == 5:
        return array[0] if array.shape[0] == 1 else array
    if target.endswith("b4.const") and array.ndim == 4:
        return array[0] if array.shape[0] == 1 else array
    if target.endswith("noise_const") and array.shape[:2] == (1, 1):
        return array[0, 0]
    if target.endswith("torgb.bias"):
        return array.reshape(-1)
    return array


def discriminator(network: Network, prefix: str) -> Discriminator | None:
    """None for a network that is something else. Raises CheckpointError."""
    inside = {n.removeprefix(prefix): a for n, a in network.arrays.items() if n.startswith(prefix)}
    if "final_linear.0.weight" not in inside or "convs.0.0.weight" not in inside:
        return None
    blocks = 1 + max(int(m[1]) for name in inside if (m := re.match(r"convs\.(\d{1,2})\.", name)))
    arrays = {}
    for name, stored in inside.items():
        if not name.endswith("kernel"):
            arrays[_discriminator_name(name, 4 << (blocks - 1))] = stored.read()
    return Discriminator(arrays)


_DISCRIMINATOR = {
    "conv1.0.weight": "conv0.weight",
    "conv1.1.bias": "conv0.bias",
    "conv2.1.weight": "conv1.weight",
    "conv2.2.bias": "conv1.bias",
    "skip.1.weight": "skip.weight",
}
_DISCRIMINATOR_END = {
    "final_conv.0.weight": "b4.conv.weight",
    "final_conv.1.bias": "b4.conv.bias",
    "final_linear.0.weight": "b4.fc.weight",
    "final_linear.0.bias": "b4.fc.bias",
    "final_linear.1.weight": "b4.out.weight",
    "final_linear.1.bias": "b4.out.bias",
}


def _discriminator_name(name: str, size: int) -> str:
    if name in _DISCRIMINATOR_END:
        return _DISCRIMINATOR_END[name]
    found = re.fullmatch(r"convs\.(\d{1,2})\.(.+)", name)
    if found and found[1] == "0" and found[2] in ("0.weight", "1.bias"):
        return f"b{size}.fromrgb.{found[2][2:]}"
    if found and found[1] != "0" and found[2] in _DISCRIMINATOR:
        return f"b{size >> (int(found[1]) - 1)}.{_DISCRIMINATOR[found[2]]}"
    raise CheckpointError(f"its discriminator has an unknown tensor {name}; import the generator alone")
