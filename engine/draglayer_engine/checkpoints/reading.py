"""From the bytes of a checkpoint to a generator under the engine's names, whatever the format."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from ..architecture import Architecture, ArchitectureError
from . import limits, nvidia, rosinality, tensorflow
from .assembly import Discriminator, Parts, assemble, number
from .errors import CheckpointError, listed, shown
from .finding import Network, networks
from .recognition import Container, recognise
from .records import mapping_of
from .refusing import what_it_is
from .safetensors_files import read_safetensors
from .stored import StoredArray
from .torch_files import read_legacy, read_plain, read_zip

if TYPE_CHECKING:
    from .assembly import Arrays

HEAD = 512
_TRIED = 8  # discriminators of one network
_BLOCKS = 16


@dataclass
class Checkpoint:
    """A generator, and a discriminator where the file has one, as arrays that may still lie in the file.

    num_fp16_res  highest blocks that were trained in half precision, where the file says so
    origin        which program's format it was
    foreign       names of classes in the file that were met and left alone
    """

    origin: str
    architecture: Architecture
    tensors: Arrays
    discriminator: Discriminator | None = None
    num_fp16_res: int | None = None
    notes: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)


def read_checkpoint(data: memoryview, description: Mapping[str, Any] | None = None) -> Checkpoint:
    """`description` is our own model.json where one lies beside. Raises CheckpointError: what, why, what next."""
    container = recognise(bytes(data[:HEAD]), len(data))
    foreign: set[str] = set()
    if container is Container.SAFETENSORS:
        value: Any = read_safetensors(data)[0]
    else:
        read = {
            Container.TORCH_ZIP: read_zip,
            Container.TORCH_LEGACY: read_legacy,
            Container.PICKLE: read_plain,
        }[container]
        value, foreign = read(data)
    old = tensorflow.tensorflow_networks(value)
    checkpoint = _from_tensorflow(old) if old else _from_torch(value, container, description)
    checkpoint.foreign = sorted(foreign)
    return checkpoint


def _from_tensorflow(found: list[tensorflow.TensorFlowNetwork]) -> Checkpoint:
    generators = [network for network in found if network.is_generator]
    generators.sort(key=lambda network: network.name != "Gs")  # the average over training; G is the latest
    if not generators:
        raise CheckpointError(
            f"it holds TensorFlow networks ({listed([n.name for n in found])}) but no StyleGAN2 generator;"
            " import a StyleGAN2 checkpoint"
        )
    parts = tensorflow.generator_parts(generators[0])
    architecture, tensors = assemble(parts)
    checkpoint = Checkpoint("StyleGAN2, TensorFlow", architecture, tensors, notes=parts.notes)
    _add_discriminator(checkpoint, [partial(tensorflow.discriminator, network) for network in found])
    return checkpoint


def _from_torch(value: Any, container: Container, description: Mapping[str, Any] | None) -> Checkpoint:
    found = networks(value)
    candidates = _generators(found)
    if not candidates:
        raise CheckpointError(what_it_is(value, found))
    network, prefix, origin = candidates[0]
    if origin == "rosinality":
        average = _latent_avg(value, network, prefix)
        parts = rosinality.generator_parts(network, prefix, average)
        name = "StyleGAN2, rosinality's PyTorch port"
    else:
        parts = nvidia.generator_parts(network, prefix)
        name = "Draglayer" if description is not None else "StyleGAN2, NVIDIA PyTorch"
    if description is not None:
        _follow(description, parts)
    elif container is Container.SAFETENSORS:
        name += ", safetensors"
    architecture, tensors = assemble(parts)
    if description is not None and architecture.to_json() != description.get("architecture"):
        raise CheckpointError("its weights are of another architecture than its model.json says; install it again")
    if "ema" not in (network.path + prefix).lower() and len(candidates) > 1:
        parts.notes.append(f"of several generators, {shown(network.path or prefix)} was taken")
    checkpoint = Checkpoint(name, architecture, tensors, num_fp16_res=parts.num_fp16_res, notes=parts.notes)
    _add_discriminator(checkpoint, [c for other in found for c in _discriminators(other)])
    return checkpoint


def _generators(found: list[Network]) -> list[tuple[Network, str, str]]:
    """Network, prefix of its names and format; averaged generators (G_ema, g_ema) first."""
    candidates = []
    for network in found:
        for name in network.arrays:
            for ending, origin, known in (
                ("synthesis.b4.const", "nvidia", nvidia.is_generator),
                ("input.input", "rosinality", rosinality.is_generator),
            ):
                prefix = name.removesuffix(ending)
                if name.endswith(ending) and (not prefix or prefix.endswith(".")) and known(network, prefix):
                    candidates.append((network, prefix, origin))
    return sorted(candidates, key=lambda c: "ema" not in (c[0].path + c[1]).lower())


def _latent_avg(value: Any, network: Network, prefix: str) -> StoredArray | None:
    """Beside the generator's tensors, or beside the dictionary that holds them."""
    inside = network.arrays.pop(f"{prefix}latent_avg", None) or network.arrays.pop("latent_avg", None)
    beside = (mapping_of(value) or {}).get("latent_avg")
    average = inside if inside is not None else beside
    usable = isinstance(average, StoredArray) and average.ndim and 0 not in average.shape
    return average if usable else None


def _follow(description: Mapping[str, Any], parts: Parts) -> None:
    """Our own model.json knows what shapes do not tell. Raises CheckpointError when it is no description."""
    try:
        if len(description["architecture"]["channels"]) > _BLOCKS:
            raise ArchitectureError(f"more than {_BLOCKS} blocks")
        stated = Architecture.from_json(description["architecture"])
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise CheckpointError(
            f"its model.json is no description of a model ({shown(error)}); install it again"
        ) from error
    parts.conv_clamp, parts.lr_multiplier = number(stated.conv_clamp, "conv_clamp"), 0.01
    parts.notes.clear()


Reader = Callable[[], Discriminator | None]


def _discriminators(network: Network) -> list[Reader]:
    """Readers for every part of the network that may be a discriminator."""
    readers: list[Reader] = []
    for ending, read in (
        ("b4.fc.weight", nvidia.discriminator),
        ("final_linear.0.weight", rosinality.discriminator),
    ):
        prefixes = [name.removesuffix(ending) for name in network.arrays if name.endswith(ending)]
        readers += [partial(read, network, prefix) for prefix in prefixes[:_TRIED]]
    return readers


def _add_discriminator(checkpoint: Checkpoint, readers: Sequence[Reader]) -> None:
    """The first one of the generator's size; a damaged one is left out with a note, for nothing depends on it."""
    problem = ""
    first = f"b{checkpoint.architecture.blocks[-1]}.fromrgb.weight"
    for reader in readers:
        try:
            found = reader()
        except CheckpointError as error:
            problem = problem or str(error)
            continue
        if found is not None and first in found.arrays:
            numbers = sum(array.size for array in found.arrays.values())
            if numbers <= limits.NUMBERS:
                checkpoint.discriminator = found
                return
            problem = f"it would have {numbers} numbers, many times what one has; import the generator alone"
    if problem:
        checkpoint.notes.append(f"the discriminator was left out: {problem}")
