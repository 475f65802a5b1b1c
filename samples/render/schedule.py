"""Who walks where and when, planned one after another so that nobody walks through another."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from samples.render.bodies import Floats
from samples.render.cast import Manner, Person
from samples.render.layout import Layout
from samples.render.routes import Ending, Path, Trip, draw_path, is_clear

Generator = np.random.Generator

APART = 0.6
"""Metres that people keep between them, from middle to middle."""

_FASTEST = 2.0  # m/s; who walks on the outer side of a bend must not run
_ACCELERATION = 0.9  # m/s², when starting and stopping


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """How a person moves over the time of the recordings; a row for each frame.

    Attributes:
        places: `(f, 2)` metres on the ground; NaN while away.
        headings: `(f,)` radians, 0 towards +x.
        speeds: `(f,)` m/s.
        travelled: `(f,)` metres walked so far.
    """

    places: Floats
    headings: Floats
    speeds: Floats
    travelled: Floats

    @property
    def present(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Frames in which the person is on the site, `(f,)`."""
        return np.isfinite(self.places[:, 0])


class ScheduleError(Exception):
    """There is no room for another person; more time, more cameras or fewer people would help."""


def plan(
    cast: Sequence[Person],
    layout: Layout,
    *,
    seconds: float,
    fps: int,
    seed: int,
    tries: int = 3000,
) -> dict[int, Motion]:
    """Plan the motion of everybody.

    Half of the people go from one end of the site to another, a sixth come back after an absence,
    a sixth stay in one area, and a sixth accompany the one before them where there is room to.

    Args:
        cast: who there is.
        layout: where.
        seconds: length of the recordings.
        fps: frames in a second.
        seed: of the site.
        tries: how many ways are drawn for somebody before there is held to be none.

    Returns:
        The motions by the people's numbers.

    Raises:
        ScheduleError: when somebody finds no way that keeps clear of the others.
    """
    frames = round(seconds * fps)
    motions: dict[int, Motion] = {}
    for position, person in enumerate(cast):
        rng = np.random.default_rng((seed, person.number, 3))
        before = motions[cast[position - 1].number] if position % 6 == 5 else None
        for _ in range(tries):
            motion = (
                _beside(before, rng)
                if before is not None and rng.random() < 0.9
                else _draw(position, person.manner, layout, (frames, fps), rng)
            )
            walks = _top_speed(motion, fps) < _FASTEST and is_clear(motion.places, layout.blocks)
            if walks and _is_apart(motion, motions.values()):
                motions[person.number] = motion
                break
        else:
            msg = f"person {person.number} finds no way; take more seconds or fewer people"
            raise ScheduleError(msg)
    return motions


def closest(motions: Sequence[Motion]) -> float:
    """The least distance between two people at any time, metres; infinite for one alone."""
    least = np.inf
    for i, motion in enumerate(motions):
        for other in motions[:i]:
            gaps = np.linalg.norm(motion.places - other.places, axis=1)
            least = min(least, np.nanmin(gaps, initial=np.inf))
    return float(least)


def _top_speed(motion: Motion, fps: int) -> float:
    steps = np.linalg.norm(np.diff(motion.places, axis=0), axis=1)
    return float(np.nanmax(steps, initial=0.0)) * fps


def _is_apart(motion: Motion, others: Iterable[Motion]) -> bool:
    return all(closest([motion, other]) >= APART for other in others)


def _draw(
    position: int, manner: Manner, layout: Layout, time: tuple[int, int], rng: Generator
) -> Motion:
    """A person's trips in a row, each after the one before it."""
    frames, fps = time
    trips = _draw_trips(position, layout, rng)
    motion = Motion(np.full((frames, 2), np.nan), *(np.zeros(frames) for _ in range(3)))
    begin: float | None = None
    for trip in trips:
        path = draw_path(trip, layout, rng)
        distances = _walk(path, manner.speed, _draw_pauses(trip, path, rng), fps)
        if begin is None:
            # Some are under way when the recordings begin, nobody comes just before they end.
            early = -0.6 * len(distances) if len(trips) == 1 else -0.5 * len(distances)
            late = frames - 0.7 * len(distances) - (0.9 * len(distances)) * (len(trips) - 1)
            begin = rng.uniform(early, max(late, early + 1))
        _enter(motion, path, distances, round(begin), fps)
        begin += len(distances) + fps * rng.uniform(6, 15)
    return motion


