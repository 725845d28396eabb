"""What is computed of one latent for a drag, and where a drag reads it."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .config import DragConfig, Patch, Reduction
from .generator import Activations, Generator, Rows
from .windows import FeatureMap, WindowedMap

SLACK = 0.01  # image pixels for rounding errors of positions


class Look:
    """One latent's features: near the handles with gradient, whole without, each computed when first asked for."""

    def __init__(self, generator: Generator, rows: Rows) -> None:
        """rows: of w, [1, w_dim] each; those with gradient are what a drag moves."""
        self.generator, self.rows = generator, rows
        self._near: tuple[Activations, FeatureMap] | None = None  # whole blocks on the way, features
        self._whole: Activations | None = None

    def near(self, p: Tensor, M: Tensor | None, cfg: DragConfig) -> FeatureMap:
        """[C, h, w] with gradient, for one step with handles at p [N, 2]: eq. 1 here, then eq. 2 and the next step's
        eq. 1 from where it leads. Windows of it, unless a mask or the literal preset needs all of it.
        """
        everything = cfg.literal or (M is not None and cfg.mask_weight > 0)
        F = None if self._near is None else self._near[1]
        if isinstance(F, Tensor) or (
            isinstance(F, WindowedMap) and not everything and F.covers(p, reach_of(cfg), cfg.size)
        ):
            return F
        with torch.enable_grad():
            if everything:
                activations = self.generator.features(self.rows, cfg.feature_block)
                self._near = activations, activations.features[0]
            else:
                reach = math.floor(cfg.r2) + reach_of(cfg)
                self._near = self.generator.features_near(self.rows, cfg.feature_block, p, reach)
        return self._near[1]

    def whole(self, cfg: DragConfig) -> Activations:
        """All activations up to the feature block, without gradient."""
        if self._whole is None:
            with torch.no_grad():
                if self._near is None:
                    self._whole = self.generator.features(self.rows, cfg.feature_block)
                else:
                    activations, F = self._near
                    known = Activations(tuple(x.detach() for x in activations.xs))
                    if isinstance(F, WindowedMap):
                        known = self.generator.features(self.rows, cfg.feature_block, after=known)
                    self._whole = known
        return self._whole

    def picture(self, cfg: DragConfig) -> Tensor:
        """[1, channels, H, W], about [-1, 1]"""
        activations = self.whole(cfg)
        with torch.no_grad():
            return self.generator.image(activations, self.rows)

    def draft(self, cfg: DragConfig, dtype: torch.dtype) -> Tensor:
        """The same with convolutions in this type, from what the step has left: sooner, some of 255 levels off."""
        known = self._whole if self._near is None else self._near[0]
        if known is None or dtype is known.features.dtype:
            return self.picture(cfg)
        with torch.no_grad():
            return self.generator.image(Activations(tuple(x.detach().to(dtype) for x in known.xs)), self.rows)


def reach_of(cfg: DragConfig) -> float:
    """How far from a handle, along either axis, eq. 1 and its template read features, in image pixels.

    Eq. 2 reads templates floor(r2) further away.
    """
    radius = cfg.r1 if cfg.patch is Patch.DISK else math.ceil(cfg.r1) + 1.5  # see drag.disk
    pull = 1.0 if cfg.reduction is Reduction.SUM else cfg.stride  # see drag.direction
    return max(radius + pull, cfg.template) + SLACK
