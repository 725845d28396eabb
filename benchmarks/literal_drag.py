"""A drag step as DragGAN's paper writes it (Pan et al. 2023, section 3.2), to measure ours against.

Every step makes the whole picture, resizes the features of one block to the picture's size, and supervises and tracks
on the resized map. Where the paper leaves a choice, the choice is that of the `reference` preset (means, L2 tracking,
the drifting grid of the disk), so that a step can be held against the recorded arrays of the public implementation.
"""

from __future__ import annotations

import torch
import torch.nn.functional as nnf
from torch import Tensor

from draglayer_engine.architecture import Size
from draglayer_engine.config import DragConfig

from .literal_synthesis import LiteralSynthesis


def resized(F: Tensor, size: Size) -> Tensor:
    """The whole map at the picture's size: [B, C, h, w] -> [C, H, W] of the first picture."""
    return nnf.interpolate(F, size=tuple(size), mode="bilinear", align_corners=False)[0]


def motion_loss(F: Tensor, F_0: Tensor | None, p: Tensor, t: Tensor, fixed: Tensor | None, cfg: DragConfig) -> Tensor:
    """Eq. 1 on maps of the picture's size.

    F, F_0 [C, H, W] now and where the drag began   p, t [N, 2] (y, x) pixels   fixed [H, W] = 1 - M, or None
    """
    loss = F.new_zeros(())
    for p_i, t_i in zip(p, t, strict=True):
        length = (t_i - p_i).norm()
        d_i = (t_i - p_i) / length.clamp(min=1e-12)
        q = disk(p_i, cfg)
        F_q = F[:, q[:, 0], q[:, 1]]
        # A handle within a pixel of its target is not pulled; its term is zero, but its work is done all the same.
        loss = loss + (F_q.detach() - bilinear(F, q + d_i)).abs().mean() * (length > 1)
    if fixed is not None:
        assert F_0 is not None
        loss = loss + cfg.mask_weight * ((F - F_0) * fixed).abs().mean()
    return loss


@torch.no_grad()
def track(F: Tensor, f: Tensor, p: Tensor, cfg: DragConfig) -> Tensor:
    """Eq. 2: the pixel of the square around every handle whose features are nearest to f_i.

    F [C, H, W]   f [N, C]   p [N, 2]   ->   [N, 2]
    """
    r2, found = int(cfg.r2), []
    for (y, x), f_i in zip(p.round().long().tolist(), f, strict=True):
        top, left = max(y - r2, 0), max(x - r2, 0)
        window = F[:, top : y + r2 + 1, left : x + r2 + 1]
        distance = (window - f_i[:, None, None]).norm(dim=0)
        row, column = divmod(int(distance.argmin()), distance.shape[1])
        found.append(p.new_tensor([top + row, left + column]))
    return torch.stack(found)


def disk(p_i: Tensor, cfg: DragConfig) -> Tensor:
    """Pixels [Q, 2] whose coordinate on a grid of H values from 0 to H lies closer than r1 to p_i."""
    height, width = cfg.size
    y = torch.linspace(0, height, height, device=p_i.device) - p_i[0]
    x = torch.linspace(0, width, width, device=p_i.device) - p_i[1]
    return ((y.square()[:, None] + x.square()).sqrt() < cfg.r1).nonzero()


def bilinear(F: Tensor, q: Tensor) -> Tensor:
    """F at fractional pixels, zero outside the picture: [C, H, W], [Q, 2] -> [C, Q]."""
    last = q.new_tensor([F.shape[1] - 1, F.shape[2] - 1])
    grid = (q / last * 2 - 1).flip(-1)[None, None]  # grid_sample wants (x, y) in [-1, 1]
    return nnf.grid_sample(F[None], grid, mode="bilinear", padding_mode="zeros", align_corners=True)[0, :, 0]


class LiteralDrag:
    """One drag in W+ from ws [1, num_ws, w_dim]: Adam on the first `layers` rows."""

    def __init__(
        self, synthesis: LiteralSynthesis, ws: Tensor, p: Tensor, t: Tensor, M: Tensor | None, cfg: DragConfig
    ) -> None:
        self.synthesis, self.cfg, self.p, self.t = synthesis, cfg, p, t
        self.w = ws[:, : cfg.layers].detach().clone().requires_grad_()
        self.w_0 = ws.detach().clone()
        self.fixed = None if M is None else 1 - M
        self.optimizer = torch.optim.Adam([self.w], lr=cfg.step_size)
        self.picture: Tensor | None = None
        self._f: Tensor | None = None
        self._F_0: Tensor | None = None

    @property
    def ws(self) -> Tensor:
        """[1, num_ws, w_dim]. Joined to one tensor, so that autograd takes every row for one that changes."""
        return torch.cat([self.w, self.w_0[:, self.cfg.layers :]], dim=1)

    def look(self) -> Tensor:
        """The picture of the present latent, and its features resized to it: [C, H, W]."""
        self.picture, features = self.synthesis(self.ws)
        return resized(features[self.cfg.feature_block], self.cfg.size)

    def follow(self, F: Tensor) -> None:
        """Track the handles on F; the first map of a drag gives their templates and F_0."""
        if self._f is None:
            y, x = self.p.round().long().unbind(1)
            self._f = F.detach()[:, y, x].T.clone()
            self._F_0 = None if self.fixed is None else F.detach()  # without a mask nothing reads it again
        self.p = track(F, self._f, self.p, self.cfg)

    def pull(self, F: Tensor) -> None:
        """One step of Adam down eq. 1."""
        loss = motion_loss(F, self._F_0, self.p, self.t, self.fixed, self.cfg)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
