"""The steps that are measured: the literal one with and without weight gradients, ours with and without a preview."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Protocol

import torch
from torch import Tensor

from draglayer_engine.config import DragConfig
from draglayer_engine.generator import NOTHING, Activations, Generator, Rows
from draglayer_engine.layers import Noise
from draglayer_engine.seeds import latent_of_seed
from draglayer_engine.session import DragSession
from draglayer_engine.windows import FeatureMap

from .literal_drag import LiteralDrag
from .literal_synthesis import LiteralSynthesis
from .step_configurations import Configuration, Weights

TRUNCATION = 0.7


class Variant(Enum):
    """A way to make one step."""

    LITERAL_GRADIENTS = "literal, weight gradients on"
    LITERAL_FROZEN = "literal, weights frozen"
    OURS = "ours, no preview"
    OURS_PREVIEW = "ours, with preview"

    @property
    def literal(self) -> bool:
        return self in (Variant.LITERAL_GRADIENTS, Variant.LITERAL_FROZEN)


class Drag(Protocol):
    """A drag that has begun."""

    def step(self) -> float:
        """One whole step; returns the seconds of it that the synthesis took (forward)."""
        ...


def now(device: torch.device) -> float:
    """Seconds on a clock of the host, once the device has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()
    return time.perf_counter()


class TimedGenerator(Generator):
    """Ours, noting how long its synthesis takes."""

    seconds = 0.0
    _timing = False

    def features(
        self,
        ws: Tensor | Rows,
        block: int,
        noise: Noise = Noise.CONST,
        generator: torch.Generator | None = None,
        after: Activations = NOTHING,
    ) -> Activations:
        with self._timed():
            return super().features(ws, block, noise, generator, after)

    def features_near(
        self,
        ws: Tensor | Rows,
        block: int,
        p: Tensor,
        reach: float,
        noise: Noise = Noise.CONST,
        generator: torch.Generator | None = None,
    ) -> tuple[Activations, FeatureMap]:
        with self._timed():
            return super().features_near(ws, block, p, reach, noise, generator)

    def image(
        self,
        activations: Activations,
        ws: Tensor | Rows,
        noise: Noise = Noise.CONST,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        with self._timed():
            return super().image(activations, ws, noise, generator)

    @contextmanager
    def _timed(self) -> Iterator[None]:
        """Time what runs inside, once where one of these methods calls another."""
        if self._timing:
            yield
            return
        start, self._timing = now(self.device), True
        try:
            yield
        finally:
            self.seconds += now(self.device) - start
            self._timing = False


class OurDrag:
    """A step of `DragSession`; with `preview` also its picture, as bytes for a layer."""

    def __init__(self, generator: TimedGenerator, session: DragSession, preview: bool) -> None:
        self.generator, self.session, self.preview = generator, session, preview

    def step(self) -> float:
        before = self.generator.seconds
        self.session.step()
        if self.preview:
            self.session.render()
        return self.generator.seconds - before


class TimedLiteralDrag:
    """The literal step. Its picture stays in floats on the device, which is less than a preview needs."""

    def __init__(self, drag: LiteralDrag, device: torch.device) -> None:
        self.drag, self.device = drag, device

    def step(self) -> float:
        start = now(self.device)
        F = self.drag.look()
        forward = now(self.device) - start
        self.drag.follow(F)
        self.drag.pull(F)
        return forward


class Bench:
    """A loaded generator on which drags of one variant can be begun again and again."""

    def __init__(
        self,
        configuration: Configuration,
        weights: Weights,
        variant: Variant,
        device: torch.device,
        masked: bool,
        points: int = 1,
    ) -> None:
        self.device, self.cfg = device, configuration.drag(weights.hints)
        architecture = configuration.architecture
        ours = TimedGenerator.from_tensors(architecture, weights.tensors).to(device).freeze()
        assert isinstance(ours, TimedGenerator)
        self.ws = latent_of_seed(ours, 0, truncation=TRUNCATION)
        self.p, self.t, mask = task(self.cfg, points, device)
        self.M = mask if masked else None
        self.difference: float | None = None  # between the literal picture and ours
        self._begin: Callable[[], Drag]
        self._forget: Callable[[], None] = lambda: None
        if not variant.literal:
            self._begin = lambda: self._ours(ours, variant is Variant.OURS_PREVIEW)
            return
        tensors = {name: tensor.to(device) for name, tensor in weights.tensors.items()}
        synthesis = LiteralSynthesis(architecture, tensors, trainable=variant is Variant.LITERAL_GRADIENTS)
        with torch.no_grad():
            self.difference = float((synthesis(self.ws)[0] - ours(self.ws)).abs().max())
        self._begin = lambda: self._literal(synthesis)
        self._forget = synthesis.forget_gradients

    def begin(self) -> Drag:
        """A new drag from the same latent and points."""
        return self._begin()

    def forget(self) -> None:
        """Drop what earlier drags left at the weights."""
        self._forget()

    def _ours(self, generator: TimedGenerator, preview: bool) -> Drag:
        session = DragSession(generator, self.ws, self.cfg)
        session.set_points(self.p, self.t)
        session.set_mask(self.M)
        session.begin(hold=True)  # neither arriving nor standing still ends what is being measured
        return OurDrag(generator, session, preview)

    def _literal(self, synthesis: LiteralSynthesis) -> Drag:
        return TimedLiteralDrag(LiteralDrag(synthesis, self.ws, self.p, self.t, self.M, self.cfg), self.device)


def task(cfg: DragConfig, points: int, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Handles, their targets a fifth of the picture to the right, and a mask of the middle half.

    The first handle lies near the middle, the others evenly on a circle of a third of the picture around it.
    """
    height, width = cfg.size
    places = [(0.55, 0.45)]
    for i in range(points - 1):
        angle = 2 * math.pi * i / (points - 1)
        places.append((0.55 + 0.33 * math.sin(angle), 0.45 + 0.33 * math.cos(angle)))
    p = torch.tensor([[round(y * height), round(x * width)] for y, x in places], dtype=torch.float32, device=device)
    t = p + p.new_tensor([0.0, round(0.2 * width)])
    M = torch.zeros(height, width, device=device)
    M[height // 4 : height - height // 4, width // 4 : width - width // 4] = 1.0
    return p, t, M
