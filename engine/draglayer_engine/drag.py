"""The two equations of DragGAN (Pan et al., "Drag Your GAN", SIGGRAPH 2023, sections 3.2 and 3.3).

Letters are the paper's. Everything is in image pixels, (y, x), pixel centres at integers; F is the native feature map
of one block, read where it is needed, so that windows of it are enough (look.py says how far a step reads). Where a
preset departs from the paper, config.py says why.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .config import DragConfig, Norm, Patch, Reduction, Source
from .sampling import inside, integers, sample, sample_resized, shrink, upsampled
from .windows import FeatureMap, whole

SEARCH_BYTES = 64 << 20  # of features gathered at once while tracking


def motion_loss(
    F: FeatureMap, F_0: Tensor, p: Tensor, t: Tensor, M: Tensor | None, cfg: DragConfig, p_0: Tensor | None = None
) -> Tensor:
    """Eq. 1: pull the disk around every handle one stride towards its target, keep what the mask fixes.

    F, F_0  [C, h, w]  features now, features where the drag began
    p, t    [N, 2]     handles and targets, (y, x) in image pixels
    M       [H, W]     1 where the image may move, 0 where it must stay; None = everything may move
    p_0     [N, 2]     handles where the drag began (None: here); read when cfg.source is BEGINNING
    returns a scalar; its gradient reaches F only through F(q + d), as the paper detaches F(q).
    """
    d = direction(p, t, cfg)[:, None]  # d_i
    q, w = disk(p, cfg)  # Omega_1(p_i, r1), and which of its pixels count
    if cfg.literal:
        w = w * ((t - p).norm(dim=1) > 1)[:, None]
        F_q, F_qd = sample(F, q, cfg.size), sample_resized(F, q + d, cfg.size)
    elif cfg.source is Source.BEGINNING:
        q_0 = q if p_0 is None else disk(p_0, cfg)[0]
        F_q, F_qd = sample(F_0, q_0, cfg.size), sample(F, q + d, cfg.size)
    else:
        F_q, F_qd = sample(F, q, cfg.size), sample(F, q + d, cfg.size)
    difference = (F_q.detach() - F_qd).abs()  # [N, Q, C]
    if cfg.reduction is Reduction.SUM:
        loss = (difference.sum(dim=2) * w).sum()
    else:
        loss = ((difference.mean(dim=2) * w).sum(dim=1) / w.sum(dim=1).clamp(min=1)).sum()
    if M is not None and cfg.mask_weight > 0:
        loss = loss + cfg.mask_weight * mask_loss(whole(F), F_0, M, cfg)
    return loss


def mask_loss(F: Tensor, F_0: Tensor, M: Tensor, cfg: DragConfig) -> Tensor:
    """Second term of eq. 1, |(F - F_0) (1 - M)|_1, without lambda. Shapes as in `motion_loss`."""
    if cfg.literal:
        fixed = 1 - M
        if float(fixed.min()) != 0 or float(fixed.max()) != 1:
            return F.new_zeros(())  # the public implementation constrains nothing then
        return (upsampled(F - F_0, cfg.size) * fixed).abs().mean()
    fixed = 1 - shrink(M, F.shape[1], F.shape[2])
    difference = (F - F_0).abs() * fixed
    if cfg.reduction is Reduction.SUM:  # every feature pixel stands for the image pixels that it covers
        return difference.sum() * (M.numel() / fixed.numel())
    return difference.sum() / (F.shape[0] * fixed.sum()).clamp(min=1)


@torch.no_grad()
def track(F: FeatureMap, f: Tensor, p: Tensor, cfg: DragConfig) -> Tensor:
    """Eq. 2: move every handle to the pixel of Omega_2(p_i, r2) whose features are nearest to its template f_i.

    F [C, h, w]   f [N, T, C]   p [N, 2]   ->   [N, 2], within the picture
    """
    window = integers(math.floor(cfg.r2), p)  # Omega_2, [K, 2]
    offsets = template_offsets(F, p, cfg)
    at_once = max(1, SEARCH_BYTES // (window.shape[0] * f[0].numel() * f.element_size()))
    found = []
    for some_p, some_f in zip(p.split(at_once), f.split(at_once), strict=True):
        q = some_p[:, None] + window  # [n, K, 2]
        difference = sample(F, q[:, :, None] + offsets, cfg.size) - some_f[:, None]  # [n, K, T, C]
        distance = difference.norm(dim=3) if cfg.norm is Norm.L2 else difference.abs().sum(dim=3)
        distance = distance.sum(dim=2).masked_fill(~inside(q, cfg.size), math.inf)
        best = distance.argmin(dim=1, keepdim=True)
        found.append(q.gather(1, best[..., None].expand(-1, -1, 2))[:, 0])
    return torch.cat(found)


@torch.no_grad()
def templates(F_0: FeatureMap, p: Tensor, cfg: DragConfig) -> Tensor:
    """f_i = F_0(p_i), the features that a handle is recognised by: [C, h, w], [N, 2] -> [N, T, C].

    T = 1 as in the paper, or the handle and its neighbours within cfg.template pixels.
    """
    return sample(F_0, p[:, None] + template_offsets(F_0, p, cfg), cfg.size)


def template_offsets(F: FeatureMap, p: Tensor, cfg: DragConfig) -> Tensor:
    """Where a template is read around its handle: [T, 2] image pixels, whole feature pixels apart."""
    pitch = max(1.0, cfg.size.height / F.shape[1])
    offsets = integers(math.floor(cfg.template / pitch), p) * pitch
    return offsets[offsets.norm(dim=1) <= cfg.template]


@torch.no_grad()
def confidence(F: FeatureMap, f: Tensor, p: Tensor, cfg: DragConfig) -> Tensor:
    """How much the features at the handles look like their templates [N, T, C], [N] in [0, 1].

    1 - |F(p_i) - f_i|_1 / (|F(p_i)|_1 + |f_i|_1): 1 = the same, 0 = nothing in common.
    """
    here = templates(F, p, cfg)
    scale = here.abs().sum(dim=(1, 2)) + f.abs().sum(dim=(1, 2))
    return 1 - (here - f).abs().sum(dim=(1, 2)) / scale.clamp(min=1e-12)


def direction(p: Tensor, t: Tensor, cfg: DragConfig) -> Tensor:
    """d_i = (t_i - p_i) / |t_i - p_i|, [N, 2]; zero where a handle has arrived.

    Unless literal, d_i is a stride long and shrinks with the distance below a stride, so that arrival is no jolt.
    """
    v = t - p
    length = v.norm(dim=1, keepdim=True)
    if cfg.literal or cfg.reduction is Reduction.SUM:
        return v / length.clamp(min=1e-12)
    return v * (cfg.stride / length.clamp(min=cfg.stride))


def disk(p: Tensor, cfg: DragConfig) -> tuple[Tensor, Tensor]:
    """Omega_1: pixels q around every handle, and 1 for those that count: [N, 2] -> [N, Q, 2], [N, Q].

    DISK: q = p_i + every integer offset with |offset| <= r1.
    LINSPACE (public implementation): integer pixels of the picture whose coordinate on a grid of H values from 0 to H
    (step H/(H-1), so it drifts by a pixel over the picture) lies closer than r1 to p_i.
    """
    if cfg.patch is Patch.DISK:
        offsets = integers(math.floor(cfg.r1), p)
        offsets = offsets[offsets.norm(dim=1) <= cfg.r1]
        q = p[:, None] + offsets
        return q, q.new_ones(q.shape[:2])
    q = p.round()[:, None] + integers(math.ceil(cfg.r1) + 1, p)
    extent = q.new_tensor([cfg.size.height, cfg.size.width])
    drifted = q * (extent / (extent - 1))
    counts = ((drifted - p[:, None]).norm(dim=2) < cfg.r1) & inside(q, cfg.size)
    return q, counts.to(q.dtype)
