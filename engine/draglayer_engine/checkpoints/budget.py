"""Work that a file may cause: a few bytes can ask for the same long list to be copied a million times."""

from __future__ import annotations

from . import limits
from .errors import CheckpointError


class Budget:
    """Counts down; what goes beyond is refused. All parts of one file share one."""

    def __init__(self, amount: int, what: str) -> None:
        self._left = amount
        self._what = what

    def spend(self, count: int = 1) -> None:
        """Raises CheckpointError when nothing is left."""
        self._left -= count
        if self._left < 0:
            raise CheckpointError(
                f"it holds more {self._what}, many times what a StyleGAN2 checkpoint has;"
                " export the generator alone and import that"
            )


def for_pickles() -> Budget:
    return Budget(limits.OPCODES, f"than {limits.OPCODES} pickle instructions or their equal in work")


def for_search() -> Budget:
    return Budget(limits.SEARCHED, f"than {limits.SEARCHED} modules, dictionaries and their items")
