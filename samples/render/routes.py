"""Ways through a site: where somebody could walk, as a smooth path."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from samples.render.blocks import Block
from samples.render.bodies import Floats
from samples.render.layout import Layout
from samples.render.scenery import Area

Ending = Literal["west", "east", "door"]

_CLEARANCE = 0.3  # metres between a path and walls and things
_BODY = (0.2, 1.7)  # heights at which a thing is in one's way
_OUTSIDE = 3.0  # how far from the opening in a side wall a way begins


@dataclass(frozen=True, kw_only=True, slots=True)
class Trip:
    """From one area to another, or through a single one.

    Attributes:
        start: position of the first area in the layout.
        end: position of the last area.
        entry: how the first area is entered.
        exit: how the last area is left.
        pauses: how many stops there are on the way.
    """

    start: int
    end: int
    entry: Ending
    exit: Ending
    pauses: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """A smooth line on the ground.

    Attributes:
        points: `(n, 2)` metres.
        lengths: `(n,)`, metres from the beginning to each point.
    """

    points: Floats
    lengths: Floats

    @property
    def length(self) -> float:
        """Of the whole path, metres."""
        return float(self.lengths[-1])

    def at(self, distances: Floats) -> Floats:
        """Where one is after these distances, `(n, 2)`."""
        return np.stack(
            [np.interp(distances, self.lengths, axis) for axis in self.points.T], axis=1
        )

    def headings(self, distances: Floats) -> Floats:
        """Which way one goes there, radians, 0 towards +x, `(n,)`."""
        ahead = self.at(np.minimum(distances + 0.35, self.length))
        behind = self.at(np.maximum(distances - 0.35, 0))
        return np.asarray(np.arctan2(*(ahead - behind).T[::-1]), np.float64)


def smooth_path(points: Floats) -> Path:
    """A path along points, its corners cut (Chaikin)."""
    for _ in range(3):
        before, after = points[:-1], points[1:]
        cut = np.stack([0.75 * before + 0.25 * after, 0.25 * before + 0.75 * after], axis=1)
        points = np.concatenate([points[:1], cut.reshape(-1, 2), points[-1:]])
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    return Path(points, np.concatenate([[0.0], np.cumsum(steps)]))


def draw_path(trip: Trip, layout: Layout, rng: np.random.Generator) -> Path:
    """Draw a way for a trip; no two draws take quite the same line."""
    areas = layout.areas
    points = _ending(areas[trip.start], trip.entry, areas[trip.start].doors[0], rng)
    step = 1 if trip.end >= trip.start else -1
    for number in range(trip.start, trip.end, step):
        points += _crossing(areas[number], areas[number + step], rng)
    if trip.start == trip.end and not areas[trip.start].roofed:
        points.append(_inside(areas[trip.start], rng))
    last = areas[trip.end]
    return smooth_path(np.array(points + _ending(last, trip.exit, last.doors[-1], rng)[::-1]))


def is_clear(points: Floats, blocks: Sequence[Block]) -> bool:
    """Whether points `(n, 2)`, NaN where somebody is away, keep off all walls and things."""
    return not any(_hits(points, block) for block in blocks)


def _hits(points: Floats, block: Block) -> bool:
    if block.low[2] > _BODY[1] or block.high[2] < _BODY[0]:
        return False
    low = np.array(block.low[:2]) - _CLEARANCE
    high = np.array(block.high[:2]) + _CLEARANCE
    return bool(((points > low) & (points < high)).all(1).any())


def _ending(
    area: Area, ending: Ending, y: float, rng: np.random.Generator
) -> list[tuple[float, float]]:
    """Points from out of sight through a door or opening at y into an area."""
    if ending == "door":
        shift = rng.uniform(-0.15, 0.15)
        return [(area.east + 2.6, y + shift), (area.east + 0.4, y + shift), (area.east - 0.8, y)]
    side, sign = (area.west, 1) if ending == "west" else (area.east, -1)
    y += rng.uniform(-1.0, 1.0)
    inner = side + sign * rng.uniform(4.0, 6.0)
    shift = rng.uniform(-1.5, 1.5)
    return [(side - sign * _OUTSIDE, y), (side + sign * 1.0, y), (inner, y + shift)]


def _inside(area: Area, rng: np.random.Generator) -> tuple[float, float]:
    """A point in the part of an open area that its camera watches."""
    return rng.uniform(-3.5, 3.0), area.north - rng.uniform(2.5, 8.0) if area.south == 0 else (
        area.south + rng.uniform(4.0, 9.5)
    )


def _crossing(here: Area, there: Area, rng: np.random.Generator) -> list[tuple[float, float]]:
    """Points from the middle of one area into the next one, south or north of it."""
    if there.south < here.south:
        return _crossing(there, here, rng)[::-1]
    roofed = here if here.roofed else there
    lanes = rng.uniform(-1.25, 1.25, 8)
    if there.roofed:  # through the opening in the open area's north wall
        outside = [(rng.uniform(-2.0, 1.6), here.north - rng.uniform(2.5, 5.0))]
        rest = [(lanes[0], here.north - 0.5)]
        inside = [(lanes[i], there.south + 1.5 + 2.2 * i) for i in range(1, 3)]
        return [*outside, *rest, *inside]
    steps = np.arange(roofed.south + 6.5, there.south - 0.5, 2.6)
    link = [(lanes[i % 8], y) for i, y in enumerate(steps)]
    return [*link, (lanes[7], there.south + 1.0), (rng.uniform(-1.5, 1.5), there.south + 4.0)]
