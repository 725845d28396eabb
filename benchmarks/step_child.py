"""Measures one variant on one configuration in a process of its own, and prints one line of JSON.

Not called by hand: `python -m benchmarks.step` starts it, so that no variant inherits another's memory.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any

import torch

from draglayer_engine.devices import describe

from .step_configurations import CONFIGURATIONS
from .step_memory import MIB, LargestTensor, peak_of
from .step_variants import Bench, Variant, now

WARM = 2  # steps before anything is measured: kernels are chosen, caches are filled
BUSY = 0.9  # share of a step's time that an undisturbed process computes
MEASURED = 3  # steps over which the peak of memory is taken


@dataclass(frozen=True)
class Task:
    """What a child is to measure."""

    configuration: str
    variant: str
    device: str
    steps: int
    masked: bool
    points: int


@dataclass(frozen=True)
class Measurement:
    """What it found. Times in seconds, one per step."""

    total: list[float]
    forward: list[float]
    processor: list[float]  # processor seconds of this process, all threads
    peak_mib: float | None  # above the loaded model: what the drag keeps between steps is included
    largest_tensor_mib: float
    difference: float | None  # of the literal picture and ours
    device: str
    threads: int
    origin: str
    why_random: str

    @property
    def starved(self) -> bool:
        """Whether the process had to wait for a processor, so that its times say more about others than about it.

        A CPU step keeps at least one thread busy throughout. Of several threads only the first is sure to show it.
        """
        return self.device == "cpu" and sum(self.processor) < BUSY * sum(self.total)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Measurement:
        return cls(**values)


def measure(task: Task) -> Measurement:
    """Warm up, time `steps` steps, then take memory over a new drag of a few."""
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False  # float32 means float32
    device = torch.device(task.device)
    weights = CONFIGURATIONS[task.configuration].weights()
    bench = Bench(CONFIGURATIONS[task.configuration], weights, Variant[task.variant], device, task.masked, task.points)
    drag = bench.begin()
    for _ in range(WARM):
        drag.step()
    total, forward, processor = [], [], []
    for _ in range(task.steps):
        start, busy = now(device), time.process_time()
        forward.append(drag.step())
        total.append(now(device) - start)
        processor.append(time.process_time() - busy)
    largest = LargestTensor()
    with largest:
        drag.step()
    del drag
    bench.forget()

    def some_steps() -> None:
        new = bench.begin()
        for _ in range(MEASURED):
            new.step()

    return Measurement(
        total=total,
        forward=forward,
        processor=processor,
        peak_mib=peak_of(some_steps, device),
        largest_tensor_mib=largest.bytes / MIB,
        difference=bench.difference,
        device=describe(device),
        threads=torch.get_num_threads(),
        origin=weights.origin,
        why_random=weights.why_random,
    )


if __name__ == "__main__":
    print(json.dumps(asdict(measure(Task(**json.loads(sys.argv[1]))))))
