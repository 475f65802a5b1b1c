"""Tracklets: one person in one camera, and what is kept of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from surveil_reid.core.arrays import Doubles, Floats, Integers
from surveil_reid.core.detections import check_boxes
from surveil_reid.core.errors import ArrayError


@dataclass(frozen=True, slots=True, eq=False)
class BoxTrack:
    """Where one person was, analysed frame by analysed frame, in order of time.

    Attributes:
        frames: int64 `(n,)`, the recording's own frame numbers, from 1.
        times: float64 `(n,)`, UTC seconds since 1970, not decreasing.
        boxes: float32 `(n, 4)`, xyxy in pixels.
        confidences: float32 `(n,)` in 0..1; 0 where a box was interpolated, not detected.
    """

    frames: Integers
    times: Doubles
    boxes: Floats
    confidences: Floats

    def __post_init__(self) -> None:
        check_boxes(self.boxes)
        count = (len(self.boxes),)
        if not self.frames.shape == self.times.shape == self.confidences.shape == count:
            msg = (
                f"a box track of {count[0]} boxes needs as many frames, times and confidences; got "
                f"{self.frames.shape}, {self.times.shape} and {self.confidences.shape}"
            )
            raise ArrayError(msg)
        if (np.diff(self.times) < 0).any():
            msg = "a box track must be in order of time"
            raise ArrayError(msg)

    def __len__(self) -> int:
        return len(self.boxes)

    @classmethod
    def join(cls, tracks: Sequence[Self]) -> Self:
        """Concatenate pieces that follow one another; of no pieces, an empty track."""
        return cls(
            frames=np.concatenate([np.zeros(0, np.int64), *(t.frames for t in tracks)]),
            times=np.concatenate([np.zeros(0, np.float64), *(t.times for t in tracks)]),
            boxes=np.concatenate([np.zeros((0, 4), np.float32), *(t.boxes for t in tracks)]),
            confidences=np.concatenate([np.zeros(0, np.float32), *(t.confidences for t in tracks)]),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Crop:
    """The picture inside one detection's box, already encoded as it will be stored.

    Attributes:
        frame: the recording's own frame number, from 1.
        time: UTC seconds since 1970.
        box: float32 `(4,)`, xyxy in pixels of the frame: the detection, not the cut-out.
        quality: 0..1, higher is better to recognise somebody by.
        jpeg: the encoded picture (decodes to RGB).
    """

    frame: int
    time: float
    box: Floats
    quality: float
    jpeg: bytes


@dataclass(frozen=True, slots=True, eq=False)
class Tracklet:
    """What linking and search know about one person in one camera.

    Attributes:
        id: the store's number for it.
        camera: name of the camera.
        start: UTC seconds since 1970 of the first box.
        end: UTC seconds since 1970 of the last box; not before `start`.
        descriptor: float32 `(dim,)`, L2-normalised.
    """

    id: int
    camera: str
    start: float
    end: float
    descriptor: Floats

    def overlaps(self, other: Self) -> bool:
        """Whether both were in view at one moment."""
        return self.start <= other.end and other.start <= self.end
