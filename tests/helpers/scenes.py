"""A generated site: people in plain colours who walk through the views of two cameras."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from helpers.detectors import picture_with
from helpers.footage import write_video
from surveil_reid.core import Image

RED, GREEN, BLUE = (230, 20, 20), (20, 230, 20), (30, 30, 240)
YELLOW, MAGENTA = (230, 230, 20), (230, 20, 230)
FPS = 10
WIDTH, HEIGHT = 160, 120


@dataclass(frozen=True, slots=True)
class Walk:
    """One person's way through a view.

    Attributes:
        colour: RGB.
        start: seconds after the recording's beginning.
        end: seconds; gone from then on.
        x: left edge at the start and at the end, pixels.
        y: upper edge, pixels.
    """

    colour: tuple[int, int, int]
    start: float
    end: float
    x: tuple[float, float] = (4, 140)
    y: int = 40


def scene(walks: Sequence[Walk], seconds: float, *, begin: float = 0.0) -> list[Image]:
    """The pictures of a view, `FPS` a second, from `begin` on."""
    times = [begin + number / FPS for number in range(round(seconds * FPS))]
    return [picture_with(*_people(walks, time), size=(HEIGHT, WIDTH)) for time in times]


def _people(
    walks: Sequence[Walk], time: float
) -> list[tuple[tuple[int, int, int, int], tuple[int, int, int]]]:
    found = []
    for walk in walks:
        if walk.start <= time < walk.end:
            share = (time - walk.start) / (walk.end - walk.start)
            left = round(walk.x[0] + share * (walk.x[1] - walk.x[0]))
            found.append(((left, walk.y, left + 16, walk.y + 44), walk.colour))
    return found


GATE = (Walk(RED, 1, 7), Walk(GREEN, 5, 12, x=(140, 4), y=70), Walk(BLUE, 13, 19, y=10))
YARD = (Walk(BLUE, 1, 8), Walk(RED, 6, 13, x=(140, 4), y=70), Walk(YELLOW, 14, 19, y=10))


def write_site(folder: Path, *, seconds: float = 20.0) -> dict[str, Path]:
    """Two recordings: red and blue are seen by both cameras, green and yellow by one each."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {}
    for name, walks in (("gate", GATE), ("yard", YARD)):
        paths[name] = folder / f"{name}.mp4"
        write_video(paths[name], scene(walks, seconds), fps=FPS)
    return paths
