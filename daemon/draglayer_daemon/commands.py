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


def ranged(what: str, kind: type[int] | type[float], low: float, high: float) -> Callable[[str], int | float]:
    """An argparse type: a number between low and high, or a sentence."""
    words = "whole number" if kind is int else "number"

    def parse(text: str) -> int | float:
        try:
            value = kind(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(
                f"the {what} is {text!r}, but a {words} from {low:.10g} to {high:.10g} is needed"
            ) from error
        if not (math.isfinite(value) and low <= value <= high):
            raise argparse.ArgumentTypeError(
                f"the {what} is {text}, but it must lie between {low:.10g} and {high:.10g}"
            )
        return value

    return parse
