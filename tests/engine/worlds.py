"""A world with known answers: a generator that can only move one fixed random texture, by w = (dy, dx) pixels."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as nnf
from torch import Tensor

from draglayer_engine.architecture import Size
from draglayer_engine.config import DragConfig, preset
from draglayer_engine.generator import Activations
from draglayer_engine.session import DragSession
from draglayer_engine.windows import FeatureMap, WindowedMap, Windows, boxes_around

SIZE = Size(64, 64)
CELLS = 32  # native feature map: half of the picture
CHANNELS = 8


def texture(seed: int = 0) -> Tensor:
    """[C, h, w], smooth over a few cells."""
    coarse = torch.randn(1, CHANNELS, CELLS // 4, CELLS // 4, generator=torch.Generator().manual_seed(seed))
    return nnf.interpolate(coarse, size=(CELLS, CELLS), mode="bicubic", align_corners=False)[0]


def shifted(F: Tensor, w: Tensor) -> Tensor:
    """The scene moved by w = (dy, dx) image pixels."""
    _, h, width = F.shape
    y, x = torch.meshgrid(torch.arange(h, dtype=F.dtype), torch.arange(width, dtype=F.dtype), indexing="ij")
    scale = h / SIZE.height
    grid = torch.stack([(x - w[1] * scale + 0.5) / width * 2 - 1, (y - w[0] * scale + 0.5) / h * 2 - 1], dim=-1)
    return nnf.grid_sample(F[None], grid[None], padding_mode="border", align_corners=False)[0]


@dataclass
class Shape:
    w_dim: int = 2
    c_dim: int = 0
    z_dim: int = 2
    blocks: tuple[int, ...] = (4,)


class TranslatingGenerator:
    """Answers what DragSession asks of a generator; row 0 of w is the shift."""

    windowed = False

    def __init__(self, seed: int = 0) -> None:
        self.texture = texture(seed)
        self.num_ws, self.size, self.device = 2, SIZE, torch.device("cpu")
        self.architecture = Shape()
        self.calls = 0

    def features(self, rows: Tensor | list[Tensor], block: int, after: Activations | None = None) -> Activations:
        self.calls += after is None  # passes from the beginning
        first = rows[0][0] if isinstance(rows, list) else rows[0, 0]
        return Activations((shifted(self.texture, first)[None],))

    def features_near(self, rows: list[Tensor], block: int, p: Tensor, reach: float) -> tuple[Activations, FeatureMap]:
        """The whole map, or a window of it for every position."""
        activations = self.features(rows, block)
        if not self.windowed:
            return activations, activations.features[0]
        extent = Size(CELLS, CELLS)
        boxes = boxes_around(p, reach, SIZE, extent)
        size = Size(max(box.size.height for box in boxes), max(box.size.width for box in boxes))
        windows = Windows.placed(extent, size, [(box.top, box.left) for box in boxes])
        return Activations(()), WindowedMap(windows, Windows.whole(extent).cut(activations.features, windows))

    def image(self, activations: Activations, rows: list[Tensor]) -> Tensor:
        return nnf.interpolate(activations.features[:, :3], size=tuple(SIZE))

    def __call__(self, ws: Tensor) -> Tensor:
        return self.image(self.features(ws, 0), [])


def config(**changes: object) -> DragConfig:
    """The default preset for this world, brisk enough for a test; changes are DragConfig's fields."""
    base = preset("default", SIZE, (4,))
    return replace(base, **{"layers": 1, "step_size": 0.3, "r1": 3.0, "r2": 6.0, **changes})  # type: ignore[arg-type]


def session(**changes: object) -> DragSession:
    return DragSession(TranslatingGenerator(), torch.zeros(1, 2, 2), config(**changes))  # type: ignore[arg-type]


def points(*pairs: tuple[float, float, float, float]) -> tuple[Tensor, Tensor]:
    """(y, x, y, x) of handle and target -> handles, targets [N, 2]."""
    both = torch.tensor(pairs, dtype=torch.float32)
    return both[:, :2], both[:, 2:]
