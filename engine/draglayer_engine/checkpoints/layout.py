"""Names and shapes of a generator's tensors, from its architecture alone."""

from __future__ import annotations

from ..architecture import Architecture


def expected_shapes(a: Architecture) -> dict[str, tuple[int, ...]]:
    """What `draglayer_engine.generator.Generator(a).state_dict()` holds: shape by name."""
    shapes: dict[str, tuple[int, ...]] = {"mapping.w_avg": (a.w_dim,)}
    if a.c_dim:
        shapes |= {"mapping.embed.weight": (a.w_dim, a.c_dim), "mapping.embed.bias": (a.w_dim,)}
    for i in range(a.mapping_layers):
        inputs = a.w_dim if i else a.z_dim + (a.w_dim if a.c_dim else 0)
        shapes |= {f"mapping.fc{i}.weight": (a.w_dim, inputs), f"mapping.fc{i}.bias": (a.w_dim,)}
    inputs = 0
    for block, outputs in zip(a.blocks, a.channels, strict=True):
        name = f"synthesis.b{block}"
        if inputs:
            shapes |= _layer(f"{name}.conv0", inputs, outputs, a.w_dim) | _noise(f"{name}.conv0", a, block)
            if a.kind == "resnet":
                shapes[f"{name}.skip.weight"] = (outputs, inputs, 1, 1)
        else:
            shapes[f"{name}.const"] = (outputs, *a.base)
        shapes |= _layer(f"{name}.conv1", outputs, outputs, a.w_dim) | _noise(f"{name}.conv1", a, block)
        if a.kind == "skip" or block == a.blocks[-1]:
            shapes |= _layer(f"{name}.torgb", outputs, a.image_channels, a.w_dim, side=1)
        inputs = outputs
    return shapes


def _layer(name: str, inputs: int, outputs: int, w_dim: int, side: int = 3) -> dict[str, tuple[int, ...]]:
    return {
        f"{name}.weight": (outputs, inputs, side, side),
        f"{name}.bias": (outputs,),
        f"{name}.affine.weight": (inputs, w_dim),
        f"{name}.affine.bias": (inputs,),
    }


def _noise(name: str, a: Architecture, block: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.noise_const": tuple(a.block_size(block)), f"{name}.noise_strength": ()}
