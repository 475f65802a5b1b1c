"""A made-up site: open and roofed areas in a row from south to north, a camera in each.

An open area and the roofed one north of it share an opening that both cameras see; from a roofed
area an unwatched link leads to the next open one. The first three areas are the gate, the corridor
and the yard.
"""

from dataclasses import dataclass

import numpy as np

from samples.render.blocks import Block
from samples.render.camera import Camera
from samples.render.scenery import Area, build_area

_NAMES = ("gate", "corridor", "yard", "arcade", "court", "hall", "lot", "passage")


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """A whole site."""

    areas: tuple[Area, ...]
    cameras: tuple[Camera, ...]
    blocks: tuple[Block, ...]


def draw_layout(cameras: int, *, seed: int, size: tuple[int, int] = (640, 480)) -> Layout:
    """Draw a site of as many areas as cameras; the seed decides colours, sizes and things."""
    rng = np.random.default_rng((seed, 2))
    areas, south = [], 0.0
    for number in range(cameras):
        area = _draw_area(rng, number, south)
        areas.append(area)
        south = area.north + (rng.uniform(8.0, 10.0) if area.roofed else 0.0)
    return Layout(
        areas=tuple(areas),
        cameras=tuple(_camera(area, size) for area in areas),
        blocks=tuple(
            block
            for i, area in enumerate(areas)
            for block in build_area(rng, area, areas[i + 1] if i + 1 < len(areas) else None)
        ),
    )


def _draw_area(rng: np.random.Generator, number: int, south: float) -> Area:
    roofed = number % 2 == 1
    name = _NAMES[number] if number < len(_NAMES) else f"area-{number + 1}"
    half = 1.9 if roofed else float(rng.uniform(11.0, 13.0))
    depth = 12.0 if roofed else float(rng.uniform(12.0, 14.0) if number == 0 else 17.0)
    doors = (
        (south + 4.5, south + 8.0) if roofed else (south + (depth - 4.5 if not number else 9.0),)
    )
    return Area(
        name=name,
        roofed=roofed,
        west=-half,
        east=half,
        south=south,
        north=south + depth,
        doors=doors,
    )


def _camera(area: Area, size: tuple[int, int]) -> Camera:
    if area.roofed:
        position = (area.east - 0.45, area.north - 0.5, 2.95)
        target, field = (-0.3, area.north - 7.5, 0.4), 66.0
    elif area.doors[0] > area.north - 6:  # the gate: towards its opening
        position = (4.2, area.north - 9.6, 3.3)
        target, field = (-0.5, area.north - 3.2, 0.75), 58.0
    else:
        position = (-5.6, area.south + 0.5, 3.7)
        target, field = (0.9, area.south + 7.0, 0.35), 60.0
    return Camera(
        name=area.name,
        position=position,
        target=target,
        field=field,
        width=size[0],
        height=size[1],
    )
