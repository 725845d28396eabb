"""How much memory a step takes at its peak, and the largest tensor that it makes."""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

MIB = 1 << 20
PROC = Path("/proc/self")


def peak_of(work: Callable[[], None], device: torch.device) -> float | None:
    """MiB by which memory rises at most while `work` runs; None where that cannot be measured.

    CUDA: allocated by torch. Linux: resident set of this process, after everything free was handed back to the system
    and the kernel's high-water mark was reset. Elsewhere nothing tells the peak of a part of a process's life.
    """
    gc.collect()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
        before = torch.cuda.memory_allocated(device)
        torch.cuda.reset_peak_memory_stats(device)
        work()
        return (torch.cuda.max_memory_allocated(device) - before) / MIB
    if device.type != "cpu" or not sys.platform.startswith("linux"):
        return None
    _hand_back()
    try:
        (PROC / "clear_refs").write_text("5")  # proc(5): VmHWM becomes the present VmRSS
    except OSError:
        return None
    resident = _status("VmRSS")
    work()
    return (_status("VmHWM") - resident) / MIB


class LargestTensor(TorchDispatchMode):
    """`with` it, the largest storage that any torch operation made is noted, backward passes included."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # torch's has no annotations
        self.bytes = 0

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        given = {_storage(a) for a in args if isinstance(a, Tensor)}
        for made in result if isinstance(result, (tuple, list)) else (result,):
            if isinstance(made, Tensor) and _storage(made) not in given:
                self.bytes = max(self.bytes, made.untyped_storage().nbytes())
        return result


def _storage(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


def _hand_back() -> None:
    """Free memory that the allocator keeps would hide what the work takes."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's own
    if trim is not None:
        trim(0)


def _status(field: str) -> int:
    """A size of /proc/self/status in bytes."""
    for line in (PROC / "status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return int(value.split()[0]) * 1024
    raise RuntimeError(f"/proc/self/status has no {field} here, so no peak memory can be read")
