"""Detections: pedestrian boxes of one frame."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from surveil_reid.core.arrays import Doubles, Floats
from surveil_reid.core.errors import ArrayError


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """Pedestrian boxes of one frame, in no particular order.

    Attributes:
        boxes: float32 `(n, 4)`, xyxy in pixels of the frame, x2 > x1 and y2 > y1.
        confidences: float32 `(n,)` in 0..1.

    Raises:
        ArrayError: when a shape, type or range is wrong.
    """

    boxes: Floats
    confidences: Floats

    def __post_init__(self) -> None:
        check_boxes(self.boxes)
        if self.confidences.dtype != np.float32 or self.confidences.shape != (len(self.boxes),):
            msg = (
                f"confidences must be float32 of shape ({len(self.boxes)},); "
                f"got {self.confidences.dtype} of shape {self.confidences.shape}"
            )
            raise ArrayError(msg)
        if not np.all((self.confidences >= 0) & (self.confidences <= 1)):
            msg = "confidences must lie in 0..1"
            raise ArrayError(msg)

    def __len__(self) -> int:
        return len(self.boxes)

    @classmethod
    def empty(cls) -> Self:
        """No detections at all, the common case."""
        return cls(boxes=np.zeros((0, 4), np.float32), confidences=np.zeros(0, np.float32))


def check_boxes(boxes: Floats) -> None:
    """Raise ArrayError unless `boxes` is finite float32 `(n, 4)` xyxy with positive sides."""
    if boxes.dtype != np.float32 or boxes.ndim != 2 or boxes.shape[1] != 4:
        msg = f"boxes must be float32 of shape (n, 4); got {boxes.dtype} of shape {boxes.shape}"
        raise ArrayError(msg)
    if not np.isfinite(boxes).all():
        msg = "boxes must be finite"
        raise ArrayError(msg)
    if not ((boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])).all():
        msg = "boxes must be xyxy with x2 > x1 and y2 > y1"
        raise ArrayError(msg)


def box_iou(first: Floats, second: Floats) -> Doubles:
    """Intersection over union of every box of `first` with every box of `second`.

    Args:
        first: `(n, 4)` xyxy.
        second: `(m, 4)` xyxy.

    Returns:
        float64 `(n, m)` in 0..1; boxes of no area give 0.
    """
    a = first.astype(np.float64)[:, None]
    b = second.astype(np.float64)[None]
    sides = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    shared = np.prod(sides.clip(min=0), axis=-1)
    union = np.prod(a[..., 2:] - a[..., :2], axis=-1) + np.prod(b[..., 2:] - b[..., :2], axis=-1)
    union = union - shared
    iou: Doubles = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return iou
