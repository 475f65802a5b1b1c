"""What an area of a site is built of: walls with openings, and things that stand around."""

from dataclasses import dataclass

import numpy as np

from samples.render.blocks import Block, Look, box, build_wall
from samples.render.colours import Colour

_OPENING = 1.8  # half the width of an opening between areas
_DOOR = 0.65  # half the width of a door


@dataclass(frozen=True, kw_only=True, slots=True)
class Area:
    """A part of the site that a camera watches.

    Attributes:
        name: of the area and of its camera.
        roofed: lamps light it, not the sky.
        west, east, south, north: where its walls are.
        doors: y of doors in the east wall of a roofed area; y of the openings in both side walls of
            an open one.
    """

    name: str
    roofed: bool
    west: float
    east: float
    south: float
    north: float
    doors: tuple[float, ...]


_BRICK, _PLASTER, _STEEL = (0.33, 0.17, 0.11), (0.50, 0.47, 0.42), (0.13, 0.14, 0.15)
_DARK, _WHITE, _WOOD = (0.02, 0.02, 0.022), (0.62, 0.62, 0.60), (0.28, 0.19, 0.10)
_GROUNDS: tuple[Look, ...] = (
    ("tiles", (0.28, 0.27, 0.25)),
    ("rough", (0.105, 0.105, 0.11)),
    ("tiles", (0.22, 0.20, 0.19)),
    ("rough", (0.20, 0.18, 0.15)),
)
_PAINTS: tuple[Colour, ...] = (
    (0.04, 0.10, 0.22),
    (0.26, 0.07, 0.04),
    (0.06, 0.14, 0.08),
    (0.35, 0.30, 0.10),
    _WHITE,
)


def build_area(rng: np.random.Generator, area: Area, following: Area | None) -> list[Block]:
    """All that stands in an area, and in the link from it to the following one."""
    if area.roofed:
        return _roofed_blocks(rng, area, following)
    return [*_open_blocks(rng, area), *_things(rng, area)]


def _open_blocks(rng: np.random.Generator, area: Area) -> list[Block]:
    ground = _GROUNDS[rng.integers(len(_GROUNDS))]
    walls: list[Look] = [("bricks", _BRICK), ("rough", _PLASTER)]
    wall, other = (walls[i] for i in rng.permutation(2))
    first = area.south == 0
    middle = ((0.0, _OPENING),)
    side = tuple((y, 1.6) for y in area.doors)
    far = area.south - (14.0 if first else 0.0)
    blocks = [
        box((area.west - 14, area.east + 14), (far, area.north), (-0.3, 0), ground),
        *build_wall("x", area.north, (area.west - 14, area.east + 14), middle, wall),
        *build_wall("y", area.west, (far, area.north), side, other, 2.8),
        *build_wall("y", area.east, (far, area.north), side, other, 2.8),
        # what is seen through the side openings
        box((area.west - 14.3, area.west - 14), (far, area.north), (0, 4), wall),
        box((area.east + 14, area.east + 14.3), (far, area.north), (0, 4), wall),
    ]
    if first:  # houses beyond the street
        blocks.append(box((area.west - 14, area.east + 14), (far - 0.3, far), (0, 6), other))
    else:
        blocks += build_wall("x", area.south, (area.west - 14, area.east + 14), middle, wall)
    for x in (-_OPENING - 0.3, _OPENING + 0.3):
        pillar = box((x - 0.28, x + 0.28), (area.north - 0.5, area.north + 0.02), (0, 3.6), other)
        blocks.append(pillar)
    blocks.append(
        box((-2.4, 2.4), (area.north - 0.4, area.north + 0.05), (2.9, 3.6), ("rough", _PLASTER))
    )
    for x in np.arange(area.west + 1.5, area.east - 2.0, 4.2):
        if abs(x + 0.7) > 3.6:
            window = (area.north - 0.22, area.north - 0.14)
            blocks.append(box((x, x + 1.4), window, (1.3, 2.5), ("plain", _DARK)))
    return blocks


