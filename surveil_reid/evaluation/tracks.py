"""Scores of box tracks against ground truth, as the tracking literature counts them.

MOTA, switches, recall and precision (CLEAR MOT, Bernardin and Stiefelhagen 2008) and IDF1 (Ristani
et al. 2016) come from py-motmetrics, HOTA (Luiten et al. 2021) from TrackEval. Both libraries are
fed in memory, so their folder conventions do not matter.
"""

import math
from collections.abc import Collection
from dataclasses import dataclass

import motmetrics
import numpy as np
from trackeval.metrics import HOTA

from surveil_reid.core import Doubles, InputError, Integers, box_iou
from surveil_reid.tracking.mot import MotTracks

_CLEAR = {
    "truths": "num_objects",
    "predictions": "num_predictions",
    "misses": "num_misses",
    "false_positives": "num_false_positives",
    "switches": "num_switches",
    "idf1": "idf1",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class TrackScores:
    """How well predicted box tracks agree with the truth; NaN where a score is undefined.

    Attributes:
        recall: share of true boxes that were found.
        precision: share of predicted boxes that are true.
        mota: 1 - (misses + false positives + switches) / true boxes; at most 1, may be negative.
        idf1: F1 of boxes under the best one-to-one assignment of predicted to true identities.
        hota: geometric mean of detection and association accuracy, mean over IoU 0.05 to 0.95.
        switches: how often a true identity changed its predicted identity.
        misses: true boxes not found.
        false_positives: predicted boxes that are not true.
        truths: true boxes in the scored frames.
        predictions: predicted boxes in the scored frames.
        frames: scored frames.
    """

    recall: float
    precision: float
    mota: float
    idf1: float
    hota: float
    switches: int
    misses: int
    false_positives: int
    truths: int
    predictions: int
    frames: int

    def as_dict(self) -> dict[str, float | int | None]:
        """The scores under the names of the literature, None for NaN, ready for JSON."""
        scores = {
            "recall": self.recall,
            "precision": self.precision,
            "MOTA": self.mota,
            "IDF1": self.idf1,
            "HOTA": self.hota,
            "switches": self.switches,
        }
        return {name: None if math.isnan(value) else value for name, value in scores.items()}


@dataclass(frozen=True, slots=True, eq=False)
class _Moment:
    """One scored frame: identities as positions 0, 1, … and the IoU of all pairs `(t, p)`."""

    truth: Integers
    predicted: Integers
    iou: Doubles


def score_tracks(
    truth: MotTracks,
    predicted: MotTracks,
    *,
    iou: float = 0.5,
    frames: Collection[int] | None = None,
) -> TrackScores:
    """Score the box tracks of one recording.

    Only frames that were analysed are scored: those in `frames`, in `truth.analysed` and in
    `predicted.analysed`, as far as they are given. With none given, every frame that appears in
    either file counts.

    Args:
        truth: ground truth.
        predicted: box tracks to score.
        iou: smallest overlap, over 0 up to 1, at which a predicted box can match a true one; HOTA
            has its own range of overlaps.
        frames: numbers of the frames to score.

    Raises:
        InputError: when `iou` is out of range.
    """
    if not 0 < iou <= 1:
        msg = f"the smallest overlap must lie over 0 and up to 1, got {iou}"
        raise InputError(msg)
    moments = _moments(truth, predicted, scored_frames(truth, predicted, frames))
    clear = _clear_scores(moments, iou)
    truths, predictions = int(clear["truths"]), int(clear["predictions"])
    misses, false_positives = int(clear["misses"]), int(clear["false_positives"])
    switches = int(clear["switches"])
    return TrackScores(
        recall=_share(truths - misses, truths),
        precision=_share(predictions - false_positives, predictions),
        mota=_share(truths - misses - false_positives - switches, truths),
        idf1=clear["idf1"] if truths or predictions else math.nan,
        hota=_hota(moments) if truths or predictions else math.nan,
        switches=switches,
        misses=misses,
        false_positives=false_positives,
        truths=truths,
        predictions=predictions,
        frames=len(moments),
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else math.nan


def scored_frames(
    truth: MotTracks, predicted: MotTracks, frames: Collection[int] | None = None
) -> list[int]:
    """The frames that count, in order; see `score_tracks`."""
    given = [set(f) for f in (frames, truth.analysed, predicted.analysed) if f is not None]
    if given:
        return sorted(set.intersection(*given))
    return sorted({*truth.frames.tolist(), *predicted.frames.tolist()})


def _moments(truth: MotTracks, predicted: MotTracks, frames: list[int]) -> list[_Moment]:
    true_rows, true_ids = _by_frame(truth, frames)
    found_rows, found_ids = _by_frame(predicted, frames)
    return [
        _Moment(true_ids[t], found_ids[p], box_iou(truth.boxes[t], predicted.boxes[p]))
        for t, p in zip(true_rows, found_rows, strict=True)
    ]


def _by_frame(tracks: MotTracks, frames: list[int]) -> tuple[list[Integers], Integers]:
    """Rows of each of `frames`, and per row the identity's position among those that are scored."""
    scored = np.isin(tracks.frames, frames)
    positions = np.searchsorted(np.unique(tracks.ids[scored]), tracks.ids).astype(np.int64)
    rows = np.argsort(tracks.frames, kind="stable")
    ordered = tracks.frames[rows]
    starts = np.searchsorted(ordered, frames, side="left")
    ends = np.searchsorted(ordered, frames, side="right")
    return [rows[start:end] for start, end in zip(starts, ends, strict=True)], positions


def _clear_scores(moments: list[_Moment], iou: float) -> dict[str, float]:
    accumulator = motmetrics.MOTAccumulator(auto_id=True)
    for moment in moments:
        # NaN tells motmetrics that a pair may not match.
        distances = np.where(moment.iou >= iou, 1 - moment.iou, np.nan)
        accumulator.update(moment.truth, moment.predicted, distances)
    values = motmetrics.metrics.create().compute(
        accumulator, metrics=list(_CLEAR.values()), return_dataframe=False
    )
    return {name: float(values[theirs]) for name, theirs in _CLEAR.items()}


def _hota(moments: list[_Moment]) -> float:
    data = {
        "num_gt_dets": sum(len(m.truth) for m in moments),
        "num_tracker_dets": sum(len(m.predicted) for m in moments),
        "num_gt_ids": 1 + max((m.truth.max(initial=-1) for m in moments), default=-1),
        "num_tracker_ids": 1 + max((m.predicted.max(initial=-1) for m in moments), default=-1),
        "gt_ids": [m.truth for m in moments],
        "tracker_ids": [m.predicted for m in moments],
        "similarity_scores": [m.iou for m in moments],
    }
    return float(np.mean(HOTA().eval_sequence(data)["HOTA"]))
