"""A made-up site: open and roofed areas in a row from south to north, a camera in each.

An open area and the roofed one north of it share an opening that both cameras see; from a roofed
area an unwatched link leads to the next open one. The first three areas are the gate, the corridor
and the yard.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from samples.render.camera import Camera
from samples.render.colours import Colour

Surface = Literal["rough", "tiles", "bricks", "plain", "lamp"]

_NAMES = ("gate", "corridor", "yard", "arcade", "court", "hall", "lot", "passage")
_OPENING = 1.8  # half the width of an opening between areas
_DOOR = 0.65  # half the width of a door


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """A box or an upright cylinder of the site.

    Attributes:
        low: corner with the least x, y and z.
        high: the opposite corner.
        surface: how its material is made.
        colour: of the material.
        round: a cylinder as wide as the box.
    """

    low: tuple[float, float, float]
    high: tuple[float, float, float]
    surface: Surface
    colour: Colour
    round: bool = False


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """A whole site."""

    areas: tuple[Area, ...]
    cameras: tuple[Camera, ...]
    blocks: tuple[Block, ...]


def draw_layout(
    cameras: int, *, seed: int, size: tuple[int, int] = (640, 480)
) -> Layout:
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
            for block in _blocks(rng, area, areas[i + 1] if i + 1 < len(areas) else None)
        ),
    )


def _draw_area(rng: np.random.Generator, number: int, south: float) -> Area:
    roofed = number % 2 == 1
    name = _NAMES[number] if number < len(_NAMES) else f"area-{number + 1}"
    half = 1.9 if roofed else float(rng.uniform(11.0, 13.0))
    depth = 12.0 if roofed else float(rng.uniform(12.0, 14.0) if number == 0 else 17.0)
    doors = (south + 4.5, south + 8.0) if roofed else (south + (depth - 4.5 if not number else 9.0),)
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


_BRICK, _PLASTER, _STEEL = (0.33, 0.17, 0.11), (0.50, 0.47, 0.42), (0.13, 0.14, 0.15)
_DARK, _WHITE, _WOOD = (0.02, 0.02, 0.022), (0.62, 0.62, 0.60), (0.28, 0.19, 0.10)
_GROUNDS: tuple[tuple[Surface, Colour], ...] = (
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


def _blocks(rng: np.random.Generator, area: Area, following: Area | None) -> list[Block]:
    if area.roofed:
        return _roofed_blocks(rng, area, following)
    return [*_open_blocks(rng, area), *_things(rng, area)]


def _box(
    x: tuple[float, float],
    y: tuple[float, float],
    z: tuple[float, float],
    look: tuple[Surface, Colour],
    *,
    rounded: bool = False,
) -> Block:
    (x0, x1), (y0, y1), (z0, z1) = x, y, z
    return Block(
        low=(x0, y0, z0),
        high=(x1, y1, z1),
        surface=look[0],
        colour=look[1],
        round=rounded,
    )


def _wall(
    along: str,
    place: float,
    span: tuple[float, float],
    gaps: tuple[tuple[float, float], ...],
    look: tuple[Surface, Colour],
    height: float = 3.4,
) -> list[Block]:
    """A wall at y (along "x") or x (along "y") = `place`, with gaps as (centre, half width)."""
    blocks, begin = [], span[0]
    for centre, half in (*sorted(gaps), (span[1], 0.0)):
        across = (place - 0.15, place + 0.15)
        x, y = ((begin, centre - half), across) if along == "x" else (across, (begin, centre - half))
        blocks.append(_box(x, y, (0, height), look))
        begin = centre + half
    return blocks


def _open_blocks(rng: np.random.Generator, area: Area) -> list[Block]:
    ground = _GROUNDS[rng.integers(len(_GROUNDS))]
    walls: list[tuple[Surface, Colour]] = [("bricks", _BRICK), ("rough", _PLASTER)]
    wall, other = (walls[i] for i in rng.permutation(2))
    first = area.south == 0
    middle = ((0.0, _OPENING),)
    side = tuple((y, 1.6) for y in area.doors)
    far = area.south - (14.0 if first else 0.0)
    blocks = [
        _box((area.west - 14, area.east + 14), (far, area.north), (-0.3, 0), ground),
        *_wall("x", area.north, (area.west - 14, area.east + 14), middle, wall),
        *_wall("y", area.west, (far, area.north), side, other, 2.8),
        *_wall("y", area.east, (far, area.north), side, other, 2.8),
        # what is seen through the side openings
        _box((area.west - 14.3, area.west - 14), (far, area.north), (0, 4), wall),
        _box((area.east + 14, area.east + 14.3), (far, area.north), (0, 4), wall),
    ]
    if first:  # houses beyond the street
        blocks.append(_box((area.west - 14, area.east + 14), (far - 0.3, far), (0, 6), other))
    else:
        blocks += _wall("x", area.south, (area.west - 14, area.east + 14), middle, wall)
    for x in (-_OPENING - 0.3, _OPENING + 0.3):
        pillar = _box((x - 0.28, x + 0.28), (area.north - 0.5, area.north + 0.02), (0, 3.6), other)
        blocks.append(pillar)
    blocks.append(
        _box((-2.4, 2.4), (area.north - 0.4, area.north + 0.05), (2.9, 3.6), ("rough", _PLASTER))
    )
    for x in np.arange(area.west + 1.5, area.east - 2.0, 4.2):
        if abs(x + 0.7) > 3.6:
            window = (area.north - 0.22, area.north - 0.14)
            blocks.append(_box((x, x + 1.4), window, (1.3, 2.5), ("plain", _DARK)))
    return blocks


def _things(rng: np.random.Generator, area: Area) -> list[Block]:
    """What stands around; people go around it, and it hides their legs."""
    paints = [_PAINTS[i] for i in rng.permutation(len(_PAINTS))]
    if area.south == 0:
        back = area.north
        planter = _box((3.2, 5.6), (back - 1.6, back - 0.7), (0, 0.65), ("rough", _WHITE))
        hedge = _box((3.3, 5.5), (back - 1.5, back - 0.8), (0.6, 1.1), ("rough", (0.06, 0.11, 0.03)))
        posts = [
            _box((x, x + 0.2), (back + y, back + y + 0.2), (0, 0.95), ("plain", _STEEL), rounded=True)
            for x, y in ((-4.4, -4.2), (-4.4, -6.4), (3.7, -3.4))
        ]
        bench = _box((-6.9, -5.3), (back - 2.2, back - 1.7), (0.38, 0.46), ("rough", _WOOD))
        notice = _box((-4.6, -3.2), (back - 0.24, back - 0.16), (1.2, 2.2), ("rough", paints[0]))
        return [planter, hedge, *posts, bench, notice]
    south, shift = area.south, float(rng.uniform(-0.6, 0.6))
    crates = (2.7 + shift, 3.9 + shift)
    wood: tuple[Surface, Colour] = ("rough", _WOOD)
    things = [
        _box(crates, (south + 7.6, south + 8.6), (0, 1.05), wood),
        _box((crates[0] + 0.2, crates[0] + 0.9), (south + 7.7, south + 8.4), (1.05, 1.6), wood),
        _box((5.8, 8.2), (south + 10.8, south + 15.8), (0.05, 2.5), ("rough", paints[0])),
        _box((-4.7, -4.52), (south + 6.2, south + 6.38), (0, 5.5), ("plain", _STEEL), rounded=True),
    ]
    for x, paint in ((-6.0, paints[1]), (-0.8, paints[2])):
        things += _van(x, south + 13.9, paint)
    return things


def _van(x: float, y: float, paint: Colour) -> list[Block]:
    body = _box((x - 0.95, x + 0.95), (y - 2.2, y + 2.2), (0.3, 1.15), ("rough", paint))
    top = _box((x - 0.85, x + 0.85), (y - 1.4, y + 2.1), (1.15, 1.95), ("rough", paint))
    glass = _box((x - 0.78, x + 0.78), (y - 1.44, y - 1.38), (1.2, 1.8), ("plain", _DARK))
    wheels = [
        _box((x + dx - 0.1, x + dx + 0.1), (y + dy - 0.3, y + dy + 0.3), (0, 0.6), ("plain", _DARK))
        for dx in (-0.9, 0.9)
        for dy in (-1.4, 1.4)
    ]
    return [body, top, glass, *wheels]


def _roofed_blocks(
    rng: np.random.Generator, area: Area, following: Area | None
) -> list[Block]:
    end = area.north + 6.0 if following is None else following.south
    wall: tuple[Surface, Colour] = ("rough", _PLASTER)
    floor: tuple[Surface, Colour] = ("tiles", (0.36, 0.34, 0.31))
    paint = _PAINTS[rng.integers(len(_PAINTS))]
    span = (area.south + 0.15, end)
    blocks = [
        _box((area.west - 6, area.east + 6), span, (-0.3, -0.001), floor),
        _box((area.west - 6, area.east + 6), span, (3.2, 3.4), ("rough", _WHITE)),
        *_wall("y", area.west - 0.15, span, (), ("bricks", _BRICK), 3.3),
        *_wall("y", area.east + 0.15, span, tuple((y, _DOOR) for y in area.doors), wall, 3.3),
        _box((area.east + 4.0, area.east + 4.3), span, (0, 3.3), wall),
        _box((area.west, area.west + 0.03), span, (0, 0.14), ("plain", _DARK)),
        _box((area.west, area.west + 0.04), (area.south + 5.5, area.south + 6.5), (1.1, 2.2),
             ("rough", paint)),
        _box((area.west + 0.02, area.west + 0.4), (area.south + 7.3, area.south + 7.7), (0, 0.85),
             ("plain", _STEEL)),
    ]
    if following is None:
        blocks.append(_box((area.west, area.east), (end, end + 0.3), (0, 3.3), wall))
    for y in area.doors:  # above the door
        blocks.append(
            _box((area.east, area.east + 0.3), (y - _DOOR, y + _DOOR), (2.15, 3.3), wall)
        )
    for y in np.arange(area.south + 2.0, end, 4.0):
        blocks.append(_box((-0.15, 0.15), (y, y + 1.2), (3.15, 3.19), ("lamp", (1.0, 0.93, 0.80))))
    return blocks
