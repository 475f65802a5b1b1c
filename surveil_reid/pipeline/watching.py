"""From frames to the people in them: detector and ignore zones."""

from collections.abc import Generator, Sequence
from contextlib import closing

import numpy as np

from surveil_reid.config import CameraSource
from surveil_reid.core import Booleans, Detections, Floats
from surveil_reid.detection import Detector
from surveil_reid.pipeline.segment import Batch


class Watcher:
    """Finds the people in one camera's frames, and spares the detector where nothing moved.

    While nothing moves the last detections still hold, so they are repeated: a person who stands
    still stays in view.
    """

    def __init__(self, detector: Detector, camera: CameraSource) -> None:
        self._detector = detector
        self._zones = [np.array(polygon, np.float64) for polygon in camera.ignore]

    def through(
        self, batches: Generator[Batch, None, None]
    ) -> Generator[tuple[Batch, list[Detections]], None, None]:
        """Each batch with the people in each of its frames.

        What is found in a segment depends on nothing before it.
        """
        last = Detections.empty()
        with closing(batches):
            for batch in batches:
                found = self._watch(batch, last)
                yield batch, found
                last = Detections.empty() if batch.ends else found[-1]

    def _watch(self, batch: Batch, last: Detections) -> list[Detections]:
        pairs = list(zip(batch.frames, batch.moved, strict=True))
        fresh = iter(self._detector.detect([frame.image for frame, moved in pairs if moved]))
        found = []
        for frame, moved in pairs:
            if moved:
                height, width = frame.image.shape[:2]
                last = outside(next(fresh), self._zones, view=(width, height))
            found.append(last)
        return found


def outside(
    detections: Detections, zones: Sequence[np.ndarray], *, view: tuple[int, int]
) -> Detections:
    """Leave out the people whose foot point (middle of the lower edge) lies in a zone.

    Args:
        detections: of one frame.
        zones: polygons, each float64 `(corners, 2)` in pixels.
        view: width and height of the picture in pixels. A zone that is drawn to its last row or
            column of pixels reaches to the picture's edge.
    """
    if not zones or not len(detections):
        return detections
    boxes = detections.boxes
    feet = np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]], axis=1)
    # Whoever is cut off ends on the very edge, which is inside no zone drawn within the picture.
    last = np.array(view, np.float64) - 1
    feet = np.minimum(feet, np.nextafter(last, 0))
    keep = ~np.any([_inside(feet, zone) for zone in zones], axis=0)
    return Detections(boxes=boxes[keep], confidences=detections.confidences[keep])


def _inside(points: Floats, polygon: np.ndarray) -> Booleans:
    """Even-odd rule: a ray to the right crosses the outline an odd number of times."""
    x, y = points[:, :1], points[:, 1:]
    x1, y1 = polygon[:, 0], polygon[:, 1]
    x2, y2 = np.roll(x1, -1), np.roll(y1, -1)
    spans = (y1 > y) != (y2 > y)
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = (x2 - x1) * (y - y1) / (y2 - y1) + x1
    inside: Booleans = (np.count_nonzero(spans & (x < crossing), axis=1) % 2).astype(bool)
    return inside
