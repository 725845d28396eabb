"""The engine behind `worker_drag.Engine`: the only module of the daemon that imports torch.

Positions turn from Point(x, y) into rows (y, x) in `to_rows` and back in `to_points`; nowhere else.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import fields

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from draglayer_engine.config import OVERRIDES, DragConfig, Space, preset
from draglayer_engine.devices import DeviceError, choose_device, describe
from draglayer_engine.models import Model, ModelError, load_model
from draglayer_engine.moments import Step
from draglayer_engine.pictures import to_uint8
from draglayer_engine.points import PointsError
from draglayer_engine.seeds import latent_of_seed
from draglayer_engine.session import DivergedError, DragSession
from draglayer_engine.state import StateError, model_of
from draglayer_protocol import messages
from draglayer_protocol.geometry import Point
from draglayer_protocol.messages import EndReason, Image, Mask, Parameters, PointPair, Preset

from .registry import Entry
from .worker_drag import Drag, Progress, Refusal


class TorchEngine:
    """Models on one device, by the hash of their weights. Raises Refusal when there is no such device."""

    def __init__(self, device: str | None) -> None:
        with _refusing(DeviceError):
            self._device = choose_device(device)
        self._models: dict[str, Model] = {}

    @property
    def device(self) -> str:
        return describe(self._device)

    def load(self, entry: Entry, progress: Callable[[int, int], None] | None = None) -> None:
        if entry.sha256 not in self._models:
            with _refusing(ModelError):
                self._models[entry.sha256] = load_model(entry.folder, self._device, progress)

    def unload(self, entry: Entry) -> None:
        self._models.pop(entry.sha256, None)
        self.relieve()

    def model_of(self, state: bytes) -> str:
        with _refusing(StateError):
            return model_of(state)

    def check(self, entry: Entry, parameters: Parameters) -> None:
        with _refusing(ValueError):
            configuration(self._models[entry.sha256], parameters)

    def from_seed(self, entry: Entry, seed: int, label: int | None, truncation: float) -> Drag:
        model = self._models[entry.sha256]
        with _refusing(ValueError):
            config = configuration(model, Parameters())
            session = DragSession.from_seed(model.generator, seed, label, truncation, config, model.sha256)
        return TorchDrag(model, session)

    def from_state(self, entry: Entry, state: bytes) -> Drag:
        model = self._models[entry.sha256]
        with _refusing(StateError):
            session = DragSession.from_state(model.generator, state, model.sha256)
        return TorchDrag(model, session)

    def thumbnail(self, entry: Entry, seed: int, label: int | None, truncation: float, size: tuple[int, int]) -> Image:
        generator, (width, height) = self._models[entry.sha256].generator, size
        with _refusing(ValueError), torch.no_grad():
            picture = generator(latent_of_seed(generator, seed, label, truncation)).float().nan_to_num().clamp(-1, 1)
            pixels = to_uint8(torch.nn.functional.interpolate(picture, (height, width), mode="area"))
        return Image(width, height, pixels.shape[2], pixels.tobytes())

    def fatal(self, error: Exception) -> bool:
        """An error of the device other than want of memory leaves CUDA unusable for the rest of the process."""
        if isinstance(error, torch.OutOfMemoryError):
            return False
        lost = getattr(torch, "AcceleratorError", ())  # torch 2.6 has none
        return isinstance(error, lost) or (isinstance(error, RuntimeError) and "CUDA" in str(error))

    def relieve(self) -> None:
        gc.collect()
        if self._device.type == "cuda":
            torch.cuda.empty_cache()
        elif self._device.type == "mps":
            torch.mps.empty_cache()


class TorchDrag:
    """A DragSession in plain values."""

    def __init__(self, model: Model, session: DragSession) -> None:
        self._model, self._session = model, session
        self.height, self.width = session.config.size

    @property
    def step_index(self) -> int:
        return self._session.step_index

    @property
    def history_length(self) -> int:
        return self._session.history_length

    @property
    def parameters(self) -> Parameters:
        """What differs from the preset, because only that was set by somebody."""
        config = self._session.config
        usual = configuration(self._model, Parameters(Preset(config.preset)))
        changed = {name: getattr(config, name) for name in OVERRIDES if getattr(config, name) != getattr(usual, name)}
        if "space" in changed:
            changed["space"] = messages.Space(config.space.value)
        return Parameters(Preset(config.preset), **changed)

    def pairs(self) -> tuple[PointPair, ...]:
        handles, targets = to_points(self._session.handles), to_points(self._session.targets)
        return tuple(PointPair(handle, target) for handle, target in zip(handles, targets, strict=True))

    def set_points(self, points: Sequence[PointPair]) -> None:
        with _refusing(PointsError):
            self._session.set_points(to_rows([p.handle for p in points]), to_rows([p.target for p in points]))

    def move_targets(self, targets: Sequence[Point]) -> None:
        with _refusing(PointsError):
            self._session.move_targets(to_rows(targets))

    def set_mask(self, mask: Mask | None) -> None:
        with _refusing(ValueError):
            self._session.set_mask(None if mask is None else to_weights(mask))

    def configure(self, parameters: Parameters) -> None:
        with _refusing(ValueError):
            self._session.configure(configuration(self._model, parameters))

    @property
    def resting(self) -> bool:
        return self._session.resting

    def begin(self, hold: bool) -> None:
        with _refusing(PointsError):
            self._session.begin(hold)

    def step(self) -> Progress:
        with _refusing(DivergedError):
            return _progress(self._session.step())

    def stop(self) -> Progress:
        return _progress(self._session.stop())

    def abandon(self) -> None:
        if self._session.running:
            with suppress(RuntimeError):  # what broke the step may break its report as well: it has ended all the same
                self._session.stop()
        self._session.seek(self._session.step_index)  # the latent of the last step that was reported

    def seek(self, step: int) -> None:
        with _refusing(ValueError):
            self._session.seek(step)

    def render(self, step: int | None) -> Image:
        with _refusing(ValueError):
            return _image(self._session.render(step))

    def draft(self) -> Image:
        return _image(self._session.draft())

    def export(self) -> bytes:
        return self._session.export()


def _image(picture: npt.NDArray[np.uint8]) -> Image:
    height, width, channels = picture.shape
    return Image(width, height, channels, picture.tobytes())


def configuration(model: Model, parameters: Parameters) -> DragConfig:
    """The engine's configuration for what a client set. Raises ValueError when it does not fit the model."""
    overrides = {field.name: getattr(parameters, field.name) for field in fields(parameters)}
    name = overrides.pop("preset").value
    if parameters.space is not None:
        overrides["space"] = Space(parameters.space.value)
    a = model.generator.architecture
    return preset(name, a.size, a.blocks, model.hints, **overrides)


def to_rows(points: Sequence[Point]) -> Tensor:
    """Point(x, y) in model pixels -> [N, 2] (y, x)."""
    return torch.tensor([[point.y, point.x] for point in points], dtype=torch.float32).reshape(-1, 2)


def to_points(rows: Tensor) -> tuple[Point, ...]:
    """[N, 2] (y, x) -> Point(x, y) in model pixels."""
    return tuple(Point(x, y) for y, x in rows.tolist())


def to_weights(mask: Mask) -> Tensor:
    """[H, W] in [0, 1], 1 = may move."""
    pixels = np.frombuffer(mask.pixels, np.uint8).reshape(mask.height, mask.width)
    return torch.from_numpy(pixels.astype(np.float32)) / 255


def _progress(step: Step) -> Progress:
    return Progress(
        step=step.step,
        handles=to_points(step.handles),
        distances=tuple(step.distances.tolist()),
        loss=step.loss,
        confidences=tuple(step.confidences.tolist()),
        ended=None if step.ended is None else EndReason(step.ended.value),
    )


@contextmanager
def _refusing(kind: type[Exception]) -> Iterator[None]:
    """The engine's own sentences, as the client's."""
    try:
        yield
    except kind as error:
        raise Refusal(str(error)) from error
