"""Pictures for the documentation, small enough to commit."""

from pathlib import Path

from PIL import Image

COLOURS = 224
"""Of the palette: a third of the bytes, and nobody sees it."""


def save_small(image: Image.Image, path: Path) -> None:
    """Write a picture as PNG with a palette; its folder is made if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    small = image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    small.save(path, optimize=True)
