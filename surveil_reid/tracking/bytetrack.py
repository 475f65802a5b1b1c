"""ByteTrack from the library `trackers`, made to fit the Tracker protocol."""

import math
from typing import Any

import numpy as np
import supervision as sv
from trackers import ByteTrackTracker

from surveil_reid.core import Booleans, Detections, InputError, Integers
from surveil_reid.tracking.tracker import Tracked, TrackingOptions

# The library keeps its own ids back until the second detection. This tracker numbers a person at
# the first, and relies on the second deciding: every unnumbered strong row is then a newborn.
_DETECTIONS_TO_CONFIRM = 2
_UNNUMBERED = -1


class ByteTrack:
    """Follows people by motion and overlap, strong detections first (see `Tracker`)."""

    def __init__(self, options: TrackingOptions) -> None:
        self._options = options
        self._library = ByteTrackTracker(
            frame_rate=options.reference_rate,
            track_activation_threshold=options.new,
            minimum_consecutive_frames=_DETECTIONS_TO_CONFIRM,
            minimum_iou_threshold=options.overlap,
            high_conf_det_threshold=options.high,
        )
        # Its constructor takes whole thirtieths of a second only.
        self._library.maximum_time_without_update = options.lost_seconds
        self._numbers: dict[Any, int] = {}
        self._born = 0
        self._time = self._library_time = -math.inf

    @property
    def idle(self) -> bool:
        """Whether nobody is held, not even lost."""
        return not self._numbers

    def update(self, detections: Detections, time: float) -> Tracked:
        """Follow everybody into the next frame (see `Tracker.update`)."""
        rows, ids = self._step(detections, self._checked(time))
        # As the library compares: in float32 the nearest to 0.7 would not be below it.
        sure = detections.confidences[rows].astype(np.float64) >= self._options.new
        newborn = (ids == _UNNUMBERED) & sure
        ended = self._renumber()
        numbers = self._numbers_of(ids, newborn)
        found = rows[newborn | (ids != _UNNUMBERED)]
        return Tracked(
            numbers=numbers,
            boxes=detections.boxes[found],
            confidences=detections.confidences[found],
            detections=found,
            ended=ended,
        )

    def _checked(self, time: float) -> float:
        if not (math.isfinite(time) and time >= self._time):
            msg = f"frames must come in order of time: {time} s after {self._time} s"
            raise InputError(msg)
        # Frames of one time are told a hair apart, since the library warns of equal times.
        self._time = time
        self._library_time = max(time, math.nextafter(self._library_time, math.inf))
        return self._library_time

    def _step(self, detections: Detections, time: float) -> tuple[Integers, Integers]:
        """Rows that the library looked at, and its id for each of them."""
        seen = np.flatnonzero(detections.confidences >= self._options.low)
        result = self._library.update(
            sv.Detections(
                xyxy=detections.boxes[seen].astype(np.float64),
                confidence=detections.confidences[seen],
                data={"row": seen},
            ),
            timestamp=time,
        )
        if len(result) == 0:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        return np.asarray(result.data["row"], np.int64), np.asarray(result.tracker_id, np.int64)

    def _renumber(self) -> tuple[int, ...]:
        """Number the newborn in the order of their birth; the numbers of those who are gone."""
        before = self._numbers
        self._numbers = {}
        for track in self._library.tracks:
            if track not in before:
                self._born += 1
            self._numbers[track] = before.get(track, self._born)
        return tuple(number for track, number in before.items() if track not in self._numbers)

    def _numbers_of(self, ids: Integers, newborn: Booleans) -> Integers:
        """The number behind each row that belongs to somebody, in the order of the rows."""
        confirmed = {track.tracker_id: number for track, number in self._numbers.items()}
        births = iter(range(self._born - int(newborn.sum()) + 1, self._born + 1))
        numbers = [
            next(births) if new else confirmed[int(id_)]
            for id_, new in zip(ids, newborn, strict=True)
            if new or id_ != _UNNUMBERED
        ]
        return np.array(numbers, np.int64)
