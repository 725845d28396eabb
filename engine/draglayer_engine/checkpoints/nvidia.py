"""NVIDIA's PyTorch generators: already under the engine's names; settings come from modules first, then arguments."""

from __future__ import annotations

import re
from typing import Any

from .assembly import ANOTHER, Discriminator, Parts, number
from .errors import CheckpointError, shown
from .finding import Network
from .records import mapping_of

FLAT_CLAMP = 256.0  # what the stylegan3 repository's StyleGAN2 uses when no argument says otherwise


def is_generator(network: Network, prefix: str) -> bool:
    return f"{prefix}synthesis.b4.const" in network.arrays


def generator_parts(network: Network, prefix: str) -> Parts:
    """Raises CheckpointError for settings that the engine does not know."""
    names = {
        name.removeprefix(prefix): array
        for name, array in network.arrays.items()
        if name.startswith((f"{prefix}synthesis.", f"{prefix}mapping."))
    }
    parts = Parts({name: array.read() for name, array in names.items()})
    _check_activations(network, prefix)
    arguments = mapping_of(network.attribute(prefix.removesuffix("."), "_init_kwargs")) or {}
    parts.conv_clamp = _conv_clamp(network, prefix, arguments, parts.notes)
    mapping = mapping_of(arguments.get("mapping_kwargs")) or {}
    stated = network.attribute(f"{prefix}mapping.fc0", "bias_gain", mapping.get("lr_multiplier"))
    parts.lr_multiplier = number(stated, "learning-rate multiplier") or 0.01
    nested = mapping_of(arguments.get("synthesis_kwargs")) or arguments
    parts.num_fp16_res = _half_blocks(network, prefix, nested.get("num_fp16_res"))
    return parts


def _half_blocks(network: Network, prefix: str, stated: Any) -> int | None:
    """Only for the record: the engine computes in float32, from which half precision departs by rounding."""
    blocks = [
        attributes["use_fp16"]
        for name, attributes in network.attributes.items()
        if name.startswith(f"{prefix}synthesis.b") and "use_fp16" in attributes
    ]
    if blocks:
        return sum(1 for half in blocks if half is True)
    return stated if type(stated) is int and 0 <= stated < 32 else None


def _check_activations(network: Network, prefix: str) -> None:
    for module, attributes in network.attributes.items():
        name = module.removeprefix(prefix)
        activation = attributes.get("activation", "lrelu")
        layer = name.startswith("mapping.fc") or name.endswith((".conv0", ".conv1"))
        if module.startswith(prefix) and layer and activation != "lrelu":
            raise CheckpointError(f"its layer {shown(name)} uses the activation {shown(activation)}, so {ANOTHER}")


def _conv_clamp(network: Network, prefix: str, arguments: Any, notes: list[str]) -> float | None:
    """Of the layers, which must agree; else of the nested arguments, else of the flat ones, else the default."""
    layers = {
        name: number(attributes["conv_clamp"], "conv_clamp")
        for name, attributes in network.attributes.items()
        if name.startswith(f"{prefix}synthesis.") and "conv_clamp" in attributes
    }
    if len(set(layers.values())) > 1:
        raise CheckpointError(f"its layers are clamped at different values, so {ANOTHER}")
    if layers:
        return next(iter(layers.values()))
    nested = mapping_of(arguments.get("synthesis_kwargs"))
    if nested is not None:
        return number(nested.get("conv_clamp"), "conv_clamp")
    if "conv_clamp" in arguments:
        return number(arguments["conv_clamp"], "conv_clamp")
    if "channel_base" in arguments or "num_fp16_res" in arguments:
        return FLAT_CLAMP
    if not network.attributes:
        notes.append("the file does not say whether activations are clamped; they are not")
    return None


_DISCRIMINATOR = re.compile(
    r"(b\d{1,5}\.(fromrgb|conv0|conv1|skip)|b4\.(conv|fc|out)|mapping\.(embed|fc\d{1,2}))\.(weight|bias)"
)


def discriminator(network: Network, prefix: str) -> Discriminator | None:
    """None for a network that is something else. Raises CheckpointError."""
    inside = {n.removeprefix(prefix): a for n, a in network.arrays.items() if n.startswith(prefix)}
    if "b4.fc.weight" not in inside or not any(name.endswith(".fromrgb.weight") for name in inside):
        return None
    arrays: dict[str, Any] = {}
    for name, array in inside.items():
        if _DISCRIMINATOR.fullmatch(name):
            arrays[name] = array.read()
        elif not name.endswith("resample_filter"):
            raise CheckpointError(f"it has an unknown tensor {shown(name)}; import the generator alone")
    clamps = [a["conv_clamp"] for a in network.attributes.values() if "conv_clamp" in a]
    return Discriminator(arrays, number(clamps[0], "conv_clamp") if clamps else None)
