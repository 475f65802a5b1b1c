"""Tiny pictures for the generated data sets; flat colours, different for every name."""

import hashlib
from pathlib import Path

from PIL import Image


def write_picture(path: Path) -> None:
    """Write an 8 by 16 picture in the format of its last suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    red, green, blue = hashlib.sha256(path.name.encode()).digest()[:3]
    Image.new("RGB", (8, 16), (red, green, blue)).save(path)


def write_litter(folder: Path) -> None:
    """Leave behind what other systems leave in every folder that they show."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("Thumbs.db", ".DS_Store", "._0002_c1s1_000451_03.jpg", "._0001_c1_1.png"):
        (folder / name).write_bytes(b"no picture")
