"""Presentation times: seconds after the first frame, whatever the file says about them.

Time stamps are taken as they are as long as they rise. Where they do not:
- a missing one counts as one frame interval after the frame before;
- one that stands still or steps back by less than `JITTER` counts as `TICK` after the frame
  before, so that the clock falls back in step as soon as the stamps are ahead again;
- a longer step back is taken for a new beginning (a camera restarted, files joined): the frame
  counts as one interval after the frame before, and the frames behind it follow on.
A step forward is always believed: recordings that pause when nothing moves have long ones.
"""

from fractions import Fraction

JITTER = 1.0
"""Seconds."""
TICK = 0.001
"""Seconds."""


class Clock:
    """Turns a recording's time stamps, in order of display, into strictly increasing seconds.

    Attributes:
        time: seconds of the last frame told, None before the first.
        adjusted: whether a stamp was ever not taken as it was.
    """

    def __init__(self, interval: float, origin: Fraction | None = None) -> None:
        """Start a clock.

        Args:
            interval: seconds between frames, positive, used where stamps fail.
            origin: stamp of the recording's first frame in seconds; None takes the first one met.
        """
        self.time: float | None = None
        self.adjusted = False
        self._interval = interval
        self._origin = origin

    def tell(self, stamp: Fraction | None) -> float:
        """Seconds after the recording's first frame for the next frame, stamped in seconds."""
        self.time = self._following(stamp)
        return self.time

    def _following(self, stamp: Fraction | None) -> float:
        expected = 0.0 if self.time is None else self.time + self._interval
        if stamp is None:
            self.adjusted = True
            return expected
        if self._origin is None:
            self._origin = stamp - Fraction(expected)
        time = float(stamp - self._origin)
        if self.time is None or time > self.time:
            return time
        self.adjusted = True
        if self.time - time < JITTER:
            return self.time + TICK
        self._origin = stamp - Fraction(expected)
        return expected
