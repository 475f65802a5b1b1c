"""A site's recordings: plans it, paints its frames, and films them with the truth beside.

Frames are painted once and kept without lens and noise in a working folder, each with what is seen
in it. A run that is killed goes on with the frames that are missing; several runs may share them.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from samples.render.bodies import Floats
from samples.render.cast import Person, draw_cast
from samples.render.gait import Walker, cycle
from samples.render.layout import Layout, draw_layout
from samples.render.schedule import Motion, plan
from samples.render.sensor import Sensor
from samples.render.visibility import Sight


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteOptions:
    """What site to make; the same options make the same site.

    Attributes:
        seed: of everything.
        people: how many.
        cameras: how many; every second one is under a roof.
        seconds: length of the recordings.
        fps: frames in a second.
        size: width and height of pictures.
        alike: share of people dressed much like others, 0..1.
        samples: paths for each pixel of what moves.
        plate_samples: paths for each pixel of the empty site.
    """

    seed: int = 2
    people: int = 20
    cameras: int = 3
    seconds: float = 60.0
    fps: int = 10
    size: tuple[int, int] = (640, 480)
    alike: float = 0.3
    samples: int = 4
    plate_samples: int = 64

    @property
    def frames(self) -> int:
        """Of each camera."""
        return round(self.seconds * self.fps)


@dataclass(frozen=True, slots=True)
class Site:
    """A planned site."""

    options: SiteOptions
    layout: Layout
    cast: tuple[Person, ...]
    motions: dict[int, Motion] = field(repr=False)


def plan_site(options: SiteOptions) -> Site:
    """Draw the site, its people and their ways."""
    layout = draw_layout(options.cameras, seed=options.seed, size=options.size)
    cast = draw_cast(options.people, seed=options.seed, alike=options.alike)
    motions = plan(
        cast, layout, seconds=options.seconds, fps=options.fps, seed=options.seed
    )
    return Site(options, layout, cast, motions)


def sensors(layout: Layout) -> dict[str, Sensor]:
    """The camera of each area: clear outside, noisy under a roof, and all of different make."""
    outside = (
        Sensor(exposure=0.4, noise=1.2, tint=(1.0, 1.0, 0.98), crf=25),
        Sensor(exposure=0.2, noise=1.5, tint=(0.95, 0.99, 1.05), contrast=0.92, blur=0.8, crf=26),
    )
    roofed = Sensor(exposure=0.7, noise=2.2, tint=(1.05, 1.0, 0.9), blur=0.8, crf=26)
    return {
        area.name: roofed if area.roofed else outside[number // 2 % 2]
        for number, area in enumerate(layout.areas)
    }


def pose(walker: Walker, person: Person, motion: Motion, frame: int, fps: int) -> Floats:
    """A person's vertices in the world at a frame in which it is present, `(v, 3)`."""
    phases, amounts = cycle(motion.speeds, fps, walker.stride)
    phase = phases[frame] + person.manner.phase
    head = 12 * np.sin(0.7 * frame / fps + 9 * person.manner.phase)
    vertices = walker.pose(phase, amounts[frame], head)
    return place(vertices, motion.places[frame], motion.headings[frame])


def place(vertices: Floats, at: Floats, heading: float) -> Floats:
    """Turn somebody who looks to -y to a heading (radians, 0 towards +x) and move it there."""
    turn = heading + np.pi / 2
    cos, sin = np.cos(turn), np.sin(turn)
    moved = vertices @ np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]])
    moved[:, :2] += at
    return np.asarray(moved, np.float64)


class Takes:
    """The working folder of a site: clean frames, empty plates, and what is seen."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def picture(self, camera: str, frame: int) -> Path:
        """The clean picture of a frame, counted from 0."""
        return self.folder / camera / f"{frame:05d}.png"

    def plate(self, camera: str) -> Path:
        """The empty site."""
        return self.folder / f"plate-{camera}.png"

    def sights(self, camera: str, frame: int) -> dict[int, Sight]:
        """Who is seen in a frame."""
        path = self.picture(camera, frame).with_suffix(".json")
        rows = json.loads(path.read_text(encoding="ascii"))
        return {
            int(number): Sight(tuple(box), visibility, inside)
            for number, (box, visibility, inside) in rows.items()
        }

    def keep_sights(self, camera: str, frame: int, sights: Mapping[int, Sight]) -> None:
        """Write who is seen in a frame."""
        rows = {str(n): (s.box, round(s.visibility, 4), round(s.inside, 4)) for n, s in sights.items()}
        path = self.picture(camera, frame).with_suffix(".json")
        part = path.with_suffix(f".{os.getpid()}.part")
        part.write_text(json.dumps(rows), encoding="ascii")
        part.replace(path)
