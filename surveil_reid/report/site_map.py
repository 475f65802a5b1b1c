"""Where people went next: the cameras of a site, and the ways between them."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Final

from surveil_reid.core import Tracklet

WIDTH: Final = 440
"""Of the drawing, in its own units, which are pixels where there is room."""

RADIUS: Final = 17
"""Of a camera."""

MOST_CAMERAS: Final = 24
MOST_WAYS: Final = 40

_MARGIN_X, _MARGIN_Y = 110, 56
_TALLEST = 420
_BEND = 0.16  # how far a way leaves the straight line, as a share of its length
_ASIDE = 8  # from a way to its words
_ROUND_HEIGHT = 340

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Transition:
    """How often somebody who left one camera was seen next by another one.

    Attributes:
        origin: name of the camera that was left.
        to: name of the camera that came next.
        count: how often.
        seconds: median from leaving to appearing; below 0 where both saw them at once.
    """

    origin: str
    to: str
    count: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Place:
    """A camera on the map; its name stands above it, or below where it lies in the lower half."""

    camera: str
    x: float
    y: float
    below: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """A transition on the map: an SVG path, its width, and where its words are anchored."""

    transition: Transition
    path: str
    width: float
    x: float
    y: float
    anchor: str


@dataclass(frozen=True, slots=True)
class SiteMap:
    """A drawing `WIDTH` wide; `measured` tells whether cameras lie as the site file says."""

    height: float
    places: tuple[Place, ...]
    ways: tuple[Way, ...]
    measured: bool
    cameras_left_out: int
    ways_left_out: int


def count_transitions(people: Iterable[Sequence[Tracklet]]) -> tuple[Transition, ...]:
    """Count who went from where to where, the most used way first.

    Args:
        people: the tracklets of each identity, in order of time. One that follows in the same
            camera is no transition.
    """
    gaps: dict[tuple[str, str], list[float]] = defaultdict(list)
    for tracklets in people:
        for before, after in pairwise(tracklets):
            if before.camera != after.camera:
                gaps[before.camera, after.camera].append(after.start - before.end)
    found = [Transition(*ends, len(times), median(times)) for ends, times in gaps.items()]
    return tuple(sorted(found, key=lambda t: (-t.count, t.origin, t.to)))


def draw_map(
    cameras: Sequence[str],
    transitions: Sequence[Transition],
    positions: Mapping[str, Point],
) -> SiteMap:
    """Lay the cameras out as the site has them, or on a circle where a position is not known.

    Args:
        cameras: names.
        transitions: the most used first.
        positions: x to the right and y up, in any unit.
    """
    shown = cameras[:MOST_CAMERAS]
    measured = len(shown) > 1 and all(camera in positions for camera in shown)
    points = _fit([positions[camera] for camera in shown]) if measured else _circle(len(shown))
    bottom = max((y for _, y in points), default=0.0)
    places = {
        c: Place(c, x, y, below=y > (bottom + _MARGIN_Y) / 2)
        for c, (x, y) in zip(shown, points, strict=True)
    }
    possible = [t for t in transitions if t.origin in places and t.to in places]
    return SiteMap(
        height=bottom + _MARGIN_Y,
        places=tuple(places.values()),
        ways=tuple(_way(t, places[t.origin], places[t.to]) for t in possible[:MOST_WAYS]),
        measured=measured,
        cameras_left_out=len(cameras) - len(shown),
        ways_left_out=len(transitions) - min(len(possible), MOST_WAYS),
    )


def _circle(count: int) -> list[Point]:
    x, y = WIDTH / 2, _ROUND_HEIGHT / 2
    if count == 1:
        return [(x, _MARGIN_Y)]
    wide, tall = x - _MARGIN_X, y - _MARGIN_Y
    turns = [2 * math.pi * n / count - math.pi / 2 for n in range(count)]
    return [(x + wide * math.cos(turn), y + tall * math.sin(turn)) for turn in turns]


def _fit(positions: Sequence[Point]) -> list[Point]:
    """Positions scaled into the drawing, turned upside down as SVG counts y."""
    xs, ys = zip(*positions, strict=True)
    wide, tall = max(xs) - min(xs), max(ys) - min(ys)
    room_x, room_y = WIDTH - 2 * _MARGIN_X, _TALLEST - 2 * _MARGIN_Y
    scale = min(room_x / wide if wide else math.inf, room_y / tall if tall else math.inf)
    scale = scale if math.isfinite(scale) else 0.0
    left = (WIDTH - wide * scale) / 2
    return [(left + (x - min(xs)) * scale, _MARGIN_Y + (max(ys) - y) * scale) for x, y in positions]


def _way(transition: Transition, start: Place, end: Place) -> Way:
    """A curve that keeps to its right, so that the way back does not lie on it."""
    dx, dy = end.x - start.x, end.y - start.y
    apart = math.hypot(dx, dy) or 1.0
    aside_x, aside_y = -dy / apart, dx / apart
    away = 2 * max(_BEND * apart, RADIUS)
    bend_x = (start.x + end.x) / 2 + aside_x * away
    bend_y = (start.y + end.y) / 2 + aside_y * away
    from_x, from_y = _rim(start, bend_x, bend_y, RADIUS + 2)
    to_x, to_y = _rim(end, bend_x, bend_y, RADIUS + 8)
    return Way(
        transition=transition,
        path=f"M{from_x:.1f} {from_y:.1f}Q{bend_x:.1f} {bend_y:.1f} {to_x:.1f} {to_y:.1f}",
        width=min(1.0 + math.log2(transition.count) / 2, 4.0),
        x=(from_x + 2 * bend_x + to_x) / 4 + _ASIDE * aside_x,
        y=(from_y + 2 * bend_y + to_y) / 4 + 1.5 * _ASIDE * aside_y + 4,
        anchor="middle" if abs(aside_x) < 0.5 else "start" if aside_x > 0 else "end",
    )


def _rim(place: Place, x: float, y: float, radius: float) -> Point:
    """The point at a distance from a place, on the way to another point."""
    apart = math.hypot(x - place.x, y - place.y) or 1.0
    return place.x + (x - place.x) / apart * radius, place.y + (y - place.y) / apart * radius
