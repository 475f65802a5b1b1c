"""Detectors that need no weights, for pipelines that run on generated pictures and videos."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from surveil_reid.core import Detections, Floats, Image, check_image

# Hues of red, yellow, green, cyan, blue and magenta lie 30 apart on OpenCV's circle of 180.
_HUES, _HUE_STEP = 6, 30


@dataclass(frozen=True, kw_only=True, slots=True)
class ColourDetector:
    """Takes every patch of a strong, pure colour for a person.

    Survives video compression: colours are sorted into the six pure hues, and specks such as
    blurred edges are dropped. Grey, black and white are background. Patches of one hue that touch
    are one person.
    """

    name: str = "colour"
    sha256: str = hashlib.sha256(b"ColourDetector").hexdigest()
    batch_size: int = 4
    minimum_side: int = 6

    def detect(self, images: Sequence[Image]) -> list[Detections]:
        """Boxes of the patches in each RGB picture, with confidence 0.9."""
        return [self._detect(image) for image in images]

    def _detect(self, image: Image) -> Detections:
        check_image(image)
        hue, saturation, value = cv2.split(cv2.cvtColor(image, cv2.COLOR_RGB2HSV))
        strong = (saturation > 120) & (value > 80)
        nearest = (hue.astype(np.int64) + _HUE_STEP // 2) // _HUE_STEP % _HUES
        boxes = [box for h in range(_HUES) for box in self._patches(strong & (nearest == h))]
        return Detections(
            boxes=np.array(boxes, np.float32).reshape(-1, 4),
            confidences=np.full(len(boxes), 0.9, np.float32),
        )

    def _patches(self, mask: np.ndarray) -> list[tuple[int, int, int, int]]:
        _, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
        # Row 0 is the background; columns are left, top, width, height and area.
        return [
            (left, top, left + width, top + height)
            for left, top, width, height, area in stats[1:].tolist()
            if min(width, height) >= self.minimum_side and area >= width * height / 2
        ]


class ScriptedDetector:
    """Answers with detections that were written down beforehand, a picture after the other."""

    name = "scripted"
    sha256 = hashlib.sha256(b"ScriptedDetector").hexdigest()

    def __init__(self, script: Iterable[Detections], *, batch_size: int = 4) -> None:
        self._script = iter(script)
        self.batch_size = batch_size

    def detect(self, images: Sequence[Image]) -> list[Detections]:
        """The next detections, one for each picture; StopIteration once the script has ended."""
        return [next(self._script) for _ in images]


def picture_with(
    *patches: tuple[tuple[int, int, int, int], tuple[int, int, int]],
    size: tuple[int, int] = (120, 160),
) -> Image:
    """A grey RGB picture of (height, width) with patches `((x1, y1, x2, y2), (r, g, b))`."""
    image: Image = np.full((*size, 3), 90, np.uint8)
    for (x1, y1, x2, y2), colour in patches:
        image[y1:y2, x1:x2] = colour
    return image


def detections_of(*boxes: Sequence[float], confidence: float = 0.9) -> Detections:
    """Detections of xyxy boxes, all with one confidence."""
    rows: Floats = np.array(boxes, np.float32).reshape(-1, 4)
    return Detections(boxes=rows, confidences=np.full(len(rows), confidence, np.float32))
