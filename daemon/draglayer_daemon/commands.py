"""What the command line's commands share about their arguments."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]
else:
    Subparsers = argparse._SubParsersAction


def ranged(kind: type[int] | type[float], low: float, high: float) -> Callable[[str], int | float]:
    """An argparse type: a number between low and high, or a sentence, which argparse begins with the option's name."""
    words = "whole number" if kind is int else "number"

    def parse(text: str) -> int | float:
        try:
            value = kind(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high:  # nor is NaN
            raise argparse.ArgumentTypeError(f"{text!r} was given; a {words} from {low:.10g} to {high:.10g} is needed")
        return value

    return parse
