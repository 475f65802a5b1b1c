"""How well somebody can be recognised by a crop.

The quality is the product of five factors in 0..1, so that any one of them can spoil a crop:

==========  ====================================================================================
size        the box's height over `FULL_HEIGHT`, at most 1
sharpness   v / (v + `TYPICAL_SHARPNESS`), v the variance of the Laplacian of the grey cut-out
            at `FULL_HEIGHT`
confidence  the detector's
clearness   for each other box, 1 - w * (share of this box that it covers), multiplied;
            w is 1 for a box whose lower edge is lower, as it is in front, else `BEHIND`
wholeness   the share of the box inside the frame, times `CUT` for each frame edge that it meets
==========  ====================================================================================
"""

import math

import cv2
import numpy as np

from surveil_reid.core import Floats, Image
from surveil_reid.crops.pictures import cut_crop

FULL_HEIGHT = 128.0  # pixels; the height of the public benchmarks' pictures
TYPICAL_SHARPNESS = 900.0  # the median of the training images of Market-1501
BEHIND = 0.5
CUT = 0.6
EDGE = 2.0  # pixels; detectors place a box that the frame cuts off this near to its edge


def crop_quality(image: Image, box: Floats, confidence: float, others: Floats) -> float:
    """The quality of the crop that a box would give.

    Args:
        image: the frame, RGB uint8 `(height, width, 3)`.
        box: float32 `(4,)`, xyxy in pixels.
        confidence: of the detection, 0..1.
        others: float32 `(n, 4)`, the boxes of the other people in the frame, without `box`.

    Returns:
        0..1. More height, sharpness or confidence never lowers it; more of the box covered by
        others or beyond the frame's edge never raises it.

    Raises:
        ArrayError: when the picture or the box is malformed, or they do not overlap.
    """
    bound = quality_bound(image.shape[:2], box, confidence, others)
    return bound * sharpness_factor(cut_crop(image, box))


def quality_bound(
    frame_size: tuple[int, ...], box: Floats, confidence: float, others: Floats
) -> float:
    """All of the quality but sharpness: what it can be at most, told without the pixels.

    Args:
        frame_size: height and width in pixels.
        box: float32 `(4,)`, xyxy in pixels.
        confidence: of the detection, 0..1.
        others: float32 `(n, 4)`.

    Returns:
        0..1.
    """
    size = min(float(box[3] - box[1]) / FULL_HEIGHT, 1.0)
    return size * float(confidence) * clearness(box, others) * wholeness(frame_size, box)


def sharpness_factor(cut_out: Image) -> float:
    """The factor for sharpness of a cut-out, RGB uint8 `(height, width, 3)`: 0..1.

    Every cut-out is stretched to one size first: the same person seen larger has softer edges in
    pixels, and seen smaller harder ones, but it is the detail of the person that counts.
    """
    grey = cv2.cvtColor(cut_out, cv2.COLOR_RGB2GRAY)
    way = cv2.INTER_AREA if len(grey) > FULL_HEIGHT else cv2.INTER_LINEAR
    grey = cv2.resize(grey, (int(FULL_HEIGHT) // 2, int(FULL_HEIGHT)), interpolation=way)
    variance = float(cv2.Laplacian(grey, cv2.CV_64F).var())
    return variance / (variance + TYPICAL_SHARPNESS)


def clearness(box: Floats, others: Floats) -> float:
    """The factor for other people in the picture: 0..1, and 1 with nobody near."""
    if len(others) == 0:
        return 1.0
    own = box.astype(np.float64)
    boxes = others.astype(np.float64)
    sides = np.minimum(own[2:], boxes[:, 2:]) - np.maximum(own[:2], boxes[:, :2])
    covered = np.prod(sides.clip(min=0), axis=1) / np.prod(own[2:] - own[:2])
    weights = np.where(boxes[:, 3] > own[3], 1.0, BEHIND)
    # Sorted, so that the order of the others does not change the last bit.
    shares: list[float] = np.sort(1 - weights * covered).tolist()
    return math.prod(shares)


def wholeness(frame_size: tuple[int, ...], box: Floats) -> float:
    """The factor for cutting by the frame's edge: 0..1, and 1 for a box well inside."""
    height, width = frame_size
    left, top, right, bottom = (float(side) for side in box)
    inside_x = max(min(right, width) - max(left, 0.0), 0.0) / (right - left)
    inside_y = max(min(bottom, height) - max(top, 0.0), 0.0) / (bottom - top)
    gaps = (left, top, width - right, height - bottom)
    return inside_x * inside_y * CUT ** sum(gap < EDGE for gap in gaps)
