"""What pictures for the training of detectors are made of, and the form of their labels."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml

from samples.render.cast import Person, draw_cast
from samples.render.visibility import Sight

_LABELLED = 0.1  # of a person must be seen


@dataclass(frozen=True, kw_only=True, slots=True)
class SceneOptions:
    """What scenes to make.

    Attributes:
        seed: of everything.
        images: how many pictures.
        people: how many there are to choose from.
        empty: share of pictures without people, 0..1.
        outside: share of pictures of sites; the others show furnished rooms.
        samples: paths for each pixel.
        size: width and height of the pictures.
    """

    seed: int = 1
    images: int = 500
    people: int = 100
    empty: float = 0.3
    outside: float = 0.3
    samples: int = 6
    size: tuple[int, int] = (640, 480)


def scene_cast(options: SceneOptions) -> tuple[Person, ...]:
    """All people that scenes choose from."""
    return draw_cast(options.people, seed=options.seed)


def yolo_labels(sights: Iterable[Sight], size: tuple[int, int]) -> str:
    """Lines `0 x y width height`: centre and size of what is seen of each, shares of the picture.

    Args:
        sights: who is in the picture; those of whom next to nothing is seen are left out.
        size: width and height of the picture.
    """
    lines = []
    for sight in sights:
        left, top, right, bottom = sight.seen
        if sight.visibility >= _LABELLED:
            across, down = (left + right) / 2 / size[0], (top + bottom) / 2 / size[1]
            width, height = (right - left) / size[0], (bottom - top) / size[1]
            lines.append(f"0 {across:.6f} {down:.6f} {width:.6f} {height:.6f}\n")
    return "".join(lines)


def write_index(folder: Path) -> None:
    """Write the file by which Ultralytics finds the pictures."""
    index = {"path": ".", "train": "images", "val": "images", "names": {0: "person"}}
    (folder / "data.yaml").write_text(yaml.safe_dump(index, sort_keys=False), encoding="ascii")
