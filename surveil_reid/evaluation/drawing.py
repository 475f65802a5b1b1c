"""Empty pictures and their files; the one place that meets matplotlib.

Only matplotlib's objects are used, never pyplot, whose global state belongs to whoever calls us.
"""

import textwrap
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from surveil_reid.core import Image, replaced_whole
from surveil_reid.evaluation.features import Features

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DPI = 120

# Okabe and Ito's colours, which people with any colour vision tell apart.
BLUE, VERMILION, GREY = "#0072B2", "#D55E00", "#666666"

_LONGEST_NAME = 60

_LINE = 90
"""Characters that fit on a line below the title of the narrowest chart."""


def blank(width: float, height: float) -> "Figure":
    """An empty white picture, `width` by `height` inches of `DPI` pixels."""
    # Loading matplotlib takes half a second, and most evaluations draw nothing.
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(width, height), dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def chart(
    title: str, subtitle: str, *, size: tuple[float, float] = (7.5, 5.0)
) -> "tuple[Figure, Axes]":
    """A picture of `size` inches and axes that fill it, under a title that is taken literally."""
    figure = blank(*size)
    figure.set_layout_engine("constrained")
    axes = figure.add_subplot()
    figure.suptitle(title, fontsize=13, fontweight="bold", parse_math=False)
    lines = [part for line in subtitle.split("\n") for part in textwrap.wrap(line, _LINE)]
    axes.set_title("\n".join(lines), fontsize=9, color=GREY, parse_math=False)
    return figure, axes


def save(figure: "Figure", path: Path) -> Path:
    """Write a picture as PNG, over an older one, and return its path."""
    with warnings.catch_warnings():
        # Names may be in any script; what the font lacks is drawn as a box.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        with replaced_whole(path) as stream:
            figure.savefig(stream, format="png", dpi=DPI)
    return path


def count_images(features: Features) -> str:
    """How much data a picture stands on."""
    return f"{len(features.query):,} queries, {len(features.gallery):,} gallery images"


def shortened(name: str, longest: int = _LONGEST_NAME) -> str:
    """A name on one line that fits; the end is kept, where names mostly differ."""
    line = " ".join(name.split())
    return line if len(line) <= longest else "…" + line[-(longest - 1) :]


def fit(picture: Image, width: int, height: int) -> Image:
    """A picture as large as fits a size in pixels, in its own proportions, on white; RGB uint8."""
    scale = min(width / picture.shape[1], height / picture.shape[0])
    size = max(1, int(picture.shape[1] * scale)), max(1, int(picture.shape[0] * scale))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    fitted = np.full((height, width, 3), 255, np.uint8)
    left, top = (width - size[0]) // 2, (height - size[1]) // 2
    fitted[top : top + size[1], left : left + size[0]] = cv2.resize(
        picture, size, interpolation=way
    )
    return fitted


def write(
    figure: "Figure", x: int, y: int, words: str, *, size: int = 8, weight: str = "normal"
) -> None:
    """Words on one line that begin at pixel x and have their middle at pixel y from the top."""
    width, height = figure.get_size_inches() * DPI
    figure.text(
        x / width,
        1 - y / height,
        words,
        fontsize=size,
        fontweight=weight,
        va="center",
        parse_math=False,
    )
