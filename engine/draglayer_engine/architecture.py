"""What a StyleGAN2 generator looks like, as plain values: no torch, no weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

KINDS = ("skip", "resnet")
MAX_SIDE = 4096
MAX_BLOCKS = 13  # every block doubles the picture, and 2^12 = 4096
MAX_LAYERS = 64  # of the mapping network; real ones have 2 or 8
MAX_LENGTH = 1 << 16  # of z, w and the label, and of a block's channels; real ones have 512, and a few thousand labels


class ArchitectureError(ValueError):
    """The numbers do not describe a StyleGAN2 generator."""


class Size(NamedTuple):
    """Height and width in pixels."""

    height: int
    width: int


@dataclass(frozen=True)
class Architecture:
    """One generator: mapping network, and a synthesis network of blocks named b4, b8, b16, ...

    z_dim, c_dim, w_dim   lengths of z, of the label (0 = unconditional) and of w
    mapping_layers        fully connected layers fc0, fc1, ...
    channels              output channels of b4, b8, ...; its length is the number of blocks
    image_channels        1 grey, 3 RGB, 4 RGBA
    base                  size of the constant of b4; block bN is N/4 times as large
    kind                  "skip" (every block has torgb) or "resnet" (only the last has)
    conv_clamp            activations are clamped to +-conv_clamp; None = never
    """

    z_dim: int
    c_dim: int
    w_dim: int
    mapping_layers: int
    channels: tuple[int, ...]
    image_channels: int = 3
    base: Size = Size(4, 4)  # noqa: RUF009 (a NamedTuple cannot change)
    kind: str = "skip"
    conv_clamp: float | None = None

    def __post_init__(self) -> None:
        positive = {"z_dim": self.z_dim, "w_dim": self.w_dim, "mapping_layers": self.mapping_layers}
        for name, value in positive.items():
            if value < 1:
                raise ArchitectureError(f"{name} is {value}; a generator needs at least 1")
        if self.c_dim < 0:
            raise ArchitectureError(f"c_dim is {self.c_dim}; it counts labels and cannot be negative")
        if self.mapping_layers > MAX_LAYERS:
            raise ArchitectureError(f"{_few(self.mapping_layers)} mapping layers; at most {MAX_LAYERS} are possible")
        if self.image_channels not in (1, 3, 4):
            raise ArchitectureError(f"{self.image_channels} image channels; only 1, 3 and 4 are pictures")
        if self.kind not in KINDS:
            raise ArchitectureError(f"architecture {self.kind!r} is not one of {', '.join(KINDS)}")
        if len(self.channels) > MAX_BLOCKS:
            raise ArchitectureError(
                f"{len(self.channels)} blocks; {MAX_BLOCKS} make the largest picture, so this is no generator"
            )
        longest = max(self.z_dim, self.c_dim, self.w_dim, *self.channels, *self.base)
        if longest > MAX_LENGTH:
            raise ArchitectureError(f"a length of {_few(longest)}, more than {MAX_LENGTH}; this is no generator")
        if not self.channels or min(self.channels) < 1 or min(self.base) < 1:
            raise ArchitectureError(
                f"channels {self.channels} on a base of {tuple(self.base)} make no synthesis network"
            )
        if max(self.size) > MAX_SIDE:
            raise ArchitectureError(f"output of {self.size.width}x{self.size.height} is larger than {MAX_SIDE}")
        if self.conv_clamp is not None and not self.conv_clamp > 0:
            raise ArchitectureError(f"conv_clamp is {self.conv_clamp}; it must be positive, or absent")

    @property
    def blocks(self) -> tuple[int, ...]:
        """Names of the blocks: 4, 8, 16, ..."""
        return tuple(4 << i for i in range(len(self.channels)))

    @property
    def size(self) -> Size:
        """Height and width of the picture."""
        return self.block_size(self.blocks[-1])

    @property
    def num_ws(self) -> int:
        """Rows of w that the synthesis reads: one per convolution, and one for the last torgb."""
        return 2 * len(self.channels)

    def block_size(self, block: int) -> Size:
        """Height and width of block bN's output."""
        return Size(self.base.height * block // 4, self.base.width * block // 4)

    def first_row(self, block: int) -> int:
        """Row of w that block bN's first convolution reads (torgb shares the next block's first row)."""
        index = self.blocks.index(block)
        return 0 if index == 0 else 2 * index - 1

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"channels": list(self.channels), "base": list(self.base)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Architecture:
        """The inverse of `to_json`. Raises ArchitectureError naming the field that is missing or of a wrong type."""
        try:
            clamp = values["conv_clamp"]
            return cls(
                z_dim=int(values["z_dim"]),
                c_dim=int(values["c_dim"]),
                w_dim=int(values["w_dim"]),
                mapping_layers=int(values["mapping_layers"]),
                channels=tuple(int(c) for c in values["channels"]),
                image_channels=int(values["image_channels"]),
                base=Size(*(int(n) for n in values["base"])),
                kind=str(values["kind"]),
                conv_clamp=None if clamp is None else float(clamp),
            )
        except ArchitectureError:
            raise
        except (KeyError, TypeError, ValueError, OverflowError) as error:  # OverflowError: int(inf)
            raise ArchitectureError(f"the architecture is incomplete or malformed: {error!r}") from error

    @classmethod
    def from_nvidia(cls, config: Mapping[str, Any]) -> Architecture:
        """From constructor arguments as the public checkpoints name them (`img_resolution`, `synthesis_kwargs`, ...).

        Channels of block bN are min(channel_base / N, channel_max). Source: the checkpoints' own keyword arguments.
        """
        synthesis = config.get("synthesis_kwargs", {})
        resolution = int(config["img_resolution"])
        count = resolution.bit_length() - 2
        base, most = int(synthesis.get("channel_base", 32768)), int(synthesis.get("channel_max", 512))
        clamp = synthesis.get("conv_clamp")
        return cls(
            z_dim=int(config["z_dim"]),
            c_dim=int(config["c_dim"]),
            w_dim=int(config["w_dim"]),
            mapping_layers=int(config.get("mapping_kwargs", {}).get("num_layers", 8)),
            channels=tuple(min(base // (4 << i), most) for i in range(count)),
            image_channels=int(config.get("img_channels", 3)),
            kind=str(synthesis.get("architecture", "skip")),
            conv_clamp=None if clamp is None else float(clamp),
        )

    def truncated(self, count: int) -> Architecture:
        """The same generator with its first `count` blocks only (growing while it is trained)."""
        return replace(self, channels=self.channels[:count])


def _few(number: int) -> str:
    """In a sentence; Python refuses to write thousands of digits."""
    return str(number) if number < 10**12 else "a million million and more"


def channels_for(blocks: Iterable[int], channel_base: int, channel_max: int) -> tuple[int, ...]:
    """StyleGAN2's rule: min(channel_base / N, channel_max) for each block bN."""
    return tuple(min(channel_base // block, channel_max) for block in blocks)
