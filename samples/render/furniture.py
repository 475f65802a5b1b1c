"""Rooms full of furniture, drawn at random: what a detector must not take for people."""

from dataclasses import dataclass

import numpy as np

from samples.render.blocks import Block, Look, box, build_wall
from samples.render.camera import Camera
from samples.render.colours import BRIGHT, NEUTRAL, Colour, shaded

Generator = np.random.Generator

_WOODS: tuple[Colour, ...] = ((0.28, 0.19, 0.10), (0.12, 0.06, 0.03), (0.45, 0.36, 0.25))
_METAL: Look = ("plain", (0.13, 0.14, 0.15))
_LEAVES: Colour = (0.05, 0.12, 0.03)


@dataclass(frozen=True, kw_only=True, slots=True)
class Room:
    """A room with a camera under its ceiling.

    Attributes:
        blocks: walls and furniture.
        stands: places of coat stands, `(x, y)`.
        camera: in a corner.
        windows: whether the sky shines in.
    """

    blocks: tuple[Block, ...]
    stands: tuple[tuple[float, float], ...]
    camera: Camera
    windows: bool


def draw_room(rng: Generator, size: tuple[int, int]) -> Room:
    """Draw a room, its furniture, and a camera."""
    width, depth = float(rng.uniform(5, 11)), float(rng.uniform(6, 13))
    windows = bool(rng.random() < 0.6)
    camera = _camera(rng, width, depth, size)
    blocks = _shell(rng, width, depth, windows=windows)
    places = _free_places(rng, width, depth, int(rng.integers(4, 13)), camera)
    stands = []
    for place in places:
        makers = (_table, _chair, _shelf, _sofa, _plant, _board, _cartons, _stand)
        maker = makers[int(rng.integers(len(makers)))]
        if maker is _stand:
            stands.append(place)
        blocks += maker(rng, *place)
    return Room(blocks=tuple(blocks), stands=tuple(stands), camera=camera, windows=windows)


def _camera(rng: Generator, width: float, depth: float, size: tuple[int, int]) -> Camera:
    side = float(rng.choice([-1.0, 1.0]))
    return Camera(
        name="room",
        position=(side * (width / 2 - 0.35), 0.35, float(rng.uniform(2.0, 2.8))),
        target=(
            -side * float(rng.uniform(0, 0.25)) * width,
            float(rng.uniform(0.5, 0.75)) * depth,
            0.7,
        ),
        field=float(rng.uniform(55, 85)),
        width=size[0],
        height=size[1],
    )


def _free_places(
    rng: Generator, width: float, depth: float, count: int, camera: Camera
) -> list[tuple[float, float]]:
    """Places in the room, apart from each other and not right under the camera."""
    places: list[tuple[float, float]] = []
    for _ in range(40 * count):
        place = (
            float(rng.uniform(-width / 2 + 0.6, width / 2 - 0.6)),
            float(rng.uniform(0.6, depth - 0.6)),
        )
        far = np.hypot(place[0] - camera.position[0], place[1] - camera.position[1]) > 2.0
        if far and all(np.hypot(place[0] - x, place[1] - y) > 1.3 for x, y in places):
            places.append(place)
        if len(places) == count:
            break
    return places


def _shell(rng: Generator, width: float, depth: float, *, windows: bool) -> list[Block]:
    half = width / 2
    look: Look = ("rough", shaded((0.45, 0.43, 0.40), rng, 0.4))
    floor: Look = (
        "tiles" if rng.random() < 0.5 else "rough",
        shaded(_WOODS[rng.integers(3)] if rng.random() < 0.5 else (0.25, 0.25, 0.25), rng, 0.4),
    )
    gaps = ((depth * 0.4, 0.9), (depth * 0.75, 0.9)) if windows else ()
    blocks = [
        box((-half, half), (0, depth), (-0.2, 0), floor),
        box((-half, half), (0, depth), (3.0, 3.2), ("rough", (0.6, 0.6, 0.58))),
        *build_wall("x", 0.0, (-half, half), (), look),
        *build_wall("x", depth, (-half, half), (), look),
        *build_wall("y", -half, (0, depth), (), look),
        *build_wall("y", half, (0, depth), gaps, look),
    ]
    for y, gap in gaps:
        blocks.append(box((half - 0.15, half + 0.15), (y - gap, y + gap), (0, 0.9), look))
    for y in np.arange(1.5, depth, 3.0):
        lamp = (float(y), float(y) + 1.0)
        blocks.append(box((-0.2, 0.2), lamp, (2.95, 2.99), ("lamp", (1.0, 0.93, 0.82))))
    return blocks


def _paint(rng: Generator) -> Look:
    colours = NEUTRAL + BRIGHT + _WOODS
    return "rough", shaded(colours[rng.integers(len(colours))], rng, 0.3)


def _wood(rng: Generator) -> Look:
    return "rough", shaded(_WOODS[rng.integers(len(_WOODS))], rng, 0.3)


