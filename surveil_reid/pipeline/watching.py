"""From frames to the people in them: motion gate, detector, ignore zones."""

from collections.abc import Generator, Sequence
from contextlib import closing

import numpy as np

from surveil_reid.config import CameraSource
from surveil_reid.core import Booleans, Detections, Floats, Frame
from surveil_reid.detection import Detector
from surveil_reid.pipeline.segment import Batch
from surveil_reid.video import MotionGate


class Watcher:
    """Finds the people in one camera's frames, and spares the detector where nothing moved.

    While nothing moves the last detections still hold, so they are repeated: a person who stands
    still stays in view.
    """

    def __init__(self, detector: Detector, gate: MotionGate | None, camera: CameraSource) -> None:
        self._detector = detector
        self._gate = gate
        self._zones = [np.array(polygon, np.float64) for polygon in camera.ignore]
        self._last = Detections.empty()

    def restart(self) -> None:
        """Forget the last picture, so that what follows depends on nothing before it."""
        self._last = Detections.empty()
        if self._gate is not None:
            self._gate.reset()

    def through(
        self, batches: Generator[Batch, None, None]
    ) -> Generator[tuple[Batch, list[tuple[Detections, bool]]], None, None]:
        """Each batch with what `watch` says of it; every segment is watched afresh."""
        self.restart()
        with closing(batches):
            for batch in batches:
                yield batch, self.watch(batch.frames)
                if batch.ends:
                    self.restart()

    def watch(self, frames: Sequence[Frame]) -> list[tuple[Detections, bool]]:
        """The people in each frame, and whether the frame was gated.

        Args:
            frames: in order of time.

        Returns:
            For each frame its detections; True beside those repeated from the frame before.
        """
        moved = [self._gate is None or self._gate.open(frame.image) for frame in frames]
        looked_at = [frame.image for frame, opened in zip(frames, moved, strict=True) if opened]
        fresh = iter(self._detector.detect(looked_at))
        results = []
        for opened in moved:
            if opened:
                self._last = outside(next(fresh), self._zones)
            results.append((self._last, not opened))
        return results


def outside(detections: Detections, zones: Sequence[np.ndarray]) -> Detections:
    """Leave out the people whose foot point (middle of the lower edge) lies in a zone.

    Args:
        detections: of one frame.
        zones: polygons, each float64 `(corners, 2)` in pixels.
    """
    if not zones or not len(detections):
        return detections
    boxes = detections.boxes
    feet = np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]], axis=1)
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
