"""People put down at random before a camera, for pictures that are no film."""

from collections.abc import Sequence

import numpy as np

from samples.render.blocks import Block
from samples.render.bodies import Floats
from samples.render.camera import Camera
from samples.render.gait import Walker
from samples.render.posing import place
from samples.render.routes import is_clear
from samples.render.schedule import APART

_TRIES = 60
_BODY = 1.7  # metres, to guess how high somebody will be in the picture


def scatter(
    camera: Camera,
    blocks: Sequence[Block],
    count: int,
    heights: tuple[float, float],
    rng: np.random.Generator,
) -> Floats:
    """Find places on free ground in a camera's view, apart from one another.

    Args:
        camera: whose view.
        blocks: walls and things.
        count: how many places are wanted.
        heights: least and greatest height of people in the picture, pixels.
        rng: to draw from.

    Returns:
        `(n, 2)` metres, n ≤ count.
    """
    found: list[Floats] = []
    for _ in range(count * _TRIES):
        if len(found) == count:
            break
        spot = _spot(camera, heights, rng)
        alone = all(np.linalg.norm(spot - other) > APART for other in found)
        if alone and is_clear(_way(camera, spot), blocks):
            found.append(spot)
    return np.array(found).reshape(-1, 2)


def _spot(camera: Camera, heights: tuple[float, float], rng: np.random.Generator) -> Floats:
    """A place on the ground at a distance that gives a height between the two."""
    right, _, backward = camera.axes
    ahead = -backward[:2] / np.linalg.norm(backward[:2])
    distance = camera.focal * _BODY / float(np.exp(rng.uniform(*np.log(heights))))
    aside = distance * rng.uniform(-0.45, 0.45) * camera.width / camera.focal
    return np.asarray(np.array(camera.position[:2]) + distance * ahead + aside * right[:2])


def _way(camera: Camera, spot: Floats) -> Floats:
    """Points from near the camera to a spot: whoever stands behind a wall is not in view."""
    begin = np.array(camera.position[:2])
    share = np.linspace(0.25, 1, 40)[:, None]
    return np.asarray(begin + share * (spot - begin))


def stand(walker: Walker, spot: Floats, rng: np.random.Generator) -> Floats:
    """A person's vertices at a spot, walking or standing, turned any way, `(v, 3)`."""
    amount = 0.0 if rng.random() < 0.2 else rng.uniform(0.5, 1.1)
    vertices = walker.pose(rng.random(), amount, rng.uniform(-30, 30))
    return place(vertices, spot, rng.uniform(-np.pi, np.pi))