def _draw_trips(position: int, layout: Layout, rng: Generator) -> list[Trip]:
    last = len(layout.areas) - 1
    kind = position % 6
    if kind == 2 or last == 0:  # in one area
        area = int(rng.integers(last + 1))
        return [_trip(layout, area, area, rng, pauses=int(rng.integers(2)))]
    far = last - (1 if layout.areas[last].roofed else 0)
    start, end = _ends(far, rng)
    if kind == 3:  # come back the way they went
        back = max(min(end, start), abs(start - end) - 1)
        return [_trip(layout, start, end, rng), _trip(layout, end, back, rng)]
    return [_trip(layout, start, end, rng, pauses=int(rng.integers(2)))]


def _ends(far: int, rng: Generator) -> tuple[int, int]:
    """Where a trip begins and ends; at most three areas apart, so that it fits a recording."""
    reach = min(far, 2)
    start = int(rng.integers(0, far - reach + 1))
    ends = start, start + (reach if rng.random() < 0.75 else max(1, reach - 1))
    return ends if rng.random() < 0.5 else ends[::-1]


def _trip(layout: Layout, start: int, end: int, rng: Generator, *, pauses: int = 0) -> Trip:
    entry, leave = (_draw_ending(layout, area, rng) for area in (start, end))
    if start == end and entry == leave != "door":
        leave = "east" if entry == "west" else "west"
    return Trip(start=start, end=end, entry=entry, exit=leave, pauses=pauses)


def _draw_ending(layout: Layout, area: int, rng: Generator) -> Ending:
    if layout.areas[area].roofed:
        return "door"
    return "west" if rng.random() < 0.5 else "east"


def _draw_pauses(trip: Trip, path: Path, rng: Generator) -> list[tuple[float, float]]:
    """Stops as (metres from the beginning, seconds)."""
    return [
        (float(rng.uniform(0.25, 0.75)) * path.length, float(rng.uniform(2.0, 6.0)))
        for _ in range(trip.pauses)
    ]


def _walk(path: Path, speed: float, pauses: list[tuple[float, float]], fps: int) -> Floats:
    """Distances walked after 0, 1, 2, … frames until the end of the path."""
    stops = sorted(pauses)
    distances, now, place, waited = [0.0], speed, 0.0, 0.0
    while place < path.length:
        wanted = speed
        if stops:
            left = stops[0][0] - place
            wanted = min(speed, float(np.sqrt(max(0.0, 2 * _ACCELERATION * left))))
            if left < 0.05:
                wanted, waited = 0.0, waited + 1 / fps
                if waited >= stops[0][1]:
                    stops, waited = stops[1:], 0.0
        change = 2 * _ACCELERATION / fps
        now = float(np.clip(wanted, now - change, now + change))
        place += now / fps
        distances.append(place)
    return np.minimum(distances, path.length)


def _enter(motion: Motion, path: Path, distances: Floats, begin: int, fps: int) -> None:
    """Write a walk that begins at a frame into a motion, as far as it lies in the recording."""
    first, last = max(begin, 0), min(begin + len(distances), len(motion.places))
    if last <= first:
        return
    rows, walked = slice(first, last), distances[first - begin : last - begin]
    motion.places[rows] = path.at(walked)
    motion.headings[rows] = path.headings(walked)
    motion.speeds[rows] = np.gradient(distances, 1 / fps)[first - begin : last - begin]
    motion.travelled[rows] = walked


def _beside(other: Motion, rng: Generator) -> Motion:
    """Walking beside somebody, to the left or the right."""
    aside = float(rng.choice([-1, 1])) * rng.uniform(APART + 0.02, 0.85)
    turned = other.headings + np.pi / 2
    away = aside * np.stack([np.cos(turned), np.sin(turned)], axis=1)
    return Motion(other.places + away, other.headings, other.speeds, other.travelled)
