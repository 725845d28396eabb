"""The StyleGAN2 generator (Karras et al. 2020): z -> w -> features -> picture."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from .architecture import Architecture, ArchitectureError, Size
from .layers import Noise, Skip, SynthesisLayer, ToRGB
from .mapping import MappingNetwork
from .plan import Plan, plan_for
from .resample import is_filter, upsample
from .windows import FeatureMap, WindowedMap, Windows, boxes_around

SQRT_HALF = math.sqrt(0.5)
DRAWN = 8192  # latents that principal directions are measured on
Rows = Sequence[Tensor]  # num_ws tensors [B, w_dim]: rows that are not optimised carry no gradient


class Activations(NamedTuple):
    """Outputs x of blocks b4 ... bN, in that order, each [B, C, H, W]: what a picture continues from."""

    xs: tuple[Tensor, ...]

    @property
    def features(self) -> Tensor:
        """[B, C, H, W] of the last block that was computed."""
        return self.xs[-1]


NOTHING = Activations(())


class Block(nn.Module):
    """bN: upsampling conv0 (absent in b4), conv1, torgb (skip: always; resnet: last block only), skip (resnet)."""

    def __init__(self, a: Architecture, block: int) -> None:
        super().__init__()
        index = a.blocks.index(block)
        outputs, size = a.channels[index], a.block_size(block)
        self.row = a.first_row(block)
        resnet = a.kind == "resnet" and index > 0
        self.const = nn.Parameter(torch.randn(outputs, *a.base)) if index == 0 else None
        self.conv0: SynthesisLayer | None = None
        self.skip: Skip | None = None
        if index > 0:
            inputs = a.channels[index - 1]
            self.conv0 = SynthesisLayer(inputs, outputs, a.w_dim, size, up=True, clamp=a.conv_clamp)
            if resnet:
                self.skip = Skip(inputs, outputs)
        self.conv1 = SynthesisLayer(
            outputs, outputs, a.w_dim, size, up=False, clamp=a.conv_clamp, gain=SQRT_HALF if resnet else 1.0
        )
        paints = a.kind == "skip" or block == a.blocks[-1]
        self.torgb = ToRGB(outputs, a.image_channels, a.w_dim, clamp=a.conv_clamp) if paints else None

    def forward(self, x: Tensor | None, rows: Rows, mode: Noise, generator: torch.Generator | None) -> Tensor:
        """x [B, I, h, w] of the block before (None in b4) -> [B, O, H, W]"""
        row = self.row
        if self.const is not None:
            x = self.const[None].expand(rows[0].shape[0], -1, -1, -1)
            x = x.contiguous(memory_format=torch.channels_last)
            return self.conv1(x, rows[row], mode, generator)
        assert x is not None and self.conv0 is not None
        y = self.conv1(self.conv0(x, rows[row], mode, generator), rows[row + 1], mode, generator)
        return y if self.skip is None else y + upsample(self.skip(x)) * SQRT_HALF

    def within(
        self,
        x: Tensor,
        rows: Rows,
        source: Windows,
        wanted: Windows,
        mode: Noise,
        generator: torch.Generator | None,
    ) -> Tensor:
        """The same on windows of one picture: x [N, I, h, w] on `source` -> [N, O, h', w'] on `wanted`."""
        assert self.conv0 is not None
        made, middle = source.doubled(), wanted.grown(1)
        y = made.cut(self.conv0(x, rows[self.row], mode, generator, made), middle)
        y = middle.cut(self.conv1(y, rows[self.row + 1], mode, generator, middle), wanted)
        return y if self.skip is None else y + made.cut(upsample(self.skip(x)), wanted) * SQRT_HALF

    def paint(self, x: Tensor, image: Tensor | None, rows: Rows) -> Tensor | None:
        """Add this block's picture to the upsampled picture so far."""
        if self.torgb is None:
            return image
        y = self.torgb(x, rows[self.row + (1 if self.conv0 is None else 2)]).float()
        return y if image is None else upsample(image) + y


