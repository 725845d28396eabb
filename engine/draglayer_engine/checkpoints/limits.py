"""How much a checkpoint may cost. A real one stays far below every number here."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20
GIB = 1 << 30

OPCODES = 1_000_000  # of one pickle; a StyleGAN2 file with generators, discriminator and optimisers has about 100 000
INTEGER_BYTES = 64  # of one whole number
TEXT_BYTES = 16 * MIB  # of one string; embedded sources have about 50 kB
LINE_BYTES = MIB  # of one line in a text pickle
NAME_LETTERS = 500  # of a module or a class
TUPLE_KEY = 16  # items of a tuple that is the key of a dictionary
DIMENSIONS = 8  # of one tensor
ZIP_ENTRIES = 50_000
JSON_BYTES = 16 * MIB  # of a safetensors header
SEARCHED = 500_000  # modules, dictionaries and their items while looking for networks
DEPTH = 32  # of modules inside modules
NUMBERS = 1 << 28  # of one network; a 1024-pixel generator has 30 million


@dataclass(frozen=True)
class Limits:
    """What one import may use; whatever goes beyond ends it with a sentence.

    memory_bytes   address space of the child process, beyond the file itself (which is mapped, not read)
    cpu_seconds    of the child process
    wall_seconds   until the parent ends the child and all that it may have started
    input_bytes    size of the checkpoint
    output_bytes   size of each file that is written
    """

    memory_bytes: int = GIB
    cpu_seconds: int = 120
    wall_seconds: float = 300.0
    input_bytes: int = 16 * GIB
    output_bytes: int = 2 * GIB


DEFAULT_LIMITS = Limits()
