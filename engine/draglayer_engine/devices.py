"""Choosing the device that a worker computes on."""

from __future__ import annotations

import torch


class DeviceError(ValueError):
    """The device cannot be used here."""


def choose_device(name: str | None = None) -> torch.device:
    """`cuda`, `cuda:1`, `mps`, `cpu`, or None = the best that is here. Raises DeviceError."""
    if name is None:
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise DeviceError(f"there is no device {name!r}; write cuda, cuda:0, mps or cpu") from error
    if device.type == "cuda" and not torch.cuda.is_available():
        raise DeviceError(f"{name} was asked for, but torch {torch.__version__} finds no CUDA device; use cpu")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise DeviceError(
            f"{name} was asked for, but there are {torch.cuda.device_count()} CUDA devices, counted from 0"
        )
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise DeviceError("mps was asked for, but this machine or torch has none; use cpu")
    if device.type not in ("cuda", "mps", "cpu"):
        raise DeviceError(f"{name} is not supported; use cuda, mps or cpu")
    return device


def describe(device: torch.device) -> str:
    """For people: `cuda (NVIDIA H200)`, `cpu`."""
    return f"{device} ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else str(device)


def quick_type(device: torch.device) -> torch.dtype:
    """What a picture that is shown for a moment is computed in: bfloat16 on processors that multiply it faster."""
    if device.type == "cpu":
        able = torch.cpu.get_capabilities()
        if able.get("amx_bf16") or able.get("avx512_bf16"):
            return torch.bfloat16
    return torch.float32