def _things(rng: np.random.Generator, area: Area) -> list[Block]:
    """What stands around; people go around it, and it hides their legs."""
    paints = [_PAINTS[i] for i in rng.permutation(len(_PAINTS))]
    if area.south == 0:
        back = area.north
        planter = box((3.2, 5.6), (back - 1.6, back - 0.7), (0, 0.65), ("rough", _WHITE))
        hedge = box((3.3, 5.5), (back - 1.5, back - 0.8), (0.6, 1.1), ("rough", (0.06, 0.11, 0.03)))
        posts = [
            box(
                (x, x + 0.2), (back + y, back + y + 0.2), (0, 0.95), ("plain", _STEEL), rounded=True
            )
            for x, y in ((-4.4, -4.2), (-4.4, -6.4), (3.7, -3.4))
        ]
        bench = box((-6.9, -5.3), (back - 2.2, back - 1.7), (0.38, 0.46), ("rough", _WOOD))
        notice = box((-4.6, -3.2), (back - 0.24, back - 0.16), (1.2, 2.2), ("rough", paints[0]))
        return [planter, hedge, *posts, bench, notice]
    south, shift = area.south, float(rng.uniform(-0.6, 0.6))
    crates = (2.7 + shift, 3.9 + shift)
    wood: Look = ("rough", _WOOD)
    things = [
        box(crates, (south + 7.6, south + 8.6), (0, 1.05), wood),
        box((crates[0] + 0.2, crates[0] + 0.9), (south + 7.7, south + 8.4), (1.05, 1.6), wood),
        box((5.8, 8.2), (south + 10.8, south + 15.8), (0.05, 2.5), ("rough", paints[0])),
        box((-4.7, -4.52), (south + 6.2, south + 6.38), (0, 5.5), ("plain", _STEEL), rounded=True),
    ]
    for x, paint in ((-6.0, paints[1]), (-0.8, paints[2])):
        things += _van(x, south + 13.9, paint)
    return things


def _van(x: float, y: float, paint: Colour) -> list[Block]:
    body = box((x - 0.95, x + 0.95), (y - 2.2, y + 2.2), (0.3, 1.15), ("rough", paint))
    top = box((x - 0.85, x + 0.85), (y - 1.4, y + 2.1), (1.15, 1.95), ("rough", paint))
    glass = box((x - 0.78, x + 0.78), (y - 1.44, y - 1.38), (1.2, 1.8), ("plain", _DARK))
    wheels = [
        box((x + dx - 0.1, x + dx + 0.1), (y + dy - 0.3, y + dy + 0.3), (0, 0.6), ("plain", _DARK))
        for dx in (-0.9, 0.9)
        for dy in (-1.4, 1.4)
    ]
    return [body, top, glass, *wheels]


def _roofed_blocks(rng: np.random.Generator, area: Area, following: Area | None) -> list[Block]:
    end = area.north + 6.0 if following is None else following.south
    wall: Look = ("rough", _PLASTER)
    floor: Look = ("tiles", (0.36, 0.34, 0.31))
    paint = _PAINTS[rng.integers(len(_PAINTS))]
    span = (area.south + 0.15, end)
    blocks = [
        box((area.west - 6, area.east + 6), span, (-0.3, -0.001), floor),
        box((area.west - 6, area.east + 6), span, (3.2, 3.4), ("rough", _WHITE)),
        *build_wall("y", area.west - 0.15, span, (), ("bricks", _BRICK), 3.3),
        *build_wall("y", area.east + 0.15, span, tuple((y, _DOOR) for y in area.doors), wall, 3.3),
        box((area.east + 4.0, area.east + 4.3), span, (0, 3.3), wall),
        box((area.west, area.west + 0.03), span, (0, 0.14), ("plain", _DARK)),
        box(
            (area.west, area.west + 0.04),
            (area.south + 5.5, area.south + 6.5),
            (1.1, 2.2),
            ("rough", paint),
        ),
        box(
            (area.west + 0.02, area.west + 0.4),
            (area.south + 7.3, area.south + 7.7),
            (0, 0.85),
            ("plain", _STEEL),
        ),
    ]
    if following is None:
        blocks.append(box((area.west, area.east), (end, end + 0.3), (0, 3.3), wall))
    over_doors = [
        box((area.east, area.east + 0.3), (y - _DOOR, y + _DOOR), (2.15, 3.3), wall)
        for y in area.doors
    ]
    lamps = [
        box((-0.15, 0.15), (y, y + 1.2), (3.15, 3.19), ("lamp", (1.0, 0.93, 0.80)))
        for y in np.arange(area.south + 2.0, end, 4.0)
    ]
    return [*blocks, *over_doors, *lamps]
