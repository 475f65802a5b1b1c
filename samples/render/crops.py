"""What crops of many people are made of, and how somebody is cut out of a picture."""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from samples.render.cast import Person, draw_cast
from samples.render.sensor import Sensor
from samples.render.visibility import Picture, Sight

Generator = np.random.Generator

SEEN = 0.6
"""How much of a person is visible at least, of those that are cut out."""

_INSIDE = 0.75  # likewise in the picture


@dataclass(frozen=True, kw_only=True, slots=True)
class CropOptions:
    """What crops to make.

    Attributes:
        seed: of everything.
        identities: how many people.
        images: how many pictures, spread evenly over the people.
        alike: share of people dressed much like others, 0..1.
        samples: paths for each pixel.
        size: width and height of the pictures.
        names: `market` gives `0001_c1s1_000001_00.jpg` in one folder, `folder` a folder for each
            identity with `c1_000001.jpg` in it.
    """

    seed: int = 1
    identities: int = 500
    images: int = 4000
    alike: float = 0.3
    samples: int = 3
    size: tuple[int, int] = (128, 256)
    names: Literal["market", "folder"] = "market"

    def quota(self, number: int) -> int:
        """How many pictures to make of a person, numbers counting from 1."""
        return (
            self.images * number // self.identities - self.images * (number - 1) // self.identities
        )


def crop_cast(options: CropOptions) -> tuple[Person, ...]:
    """All people of the data set."""
    return draw_cast(options.identities, seed=options.seed, alike=options.alike)


def draw_sensor(rng: Generator, *, roofed: bool) -> Sensor:
    """A camera drawn at random: some are good, most are not."""
    warm = rng.normal(0, 0.06)
    return Sensor(
        exposure=float(rng.normal(0.7 if roofed else 0.1, 0.4)),
        noise=float(np.exp(rng.uniform(np.log(0.6), np.log(6.0)))),
        blur=float(rng.uniform(0.5, 1.4)),
        tint=(float(1 + warm), 1.0, float(1 - warm)),
        contrast=float(rng.uniform(0.8, 1.1)),
    )


def cut_out(
    picture: Picture, sight: Sight, size: tuple[int, int], rng: Generator
) -> Picture | None:
    """Somebody's picture, its box drawn as carelessly as a detector does.

    Args:
        picture: RGB uint8 `(height, width, 3)`.
        sight: who is to be cut out.
        size: width and height of what comes back.
        rng: to draw from; as much is drawn for whoever is left out.

    Returns:
        RGB uint8, or None where too little of the person is in the picture.
    """
    jitter, smeared, length = rng.normal(0, 0.035, 4), rng.random() < 0.12, rng.uniform(1.5, 4)
    if sight.visibility < SEEN or sight.inside < _INSIDE:
        return None
    left, top, right, bottom = sight.box
    sides = np.array((right - left, bottom - top) * 2)
    left, top, right, bottom = np.round(np.array(sight.box) + jitter * sides).astype(int)
    crop = picture[max(top, 0) : bottom, max(left, 0) : right]
    if smeared:  # by walking while the shutter is open
        crop = cv2.blur(crop, (1 + round(length * sides[1] / 120), 1)).astype(np.uint8)
    shrinks = crop.shape[0] > size[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(crop, size, interpolation=how).astype(np.uint8)