def _legs(x: float, y: float, half: tuple[float, float], height: float) -> list[Block]:
    return [
        box((x + dx - 0.025, x + dx + 0.025), (y + dy - 0.025, y + dy + 0.025), (0, height), _METAL)
        for dx in (-half[0] + 0.05, half[0] - 0.05)
        for dy in (-half[1] + 0.05, half[1] - 0.05)
    ]


def _table(rng: Generator, x: float, y: float) -> list[Block]:
    half, look = (float(rng.uniform(0.4, 0.9)), float(rng.uniform(0.35, 0.5))), _wood(rng)
    top = box((x - half[0], x + half[0]), (y - half[1], y + half[1]), (0.72, 0.76), look)
    screen = box((x - 0.25, x + 0.25), (y - 0.02, y + 0.02), (0.84, 1.18), ("plain", (0.02,) * 3))
    return [top, *_legs(x, y, half, 0.72), *([screen] if rng.random() < 0.5 else [])]


def _chair(rng: Generator, x: float, y: float) -> list[Block]:
    look, side = _paint(rng), float(rng.choice([-0.2, 0.2]))
    seat = box((x - 0.22, x + 0.22), (y - 0.22, y + 0.22), (0.43, 0.5), look)
    rest = box((x - 0.22, x + 0.22), (y + side - 0.03, y + side + 0.03), (0.5, 1.0), look)
    return [seat, rest, *_legs(x, y, (0.22, 0.22), 0.43)]


def _shelf(rng: Generator, x: float, y: float) -> list[Block]:
    half, height, look = float(rng.uniform(0.35, 0.7)), float(rng.uniform(1.2, 2.1)), _wood(rng)
    blocks = [box((x - half, x + half), (y + 0.13, y + 0.16), (0, height), look)]
    for z in np.arange(0.1, height, 0.38):
        blocks.append(
            box((x - half, x + half), (y - 0.15, y + 0.15), (float(z), float(z) + 0.03), look)
        )
        right = x - half + 2 * half * float(rng.random())
        books = box(
            (x - half, right), (y - 0.1, y + 0.12), (float(z), float(z) + 0.26), _paint(rng)
        )
        blocks.append(books)
    return blocks


def _sofa(rng: Generator, x: float, y: float) -> list[Block]:
    half, look = float(rng.uniform(0.5, 1.0)), _paint(rng)
    return [
        box((x - half, x + half), (y - 0.4, y + 0.4), (0.12, 0.45), look),
        box((x - half, x + half), (y + 0.25, y + 0.45), (0.45, 0.85), look),
        *(
            box((x + s - 0.08, x + s + 0.08), (y - 0.4, y + 0.45), (0.12, 0.62), look)
            for s in (-half, half)
        ),
    ]


def _plant(rng: Generator, x: float, y: float) -> list[Block]:
    blocks = [box((x - 0.18, x + 0.18), (y - 0.18, y + 0.18), (0, 0.4), _paint(rng), rounded=True)]
    for z in np.linspace(0.45, float(rng.uniform(0.9, 1.8)), 6):
        dx, dy = rng.uniform(-0.15, 0.15, 2)
        reach = float(rng.uniform(0.12, 0.28))
        look: Look = ("rough", shaded(_LEAVES, rng, 0.4))
        blocks.append(
            box(
                (x + dx - reach, x + dx + reach),
                (y + dy - reach, y + dy + reach),
                (float(z), float(z) + 0.12),
                look,
                rounded=True,
            )
        )
    return blocks


def _board(rng: Generator, x: float, y: float) -> list[Block]:
    half, low = float(rng.uniform(0.25, 0.6)), float(rng.uniform(0.1, 0.8))
    board = box((x - half, x + half), (y - 0.02, y + 0.02), (low, low + 1.1), _paint(rng))
    return [board, *_legs(x, y, (half, 0.05), low)]


def _cartons(rng: Generator, x: float, y: float) -> list[Block]:
    low, blocks = 0.0, []
    for _ in range(int(rng.integers(1, 5))):
        half, height = float(rng.uniform(0.18, 0.32)), float(rng.uniform(0.25, 0.5))
        dx, dy = rng.uniform(-0.06, 0.06, 2)
        blocks.append(
            box(
                (x + dx - half, x + dx + half),
                (y + dy - half, y + dy + half),
                (low, low + height),
                ("rough", shaded((0.30, 0.20, 0.11), rng, 0.3)),
            )
        )
        low += height
    return blocks


def _stand(rng: Generator, x: float, y: float) -> list[Block]:
    """The pole of a coat stand; its coat is cut from a body, see `rooms`."""
    look = _wood(rng)
    pole = box((x - 0.025, x + 0.025), (y - 0.025, y + 0.025), (0, 1.75), look, rounded=True)
    foot = box((x - 0.22, x + 0.22), (y - 0.22, y + 0.22), (0, 0.04), look, rounded=True)
    return [pole, foot]
