"""One drag step of ours against a literal one, in one run on one machine with the same weights.

    python -m benchmarks.step                                    # everything, on the CPU
    python -m benchmarks.step --device cuda --json out/step.json
    python -m benchmarks.step --only ffhq-512 --mask

The literal step makes the whole picture with modulated weights, resizes a block's features to the picture, and
supervises and tracks on the resized map (literal_synthesis.py, literal_drag.py). Ours is `DragSession.step` as the
daemon calls it. Every variant runs in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import torch

from draglayer_engine.devices import DeviceError, choose_device

from .step_child import Measurement, Task
from .step_configurations import CONFIGURATIONS, FFHQ_512, Configuration
from .step_memory import MIB
from .step_variants import Variant

REQUIRED = 3.0  # times as long as ours without preview, for the literal step with frozen weights at 512 px
# glibc takes large tensors from the system and gives them back each time, which costs both steps more page faults than
# arithmetic. These two keep freed memory in the process. glibc reads them when a process begins, so this one begins
# again when they are not set, and the children inherit them: every variant runs under the same settings.
ALLOCATOR = {"MALLOC_MMAP_THRESHOLD_": "4294967296", "MALLOC_TRIM_THRESHOLD_": "8589934592"}

Results = Mapping[Variant, Measurement | str]  # a sentence where a variant could not be measured


def main(arguments: Sequence[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    try:
        device = choose_device(options.device)
    except DeviceError as error:
        print(error, file=sys.stderr)
        return 2
    report: dict[str, object] = {"torch": torch.__version__, "allocator": {k: os.environ.get(k) for k in ALLOCATOR}}
    print(f"torch {torch.__version__}, {', '.join(f'{k}={os.environ.get(k)}' for k in ALLOCATOR)}")
    for name in options.only or CONFIGURATIONS:
        configuration = CONFIGURATIONS[name]
        results: dict[Variant, Measurement | str] = {}
        for variant in Variant:
            print(f"\r  measuring {name}: {variant.value} ...", end="\033[K", file=sys.stderr, flush=True)
            results[variant] = measured(
                Task(name, variant.name, str(device), options.steps, options.mask, options.points)
            )
        print("\r", end="\033[K", file=sys.stderr, flush=True)
        print("\n".join(table(configuration, results, options.mask, options.points)))
        report[name] = {
            variant.name: {"error": r} if isinstance(r, str) else asdict(r) for variant, r in results.items()
        }
    if options.json is not None:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    return 0


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(prog="python -m benchmarks.step", description="One drag step of ours and a literal one")
    p.add_argument("--steps", type=at_least_one, default=15, help="steps that each median is taken over (15)")
    p.add_argument("--device", default="cpu", help="cpu, cuda, cuda:1 or mps (cpu)")
    p.add_argument("--mask", action="store_true", help="fix everything outside the middle half, in every variant")
    p.add_argument(
        "--points", type=at_least_one, default=1, help="handles that are dragged, spread over the picture (1)"
    )
    p.add_argument("--only", action="append", choices=sorted(CONFIGURATIONS), help="measure this configuration only")
    p.add_argument("--json", type=Path, metavar="FILE", help="also write every single time to FILE")
    return p


def at_least_one(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is no count; give 1 or more")
    return int(text)


def measured(task: Task) -> Measurement | str:
    """Run a child. A sentence instead of figures when it fails, so that the other variants are still measured."""
    command = [sys.executable, "-m", "benchmarks.step_child", json.dumps(asdict(task))]
    child = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if child.returncode < 0:
        return f"the process was ended by signal {-child.returncode}, perhaps for want of memory; free some, try again"
    if child.returncode > 0:
        return f"the process failed with status {child.returncode}; its last words are above"
    return Measurement.from_json(json.loads(child.stdout.splitlines()[-1]))


def table(configuration: Configuration, results: Results, masked: bool, points: int = 1) -> list[str]:
    """The lines of one configuration."""
    good = {v: r for v, r in results.items() if not isinstance(r, str)}
    lines = [""]
    if good:
        one = next(iter(good.values()))
        lines += [one.why_random] if one.why_random else []
        lines += [
            f"{configuration.name}: {shape_of(configuration)}, {one.origin}, float32, {one.device},"
            f" {one.threads} CPU threads, {points} point{'s' if points > 1 else ''}{', mask' if masked else ''},"
            f" median of {len(one.total)} steps"
        ]
    base = statistics.median(good[Variant.OURS].total) if Variant.OURS in good else None
    head = ("forward ms", "total ms", "(min - max)", "ratio", "peak MiB", "largest tensor MiB")
    lines.append(f"{'':30}{head[0]:>11}{head[1]:>10}{head[2]:>16}{head[3]:>7}{head[4]:>10}{head[5]:>20}")
    for variant, result in results.items():
        lines.append(f"{variant.value:30}{result if isinstance(result, str) else row(result, base)}")
    lines += notes(configuration, good, base)
    return lines


def row(m: Measurement, base: float | None) -> str:
    total, forward = statistics.median(m.total), statistics.median(m.forward)
    spread = f"{min(m.total) * 1e3:.1f} - {max(m.total) * 1e3:.1f}"
    ratio = "-" if base is None else f"{total / base:.2f}"
    peak = "-" if m.peak_mib is None else f"{m.peak_mib:.0f}"
    return f"{forward * 1e3:11.1f}{total * 1e3:10.1f}{spread:>16}{ratio:>7}{peak:>10}{m.largest_tensor_mib:20.1f}"


def notes(configuration: Configuration, good: Mapping[Variant, Measurement], base: float | None) -> list[str]:
    """What the figures mean."""
    lines = ["Peak memory is above the loaded model, what a drag keeps between its steps included."]
    if any(m.peak_mib is None for m in good.values()):
        lines.append("'-': the peak of a part of a process's life cannot be read on this system.")
    shape, size = upsampled(configuration)
    text = f"One feature map upsampled to the picture, {shape}, is {size:.0f} MiB"
    if Variant.OURS in good:
        largest = good[Variant.OURS].largest_tensor_mib
        never = "so it never makes one" if largest < size else "SO IT MAY MAKE ONE"
        text += f"; the largest tensor of our step has {largest:.1f} MiB, {never}"
    lines.append(f"{text}.")
    starved = [variant.value for variant, m in good.items() if m.starved]
    if starved:
        lines.append(
            f"Disturbed: {'; '.join(starved)} waited for a processor that others used, so these times and ratios"
            " mean nothing; measure again on a quiet machine."
        )
    literal = good.get(Variant.LITERAL_FROZEN)
    if literal is not None and literal.difference is not None:
        lines.append(f"The literal picture and ours differ by {literal.difference:.1e} at most.")
    if configuration is FFHQ_512 and literal is not None and base is not None:
        ratio = statistics.median(literal.total) / base
        verdict = "met" if ratio >= REQUIRED else "NOT met"
        if literal.starved or good[Variant.OURS].starved:
            verdict = "not judged, the run was disturbed"
        lines.append(f"Required: ratio >= {REQUIRED:g} against the literal step with frozen weights: {verdict}.")
    return lines


def shape_of(configuration: Configuration) -> str:
    a = configuration.architecture
    return f"{a.size.width}x{a.size.height} px, features of b{configuration.feature_block}"


def upsampled(configuration: Configuration) -> tuple[str, float]:
    """Shape and MiB of the literal step's resized feature map."""
    a = configuration.architecture
    channels = a.channels[a.blocks.index(configuration.feature_block)]
    height, width = a.size
    return f"{channels} x {height} x {width} floats", channels * height * width * 4 / MIB


if __name__ == "__main__":
    if any(name not in os.environ for name in ALLOCATOR):
        # what is set already stays as it is
        again = [sys.executable, "-m", "benchmarks.step", *sys.argv[1:]]
        os.execve(sys.executable, again, {**ALLOCATOR, **os.environ})
    sys.exit(main())
