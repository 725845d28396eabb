"""Legacy TensorFlow pickles: networks as lists of variables. Neither TensorFlow nor their embedded source is needed.

Convolutions are stored [height, width, in, out]; those that enlarge are stored turned by 180 degrees against NVIDIA's
PyTorch convention, and the bias of a modulation is stored without its 1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .assembly import ANOTHER, Discriminator, Parts, number
from .budget import Budget, for_search
from .errors import CheckpointError, shown
from .records import Record, mapping_of
from .stored import StoredArray

if TYPE_CHECKING:
    from numpy.typing import NDArray

_COMPONENTS = 4  # levels of networks inside networks
_TRAINING_ONLY = ("lod", "dlatent_avg")


@dataclass(frozen=True)
class TensorFlowNetwork:
    """Variables under their full names ("synthesis/4x4/Const/const"), and the arguments it was made with."""

    name: str
    version: int
    arguments: Mapping[str, Any]
    variables: dict[str, StoredArray]

    @property
    def is_generator(self) -> bool:
        return any(name.startswith("synthesis/") for name in self.variables)


def tensorflow_networks(value: Any) -> list[TensorFlowNetwork]:
    """The networks in a file's value: one, or several in a tuple, list or dictionary; none in anything else."""
    items = list(value) if isinstance(value, (tuple, list)) else [value]
    if isinstance(value, dict):
        items = list(value.values())
    states = [item.state for item in items[:16] if isinstance(item, Record) and isinstance(item.state, dict)]
    budget = for_search()
    return [_network(state, budget) for state in states if "variables" in state and "static_kwargs" in state]


def _network(state: Mapping[str, Any], budget: Budget) -> TensorFlowNetwork:
    version = state.get("version")
    arguments: dict[str, Any] = {}
    variables: dict[str, StoredArray] = {}
    _collect(state, "", 0, arguments, variables, budget)
    return TensorFlowNetwork(shown(state.get("name")), version if type(version) is int else 0, arguments, variables)


def _collect(
    state: Mapping[str, Any],
    prefix: str,
    level: int,
    arguments: dict[str, Any],
    variables: dict[str, StoredArray],
    budget: Budget,
) -> None:
    static, listed = mapping_of(state.get("static_kwargs")) or {}, state.get("variables")
    listed = listed if isinstance(listed, (list, tuple)) else []
    budget.spend(1 + len(static) + len(listed))
    for key, value in static.items():
        arguments.setdefault(shown(key), value)
    for item in listed:
        match item:
            case (str(name), StoredArray() as stored):
                variables[prefix + name] = stored
    components = (mapping_of(state.get("components")) or {}) if level < _COMPONENTS else {}
    for name, component in components.items():
        budget.spend()
        if isinstance(component, Record) and isinstance(component.state, dict):
            _collect(component.state, f"{prefix}{shown(name)}/", level + 1, arguments, variables, budget)


def generator_parts(network: TensorFlowNetwork) -> Parts:
    """Raises CheckpointError for networks that are no StyleGAN2 generator of configuration E or F."""
    names = network.variables
    if "synthesis/4x4/Conv/mod_weight" not in names:
        kind = "first StyleGAN" if any("StyleMod" in name for name in names) else "progressive GAN or something else"
        raise CheckpointError(f"it is a TensorFlow network of the {kind}, not StyleGAN2; import a StyleGAN2 checkpoint")
    if network.version < 4:
        raise CheckpointError(
            f"it is a TensorFlow network of version {network.version}, older than StyleGAN2's 4; import a newer export"
        )
    if "mapping/LabelConcat/weight" in names:
        raise CheckpointError(
            "it is a TensorFlow generator that joins labels to z in the manner before StyleGAN2-ADA, which the engine"
            " does not compute; import one without labels, or one of StyleGAN2-ADA"
        )
    _check_arguments(network.arguments)
    parts = Parts({})
    for name, stored in names.items():
        target = _nvidia_name(name)
        if target is not None:
            parts.arrays[target] = _turned(name, stored)
    multiplier = number(network.arguments.get("mapping_lrmul"), "mapping_lrmul")
    parts.lr_multiplier = 0.01 if multiplier is None else multiplier
    parts.conv_clamp = number(network.arguments.get("conv_clamp"), "conv_clamp")
    return parts


