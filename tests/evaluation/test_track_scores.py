"""Scores against cases worked out by hand, and against a second library."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trackeval.metrics import CLEAR, Identity

from surveil_reid.core import InputError, box_iou
from surveil_reid.evaluation.tracks import score_tracks
from surveil_reid.tracking.mot import MotTracks, read_mot

Row = tuple[int, int, float]


def _tracks(*rows: Row, analysed: frozenset[int] | None = None) -> MotTracks:
    """Boxes of 10 x 10 pixels from rows `frame, id, left`."""
    table = np.array(sorted(rows), np.float64).reshape(-1, 3)
    left, zero = table[:, 2], np.zeros(len(table))
    return MotTracks(
        frames=table[:, 0].astype(np.int64),
        ids=table[:, 1].astype(np.int64),
        boxes=np.stack([left, zero, left + 10, zero + 10], axis=1).astype(np.float32),
        confidences=np.ones(len(table)),
        analysed=analysed,
    )


NOBODY = _tracks()
# One person standing still for four frames.
STANDING = _tracks((1, 1, 0), (2, 1, 0), (3, 1, 0), (4, 1, 0))


def test_nothing_against_nothing_is_undefined() -> None:
    scores = score_tracks(NOBODY, NOBODY)
    assert all(math.isnan(v) for v in (scores.recall, scores.mota, scores.idf1, scores.hota))
    assert scores.as_dict()["MOTA"] is None
    assert scores.switches == 0
    assert json.loads(json.dumps(scores.as_dict(), allow_nan=False))["switches"] == 0


def test_perfect_tracks_whatever_their_ids() -> None:
    renamed = _tracks((1, 77, 0), (2, 77, 0), (3, 77, 0), (4, 77, 0))
    assert score_tracks(STANDING, renamed).as_dict() == {
        "recall": 1, "precision": 1, "MOTA": 1, "IDF1": 1, "HOTA": 1, "switches": 0
    }  # fmt: skip


def test_nothing_found() -> None:
    scores = score_tracks(STANDING, NOBODY)
    assert (scores.recall, scores.mota, scores.idf1, scores.hota) == (0, 0, 0, 0)
    assert math.isnan(scores.precision)
    assert scores.misses == 4


def test_nobody_was_there() -> None:
    scores = score_tracks(NOBODY, STANDING)
    assert (scores.precision, scores.idf1, scores.hota) == (0, 0, 0)
    assert math.isnan(scores.recall)
    assert math.isnan(scores.mota)
    assert scores.false_positives == 4


def test_one_switch() -> None:
    """Ids 5, 5, 6, 6: one switch in four boxes; the best assignment gets two of four right."""
    scores = score_tracks(STANDING, _tracks((1, 5, 0), (2, 5, 0), (3, 6, 0), (4, 6, 0)))
    assert (scores.recall, scores.precision, scores.switches) == (1, 1, 1)
    assert scores.mota == pytest.approx(1 - 1 / 4)
    assert scores.idf1 == pytest.approx(2 * 2 / (4 + 4))
    # Every box: 2 of the 4 boxes of truth or prediction together are shared. Detection is perfect.
    assert scores.hota == pytest.approx(math.sqrt(1 * (2 / 4)))


def test_one_false_alarm_and_one_miss() -> None:
    """Three of four found, and a ghost far away once."""
    scores = score_tracks(STANDING, _tracks((1, 5, 0), (2, 5, 0), (3, 5, 0), (4, 9, 500)))
    assert scores.recall == pytest.approx(3 / 4)
    assert scores.precision == pytest.approx(3 / 4)
    assert scores.mota == pytest.approx(1 - 2 / 4)
    assert scores.idf1 == pytest.approx(2 * 3 / (4 + 4))
    # Detection accuracy 3 / (3 + 1 + 1), association accuracy 3 / 4 for each box found.
    assert scores.hota == pytest.approx(math.sqrt(3 / 5 * 3 / 4))


@pytest.mark.parametrize(("shift", "found"), [(0, 4), (3, 4), (4, 0)])
def test_overlap_decides(shift: float, found: int) -> None:
    """Shifted by 3 of 10 pixels, IoU is 7/13 = 0.54; by 4, 6/14 = 0.43."""
    moved = _tracks(*((frame, 1, shift) for frame in (1, 2, 3, 4)))
    assert score_tracks(STANDING, moved).recall == found / 4


def test_the_smallest_overlap_itself_counts() -> None:
    """Boxes shifted by 5 of 10 pixels have IoU 1/3; rounding must not lose it."""
    moved = _tracks(*((frame, 1, 5) for frame in (1, 2, 3, 4)))
    assert score_tracks(STANDING, moved, iou=1 / 3).recall == 1
    assert score_tracks(STANDING, STANDING, iou=1).recall == 1


@pytest.mark.parametrize("iou", [0, -0.5, 1.01, float("nan")])
def test_an_overlap_out_of_range_is_refused(iou: float) -> None:
    with pytest.raises(InputError, match="overlap"):
        score_tracks(STANDING, STANDING, iou=iou)


def test_only_analysed_frames_are_scored() -> None:
    every_other = _tracks((1, 5, 0), (3, 5, 0))
    assert score_tracks(STANDING, every_other).recall == 1 / 2
    assert score_tracks(STANDING, every_other, frames=[1, 3]).recall == 1
    said_so = _tracks((1, 5, 0), (3, 5, 0), analysed=frozenset({1, 3}))
    scores = score_tracks(STANDING, said_so)
    assert (scores.recall, scores.idf1, scores.hota, scores.frames) == (1, 1, 1, 2)
    assert score_tracks(STANDING, said_so, frames=[1, 2]).frames == 1


def test_analysed_frames_without_a_box_count() -> None:
    """Somebody was missed in a frame that was looked at."""
    missed = _tracks((1, 5, 0), analysed=frozenset({1, 4}))
    assert score_tracks(STANDING, missed).recall == 1 / 2


def test_truth_that_knows_its_frames_leaves_out_the_rest() -> None:
    marked = _tracks((1, 1, 0), (3, 1, 0), analysed=frozenset({1, 3}))
    assert score_tracks(marked, STANDING).precision == 1


BOXES = st.lists(
    st.tuples(st.integers(1, 6), st.integers(0, 3), st.integers(0, 40).map(float)),
    min_size=1,
    max_size=20,
    unique_by=lambda row: row[:2],
)


@settings(max_examples=60, deadline=None)
@given(truth=BOXES, predicted=BOXES)
def test_agrees_with_a_second_library(truth: list[Row], predicted: list[Row]) -> None:
    """IDF1 has one definition; both libraries also see the same boxes."""
    ours = score_tracks(_tracks(*truth), _tracks(*predicted))
    data = _trackeval_data(_tracks(*truth), _tracks(*predicted))
    theirs = Identity({"PRINT_CONFIG": False}).eval_sequence(data)
    assert ours.idf1 == pytest.approx(theirs["IDF1"])
    clear = CLEAR({"PRINT_CONFIG": False}).eval_sequence(data)
    assert ours.truths == clear["CLR_TP"] + clear["CLR_FN"]
    assert ours.predictions == clear["CLR_TP"] + clear["CLR_FP"]


@settings(max_examples=30, deadline=None)
@given(truth=BOXES, predicted=BOXES)
def test_scores_keep_their_range(truth: list[Row], predicted: list[Row]) -> None:
    scores = score_tracks(_tracks(*truth), _tracks(*predicted))
    for share in (scores.recall, scores.precision, scores.idf1, scores.hota):
        assert 0 <= share <= 1
    assert scores.mota <= scores.recall


def _trackeval_data(truth: MotTracks, predicted: MotTracks) -> dict[str, object]:
    """The library's own form, built with loops."""
    frames = sorted({*truth.frames.tolist(), *predicted.frames.tolist()})
    data: dict[str, object] = {"similarity_scores": [], "num_timesteps": len(frames)}
    for side, tracks in (("gt", truth), ("tracker", predicted)):
        ids = sorted(set(tracks.ids.tolist()))
        data[f"num_{side}_ids"] = len(ids)
        data[f"num_{side}_dets"] = len(tracks)
        data[f"{side}_ids"] = [
            np.array([ids.index(i) for i in tracks.ids[tracks.frames == frame]], int)
            for frame in frames
        ]
    for frame in frames:
        boxes = [tracks.boxes[tracks.frames == frame] for tracks in (truth, predicted)]
        data["similarity_scores"].append(box_iou(*boxes))
    return data


def test_real_truth_against_itself(real_data: Path) -> None:
    truth = read_mot(real_data / "footage/pets09-s2l1/gt.txt", truth=True)
    assert len(truth) == 4476
    assert len(set(truth.ids.tolist())) == 19
    scores = score_tracks(truth, truth)
    assert (scores.mota, scores.idf1, scores.switches, scores.frames) == (1, 1, 0, 795)
