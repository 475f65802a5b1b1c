"""Who was where when: one lane for each identity, one bar for each stay in a camera."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from surveil_reid.core import Tracklet
from surveil_reid.report.times import Clock

ROW: Final = 12
"""Pixels from one row of bars to the next in a lane."""

GAP: Final = 8
"""Pixels between lanes."""

HEAD: Final = 26
"""Pixels above the lanes, for the axis."""

MOST_BARS: Final = 60
"""Bars in a lane; the longest are drawn."""

_NARROWEST = 0.35
_TOUCHING = 0.15  # percent of the axis: bars of a camera that are nearer are one


@dataclass(frozen=True, slots=True)
class Bar:
    """A stay, or several that are too near to be told apart.

    Attributes:
        camera: name.
        start: UTC seconds since 1970.
        end: likewise.
        left: percent of the axis.
        width: percent of the axis.
        row: in its lane, from 0; bars that overlap in time lie in different rows.
    """

    camera: str
    start: float
    end: float
    left: float
    width: float
    row: int


@dataclass(frozen=True, slots=True)
class Lane:
    """One identity's bars; `left_out` shorter ones are not drawn."""

    identity: int
    top: int
    rows: int
    bars: tuple[Bar, ...]
    left_out: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """Lanes under an axis; heights in pixels, places on the axis in percent."""

    lanes: tuple[Lane, ...]
    ticks: tuple[tuple[float, str], ...]
    height: int
    clock: Clock


def draw_timeline(people: Mapping[int, Sequence[Tracklet]]) -> Timeline | None:
    """Place everybody's tracklets; None where there is nobody.

    Args:
        people: the tracklets of each identity, at least one, in order of time.
    """
    everything = [tracklet for tracklets in people.values() for tracklet in tracklets]
    if not everything:
        return None
    clock = Clock.over(everything)
    lanes: list[Lane] = []
    top = HEAD
    for identity, tracklets in people.items():
        stays = _stays(tracklets, clock)
        drawn = sorted(sorted(stays, key=lambda s: s[1] - s[2])[:MOST_BARS], key=lambda s: s[1:])
        bars = _bars(drawn, clock)
        rows = 1 + max(bar.row for bar in bars)
        lanes.append(Lane(identity, top, rows, tuple(bars), len(stays) - len(drawn)))
        top += rows * ROW + GAP
    ticks = tuple((_percent(time, clock), label) for time, label in clock.ticks())
    return Timeline(tuple(lanes), ticks, top, clock)


_Stay = tuple[str, float, float]


def _stays(tracklets: Sequence[Tracklet], clock: Clock) -> list[_Stay]:
    """Camera, start and end of stays; those of a camera that would touch are one."""
    near = (clock.last - clock.first) * _TOUCHING / 100
    open_: dict[str, _Stay] = {}
    done: list[_Stay] = []
    for tracklet in tracklets:
        camera, start, end = tracklet.camera, tracklet.start, tracklet.end
        before = open_.get(camera)
        if before is not None and start - before[2] <= near:
            start, end = before[1], max(before[2], end)
        elif before is not None:
            done.append(before)
        open_[camera] = (camera, start, end)
    return [*done, *open_.values()]


def _bars(stays: Sequence[_Stay], clock: Clock) -> list[Bar]:
    ends: list[float] = []
    bars = []
    for camera, start, end in stays:
        left = min(_percent(start, clock), 100 - _NARROWEST)
        width = max(_percent(end, clock) - left, _NARROWEST)
        row = next((n for n, taken in enumerate(ends) if taken <= left), len(ends))
        ends[row : row + 1] = [left + width]
        bars.append(Bar(camera, start, end, left, width, row))
    return bars


def _percent(time: float, clock: Clock) -> float:
    return 100 * (time - clock.first) / ((clock.last - clock.first) or 1)