def _check_arguments(arguments: Mapping[str, Any]) -> None:
    kernel = arguments.get("resample_kernel", [1, 3, 3, 1])
    if not isinstance(kernel, (list, tuple)) or list(kernel) != [1, 3, 3, 1]:
        raise CheckpointError(f"it enlarges with another filter than [1, 3, 3, 1], so {ANOTHER}")
    for name in ("nonlinearity", "act", "mapping_nonlinearity"):
        if arguments.get(name, "lrelu") != "lrelu":
            raise CheckpointError(f"it uses the activation {shown(arguments[name])}, so {ANOTHER}")


_LAYER = re.compile(r"synthesis/(\d{1,5})x\1/(Conv|Conv0_up|Conv1|ToRGB|Skip)/(\w+)")
_LAYERS = {"Conv": "conv1", "Conv0_up": "conv0", "Conv1": "conv1", "ToRGB": "torgb", "Skip": "skip"}
_PARTS = {
    "weight": "weight",
    "bias": "bias",
    "mod_weight": "affine.weight",
    "mod_bias": "affine.bias",
    "noise_strength": "noise_strength",
}


def _nvidia_name(name: str) -> str | None:
    """None for what only training needs; names that are not of the generator are kept, to be seen as too many."""
    if name == "dlatent_avg":
        return "mapping.w_avg"
    if name.rpartition("/")[2] in _TRAINING_ONLY:
        return None
    if name == "synthesis/4x4/Const/const":
        return "synthesis.b4.const"
    if found := re.fullmatch(r"mapping/Dense(\d{1,3})/(weight|bias)", name):
        return f"mapping.fc{found[1]}.{found[2]}"
    if found := re.fullmatch(r"mapping/LabelEmbed/(weight|bias)", name):
        return f"mapping.embed.{found[1]}"
    if found := re.fullmatch(r"synthesis/noise(\d{1,3})", name):
        index = int(found[1])
        return f"synthesis.b{4 << ((index + 1) // 2)}.conv{(index + 1) % 2}.noise_const"
    if (found := _LAYER.fullmatch(name)) and found[3] in _PARTS:
        return f"synthesis.b{found[1]}.{_LAYERS[found[2]]}.{_PARTS[found[3]]}"
    return name


def _turned(name: str, stored: StoredArray) -> NDArray[Any]:
    array = stored.read()
    part = name.rpartition("/")[2]
    if part == "mod_bias":
        return array + 1.0
    if part == "const" and array.ndim == 4 and array.shape[0] == 1:
        return array[0]
    if re.fullmatch(r"synthesis/noise\d+", name) and array.shape[:2] == (1, 1):
        return array[0, 0]
    if part in ("weight", "mod_weight") and array.ndim == 2:
        return array.T
    if part == "weight" and array.ndim == 4:
        enlarges = "/Conv0_up/" in name or "/Skip/" in name
        return (array[::-1, ::-1] if enlarges else array).transpose(3, 2, 0, 1)
    return array


_DISCRIMINATOR = {"FromRGB": "fromrgb", "Conv0": "conv0", "Conv1_down": "conv1", "Skip": "skip", "Conv": "conv"}


def discriminator(network: TensorFlowNetwork) -> Discriminator | None:
    """None for a network that is something else. Raises CheckpointError."""
    names = network.variables
    if network.is_generator or "Output/weight" not in names or "4x4/Dense0/weight" not in names:
        return None
    arrays: dict[str, Any] = {}
    for name, stored in names.items():
        array = stored.read()
        part = name.rpartition("/")[2]
        found = re.fullmatch(r"(\d{1,5})x\1/(FromRGB|Conv0|Conv1_down|Skip|Conv)/(weight|bias)", name)
        if found:
            target = f"b{found[1]}.{_DISCRIMINATOR[found[2]]}.{part}"
            arrays[target] = array.transpose(3, 2, 0, 1) if array.ndim == 4 else array
        elif name.startswith(("4x4/Dense0/", "Output/")):
            arrays[f"b4.{'out' if name.startswith('Output') else 'fc'}.{part}"] = array.T
        elif found := re.fullmatch(r"(?:mapping/)?(LabelEmbed|Dense(\d+))/(weight|bias)", name):
            arrays[f"mapping.{'embed' if found[2] is None else 'fc' + found[2]}.{part}"] = array.T
        elif part not in _TRAINING_ONLY:
            raise CheckpointError(f"its discriminator has an unknown tensor {shown(name)}; import the generator alone")
    return Discriminator(arrays)
