"""A small convolutional network that finds the renderer's landmarks in a picture: the judge of the benchmarks.

It sees nothing of the generator: `python -m training.detector` trains it on rendered pictures, whose landmarks are
exact, so it can say where the nose of a generated picture is. Weights lie beside this file.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import torch
import torch.nn.functional as nnf
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from training.renderer import LANDMARKS

SIZE = 256  # of the pictures
CELL = 4  # picture pixels per heatmap cell, along each axis
WIDTHS = (40, 64, 96, 128)  # channels at 64, 32, 16 and 8 px
WEIGHTS = Path(__file__).with_name("detector.safetensors")


class DetectorError(ValueError):
    """There are no usable weights; the sentence says why and what next."""


class Detector(nn.Module):
    """Pictures [B, 3, 256, 256] in [-1, 1] -> heatmap logits [B, len(LANDMARKS), 64, 64]. 0.93 million parameters.

    A U-shaped network: down to 8 px, where it sees the whole head, and back up to 64 px beside what it saw there.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = _convolution(3 * CELL * CELL, WIDTHS[0])
        self.begin = _Residual(WIDTHS[0])
        pairs = list(pairwise(WIDTHS))
        self.down = nn.ModuleList(nn.Sequential(_convolution(a, b, stride=2), _Residual(b)) for a, b in pairs)
        self.narrow = nn.ModuleList(_convolution(b, a, kernel=1) for a, b in pairs)
        self.up = nn.ModuleList(_convolution(a, a) for a, _ in pairs)
        self.head = nn.Conv2d(WIDTHS[0], len(LANDMARKS), 1)

    def forward(self, pictures: Tensor) -> Tensor:
        x = self.begin(self.stem(nnf.pixel_unshuffle(pictures, CELL)))
        seen = [x]
        for down in self.down:
            seen.append(x := down(x))
        for narrow, up, beside in zip(reversed(self.narrow), reversed(self.up), reversed(seen[:-1]), strict=True):
            wide = nnf.interpolate(narrow(x), scale_factor=2.0, mode="bilinear", align_corners=False)
            x = up(wide + beside)
        return self.head(x)

    @torch.no_grad()
    def find(self, pictures: Tensor, at_once: int = 16) -> Tensor:
        """Pictures [B, 3, 256, 256] in [-1, 1] -> landmarks [B, L, 2], (y, x) in picture pixels.

        Raises ValueError for pictures of another size.
        """
        if tuple(pictures.shape[1:]) != (3, SIZE, SIZE):
            raise ValueError(
                f"the detector was given pictures of shape {tuple(pictures.shape[1:])};"
                f" it was trained on RGB pictures of {SIZE}x{SIZE} pixels, so scale them first"
            )
        return torch.cat([soft_argmax(self(some)) for some in pictures.split(at_once)])


def soft_argmax(logits: Tensor) -> Tensor:
    """Mean position of every heatmap's softmax: [B, L, h, w] -> [B, L, 2], (y, x) in pixels, centres at integers.

    Cell i covers the pixels CELL i ... CELL i + CELL - 1, so its centre is CELL (i + 1/2) - 1/2.
    """
    share = logits.float().flatten(2).softmax(dim=2).unflatten(2, logits.shape[2:])
    y = share.sum(dim=3) @ centres(logits.shape[2], share)
    x = share.sum(dim=2) @ centres(logits.shape[3], share)
    return torch.stack([y, x], dim=2)


def centres(count: int, like: Tensor) -> Tensor:
    """Positions of `count` cells' centres along an axis, in picture pixels: [count]."""
    return (torch.arange(count, device=like.device, dtype=like.dtype) + 0.5) * CELL - 0.5


def save_detector(detector: Detector, path: Path) -> None:
    """Weights as float16."""
    state = detector.state_dict()
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    save_file({n: t.detach().cpu().half().contiguous() for n, t in state.items() if t.is_floating_point()}, part)
    part.replace(path)


def load_detector(path: Path = WEIGHTS, device: torch.device | str = "cpu") -> Detector:
    """A frozen float32 detector. Raises DetectorError: missing, damaged, or of another network."""
    detector = Detector()
    try:
        tensors = {name: tensor.float() for name, tensor in load_file(path).items()}
    except FileNotFoundError as error:
        raise DetectorError(f"there is no detector in {path}; train one with `python -m training.detector`") from error
    except (OSError, SafetensorError) as error:
        raise DetectorError(
            f"the detector in {path} cannot be read ({error}); train it again with `python -m training.detector`"
        ) from error
    own = {n: t for n, t in detector.state_dict().items() if t.is_floating_point()}
    if {n: t.shape for n, t in tensors.items()} != {n: t.shape for n, t in own.items()}:
        raise DetectorError(
            f"the weights in {path} are of another network than benchmarks/detector.py describes;"
            " train it again with `python -m training.detector`"
        )
    detector.load_state_dict(tensors, strict=False)  # BatchNorm's counters are not needed
    detector.requires_grad_(False).eval()
    return detector.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]


class _Residual(nn.Module):
    """x + two convolutions of x."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = _convolution(channels, channels)
        self.second = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        return nnf.relu(x + self.norm(self.second(self.first(x))))


def _convolution(inputs: int, outputs: int, stride: int = 1, kernel: int = 3) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))
