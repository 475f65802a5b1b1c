"""Small people who can be told apart: each identity has a shirt and trousers of its own colours."""

import hashlib
from pathlib import Path

import numpy as np
from PIL import Image as PillowImage

HEIGHT, WIDTH = 32, 16


def paint_person(identity: int, camera: int, number: int) -> np.ndarray:
    """A picture, RGB uint8: two colours of the identity, in the light of the camera, with noise."""
    colours = np.frombuffer(hashlib.sha256(f"person {identity}".encode()).digest()[:6], np.uint8)
    shirt, trousers = colours.reshape(2, 3).astype(np.float64)
    picture = np.full((HEIGHT, WIDTH, 3), 128.0)
    picture[4 : HEIGHT // 2, 3:-3], picture[HEIGHT // 2 : -2, 4:-4] = shirt, trousers
    random = np.random.default_rng((identity, camera, number))
    noisy = picture * (0.8 + 0.1 * camera) + random.normal(0, 12, picture.shape)
    return noisy.clip(0, 255).astype(np.uint8)


def write_people(
    folder: Path, *, learned: int = 6, tested: int = 4, cameras: int = 2, each: int = 3
) -> Path:
    """Write a data set laid out as Market-1501 and return its folder.

    Args:
        folder: where to.
        learned: training identities, from 1 on.
        tested: test identities, after them.
        cameras: that see each identity.
        each: pictures of an identity in a camera; of a test identity, the first is a query.
    """
    for identity in range(1, learned + tested + 1):
        for camera in range(1, cameras + 1):
            for number in range(each):
                part = "query" if number == 0 else "bounding_box_test"
                part = part if identity > learned else "bounding_box_train"
                name = f"{identity:04}_c{camera}s1_{number:06}_00.jpg"
                _write(folder / part / name, paint_person(identity, camera, number))
    return folder


def _write(path: Path, picture: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    PillowImage.fromarray(picture).save(path, quality=95)
