"""A site as it is planned, and the working folder of its frames.

Frames are painted once and kept without lens and noise in a working folder, each with what is seen
in it. A run that is killed goes on with the frames that are missing; several runs may share them.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from samples.render.cast import Person, draw_cast
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
    motions = plan(cast, layout, seconds=options.seconds, fps=options.fps, seed=options.seed)
    return Site(options, layout, cast, motions)


def sensors(layout: Layout) -> dict[str, Sensor]:
    """The camera of each area: clear outside, noisy under a roof, and all of different make."""
    outside = (
        Sensor(exposure=0.4, noise=0.6, tint=(1.0, 1.0, 0.98), contrast=1.1, gamma=1.45, crf=22),
        Sensor(exposure=0.2, noise=0.9, tint=(0.97, 0.99, 1.03), contrast=0.95, crf=22),
    )
    roofed = Sensor(exposure=0.7, noise=1.2, tint=(1.03, 1.0, 0.95), gamma=1.25, crf=22)
    return {
        area.name: roofed if area.roofed else outside[number // 2 % 2]
        for number, area in enumerate(layout.areas)
    }


class WorkError(Exception):
    """The working folder belongs to something made with other options."""


class Takes:
    """The working folder of a site: clean frames, empty plates, and what is seen.

    Args:
        folder: made where missing.
        options: of the site; what makes the frames, the length excepted.

    Raises:
        WorkError: when the folder holds frames made with other options.
    """

    def __init__(self, folder: Path, options: SiteOptions) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        claim(folder / "options.json", asdict(options))

    def picture(self, camera: str, frame: int) -> Path:
        """The clean picture of a frame, counted from 0."""
        return self._folder / camera / f"{frame:05d}.png"

    def plate(self, camera: str) -> Path:
        """The empty site."""
        return self._folder / f"plate-{camera}.png"

    def sights(self, camera: str, frame: int) -> dict[int, Sight]:
        """Who is seen in a frame."""
        path = self.picture(camera, frame).with_suffix(".json")
        rows = json.loads(path.read_text(encoding="ascii"))
        return {int(number): Sight(**row) for number, row in rows.items()}

    def keep_sights(self, camera: str, frame: int, sights: Mapping[int, Sight]) -> None:
        """Write who is seen in a frame."""
        path = self.picture(camera, frame).with_suffix(".json")
        path.parent.mkdir(exist_ok=True)
        write_text(path, json.dumps({str(n): asdict(sight) for n, sight in sights.items()}))


def claim(path: Path, options: Mapping[str, Any]) -> None:
    """Note the options in a file, or check that they are those noted there before.

    Raises:
        WorkError: when they are others.
    """
    text = json.dumps(options, indent=1, sort_keys=True) + "\n"
    if not path.exists():
        write_text(path, text)
    elif path.read_text(encoding="ascii") != text:
        msg = f"{path.parent} was made with other options ({path.name}); take another folder"
        raise WorkError(msg)


def write_text(path: Path, text: str) -> None:
    """Write a file, whole or not at all."""
    part = path.with_name(f".part-{os.getpid()}-{path.name}")
    part.write_text(text, encoding="ascii")
    part.replace(path)
