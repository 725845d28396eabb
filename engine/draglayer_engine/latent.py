"""The latent of a drag: fixed rows, and the offset that Adam moves."""

from __future__ import annotations

import torch
from torch import Tensor

from .config import DragConfig, Space

BETAS = (0.9, 0.999)
EPSILON = 1e-8


class EditableLatent:
    """ws = base + offset on the first `layers` rows. Owns Adam's moments; nothing given to it is modified.

    base [1, num_ws, w_dim]; offset [1, layers, w_dim] in W+, [1, 1, w_dim] in W (one offset for all editable rows).
    directions [K, w_dim] or None: Adam steps along these instead of along w's own coordinates. The offset stays in w,
    so that it means the same wherever it is opened.
    """

    def __init__(self, ws: Tensor, cfg: DragConfig, directions: Tensor | None = None) -> None:
        self.base = ws.detach().clone()
        self.space, self.layers, self.directions = cfg.space, cfg.layers, directions
        rows = cfg.layers if cfg.space is Space.W_PLUS else 1
        self.offset = torch.zeros(1, rows, ws.shape[2], dtype=ws.dtype, device=ws.device, requires_grad=True)
        # what Adam moves: the offset itself, or (always back at zero after a step) coordinates along the directions
        self._moved = self.offset
        if directions is not None:
            self._moved = torch.zeros(1, rows, len(directions), dtype=ws.dtype, device=ws.device, requires_grad=True)
        self.optimizer = torch.optim.Adam([self._moved], lr=cfg.step_size, betas=BETAS, eps=EPSILON)

    def fits(self, cfg: DragConfig) -> bool:
        along = 0 if self.directions is None else len(self.directions)
        return (self.space, self.layers, along) == (cfg.space, cfg.layers, cfg.moved_along(self.base.shape[2]))

    def rows(self) -> list[Tensor]:
        """num_ws rows [1, w_dim]; only the editable ones carry gradient."""
        rows = list(self.base.unbind(1))
        for i in range(self.layers):
            rows[i] = rows[i] + self.offset[:, i if self.space is Space.W_PLUS else 0]
        return rows

    def ws(self) -> Tensor:
        """[1, num_ws, w_dim], a copy."""
        return torch.stack([row.detach() for row in self.rows()], dim=1)

    def update(self, loss: Tensor, step_size: float) -> None:
        """One step of Adam down the loss."""
        self.optimizer.param_groups[0]["lr"] = step_size
        self.offset.grad = None
        loss.backward()
        if self.directions is None:
            self.optimizer.step()
            return
        assert self.offset.grad is not None
        self._moved.grad = self.offset.grad @ self.directions.T
        self.optimizer.step()
        with torch.no_grad():
            self.offset += self._moved @ self.directions
            self._moved.zero_()

    def restore(self, offset: Tensor, moments: tuple[Tensor, Tensor, int] | None) -> None:
        """Go on from an offset and Adam's moments that were exported."""
        with torch.no_grad():
            self.offset.copy_(offset)
        if moments is not None:
            self.restore_moments(*moments)

    def moments(self) -> tuple[Tensor, Tensor, int] | None:
        """Adam's (mean, uncentred variance, steps), or None before the first update."""
        state = self.optimizer.state.get(self._moved)
        if not state:
            return None
        return state["exp_avg"], state["exp_avg_sq"], int(state["step"])

    def restore_moments(self, mean: Tensor, square: Tensor, steps: int) -> None:
        self.optimizer.state[self._moved] = {
            "step": torch.tensor(float(steps)),
            "exp_avg": mean.to(self._moved).clone(),
            "exp_avg_sq": square.to(self._moved).clone(),
        }

    def forget_moments(self) -> None:
        self.optimizer.state.clear()