class Synthesis(nn.Module):
    """w rows -> picture, block by block."""

    def __init__(self, a: Architecture) -> None:
        super().__init__()
        self.names = a.blocks
        for block in a.blocks:
            self.add_module(f"b{block}", Block(a, block))

    def block(self, name: int) -> Block:
        block = self.get_submodule(f"b{name}")
        assert isinstance(block, Block)
        return block


class Generator(nn.Module):
    """A StyleGAN2 generator under public key names (`mapping.fc0.weight`, `synthesis.b4.const`, ...).

    Source: Karras et al., "Analyzing and Improving the Image Quality of StyleGAN" (2020).
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = architecture
        self.mapping = MappingNetwork(architecture)
        self.synthesis = Synthesis(architecture)
        self._directions: Tensor | None = None

    @classmethod
    def from_tensors(cls, architecture: Architecture, tensors: Mapping[str, Tensor]) -> Generator:
        """A frozen float32 generator. Raises ArchitectureError when tensors are missing, extra or of another shape."""
        with torch.device("meta"):
            generator = cls(architecture)
        own = generator.state_dict()
        given = {name: t for name, t in tensors.items() if not is_filter(name, t)}
        missing, extra = sorted(own.keys() - given.keys()), sorted(given.keys() - own.keys())
        if missing or extra:
            what = [
                f"missing {', '.join(missing[:3])}" if missing else "",
                f"extra {', '.join(extra[:3])}" if extra else "",
            ]
            raise ArchitectureError(
                f"these weights are of another network: {len(missing)} tensors missing, {len(extra)} extra"
                f" ({'; '.join(w for w in what if w)})"
            )
        for name, tensor in given.items():
            if tensor.shape != own[name].shape:
                raise ArchitectureError(
                    f"{name} has shape {tuple(tensor.shape)}, the architecture says {tuple(own[name].shape)}"
                )
        generator.load_state_dict({n: t.detach().float().clone() for n, t in given.items()}, assign=True)
        return generator.freeze()

    def freeze(self) -> Generator:
        """No weight takes a gradient from here on; what depends on weights alone is computed once."""
        self.requires_grad_(False).eval()
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        for module in self.modules():
            if isinstance(module, SynthesisLayer):
                module.freeze()
        return self

    @property
    def device(self) -> torch.device:
        return self.mapping.w_avg.device

    @property
    def num_ws(self) -> int:
        return self.architecture.num_ws

    @property
    def size(self) -> Size:
        return self.architecture.size

    def map(self, z: Tensor, label: Tensor | None = None, psi: float = 1.0, cutoff: int | None = None) -> Tensor:
        """Latent codes with truncation psi on the first `cutoff` rows (None = all).

        z [B, z_dim], label [B, c_dim] or None (= no label set) -> ws [B, num_ws, w_dim]
        """
        c_dim = self.architecture.c_dim
        if c_dim and label is None:
            label = z.new_zeros(z.shape[0], c_dim)
        w = self.mapping(z, label)
        ws = w[:, None].repeat(1, self.num_ws, 1)
        if psi == 1.0:
            return ws
        w_avg, rows = self.mapping.w_avg, slice(0, cutoff)
        ws[:, rows] = w_avg + psi * (ws[:, rows] - w_avg)
        return ws

    def directions(self, count: int) -> Tensor:
        """Principal directions of w, the widest first, each as long as w's standard deviation along it: [count, w_dim].

        Measured once on DRAWN latents of a fixed seed, in float64 on the CPU; signs are fixed, so that the same model
        gives the same directions. Source: Härkönen et al., "GANSpace" (2020).
        """
        if self._directions is None:
            a = self.architecture
            g = torch.Generator().manual_seed(0)
            z = torch.randn(DRAWN, a.z_dim, generator=g).to(self.device)
            label: Tensor | None = None
            if a.c_dim:
                label = torch.eye(a.c_dim, device=self.device)[torch.arange(DRAWN) % a.c_dim]
            with torch.no_grad():
                w = self.mapping(z, label).double().cpu()
            values, vectors = torch.linalg.eigh(torch.cov(w.T))
            widest = (vectors * values.clamp(min=0).sqrt()).T.flip(0)  # [w_dim, w_dim]
            largest = widest.gather(1, widest.abs().argmax(dim=1, keepdim=True))
            self._directions = (widest * torch.where(largest < 0, -1.0, 1.0)).float()
        return self._directions[:count].to(self.device)

    def features(
        self,
        ws: Tensor | Rows,
        block: int,
        noise: Noise = Noise.CONST,
        generator: torch.Generator | None = None,
        after: Activations = NOTHING,
    ) -> Activations:
        """Run blocks b4 ... b`block`; nothing beyond is computed.

        ws [B, num_ws, w_dim], or its rows one by one (rows without gradient cost none).
        after: what is known already of the first blocks, for the same ws.
        Raises ValueError when the generator has no such block.
        """
        names = self.synthesis.names
        if block not in names:
            raise ValueError(f"this generator has no block b{block}; it has {', '.join(f'b{n}' for n in names)}")
        rows = ws.unbind(1) if isinstance(ws, Tensor) else ws
        return self._continue(after.xs, rows, block, noise, generator)

    def features_near(
        self,
        ws: Tensor | Rows,
        block: int,
        p: Tensor,
        reach: float,
        noise: Noise = Noise.CONST,
        generator: torch.Generator | None = None,
    ) -> tuple[Activations, FeatureMap]:
        """Features of one block [C, h, w] as far as they lie near some positions, and the activations on the way there.

        ws [1, num_ws, w_dim] or its rows; p [N, 2], reach: what is read lies within `reach` of p along either axis, in
        pixels of the picture. Where windows would save little the map is computed whole.
        """
        boxes = boxes_around(p, reach, self.size, self.architecture.block_size(block))
        plan = plan_for(self.architecture, block, boxes)
        if plan is not None:
            return self.features_within(ws, plan, noise, generator)
        activations = self.features(ws, block, noise, generator)
        return activations, activations.features[0]

    def features_within(
        self, ws: Tensor | Rows, plan: Plan, noise: Noise = Noise.CONST, generator: torch.Generator | None = None
    ) -> tuple[Activations, WindowedMap]:
        """The same by a plan: activations up to its last whole block, and the windows. ws [1, num_ws, w_dim]."""
        activations = self.features(ws, plan.whole, noise, generator)
        rows = ws.unbind(1) if isinstance(ws, Tensor) else ws
        windows = plan.windows[0]
        x = Windows.whole(windows.extent).cut(activations.features, windows)
        names = self.synthesis.names[len(activations.xs) :]
        for name, wanted in zip(names, plan.windows[1:], strict=False):
            x = self.synthesis.block(name).within(x, rows, windows, wanted, noise, generator)
            windows = wanted
        return activations, WindowedMap(windows, x)

    def image(
        self,
        activations: Activations,
        ws: Tensor | Rows,
        noise: Noise = Noise.CONST,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Continue from activations that `features` returned for the same ws: [B, channels, H, W], about [-1, 1]."""
        rows = ws.unbind(1) if isinstance(ws, Tensor) else ws
        xs = self._continue(activations.xs, rows, self.synthesis.names[-1], noise, generator).xs
        image: Tensor | None = None
        for name, x in zip(self.synthesis.names, xs, strict=True):
            image = self.synthesis.block(name).paint(x, image, rows)
        assert image is not None
        return image

    def forward(
        self, ws: Tensor | Rows, noise: Noise = Noise.CONST, generator: torch.Generator | None = None
    ) -> Tensor:
        """ws [B, num_ws, w_dim] -> picture [B, channels, H, W], about [-1, 1]."""
        first = self.features(ws, self.synthesis.names[0], noise, generator)
        return self.image(first, ws, noise, generator)

    def _continue(
        self, xs: tuple[Tensor, ...], rows: Rows, block: int, noise: Noise, generator: torch.Generator | None
    ) -> Activations:
        x = xs[-1] if xs else None
        for name in self.synthesis.names[len(xs) : self.synthesis.names.index(block) + 1]:
            x = self.synthesis.block(name)(x, rows, noise, generator)
            assert x is not None
            xs = (*xs, x)
        return Activations(xs)
