"""What the drag benchmark drags: one landmark of one seed's picture to where another seed's picture has it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from torch import Tensor

NEAR, FAR = 8.0, 60.0  # image pixels between a handle and its target
TRIES = 10  # pairs of pictures looked at per drag that is wanted, before it is clear that there are too few


class Pair(NamedTuple):
    """Handle and target [2], (y, x) in image pixels: a landmark in the pictures of seeds 2k and 2k + 1."""

    k: int
    landmark: int
    handle: Tensor
    target: Tensor

    @property
    def length(self) -> float:
        return float((self.target - self.handle).norm())


def choose(k: int, here: Tensor, there: Tensor) -> int | None:
    """Which landmark of here, there [L, 2] to drag: of those 8 to 60 px apart, in their order, the k-th (cyclically).

    So that every landmark has its turn, and anybody chooses the same. None when none is.
    """
    apart = (there - here).norm(dim=1).tolist()
    suitable = [i for i, distance in enumerate(apart) if NEAR <= distance <= FAR]
    return suitable[k % len(suitable)] if suitable else None


def pairs(find: Callable[[int], Tensor], count: int, first: int = 0) -> Iterator[Pair]:
    """`count` pairs from k = `first` on; `find` gives the landmarks [L, 2] in a seed's picture.

    Raises ValueError when the pictures hold too few.
    """
    found = 0
    for k in range(first, first + TRIES * count):
        here, there = find(2 * k), find(2 * k + 1)
        landmark = choose(k, here, there)
        if landmark is not None:
            found += 1
            yield Pair(k, landmark, here[landmark], there[landmark])
        if found == count:
            return
    raise ValueError(
        f"only {found} of {TRIES * count} pairs of pictures have a landmark {NEAR:g} to {FAR:g} px apart, {count} were"
        " wanted; ask for fewer pairs, or look at the pictures: are they all alike?"
    )
