"""Between the generator's pictures and bytes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from torch import Tensor


def to_uint8(image: Tensor) -> npt.NDArray[np.uint8]:
    """[1, C, H, W] in about [-1, 1] -> [H, W, C]: x * 127.5 + 128, truncated, as checkpoints are meant to be shown."""
    values = (image[0].detach().float() * 127.5 + 128).clamp(0, 255)
    picture: npt.NDArray[np.uint8] = values.permute(1, 2, 0).to("cpu").numpy().astype(np.uint8)
    return np.ascontiguousarray(picture)
