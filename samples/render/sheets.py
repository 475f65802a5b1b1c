"""Contact sheets: moments of all cameras side by side, and everybody of the cast in each camera."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import av
import cv2
import numpy as np

from samples.render.visibility import Picture

_PLAIN = 0.8  # visibility of people that show what they look like
_CELL = (72, 144)


def moments_sheet(site: Path, moments: Sequence[int], *, width: int = 320) -> Picture:
    """A row for each camera, a column for each frame number from 1.

    Args:
        site: a finished site's folder.
        moments: frame numbers.
        width: of each picture in pixels.

    Returns:
        RGB uint8.
    """
    rows = []
    for path in _films(site):
        frames = dict(_frames(path, set(moments)))
        rows.append(np.hstack([_scaled(frames[number], width) for number in moments]))
    return np.vstack(rows)


def cast_sheet(site: Path) -> Picture:
    """A row for each camera, a column for each identity: its largest plain picture, or grey."""
    rows, identities = [], _identities(site)
    for path in _films(site):
        best = _best_boxes(site / "truth" / f"{path.stem}.txt")
        frames = dict(_frames(path, {number for number, *_ in best.values()}))
        cells = []
        for identity in identities:
            cell = np.full((_CELL[1], _CELL[0], 3), 60, np.uint8)
            if identity in best:
                number, left, top, right, bottom = best[identity]
                cell = _fitted(frames[number][top:bottom, left:right])
            cells.append(cell)
        rows.append(np.hstack(cells))
    return np.vstack(rows)


def _films(site: Path) -> list[Path]:
    return sorted((site / "footage").glob("*.mp4"))


def _frames(path: Path, wanted: set[int]) -> Iterator[tuple[int, Picture]]:
    with av.open(str(path)) as container:
        for number, frame in enumerate(container.decode(video=0), start=1):
            if number in wanted:
                yield number, frame.to_ndarray(format="rgb24").astype(np.uint8)


def _identities(site: Path) -> list[int]:
    tables = [np.loadtxt(p, delimiter=",", ndmin=2) for p in sorted((site / "truth").glob("*.txt"))]
    return [int(identity) for identity in np.unique(np.concatenate(tables)[:, 1])]


def _best_boxes(truth: Path) -> dict[int, tuple[int, int, int, int, int]]:
    """By identity: frame, left, top, right and bottom of the largest box that is plainly seen."""
    best: dict[int, tuple[int, int, int, int, int]] = {}
    rows = np.loadtxt(truth, delimiter=",", ndmin=2)
    for row in sorted(rows[rows[:, 8] >= _PLAIN], key=lambda r: r[5]):
        frame, identity, left, top, width, height = row[:6].astype(int)
        best[int(identity)] = (int(frame), left, top, left + width, top + height)
    return best


def _scaled(picture: Picture, width: int) -> Picture:
    height = round(width * picture.shape[0] / picture.shape[1])
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA).astype(np.uint8)


def _fitted(crop: Picture) -> Picture:
    """The crop in a cell, its proportions kept."""
    scale = min(_CELL[0] / crop.shape[1], _CELL[1] / crop.shape[0])
    size = max(1, int(crop.shape[1] * scale)), max(1, int(crop.shape[0] * scale))
    cell = np.full((_CELL[1], _CELL[0], 3), 60, np.uint8)
    left, top = (_CELL[0] - size[0]) // 2, (_CELL[1] - size[1]) // 2
    cell[top : top + size[1], left : left + size[0]] = cv2.resize(crop, size)
    return cell
