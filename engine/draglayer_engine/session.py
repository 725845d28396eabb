"""One drag session: everything that changes between two steps lives here."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from . import state
from .config import DragConfig, EndReason
from .devices import quick_type
from .drag import confidence, motion_loss, templates, track
from .ending import Watch, arrived
from .generator import Generator
from .history import History
from .latent import EditableLatent
from .look import Look
from .moments import Anchor, Moment, Step
from .pictures import to_uint8
from .points import check_draggable, check_pairs, check_targets
from .seeds import latent_of_seed
from .windows import FeatureMap


class DivergedError(ArithmeticError):
    """A step would have led to a latent that is no number."""


class DragSession:
    """A latent, its history, and at most one running drag.

    Points may change at any time, also between two steps of a running drag. Without new points a drag that ended goes
    on from where it stopped when `begin` is called again; new points are looked up in the present picture.
    """

    def __init__(self, generator: Generator, ws: Tensor, config: DragConfig, model_sha256: str = "") -> None:
        """ws [1, num_ws, w_dim]. Raises ValueError for another shape."""
        expected = (1, generator.num_ws, generator.architecture.w_dim)
        if tuple(ws.shape) != expected:
            raise ValueError(f"a latent of shape {tuple(ws.shape)} was given; this generator needs {expected}")
        self.generator, self.config, self.model_sha256 = generator, config, model_sha256
        self._start = ws.detach().clone().to(generator.device)
        self._latent = self._editable(self._start)
        self._p = self._t = none = self._start.new_zeros(0, 2)
        self._M: Tensor | None = None
        self._anchor: Anchor | None = None
        self._now: Look | None = None  # at the present latent
        self._points = 0  # counts set_points: handles of a step belong to the points of their time
        self._history = History(Moment(self._start.cpu(), none.cpu(), self._points))
        self._running = False
        self._watch = Watch()
        self._loss = 0.0

    @classmethod
    def from_seed(
        cls,
        generator: Generator,
        seed: int,
        label: int | None,
        truncation: float,
        config: DragConfig,
        model_sha256: str = "",
    ) -> DragSession:
        """Begin on the picture of a seed: z is drawn as the public tools draw it (numpy's RandomState).

        Raises ValueError for a label that the model does not have.
        """
        ws = latent_of_seed(generator, seed, label, truncation)
        return cls(generator, ws, config, model_sha256)

    @classmethod
    def from_state(cls, generator: Generator, data: bytes, model_sha256: str = "") -> DragSession:
        """Begin where an exported state stands. Raises state.StateError: damaged, newer, or of another model."""
        saved = state.loads(data, model_sha256, generator)
        self = cls(generator, saved.start.to(generator.device), saved.config, model_sha256)
        self._latent = self._editable(saved.base.to(generator.device))
        self._latent.restore(saved.offset, saved.moments)
        device = generator.device
        self._p, self._t = saved.p.to(device), saved.t.to(device)
        self._M = None if saved.mask is None else saved.mask.to(device)
        if saved.anchor_ws is not None and saved.anchor_p is not None:
            self._anchor = self._anchored(saved.anchor_ws.to(device), saved.anchor_p.to(device))
        now = self._latent.ws()
        if not torch.equal(self._start, now):
            self._history.add(Moment(now.cpu(), saved.p.cpu(), self._points))
        return self

    def export(self) -> bytes:
        """The present state by value: latents, optimiser, points, mask and configuration, not the history."""
        return state.dumps(
            state.Saved(
                model_sha256=self.model_sha256,
                config=self.config,
                start=self._start.cpu(),
                base=self._latent.base.cpu(),
                offset=self._latent.offset.detach().cpu(),
                p=self._p.cpu(),
                t=self._t.cpu(),
                mask=None if self._M is None else self._M.cpu(),
                anchor_ws=None if self._anchor is None else self._anchor.ws.cpu(),
                anchor_p=None if self._anchor is None else self._anchor.p.cpu(),
                moments=self._latent.moments(),
            )
        )

    @property
    def running(self) -> bool:
        return self._running

    @property
    def step_index(self) -> int:
        """Step of the history that the session stands at."""
        return self._history.at

    @property
    def history_length(self) -> int:
        """Last step of the history."""
        return self._history.last

    @property
    def handles(self) -> Tensor:
        """[N, 2] where the handles are now."""
        return self._p.clone()

    @property
    def targets(self) -> Tensor:
        """[N, 2]"""
        return self._t.clone()

    @property
    def mask(self) -> Tensor | None:
        """[H, W], 1 = movable, or None = everything is."""
        return None if self._M is None else self._M.clone()

    @property
    def ws(self) -> Tensor:
        """The present latent [1, num_ws, w_dim], a copy."""
        return self._latent.ws()

    def set_points(self, handles: Tensor, targets: Tensor) -> None:
        """New pairs, [N, 2] each, (y, x) image pixels. Handles are looked up in the present picture.

        Raises PointsError when a point is not finite, a handle lies outside the picture, or two handles coincide.
        """
        p, t = handles.detach().to(self._start), targets.detach().to(self._start)
        check_pairs(p, t, self.config.size)
        self._p, self._t = p.clone(), t.clone()
        self._points += 1
        self._anchor = None
        self._watch.restart()

    def move_targets(self, targets: Tensor) -> None:
        """New targets [N, 2] for the present handles, which go on being tracked. Raises PointsError."""
        t = targets.detach().to(self._start)
        check_targets(t, self._t)
        self._t = t.clone()
        self._watch.restart()

    def set_mask(self, M: Tensor | None) -> None:
        """What may move, [H, W] in [0, 1] (None = everything). Raises ValueError for another shape or an empty mask."""
        if M is not None:
            height, width = self.config.size
            if tuple(M.shape) != (height, width):
                given = f"{M.shape[-1]}x{M.shape[0]}"
                raise ValueError(
                    f"the mask is {given} pixels, the picture {width}x{height}; send it at the picture's size"
                )
            if float(M.max()) <= 0:
                raise ValueError("the mask lets nothing move; paint white where the picture may move, or send none")
            M = None if float(M.min()) >= 1 else M.detach().to(self._start).clone()
        self._M = M

    def configure(self, config: DragConfig) -> None:
        """Go on with this configuration from the next step."""
        if config.size != self.config.size:
            raise ValueError(f"this configuration is for {config.size}, the session's pictures are {self.config.size}")
        old, self.config = self.config, config
        if not self._latent.fits(config):
            self._latent, self._now = self._editable(self._latent.ws()), None
        if config.feature_block != old.feature_block:
            self._now = None
            if self._anchor is not None:
                self._anchor = self._anchored(self._anchor.ws, self._anchor.p)

    def begin(self, hold: bool = False) -> None:
        """Start to drag. With `hold` (a live pull) only `stop` ends it.

        Raises PointsError when there is nothing to drag.
        """
        check_draggable(self._p, self._t, hold)
        self._history.drop_later()
        self._running, self._watch = True, Watch(hold)
        if self._anchor is None and not self.config.literal:
            self._latent.forget_moments()
        F, anchor = self._look()
        if self.config.literal:  # the public implementation tracks before its first step as well
            self._p = track(F, anchor.f, self._p, self.config)

    def step(self) -> Step:
        """One update of the latent, and where it led.

        Raises RuntimeError when no drag runs, DivergedError (nothing has changed then) when the loss is not finite.
        """
        if not self._running:
            raise RuntimeError("no drag is running; call begin first")
        F, anchor = self._look()
        loss = motion_loss(F, anchor.F_0, self._p, self._t, self._M, self.config, anchor.p)
        if self.config.regularisation > 0:
            rows = torch.stack(self._latent.rows(), dim=1)
            loss = loss + self.config.regularisation * (rows - self._start).abs().mean()
        value = float(loss.detach())
        if not math.isfinite(value):
            raise DivergedError(
                f"the loss of step {self._history.at + 1} is {value}: the picture has left what the model can draw;"
                " go back some steps, or drag with a smaller step size"
            )
        self._now = None  # its graph ends with this update
        self._latent.update(loss, self.config.step_size * (self.config.live_speed if self._watch.hold else 1.0))
        self._loss = value
        self._p = track(self._look()[0], anchor.f, self._p, self.config)
        self._history.add(Moment(self._latent.ws().cpu(), self._p.cpu(), self._points))
        report = self._report(None)
        ended = self._watch.judge(report.distances, report.confidences, self.config)
        self._running = ended is None
        return report._replace(ended=ended)

    @property
    def resting(self) -> bool:
        """Whether a held drag has nothing to do until a target moves."""
        return self._running and self._watch.hold and self.arrived()

    def arrived(self) -> bool:
        """Whether every handle lies within the stop distance of its target."""
        return arrived((self._t - self._p).norm(dim=1), self.config)

    def stop(self) -> Step:
        """End the running drag. The last event is true already: handles are tracked on the latest latent."""
        if not self._running:
            raise RuntimeError("no drag is running, so there is nothing to stop")
        self._running = False
        return self._report(EndReason.STOPPED)

    def seek(self, step: int) -> None:
        """Stand at a step of the history. Raises ValueError when it does not exist or a drag runs."""
        if self._running:
            raise ValueError("a drag is running; stop it before going to another step")
        moment = self._history.moment(step)
        moments = self._latent.moments()
        self._latent = self._editable(moment.ws.to(self._start))
        if moments is not None and step == self._history.at:
            self._latent.restore_moments(*moments)
        self._now, self._history.at = None, step
        if moment.points == self._points and len(moment.handles) == len(self._t):
            self._p = moment.handles.to(self._start)
        else:
            self._anchor = None  # the points were set at another time: look them up in this picture

    def render(self, step: int | None = None) -> npt.NDArray[np.uint8]:
        """The picture of a step (None = present), [H, W, channels]. Raises ValueError when the step does not exist."""
        if step is None or step == self._history.at:
            return to_uint8(self._present().picture(self.config))
        with torch.no_grad():
            return to_uint8(self.generator(self._history.moment(step).ws.to(self._start)))

    def draft(self) -> npt.NDArray[np.uint8]:
        """The present picture as it is shown between steps: sooner than `render`, and some of 255 levels off."""
        return to_uint8(self._present().draft(self.config, quick_type(self.generator.device)))

    def _editable(self, ws: Tensor) -> EditableLatent:
        along = self.config.moved_along(ws.shape[2])
        return EditableLatent(ws, self.config, self.generator.directions(along) if along else None)

    def _present(self) -> Look:
        """What is computed of the present latent."""
        if self._now is None:
            with torch.enable_grad():
                self._now = Look(self.generator, self._latent.rows())
        return self._now

    def _look(self) -> tuple[FeatureMap, Anchor]:
        """The present features where a step reads them, and the anchor of the present points (made now if new)."""
        F = self._present().near(self._p, self._M, self.config)
        if self._anchor is None:
            F_0 = self._present().whole(self.config).features[0]
            self._anchor = Anchor(self._latent.ws(), self._p.clone(), F_0, templates(F_0, self._p, self.config))
        return F, self._anchor

    def _anchored(self, ws: Tensor, p: Tensor) -> Anchor:
        with torch.no_grad():
            F_0 = self.generator.features(ws, self.config.feature_block).features[0]
        return Anchor(ws, p, F_0, templates(F_0, p, self.config))

    def _report(self, ended: EndReason | None) -> Step:
        F, anchor = self._look()
        sure = confidence(F, anchor.f, self._p, self.config)
        distances = (self._t - self._p).norm(dim=1)
        return Step(self._history.at, self._p.clone(), distances, self._loss, sure, ended)
