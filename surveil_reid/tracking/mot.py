"""Box tracks as MOT text, the format of the MOTChallenge benchmark.

A row is `frame,id,left,top,width,height,confidence,-1,-1,-1`; frames count from 1, the rest is in
pixels. Beside `NAME.txt` there may be `NAME.frames`, the numbers of the frames that the file speaks
of, one a line. It is a file of its own because the common readers take no comments.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from surveil_reid.core import ArrayError, Doubles, Floats, InputError, Integers, replaced_whole

_SHORTEST, _LONGEST = 6, 10
_CONFIDENCE = 6


@dataclass(frozen=True, slots=True, eq=False)
class MotTracks:
    """Boxes with identities in one recording, a row each, in order of frame and id.

    Attributes:
        frames: int64 `(n,)`, frame numbers from 1.
        ids: int64 `(n,)`, not negative; an id appears at most once in a frame.
        boxes: float32 `(n, 4)`, xyxy in pixels, x2 ≥ x1 and y2 ≥ y1.
        confidences: float64 `(n,)`, as written in the file; 1 where it has none.
        analysed: the frames that were looked at, with or without boxes; None when not recorded.

    Raises:
        ArrayError: when shapes differ, or rows break one of the rules above.
    """

    frames: Integers
    ids: Integers
    boxes: Floats
    confidences: Doubles
    analysed: frozenset[int] | None = None

    def __post_init__(self) -> None:
        count = (len(self.frames),)
        if not self.frames.shape == self.ids.shape == self.confidences.shape == count:
            msg = f"{count[0]} rows need as many ids and confidences"
            raise ArrayError(msg)
        if self.boxes.shape != (*count, 4) or not (self.boxes[:, 2:] >= self.boxes[:, :2]).all():
            msg = f"boxes must be xyxy of shape ({count[0]}, 4) with x2 ≥ x1 and y2 ≥ y1"
            raise ArrayError(msg)
        if (self.frames < 1).any() or (self.ids < 0).any():
            msg = "frames count from 1 and ids are not negative"
            raise ArrayError(msg)
        keys = np.stack([self.frames, self.ids], axis=1)
        if len(np.unique(keys, axis=0)) != len(keys):
            msg = "an id may appear only once in a frame"
            raise ArrayError(msg)

    def __len__(self) -> int:
        return len(self.frames)


def read_mot(path: str | Path, *, truth: bool = False) -> MotTracks:
    """Read box tracks, and the analysed frames where `NAME.frames` lies beside the file.

    Blank lines, spaces around values and 6 to 10 columns are accepted.

    Args:
        path: MOT text file.
        truth: the file holds ground truth: keep only rows whose 7th column is 1 or missing, since
            other values mark what must not be counted.

    Raises:
        InputError: when the file cannot be read or a line makes no sense; names file and line.
    """
    path = Path(path)
    rows: dict[tuple[int, int], tuple[float, ...]] = {}
    for number, line in _lines(path):
        frame, identity, *rest = _parse(path, number, line)
        key = (int(frame), int(identity))
        if key in rows:
            raise _error(path, number, f"id {key[1]} appears twice in frame {key[0]}")
        rows[key] = (*key, *rest)
    table = np.array(sorted(rows.values()), np.float64).reshape(-1, _CONFIDENCE + 1)
    if truth:
        table = table[table[:, _CONFIDENCE] == 1]
    return MotTracks(
        frames=table[:, 0].astype(np.int64),
        ids=table[:, 1].astype(np.int64),
        boxes=np.concatenate(
            [table[:, 2:4], table[:, 2:4] + table[:, 4:6]], axis=1, dtype=np.float32
        ),
        confidences=table[:, _CONFIDENCE],
        analysed=_read_frames(path.with_suffix(".frames")),
    )


def write_mot(path: str | Path, tracks: MotTracks) -> None:
    """Write box tracks, to a hundredth of a pixel, and `NAME.frames` where `analysed` is known.

    Raises:
        InputError: when the files cannot be written.
    """
    path = Path(path)
    sizes = tracks.boxes[:, 2:] - tracks.boxes[:, :2]
    columns = zip(
        tracks.frames, tracks.ids, tracks.boxes[:, :2], sizes, tracks.confidences, strict=True
    )
    lines = [
        f"{frame},{identity},{left:.2f},{top:.2f},{width:.2f},{height:.2f},{confidence:.4f},-1,-1,-1"
        for frame, identity, (left, top), (width, height), confidence in columns
    ]
    try:
        _write_lines(path, lines)
        if tracks.analysed is not None:
            _write_lines(path.with_suffix(".frames"), map(str, sorted(tracks.analysed)))
    except OSError as error:
        msg = f"{path}: cannot be written ({error.strerror})"
        raise InputError(msg) from error


def _write_lines(path: Path, lines: Iterable[str]) -> None:
    with replaced_whole(path) as stream:
        stream.writelines(f"{line}\n".encode("ascii") for line in lines)


def _read_frames(path: Path) -> frozenset[int] | None:
    if not path.exists():
        return None
    frames = set()
    for number, line in _lines(path):
        if not line.isdecimal() or int(line) < 1:
            problem = f"expected a frame number from 1, got '{line:.40}'"
            raise _error(path, number, problem)
        frames.add(int(line))
    return frozenset(frames)


def _lines(path: Path) -> list[tuple[int, str]]:
    """The lines that are not blank, stripped, with their numbers from 1."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        msg = f"{path}: cannot be read ({error.strerror}); give a MOT text file"
        raise InputError(msg) from error
    except UnicodeDecodeError as error:
        msg = f"{path}: is not text; give a MOT text file"
        raise InputError(msg) from error
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1)]
    return [(number, line) for number, line in lines if line]


def _parse(path: Path, number: int, line: str) -> list[float]:
    """Frame, id, left, top, width, height and confidence of one row, checked."""
    # Some writers end each row with a comma, which adds no column.
    fields = line.removesuffix(",").split(",")
    if not _SHORTEST <= len(fields) <= _LONGEST:
        problem = (
            f"expected {_SHORTEST} to {_LONGEST} columns separated by commas, got {len(fields)}"
        )
        raise _error(path, number, problem)
    try:
        values = [float(field) for field in fields]
    except ValueError as error:
        raise _error(path, number, f"expected numbers, got '{line:.40}'") from error
    # Columns after the confidence are world coordinates or class and visibility: never used.
    values = [*values, 1.0][: _CONFIDENCE + 1]
    if nonsense := _nonsense(values):
        raise _error(path, number, nonsense)
    return values


def _nonsense(values: list[float]) -> str | None:
    """What is wrong with a row of numbers, if anything."""
    frame, identity, _, _, width, height, _ = values
    if not all(map(math.isfinite, values)):
        return "values must be finite"
    if frame < 1 or not frame.is_integer():
        return f"frames are whole numbers from 1, got {frame:g}"
    if identity < 0 or not identity.is_integer():
        return f"ids are whole numbers from 0, got {identity:g}; boxes without ids are no tracks"
    if width < 0 or height < 0:
        return f"a box cannot be {width:g} x {height:g} pixels"
    return None


def _error(path: Path, number: int, problem: str) -> InputError:
    return InputError(f"{path}, line {number}: {problem}")
