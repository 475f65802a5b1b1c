"""Scores of identities that hold over several cameras: the same number is the same person.

Each camera is scored by itself, and all of them together by two measures:

IDF1 (Ristani et al. 2016) over all cameras: one assignment of predicted to true identities, one to
one, holds in every camera at once. Who changes identity between two cameras is right in one of them
only. Boxes that were missed or that are no person count against it.

BCubed F1 (see `surveil_reid.evaluation.bcubed`) over the matched boxes of all cameras: the true
identity is the truth of a box, the identity of the predicted box matched to it is its group. It
judges the grouping alone, so missed boxes and boxes that are no person are left out. Each frame is
matched on its own: as many pairs as reach the smallest overlap, and of such matchings the one of
the greatest total overlap. Earlier frames have no say, so the order of the cameras has none either.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from surveil_reid.core import Doubles, InputError, Integers, box_iou
from surveil_reid.evaluation.bcubed import bcubed
from surveil_reid.evaluation.tracks import TrackScores, score_tracks, scored_frames
from surveil_reid.tracking.mot import MotTracks, read_mot


@dataclass(frozen=True, kw_only=True, slots=True)
class CrossCameraScores:
    """How well identities agree with the truth over all cameras; NaN where a score is undefined.

    Attributes:
        cameras: by name, the scores of each camera by itself.
        idf1: F1 of boxes under the best one-to-one assignment of identities over all cameras.
        bcubed_f1: BCubed F1 of the identities of matched boxes; NaN where no box was matched.
        identities_true: people with a true box in the scored frames.
        identities_found: predicted identities with a box in the scored frames.
    """

    cameras: Mapping[str, TrackScores]
    idf1: float
    bcubed_f1: float
    identities_true: int
    identities_found: int

    def as_dict(self) -> dict[str, Any]:
        """The scores under the names of the literature, None for NaN, ready for JSON."""
        return {
            "cameras": {name: scores.as_dict() for name, scores in self.cameras.items()},
            "cross_camera": {
                "IDF1": None if math.isnan(self.idf1) else self.idf1,
                "bcubed_f1": None if math.isnan(self.bcubed_f1) else self.bcubed_f1,
                "identities_true": self.identities_true,
                "identities_found": self.identities_found,
            },
        }


def read_cameras(folder: str | Path, *, truth: bool = False) -> dict[str, MotTracks]:
    """Read the box tracks of several cameras, one MOT text file `NAME.txt` for each.

    Args:
        folder: where the files lie; other files and hidden ones are passed over.
        truth: the files hold ground truth, see `read_mot`.

    Returns:
        The tracks by the cameras' names, in order of the names.

    Raises:
        InputError: when it is no folder, holds no such file, or a file makes no sense.
    """
    folder = Path(folder)
    if not folder.is_dir():
        msg = f"{folder}: no such folder; give a MOT file for both sides or a folder for both"
        raise InputError(msg)
    paths = sorted(path for path in folder.glob("*.txt") if not path.name.startswith("."))
    if not paths:
        msg = f"{folder}: holds no MOT text file; name one NAME.txt for each camera"
        raise InputError(msg)
    return {path.stem: read_mot(path, truth=truth) for path in paths}


def score_cameras(
    truth: Mapping[str, MotTracks], predicted: Mapping[str, MotTracks], *, iou: float = 0.5
) -> CrossCameraScores:
    """Score box tracks whose ids are identities over all cameras.

    Of each camera only the frames that were analysed are scored, as in `score_tracks`.

    Args:
        truth: ground truth by camera.
        predicted: box tracks to score, of the same cameras.
        iou: smallest overlap, over 0 up to 1, at which a predicted box can match a true one.

    Raises:
        InputError: when there is no camera, one is missing on one side, or `iou` is out of range.
    """
    _check_cameras(truth, predicted)
    scored = {
        name: np.array(scored_frames(truth[name], predicted[name]), np.int64) for name in truth
    }
    cameras = {
        name: score_tracks(truth[name], predicted[name], iou=iou, frames=frames.tolist())
        for name, frames in scored.items()
    }
    all_truth = _join([(truth[name], frames) for name, frames in scored.items()])
    all_predicted = _join([(predicted[name], frames) for name, frames in scored.items()])
    true_ids, found_ids = _matched_ids(all_truth, all_predicted, iou)
    return CrossCameraScores(
        cameras=cameras,
        idf1=score_tracks(all_truth, all_predicted, iou=iou).idf1,
        bcubed_f1=bcubed(true_ids, found_ids).f1 if true_ids else math.nan,
        identities_true=len(np.unique(all_truth.ids)),
        identities_found=len(np.unique(all_predicted.ids)),
    )


def _check_cameras(truth: Mapping[str, MotTracks], predicted: Mapping[str, MotTracks]) -> None:
    if not truth and not predicted:
        msg = "there is no camera to score; give true and predicted tracks of at least one"
        raise InputError(msg)
    for here, there, problem in (
        (truth, predicted, "has true boxes but no tracks"),
        (predicted, truth, "has tracks but no true boxes"),
    ):
        if missing := sorted(here.keys() - there.keys()):
            msg = (
                f"camera {missing[0]!r} {problem} to compare with; both sides need a file of the "
                "same name, which may be empty"
            )
            raise InputError(msg)


def _join(cameras: Sequence[tuple[MotTracks, Integers]]) -> MotTracks:
    """The scored frames of all cameras behind one another, numbered from 1 without gaps."""
    frames, kept, count = [], [], 0
    for tracks, scored in cameras:
        rows = np.isin(tracks.frames, scored)
        kept.append((tracks.ids[rows], tracks.boxes[rows], tracks.confidences[rows]))
        frames.append(np.searchsorted(scored, tracks.frames[rows]) + count + 1)
        count += len(scored)
    ids, boxes, confidences = (np.concatenate(column) for column in zip(*kept, strict=True))
    return MotTracks(
        frames=np.concatenate(frames, dtype=np.int64),
        ids=ids,
        boxes=boxes,
        confidences=confidences,
        analysed=frozenset(range(1, count + 1)),
    )


def _matched_ids(truth: MotTracks, predicted: MotTracks, iou: float) -> tuple[list[int], list[int]]:
    """True and predicted identity of every matched box of joined cameras."""
    true_rows: list[Integers] = []
    found_rows: list[Integers] = []
    for here, there in zip(_rows_by_frame(truth), _rows_by_frame(predicted), strict=True):
        t, p = _match(box_iou(truth.boxes[here], predicted.boxes[there]), iou)
        true_rows.append(here[t])
        found_rows.append(there[p])
    return (
        truth.ids[np.concatenate(true_rows)].tolist(),
        predicted.ids[np.concatenate(found_rows)].tolist(),
    )


def _rows_by_frame(tracks: MotTracks) -> list[Integers]:
    """Rows of each analysed frame, in order of their boxes.

    That order does not depend on how identities are numbered, so neither does a choice between
    matchings of the same overlap, unless two boxes of a frame are the same to the bit.
    """
    order = np.lexsort((*tracks.boxes.T, tracks.frames))
    later = np.arange(2, len(tracks.analysed or ()) + 1)
    return np.split(order, np.searchsorted(tracks.frames[order], later))


def _match(overlaps: Doubles, smallest: float) -> tuple[Integers, Integers]:
    """Positions of matched pairs: as many as can be, then of the greatest total overlap."""
    # One forbidden pair costs more than all others together, so none stands in for an allowed one.
    forbidden = min(overlaps.shape) + 1
    costs = np.where(overlaps >= smallest, 1 - overlaps, forbidden)
    truths, found = linear_sum_assignment(costs)
    allowed = overlaps[truths, found] >= smallest
    return truths[allowed], found[allowed]
