"""The model that is measured: an installed model folder, or weights that training has just written."""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import torch
from safetensors import SafetensorError

from benchmarks.detector import SIZE, WEIGHTS, Detector, DetectorError, load_detector
from draglayer_engine.architecture import ArchitectureError
from draglayer_engine.config import NO_HINTS
from draglayer_engine.devices import DeviceError, choose_device
from draglayer_engine.models import BUNDLED, Model, ModelError, load_model
from training import factors
from training.export import load_weights
from training.train import grow

CREATURES = BUNDLED / "creatures-256"


def add_to(parser: argparse.ArgumentParser) -> None:
    """The options that say what is measured, and with what."""
    parser.add_argument("--model", type=Path, default=CREATURES, help="model folder, or weights of training/train.py")
    parser.add_argument("--detector", type=Path, default=WEIGHTS, help="weights of the landmark detector")
    parser.add_argument("--device", help="cuda, mps or cpu (default: the best there is)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def load(arguments: argparse.Namespace) -> tuple[Model, Detector]:
    """What `add_to`'s options name. Ends the program with one sentence when it cannot be used."""
    try:
        device = choose_device(arguments.device)
        model = load_subject(arguments.model, device)
        return model, load_detector(arguments.detector, device)
    except (DeviceError, ModelError, DetectorError) as error:
        raise SystemExit(str(error)) from error


def load_subject(path: Path, device: torch.device) -> Model:
    """A model of the renderer's z and size. Weights of an earlier stage are shown at 256 px, smoothly enlarged.

    Raises ModelError: missing, damaged, or a model that the renderer knows nothing of.
    """
    model = _trained(path, device) if path.is_file() else load_model(path, device)
    a = model.generator.architecture
    if a.z_dim != factors.NUM_FACTORS or tuple(a.size) != (SIZE, SIZE):
        raise ModelError(
            f"{path.name} makes {a.size.width}x{a.size.height} pictures of {a.z_dim} numbers; this benchmark compares"
            f" with the renderer's, {SIZE}x{SIZE} of {factors.NUM_FACTORS}, so give it a model of training/train.py"
        )
    return model


def _trained(path: Path, device: torch.device) -> Model:
    try:
        generator = load_weights(path)
    except (OSError, SafetensorError, ArchitectureError, ValueError) as error:
        raise ModelError(f"{path} holds no weights of training/train.py ({error}); give it such a file") from error
    if generator.size.width < SIZE:
        generator = grow(generator.state_dict(), SIZE)
    return Model(generator.to(device).freeze(), hashlib.sha256(path.read_bytes()).hexdigest(), NO_HINTS)
