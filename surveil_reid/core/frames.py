"""Frames: decoded pictures with their place in the recording."""

from dataclasses import dataclass

import numpy as np

from surveil_reid.core.arrays import Image
from surveil_reid.core.errors import ArrayError


def check_image(image: Image) -> None:
    """Raise ArrayError unless `image` is a non-empty uint8 picture `(height, width, 3)`."""
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        msg = (
            "a picture must be uint8 of shape (height, width, 3), RGB, and not empty; "
            f"got {image.dtype} of shape {image.shape}"
        )
        raise ArrayError(msg)


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One decoded picture of a recording.

    Attributes:
        number: the recording's own count of decoded frames, from 1; skipped frames count too.
        time: presentation time in seconds after the recording's first frame.
        image: RGB uint8 `(height, width, 3)`, upright (rotation flags applied).
    """

    number: int
    time: float
    image: Image

    def __post_init__(self) -> None:
        check_image(self.image)
