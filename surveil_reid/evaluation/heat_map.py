"""Heat map of the pairs of cameras: which views of people the network cannot bring together."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from surveil_reid.core import Doubles, Integers
from surveil_reid.evaluation.camera_pairs import CameraPair
from surveil_reid.evaluation.drawing import chart, count_images, shortened
from surveil_reid.evaluation.features import Features

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LONGEST_SIDE = 60.0  # inches


def draw_camera_pairs(features: Features, pairs: Sequence[CameraPair], name: str) -> "Figure":
    """Heat map of the mAP of each camera's queries in each other camera's gallery.

    Pairs that do not exist, a camera with itself or without a valid query, are grey.
    """
    rows = _names(features, features.query_cameras)
    columns = _names(features, features.gallery_cameras)
    found = {
        (rows.index(pair.query_camera), columns.index(pair.gallery_camera)): pair for pair in pairs
    }
    table = np.full((len(rows), len(columns)), np.nan)
    for cell, pair in found.items():
        table[cell] = np.nan if pair.mean_ap is None else pair.mean_ap
    figure, axes = chart(
        "mAP by pair of cameras",
        f"{name}: {count_images(features)}\nmAP in %, below it the number of valid queries",
        size=(_side(len(columns), 7.5), _side(len(rows), 3.5)),
    )
    low, high = _limits(table)
    picture = axes.imshow(table, cmap="cividis", vmin=low, vmax=high, aspect="auto")
    for (row, column), pair in found.items():
        if pair.mean_ap is not None:
            colour = "white" if pair.mean_ap < (low + high) / 2 else "black"
            words = f"{100 * pair.mean_ap:.1f}\n{pair.valid_queries:,}"
            axes.text(column, row, words, ha="center", va="center", fontsize=8, color=colour)
    axes.set_facecolor("#dddddd")
    axes.set(xlabel="camera of the gallery", ylabel="camera of the queries")
    _label_ticks(axes, rows, columns)
    figure.colorbar(picture, ax=axes, format="{x:.1%}", label="mAP")
    return figure


def _names(features: Features, cameras: Integers) -> list[str]:
    return [features.camera_name(int(code)) for code in np.unique(cameras)]


def _side(cameras: int, least: float) -> float:
    """Inches for so many cells and what surrounds them."""
    return float(np.clip(2.5 + 0.65 * cameras, least, _LONGEST_SIDE))


def _limits(table: Doubles) -> tuple[float, float]:
    """Whole tenths around the numbers of a table, never equal ones; NaN is no number."""
    low = float(np.floor(10 * np.nanmin(table)) / 10)
    high = float(np.ceil(10 * np.nanmax(table)) / 10)
    return (low, high) if low < high else (max(low - 0.1, 0.0), max(high, 0.1))


def _label_ticks(axes: "Axes", rows: Sequence[str], columns: Sequence[str]) -> None:
    longest = max(map(len, columns))
    names = [shortened(name, 24) for name in columns]
    turned = 45 if longest > 4 else 0
    axes.set_xticks(range(len(columns)), names, rotation=turned, parse_math=False)
    axes.set_yticks(range(len(rows)), [shortened(name, 24) for name in rows], parse_math=False)
