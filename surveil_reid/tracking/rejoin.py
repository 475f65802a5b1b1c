"""Re-joining a tracklet that was interrupted, when appearance and motion both say so."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from surveil_reid.core import BoxTrack, Doubles, Floats, InputError


@dataclass(frozen=True, kw_only=True, slots=True)
class RejoinOptions:
    """When two tracklets of one camera are one person who was out of sight for a while.

    The motion figures cover 99 of 100 gaps of up to 10 s between people's true boxes in rendered
    footage, with a margin for how detected boxes jitter. Lengths are in heights of the person, so
    that neither the resolution nor the distance to the camera matters.

    Attributes:
        max_gap: seconds out of sight after which nobody is re-joined.
        horizon: seconds for which the last velocity is believed; after that people turn or stop.
        slack: how far from where they were expected they may come back at once, in heights.
        drift: how much farther for every second out of sight, in heights.
        size_slack: how much the logarithm of the height may differ at once.
        size_drift: how much more for every second out of sight.
        border: share of the picture's width; a box this near to its left or right side is on its
            way out or in, and somebody who left is a new tracklet when they return.

    Raises:
        InputError: when a value is out of range.
    """

    max_gap: float = 10.0
    horizon: float = 2.0
    slack: float = 0.4
    drift: float = 0.5
    size_slack: float = 0.4
    size_drift: float = 0.12
    border: float = 0.01

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if not (np.isfinite(value) and value >= 0):
                msg = f"rejoin {name} must not be negative, got {value}"
                raise InputError(msg)


@dataclass(frozen=True, slots=True, eq=False)
class Ended:
    """A finished tracklet, as far as re-joining looks at it.

    Attributes:
        id: whatever the caller knows it by.
        track: its boxes; of no boxes, it is never re-joined.
        descriptor: float32 `(dim,)`, L2-normalised; None where there was nothing to describe.
    """

    id: int
    track: BoxTrack
    descriptor: Floats | None


def find_rejoin(
    candidate: Ended,
    earlier: Sequence[Ended],
    options: RejoinOptions | None = None,
    *,
    appearance: float,
    view: tuple[int, int] | None = None,
) -> int | None:
    """The earlier tracklet that the candidate continues.

    Args:
        candidate: newly ended.
        earlier: ended before, of the same camera, described by the same model.
        options: when motion allows two tracklets to be one person.
        appearance: cosine similarity of the descriptors, -1..1, from which they may be one person;
            it depends on the model, so it has no default: hand in the model's own.
        view: width and height of the picture in pixels; without it nobody counts as having left.

    Returns:
        The id of the most similar of those that motion allows, the latest of equals, or None.
    """
    chosen = options or RejoinOptions()
    if candidate.descriptor is None:
        return None
    scores = [
        (float(candidate.descriptor @ other.descriptor), float(other.track.times[-1]), other.id)
        for other in earlier
        if other.descriptor is not None
        and motion_plausible(other.track, candidate.track, chosen, view=view)
    ]
    best = max(scores, default=None)
    return best[2] if best is not None and best[0] >= appearance else None


def motion_plausible(
    earlier: BoxTrack,
    later: BoxTrack,
    options: RejoinOptions | None = None,
    *,
    view: tuple[int, int] | None = None,
) -> bool:
    """Whether the person of one track can have become that of the other.

    They are expected where their last velocity takes them, give or take a distance that grows with
    the time out of sight; their height may change likewise. Tracks that overlap in time, or touch,
    are two people, and so are tracks between which somebody left the view.

    Args:
        earlier: the tail of this track counts.
        later: the head of this track counts.
        options: how far people get.
        view: width and height of the picture in pixels; without it nobody counts as having left.
    """
    chosen = options or RejoinOptions()
    if len(earlier) == 0 or len(later) == 0:
        return False
    gap = float(later.times[0] - earlier.times[-1])
    if not 0 < gap <= chosen.max_gap:
        return False
    tail, head = _Glimpse.of_tail(earlier), _Glimpse.of_head(later)
    expected = tail.centre + tail.velocity * min(gap, chosen.horizon)
    if view is not None and (
        not ((expected > 0) & (expected < view)).all()
        or _at_border(earlier.boxes[-1], view, chosen)
        or _at_border(later.boxes[0], view, chosen)
    ):
        return False
    distance = float(np.linalg.norm(head.centre - expected)) / np.sqrt(tail.height * head.height)
    growth = abs(float(np.log(head.height / tail.height)))
    return bool(
        distance <= chosen.slack + chosen.drift * gap
        and growth <= chosen.size_slack + chosen.size_drift * gap
    )


def _at_border(box: Floats, view: tuple[int, int], options: RejoinOptions) -> bool:
    # Top and bottom do not count: whoever stands near the camera is cut off there all the time.
    margin = options.border * view[0]
    return bool(box[0] <= margin or box[2] >= view[0] - margin)


# Long enough to average out the jitter of the boxes, short enough to be one gait.
_GLIMPSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class _Glimpse:
    """One end of a track: where the person is, how tall, and how fast they move there.

    Attributes:
        centre: float64 `(2,)`, x and y in pixels at the very end.
        velocity: float64 `(2,)`, pixels per second.
        height: pixels, the median.
    """

    centre: Doubles
    velocity: Doubles
    height: float

    @classmethod
    def of_tail(cls, track: BoxTrack) -> "_Glimpse":
        near = track.times >= track.times[-1] - _GLIMPSE_SECONDS
        return cls._of(track.times[near], track.boxes[near], -1)

    @classmethod
    def of_head(cls, track: BoxTrack) -> "_Glimpse":
        near = track.times <= track.times[0] + _GLIMPSE_SECONDS
        return cls._of(track.times[near], track.boxes[near], 0)

    @classmethod
    def _of(cls, times: Doubles, boxes: Floats, end: int) -> "_Glimpse":
        wide = boxes.astype(np.float64)
        centres = (wide[:, :2] + wide[:, 2:]) / 2
        return cls(
            centre=centres[end],
            velocity=_slope(times, centres),
            height=float(np.median(wide[:, 3] - wide[:, 1])),
        )


def _slope(times: Doubles, points: Doubles) -> Doubles:
    """Least-squares velocity of points `(n, 2)`; at rest where there is only one moment."""
    centred = times - times.mean()
    spread = float(centred @ centred)
    if spread == 0:
        return np.zeros(points.shape[1])
    slope: Doubles = centred @ (points - points.mean(axis=0)) / spread
    return slope
