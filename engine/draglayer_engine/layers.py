"""The layers of StyleGAN2 (Karras et al. 2020), under the names that public checkpoints use.

Styles and demodulation are applied to activations, never to weights: `conv(W * s, x) = conv(W, x * s)`, and the
demodulation is a factor per output channel. So a batch shares one convolution, and with frozen weights no weight
gradient exists.
"""

from __future__ import annotations

import math
from enum import Enum

import torch
import torch.nn.functional as nnf
from torch import Tensor, nn

from .architecture import Size
from .resample import smooth
from .windows import Windows

SQRT2 = math.sqrt(2.0)
EPSILON = 1e-8


class Noise(Enum):
    """Where the per-pixel noise of the synthesis layers comes from."""

    CONST = "const"
    NONE = "none"
    RANDOM = "random"


def leaky(x: Tensor) -> Tensor:
    return nnf.leaky_relu(x, 0.2)


def normalise(x: Tensor) -> Tensor:
    """[B, D] -> [B, D] with a mean square of 1: x / sqrt(mean(x^2) + 1e-8)."""
    return x * (x.square().mean(dim=1, keepdim=True) + EPSILON).rsqrt()


class Dense(nn.Module):
    """Fully connected layer whose stored weight is the runtime weight divided by `lr_multiplier`."""

    def __init__(self, inputs: int, outputs: int, *, lr_multiplier: float = 1.0, bias: float = 0.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / lr_multiplier)
        self.bias = nn.Parameter(torch.full([outputs], bias / lr_multiplier))
        self.weight_gain = lr_multiplier / math.sqrt(inputs)
        self.bias_gain = lr_multiplier

    def forward(self, x: Tensor) -> Tensor:
        """[B, inputs] -> [B, outputs], linear."""
        return nnf.linear(x, self.weight * self.weight_gain, self.bias * self.bias_gain)


class SynthesisLayer(nn.Module):
    """Modulated 3x3 convolution (upsampling if `up`), noise, bias, leaky ReLU, clamp."""

    noise_const: Tensor

    def __init__(
        self, inputs: int, outputs: int, w_dim: int, size: Size, *, up: bool, clamp: float | None, gain: float = 1.0
    ) -> None:
        super().__init__()
        self.up, self.size = up, size
        self.gain = SQRT2 * gain
        self.clamp = None if clamp is None else clamp * gain
        self.affine = Dense(w_dim, inputs, bias=1.0)
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 3, 3))
        self.noise_strength = nn.Parameter(torch.zeros([]))
        self.register_buffer("noise_const", torch.randn(size.height, size.width))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self._frozen: tuple[Tensor, Tensor | None, dict[torch.dtype, Tensor]] | None = None

    def freeze(self) -> None:
        """Compute once what only depends on weights: sum of squares [O, I], constant noise or None, kernels by type."""
        noise = None if float(self.noise_strength) == 0.0 else self.noise_const * self.noise_strength
        kernel: Tensor = self.weight
        if self.up:
            kernel = kernel.detach().transpose(0, 1).contiguous(memory_format=torch.channels_last)
        self._frozen = (self._energy(), noise, {kernel.dtype: kernel})

    def _energy(self) -> Tensor:
        return self.weight.float().square().sum(dim=(2, 3))

    def _kernel(self, dtype: torch.dtype) -> Tensor:
        """The weight as the convolution takes it: [I, O, 3, 3] if `up`, else [O, I, 3, 3]."""
        if self._frozen is None:
            return self.weight.transpose(0, 1) if self.up else self.weight
        kernels = self._frozen[2]
        if dtype not in kernels:
            kernels[dtype] = next(iter(kernels.values())).to(dtype)
        return kernels[dtype]

    def _noise(self, mode: Noise, batch: int, generator: torch.Generator | None) -> Tensor | None:
        """[1 or B, 1, H, W], or None where nothing is to be added."""
        if mode is Noise.NONE:
            return None
        if mode is Noise.RANDOM:
            shape = (batch, 1, *self.size)
            return torch.randn(shape, generator=generator, device=self.weight.device) * self.noise_strength
        if self._frozen is not None:
            constant = self._frozen[1]
            return None if constant is None else constant[None, None]
        return (self.noise_const * self.noise_strength)[None, None]

    def forward(
        self,
        x: Tensor,
        w: Tensor,
        mode: Noise,
        generator: torch.Generator | None = None,
        windows: Windows | None = None,
    ) -> Tensor:
        """x [B, I, h, w], w [B, w_dim] -> [B, O, H, W], H = 2h if `up` else h.

        With `windows` the result stands for these windows of one picture's map: B of them, w [1, w_dim].
        """
        styles = self.affine(w)
        energy = self._frozen[0] if self._frozen is not None else self._energy()
        demodulation = (styles.float().square() @ energy.T + EPSILON).rsqrt()
        x = x * styles.to(x.dtype)[:, :, None, None]
        if self.up:
            # zeros between the pixels and the filter's gain of 4 belong together: see resample.py
            x = nnf.conv_transpose2d(x, self._kernel(x.dtype), stride=2)
            x = smooth(nnf.pad(x, (1, 1, 1, 1)))
            factor = 4.0 * self.gain
        else:
            x = nnf.conv2d(x, self._kernel(x.dtype), padding=1)
            factor = self.gain
        # lrelu(y) * gain = lrelu(y * gain): the gain rides on demodulation, noise and bias
        offset = (self.bias * self.gain)[None, :, None, None].to(x.dtype)
        scale = (demodulation * factor).to(x.dtype)[:, :, None, None]
        noise = self._noise(mode, w.shape[0], generator)
        if noise is not None and windows is not None:
            noise = Windows.whole(self.size).cut(noise, windows)
        if noise is None:
            x = torch.addcmul(offset, x, scale)
        else:  # in this order the memory format stays x's
            x = torch.addcmul((noise * self.gain).to(x.dtype), x, scale).add_(offset)
        x = leaky(x)
        return x if self.clamp is None else x.clamp(-self.clamp, self.clamp)


class ToRGB(nn.Module):
    """Modulated 1x1 convolution without demodulation: features to picture channels."""

    def __init__(self, inputs: int, outputs: int, w_dim: int, *, clamp: float | None) -> None:
        super().__init__()
        self.clamp = clamp
        self.gain = 1.0 / math.sqrt(inputs)
        self.affine = Dense(w_dim, inputs, bias=1.0)
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 1, 1))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """x [B, I, H, W], w [B, w_dim] -> [B, channels, H, W] in about [-1, 1]."""
        styles = (self.affine(w) * self.gain).to(x.dtype)
        y = nnf.conv2d(x * styles[:, :, None, None], self.weight.to(x.dtype), self.bias.to(x.dtype))
        return y if self.clamp is None else y.clamp(-self.clamp, self.clamp)


class Skip(nn.Module):
    """The shortcut of a resnet block: 1x1 convolution without bias; upsampling follows outside."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 1, 1))
        self.gain = 1.0 / math.sqrt(inputs)

    def forward(self, x: Tensor) -> Tensor:
        """[B, I, H, W] -> [B, O, H, W]"""
        return nnf.conv2d(x, (self.weight * self.gain).to(x.dtype))
