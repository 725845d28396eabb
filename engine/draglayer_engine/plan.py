"""Which blocks to compute whole and which windows of the blocks after them, so that boxes of the last are right."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

from .architecture import Architecture, Size
from .windows import Box, Windows

WORTH = 0.5  # windows are computed where they save at least half: a preview makes the whole map once more
APART = 8  # handles up to which windows of their own are considered
GROWTH = 4  # pixels by which joined windows grow: fewer sizes, for each of which convolutions are prepared anew
SETUP = 64  # pixels' worth of work that a convolution costs however small it is: it reads and rearranges its weights


@dataclass(frozen=True)
class Plan:
    """Blocks up to b`whole` as whole maps; then windows: the first of that block's output, each next of the next's."""

    whole: int
    windows: tuple[Windows, ...]


def plan_for(a: Architecture, block: int, boxes: Sequence[Box]) -> Plan | None:
    """The cheapest way to the boxes of b`block`'s output; None where that is to compute all of it."""
    best = min(_groupings(a, block, boxes), key=lambda group: _cost(a, block, *group.key)[0], default=None)
    if best is None:
        return None
    cost, whole = _cost(a, block, *best.key)
    if cost > WORTH * sum(_whole_costs(a, block)):
        return None
    corners = [(box.top, box.left) for box in best.boxes]
    return follow(Windows.placed(a.block_size(block), best.size, corners), a, whole, block)


def follow(windows: Windows, a: Architecture, whole: int, block: int) -> Plan:
    """The plan that makes these windows of b`block`'s output from all of b`whole`'s."""
    chain = [windows]
    for _ in range(a.blocks.index(block) - a.blocks.index(whole)):
        chain.insert(0, chain[0].source())
    return Plan(whole, tuple(chain))


@dataclass(frozen=True)
class _Grouping:
    """Boxes that get one window each, all of one size."""

    boxes: tuple[Box, ...]
    size: Size

    @property
    def key(self) -> tuple[int, Size]:
        return len(self.boxes), self.size


def _groupings(a: Architecture, block: int, boxes: Sequence[Box]) -> Iterator[_Grouping]:
    """A window for every box, then always the two joined that make the cheapest whole, down to one window."""
    if not boxes:
        return
    own = Size(max(box.size.height for box in boxes), max(box.size.width for box in boxes))
    now = tuple(dict.fromkeys(boxes))
    if len(now) > APART:
        now = (_around(now),)
    while True:
        yield _grouped(now, own)
        if len(now) == 1:
            return
        joined = (
            (*(box for box in now if box not in (one, other)), one.joined(other)) for one, other in combinations(now, 2)
        )
        now = min(joined, key=lambda some: (_cost(a, block, *_grouped(some, own).key)[0], _pixels(some[-1].size)))


def _around(boxes: tuple[Box, ...]) -> Box:
    first, *others = boxes
    for box in others:
        first = first.joined(box)
    return first


def _grouped(boxes: tuple[Box, ...], own: Size) -> _Grouping:
    most = (max(box.size[side] for box in boxes) for side in (0, 1))
    return _Grouping(boxes, Size(*(o + -(-(m - o) // GROWTH) * GROWTH for m, o in zip(most, own, strict=True))))


@lru_cache(maxsize=4096)
def _cost(a: Architecture, block: int, count: int, size: Size) -> tuple[float, int]:
    """The least work for so many windows of this size in b`block`'s output, and the last block that is then whole."""
    names = a.blocks[: a.blocks.index(block) + 1]
    all_whole = _whole_costs(a, block)
    windows = Windows.placed(a.block_size(block), size, [(0, 0)])
    found, within = (math.inf, names[0]), 0.0
    for index in range(len(names) - 1, 0, -1):
        source, middle = windows.source(), windows.grown(1)
        inputs, outputs = a.channels[index - 1], a.channels[index]
        within += _layer(count * _pixels(source.size), inputs, outputs)
        within += _layer(count * _pixels(middle.size), outputs, outputs)
        found = min(found, (sum(all_whole[:index]) + within, names[index - 1]))
        windows = source
    return found


@lru_cache(maxsize=64)
def _whole_costs(a: Architecture, block: int) -> tuple[float, ...]:
    """Work for each block as a whole map, up to b`block`."""
    costs = []
    for index, name in enumerate(a.blocks[: a.blocks.index(block) + 1]):
        outputs, pixels = a.channels[index], _pixels(a.block_size(name))
        cost = _layer(pixels, outputs, outputs)
        costs.append(cost + (_layer(pixels // 4, a.channels[index - 1], outputs) if index else 0.0))
    return tuple(costs)


def _layer(pixels: int, inputs: int, outputs: int) -> float:
    """Work of a 3x3 convolution that `pixels` pixels go into (upsampling) or come out of."""
    return float((pixels + SETUP) * inputs * outputs)


def _pixels(size: Size) -> int:
    return size.height * size.width
