"""StyleGAN2's synthesis as its paper writes it (Karras et al. 2020, section 2), to measure ours against.

Styles scale the *weights*, demodulation normalises the weights, every picture of a batch is a group of one convolution
with weights of its own, and the whole picture is always made. Only what the paper says and plain PyTorch: no step is
slower than it has to be, and none is cleverer than the text.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
import torch.nn.functional as nnf
from torch import Tensor

from draglayer_engine.architecture import Architecture

EPSILON = 1e-8


def modulated_convolution(
    x: Tensor, weight: Tensor, styles: Tensor, *, up: bool = False, demodulate: bool = True
) -> Tensor:
    """Equations 1 and 3: w' = s_i w, w'' = w' / sqrt(sum w'^2 + eps), then one grouped convolution.

    x [B, I, h, w], weight [O, I, k, k], styles [B, I] -> [B, O, H, W], H = 2h if `up` else h.
    """
    batch, inputs, height, width = x.shape
    outputs, _, k, _ = weight.shape
    w = weight[None] * styles[:, None, :, None, None]  # [B, O, I, k, k]
    if demodulate:
        w = w * (w.square().sum(dim=(2, 3, 4), keepdim=True) + EPSILON).rsqrt()
    x = x.reshape(1, batch * inputs, height, width)
    if up:
        w = w.transpose(1, 2).reshape(batch * inputs, outputs, k, k)
        x = nnf.conv_transpose2d(x, w, stride=2, groups=batch)
        x = x.reshape(batch, outputs, *x.shape[2:])
        return filtered(nnf.pad(x, (1, 1, 1, 1))) * 4.0
    w = w.reshape(batch * outputs, inputs, k, k)
    x = nnf.conv2d(x, w, padding=k // 2, groups=batch)
    return x.reshape(batch, outputs, height, width)


def filtered(x: Tensor) -> Tensor:
    """The filter [1, 3, 3, 1] x [1, 3, 3, 1] / 64 as a depthwise convolution: [B, C, H, W] -> [B, C, H-3, W-3]."""
    channels = x.shape[1]
    f = x.new_tensor([1.0, 3.0, 3.0, 1.0]) / 8.0
    return nnf.conv2d(x, (f[:, None] * f).expand(channels, 1, 4, 4), groups=channels)


def upsampled_picture(x: Tensor) -> Tensor:
    """[B, C, H, W] -> [B, C, 2H, 2W]: zeros between the pixels, then the filter with a gain of 4."""
    batch, channels, height, width = x.shape
    large = x.new_zeros(batch, channels, 2 * height, 2 * width)
    large[:, :, ::2, ::2] = x
    return filtered(nnf.pad(large, (2, 1, 2, 1))) * 4.0


class LiteralSynthesis:
    """w rows -> picture and the output of every block, from tensors under public key names.

    With `trainable` every weight takes a gradient in a backward pass, as it does where nobody freezes the weights.
    Raises ValueError for the resnet architecture, which is not written here.
    """

    def __init__(self, architecture: Architecture, tensors: Mapping[str, Tensor], *, trainable: bool) -> None:
        if architecture.kind != "skip":
            raise ValueError(f"the literal synthesis knows the skip architecture only, not {architecture.kind!r}")
        self.architecture = architecture
        self.weights = {
            name.removeprefix("synthesis."): t.detach().clone(memory_format=torch.contiguous_format)
            for name, t in tensors.items()
            if name.startswith("synthesis.")
        }
        for name, tensor in self.weights.items():
            tensor.requires_grad_(trainable and not name.endswith("noise_const"))  # noise_const is no weight

    def forget_gradients(self) -> None:
        """Drop the weights' gradients, which add up from step to step because no optimiser clears them."""
        for tensor in self.weights.values():
            tensor.grad = None

    def __call__(self, ws: Tensor) -> tuple[Tensor, dict[int, Tensor]]:
        """ws [B, num_ws, w_dim] -> picture [B, channels, H, W] about [-1, 1], and x [B, C, h, w] of every block."""
        a = self.architecture
        x = self.weights["b4.const"][None].expand(ws.shape[0], -1, -1, -1)
        image: Tensor | None = None
        features: dict[int, Tensor] = {}
        for block in a.blocks:
            row = a.first_row(block)
            if block != a.blocks[0]:
                x = self._layer(f"b{block}.conv0", x, ws[:, row], up=True)
                row += 1
            x = self._layer(f"b{block}.conv1", x, ws[:, row], up=False)
            features[block] = x
            y = self._torgb(f"b{block}.torgb", x, ws[:, row + 1])
            image = y if image is None else upsampled_picture(image) + y
        assert image is not None
        return image, features

    def _layer(self, name: str, x: Tensor, w: Tensor, *, up: bool) -> Tensor:
        """Modulated 3x3 convolution, noise, bias, leaky ReLU with a gain of sqrt 2, clamp."""
        x = modulated_convolution(x, self.weights[f"{name}.weight"], self._styles(name, w), up=up)
        x = x + self.weights[f"{name}.noise_const"] * self.weights[f"{name}.noise_strength"]
        x = x + self.weights[f"{name}.bias"][:, None, None]
        return self._clamped(nnf.leaky_relu(x, 0.2) * math.sqrt(2.0))

    def _torgb(self, name: str, x: Tensor, w: Tensor) -> Tensor:
        """Modulated 1x1 convolution without demodulation, bias, clamp."""
        styles = self._styles(name, w) / math.sqrt(x.shape[1])
        y = modulated_convolution(x, self.weights[f"{name}.weight"], styles, demodulate=False)
        return self._clamped(y + self.weights[f"{name}.bias"][:, None, None])

    def _styles(self, name: str, w: Tensor) -> Tensor:
        """The learned affine transform A: [B, w_dim] -> [B, I]; its stored weight lacks the gain 1 / sqrt(w_dim)."""
        weight = self.weights[f"{name}.affine.weight"] / math.sqrt(w.shape[1])
        return nnf.linear(w, weight, self.weights[f"{name}.affine.bias"])

    def _clamped(self, x: Tensor) -> Tensor:
        clamp = self.architecture.conv_clamp
        return x if clamp is None else x.clamp(-clamp, clamp)
