"""What a tracker is, and how it can be tuned."""

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from surveil_reid.core import Detections, Floats, InputError, Integers

FRAMES_WAITED = 2.5
"""Between two and three: the frame after a missed one is a little late as often as not."""


@dataclass(frozen=True, slots=True, eq=False)
class Tracked:
    """The people followed in one frame.

    Attributes:
        numbers: int64 `(n,)`, the tracker's own number for each person, from 1.
        boxes: float32 `(n, 4)`, xyxy in pixels, as detected, not smoothed.
        confidences: float32 `(n,)` in 0..1.
        detections: int64 `(n,)`, index into the detections handed in.
        ended: numbers that were lost for good and will never be reported again.
    """

    numbers: Integers
    boxes: Floats
    confidences: Floats
    detections: Integers
    ended: tuple[int, ...]


class Tracker(Protocol):
    """Follows people through one stretch of time of one camera; a fresh one for every stretch.

    The same detections at the same times give the same answers, whatever other trackers do.
    """

    @property
    def idle(self) -> bool:
        """Whether nobody is held, not even lost: a fresh tracker would go on the same way."""
        ...

    def update(self, detections: Detections, time: float) -> Tracked:
        """Follow everybody into the next frame.

        A person is numbered at the first detection strong enough to start with. One that the very
        next frame does not confirm ends there, so a number may stand for a single detection.

        Args:
            detections: of one frame, weak ones too.
            time: of the frame, in seconds; it need not be evenly spaced.

        Raises:
            InputError: when the time is not finite or earlier than the frame before.
        """
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class TrackingOptions:
    """How people are followed.

    Attributes:
        low: detections of less confidence are not looked at, 0..1.
        high: detections from here on are matched first; weaker ones only keep known people, 0..1.
        new: confidence from which an unmatched detection starts a person, `high`..1.
        overlap: smallest intersection over union of a detection and where its person was
            expected, 0..1.
        lost_seconds: how long somebody unseen is waited for. Short on purpose: a box that drifts on
            blindly is soon taken by a passer-by, whereas re-joining asks the appearance too.
        reference_rate: frames per second that the motion model's noise is meant for. Steps of
            any length are scaled to it, so that it need not be the rate of the footage.

    Raises:
        InputError: when a value is out of range.
    """

    low: float = 0.1
    high: float = 0.4
    new: float = 0.5
    overlap: float = 0.25
    lost_seconds: float = 0.65
    reference_rate: float = 5.0

    def at_rate(self, rate: float) -> "TrackingOptions":
        """The same where so many frames a second are looked at.

        Somebody who is missed in one frame is waited for in any case, be the frames ever so rare:
        else nobody would be followed from one to the next.
        """
        return replace(self, lost_seconds=max(self.lost_seconds, FRAMES_WAITED / rate))

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.high <= self.new <= 1:
            msg = (
                "tracking needs 0 <= low <= high <= new <= 1, "
                f"got low {self.low}, high {self.high}, new {self.new}"
            )
            raise InputError(msg)
        if not 0 < self.overlap <= 1:
            msg = f"tracking overlap must lie in 0..1 and not be 0, got {self.overlap}"
            raise InputError(msg)
        for name in ("lost_seconds", "reference_rate"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value > 0):
                msg = f"tracking {name} must be more than 0, got {value}"
                raise InputError(msg)
