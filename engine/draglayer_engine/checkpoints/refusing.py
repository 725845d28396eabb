"""Saying what a file holds that can be read and has no StyleGAN2 generator in it."""

from __future__ import annotations

from typing import Any

from .errors import listed, shown
from .finding import Network
from .records import Name, Record, described, mapping_of

# Tensors and classes by which other networks are known, in the order of asking.
_KINDS = (
    ("mapping.embed_proj.weight", "a StyleGAN-XL generator"),
    ("synthesis.input.freqs", "a StyleGAN3 generator"),
    ("synthesis.input.transform", "a StyleGAN3 generator"),
    ("initial_block", "a generator of lucidrains' stylegan2-pytorch"),
    ("stylegan_decoder", "a face restorer (GFPGAN)"),
    ("model.diffusion_model", "a diffusion model"),
    ("lora_unet", "a LoRA of a diffusion model"),
    ("epi1.style_mod", "a generator of the first StyleGAN"),
)
_CLASSES = (("SuperresGenerator", "a StyleGAN-XL generator"), ("TriPlaneGenerator", "an EG3D generator"))


def what_it_is(value: Any, found: list[Network]) -> str:
    """The sentence for a file that can be read and holds no StyleGAN2 generator."""
    for network in found:
        for name, kind in _CLASSES:
            if network.kind == name:
                return f"it holds {kind}, not StyleGAN2; import a StyleGAN2 checkpoint"
    names = [name for network in found for name in network.arrays]
    for part, kind in _KINDS:
        if any(part in name for name in names):
            return f"it holds {kind}, not StyleGAN2; import a StyleGAN2 checkpoint"
    if any(name.startswith("synthesis.") for name in names):
        return (
            f"it holds a synthesis network ({listed(names, 2)}) without StyleGAN2's constant input;"
            " import a StyleGAN2 checkpoint"
        )
    if names:
        return (
            f"it holds tensors ({listed(names, 2)}) but no StyleGAN2 generator among them;"
            " import a checkpoint that holds one"
        )
    return f"it holds {_described(value)} and no network at all; import a StyleGAN2 checkpoint"


def _described(value: Any) -> str:
    if isinstance(value, (Record, Name)):
        return f"an object of {shown(str(value.name if isinstance(value, Record) else value))}"
    items = mapping_of(value)
    if items is not None:
        return f"a dictionary of {listed(list(items)) or 'nothing'}"
    return described(value)
