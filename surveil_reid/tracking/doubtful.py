"""Telling furniture from people: chairs, coats and posters never move and never convince."""

from dataclasses import dataclass

import numpy as np

from surveil_reid.core import Booleans, BoxTrack, InputError


@dataclass(frozen=True, kw_only=True, slots=True)
class DoubtOptions:
    """When a tracklet is taken for something other than a person.

    Attributes:
        still: a box whose centre, top and bottom each stay within this many of its own heights
            never moves. Nine tenths of the detections count, so that single jumps do not.
        convincing: confidence, 0..1, that one detection in `one_in` must reach to convince.
        one_in: see `convincing`; a flicker now and then over minutes does not convince.
        confirmed: fewer detections than this are doubtful however strong: nearly half of the lone
            detections in rendered footage, weak and strong alike, showed nobody.

    Raises:
        InputError: when a value is out of range.
    """

    still: float = 0.25
    convincing: float = 0.5
    one_in: float = 10.0
    confirmed: int = 2

    def __post_init__(self) -> None:
        if not self.still >= 0:
            msg = f"doubt still must not be negative, got {self.still}"
            raise InputError(msg)
        if not 0 <= self.convincing <= 1:
            msg = f"doubt convincing must lie in 0..1, got {self.convincing}"
            raise InputError(msg)
        if not self.one_in >= 1:
            msg = f"doubt one_in must be at least 1, got {self.one_in}"
            raise InputError(msg)
        if self.confirmed < 1:
            msg = f"doubt confirmed must be at least 1, got {self.confirmed}"
            raise InputError(msg)


def is_doubtful(track: BoxTrack, options: DoubtOptions | None = None) -> bool:
    """Whether a tracklet never moves and never convinces, or was never confirmed.

    Args:
        track: a finished track; interpolated boxes do not count.
        options: what moving, convincing and confirmed mean.
    """
    chosen = options or DoubtOptions()
    seen = track.confidences > 0
    if np.count_nonzero(seen) < chosen.confirmed:
        return True
    convinced = np.quantile(track.confidences[seen], 1 - 1 / chosen.one_in) >= chosen.convincing
    return not convinced and _spread(track, seen) <= chosen.still


def _spread(track: BoxTrack, seen: Booleans) -> float:
    """How far the box strays, in heights: the largest of centre, top and bottom."""
    left, top, right, bottom = track.boxes[seen].astype(np.float64).T
    paths = np.stack([(left + right) / 2, top, bottom])
    low, high = np.quantile(paths, (0.05, 0.95), axis=1)
    return float((high - low).max() / np.median(bottom - top))
