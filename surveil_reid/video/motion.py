"""The motion gate: pictures in which nothing moved are kept from the detector.

Each picture is compared, as a small grey version, with the last one that was let through, not with
the one before it, so that a slow drift adds up until the gate opens. Three measures keep noise from
looking like motion: a cell is the mean of several pixels, the change of a cell is averaged with its
neighbours', and a cell counts as changed only if it changed clearly more than the middle one did.
"""

import cv2
import numpy as np

from surveil_reid.core import Floats, Image
from surveil_reid.video.options import VideoOptions

CELLS = 160
"""Cells along the picture's longer side. The smallest person that a detector working at 640 pixels
finds is about 10 by 20 of those, two cells or three by five."""
NOISE = 8.0
"""A changed cell has changed so many times as much as the middle cell; of 14,400 cells with nothing
but normal noise in them, the most changed reaches about six times."""
NOISE_LIMIT = 3.0
"""The middle cell's change raises the level at most so many times: where even the middle cell
changes much it is the camera that moves, and the gate is to open."""


class MotionGate:
    """Says of each picture of a camera whether anything moved since the last let through.

    The same pictures give the same answers. Brightness that changes everywhere by the same amount
    is no motion.
    """

    def __init__(self, options: VideoOptions | None = None) -> None:
        self._options = options or VideoOptions()
        self._passed: Floats | None = None
        self._held = 0

    def reset(self) -> None:
        """Forget everything: the next picture opens the gate."""
        self._passed = None
        self._held = 0

    def open(self, image: Image) -> bool:
        """Whether a picture is to be analysed.

        Args:
            image: RGB uint8 `(height, width, 3)`; a picture of another size always opens the gate.
        """
        if not self._options.motion_gate:
            return True
        grey = shrink(image)
        if self._held + 1 < self._options.motion_refresh and not self._moved(grey):
            self._held += 1
            return False
        self._passed = grey
        self._held = 0
        return True

    def _moved(self, grey: Floats) -> bool:
        if self._passed is None or self._passed.shape != grey.shape:
            return True
        change = changes(self._passed, grey)
        level = self._options.motion_level
        noise = NOISE * float(np.median(change[::2, ::2]))
        threshold = max(level, min(noise, NOISE_LIMIT * level))
        return int(np.count_nonzero(change > threshold)) >= self._options.motion_cells


def shrink(image: Image) -> Floats:
    """A small grey version: the green channel, `CELLS` cells along the longer side.

    Args:
        image: RGB uint8 `(height, width, 3)`.

    Returns:
        float32 `(rows, columns)` in 0..255.
    """
    # Reading every pixel would take ten times as long; four to a cell are enough.
    step = max(1, max(image.shape[:2]) // (2 * CELLS))
    green = np.ascontiguousarray(image[::step, ::step, 1])
    scale = CELLS / max(green.shape)
    size = [max(1, round(side * scale)) for side in green.shape]
    small = cv2.resize(green, (size[1], size[0]), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


def changes(before: Floats, after: Floats) -> Floats:
    """How much each cell changed, other than by what all of them did.

    Args:
        before: float32 `(rows, columns)`, grey levels.
        after: of the same shape.

    Returns:
        float32 `(rows, columns)`, grey levels, not negative; each the mean of 3 by 3 cells.
    """
    difference = after - before
    difference -= np.median(difference[::2, ::2])
    return np.abs(np.asarray(cv2.blur(difference, (3, 3)), np.float32))
