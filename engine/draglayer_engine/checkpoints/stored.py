"""Numbers that lie in a file: where they are and what they mean, checked before anything is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import limits
from .errors import CheckpointError, shown

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Element types by numpy's letters; "bf" is bfloat16, which numpy does not know.
ITEM_BYTES = {
    "f2": 2,
    "f4": 4,
    "f8": 8,
    "bf": 2,
    "i1": 1,
    "i2": 2,
    "i4": 4,
    "i8": 8,
    "u1": 1,
    "u2": 2,
    "u4": 4,
    "u8": 8,
    "b1": 1,
}


@dataclass(slots=True, eq=False)
class Storage:
    """A run of `count` equal elements; `data` is None until the part of the file that holds them was reached."""

    code: str
    count: int
    data: memoryview | None = None
    big_endian: bool = False

    def fill(self, data: memoryview) -> None:
        """Raises CheckpointError when the bytes are not as many as the elements need."""
        needed = self.count * ITEM_BYTES[self.code]
        if len(data) != needed:
            raise CheckpointError(
                f"it holds {len(data)} bytes where {needed} were announced, so it is damaged or was cut short;"
                " download it again"
            )
        self.data = data


@dataclass(slots=True, eq=False)
class StoredArray:
    """A tensor in a storage. `offset` and `strides` count elements, as torch does."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def __post_init__(self) -> None:
        """Raises CheckpointError for anything but distinct elements that all lie inside the storage."""
        if len(self.shape) != len(self.strides) or len(self.shape) > limits.DIMENSIONS:
            raise CheckpointError(_wrong(f"{len(self.shape)} sizes and {len(self.strides)} strides"))
        if self.offset < 0 or min(self.shape, default=0) < 0 or min(self.strides, default=0) < 0:
            raise CheckpointError(_wrong("a negative size, stride or offset"))
        if 0 in self.shape:
            return
        reach = 0  # largest distance between elements of the axes looked at so far
        for stride, size in sorted(zip(self.strides, self.shape, strict=True)):
            if size == 1:
                continue
            if stride <= reach:
                raise CheckpointError(_wrong("elements that share their place"))
            reach += stride * (size - 1)
        if self.offset + reach >= self.storage.count:
            raise CheckpointError(_wrong(f"elements beyond the end of their {self.storage.count}"))

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def read(self) -> NDArray[Any]:
        """The numbers, as a view of the file where numpy knows the type; bfloat16 becomes a float32 copy.

        Raises CheckpointError when the file ended before them.
        """
        import numpy as np

        if self.storage.data is None:
            raise CheckpointError("it ends before the numbers of its tensors; download it again")
        code = "u2" if self.storage.code == "bf" else self.storage.code
        dtype = np.dtype(code).newbyteorder(">" if self.storage.big_endian else "<")
        if 0 in self.shape:
            return np.zeros(self.shape, np.float32)
        flat: NDArray[Any] = np.frombuffer(self.storage.data, dtype)
        step = dtype.itemsize
        view = np.ndarray(self.shape, dtype, flat, self.offset * step, tuple(s * step for s in self.strides))
        view.flags.writeable = False
        if self.storage.code == "bf":  # a bfloat16 is the upper half of a float32
            return (view.astype(np.uint32) << 16).view(np.float32)
        return view


class UnfilledArray(StoredArray):
    """A numpy array as pickle makes it: first empty, so that others can refer to it, then filled."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(Storage("f4", 0), 0, (0,), (1,))

    def become(self, array: StoredArray) -> None:
        self.storage, self.offset = array.storage, array.offset
        self.shape, self.strides = array.shape, array.strides


def contiguous(storage: Storage, shape: tuple[int, ...], *, fortran: bool = False) -> StoredArray:
    """A tensor that fills its storage, row by row (or column by column). Raises CheckpointError when it does not."""
    if len(shape) > limits.DIMENSIONS:
        raise CheckpointError(_wrong(f"{len(shape)} dimensions"))
    strides = [1] * len(shape)
    order = range(len(shape)) if fortran else reversed(range(len(shape)))
    count = 1
    for axis in order:
        strides[axis] = count
        count *= shape[axis]
    if count != storage.count or min(shape, default=0) < 0:
        raise CheckpointError(_wrong(f"a shape of {shown(count)} elements for {storage.count}"))
    return StoredArray(storage, 0, tuple(shape), tuple(strides))


def as_float32(array: NDArray[Any]) -> NDArray[np.float32]:
    """Contiguous float32, low byte first, copied only where it is not that; what is too large becomes infinite."""
    import numpy as np

    with np.errstate(over="ignore"):
        return np.asarray(array, "<f4", order="C")


def _wrong(what: str) -> str:
    return f"it describes a tensor with {what}, so it is damaged or made to do harm; get it from its source again"
