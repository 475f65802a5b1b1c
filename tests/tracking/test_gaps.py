"""Filling gaps, against an oracle that walks from frame to frame."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveil_reid.core import ArrayError, BoxTrack
from surveil_reid.tracking import fill_gaps

ANALYSED = np.arange(1, 31, 2, dtype=np.int64)
TIMES = 1.7e9 + (ANALYSED - 1) / 10


def track_at(frames: list[int]) -> BoxTrack:
    numbers = np.array(frames, np.int64)
    left = numbers.astype(np.float32) ** 2
    boxes = np.stack([left, 2 * left, left + 40, 2 * left + 100], axis=1)
    return BoxTrack(
        frames=numbers,
        times=1.7e9 + (numbers - 1) / 10,
        boxes=boxes.astype(np.float32),
        confidences=np.full(len(frames), 0.8, np.float32),
    )


@pytest.mark.parametrize("frames", [[], [7], [7, 9, 11]])
def test_nothing_to_fill(frames: list[int]) -> None:
    filled = fill_gaps(track_at(frames), ANALYSED, TIMES, max_gap=10)
    assert filled.frames.tolist() == frames
    assert (filled.confidences == np.float32(0.8)).all()


def test_a_gap_is_filled_on_a_straight_line_in_time() -> None:
    filled = fill_gaps(track_at([1, 7]), ANALYSED, TIMES, max_gap=0.6)
    assert filled.frames.tolist() == [1, 3, 5, 7]
    np.testing.assert_allclose(filled.boxes[:, 0], [1, 17, 33, 49], atol=1e-3)
    np.testing.assert_allclose(filled.confidences, [0.8, 0, 0, 0.8])
    np.testing.assert_array_equal(filled.times, TIMES[:4])


def test_uneven_times_decide_not_frame_numbers() -> None:
    track = BoxTrack(
        frames=np.array([1, 3], np.int64),
        times=np.array([0.0, 1.0]),
        boxes=np.array([[0, 0, 10, 10], [100, 0, 110, 10]], np.float32),
        confidences=np.ones(2, np.float32),
    )
    filled = fill_gaps(track, np.array([1, 2, 3]), np.array([0.0, 0.9, 1.0]), max_gap=1)
    np.testing.assert_allclose(filled.boxes[1], [90, 0, 100, 10], atol=1e-4)


def test_a_longer_gap_stays_open_and_so_does_a_frame_that_was_not_analysed() -> None:
    filled = fill_gaps(track_at([1, 5, 15, 17]), ANALYSED, TIMES, max_gap=0.9)
    assert filled.frames.tolist() == [1, 3, 5, 15, 17]


@given(
    st.lists(st.sampled_from(ANALYSED.tolist()), unique=True).map(sorted),
    st.floats(0, 3.5),
)
def test_any_gaps(frames: list[int], max_gap: float) -> None:
    track = track_at(frames)
    filled = fill_gaps(track, ANALYSED, TIMES, max_gap=max_gap)
    wanted = set(frames)
    for first, second in pairwise(frames):
        if TIMES[(second - 1) // 2] - TIMES[(first - 1) // 2] <= max_gap:
            wanted |= set(range(first, second, 2))
    assert filled.frames.tolist() == sorted(wanted)
    own = np.isin(filled.frames, track.frames)
    np.testing.assert_array_equal(filled.boxes[own], track.boxes)
    assert (filled.confidences[~own] == 0).all()
    again = fill_gaps(filled, ANALYSED, TIMES, max_gap=max_gap)
    np.testing.assert_array_equal(again.boxes, filled.boxes)


@pytest.mark.parametrize(
    ("frames", "times"),
    [([1, 2, 2], [0.0, 1.0, 2.0]), ([2, 1], [0.0, 1.0]), ([1, 2], [0.0])],
)
def test_frames_that_make_no_sense_are_refused(frames: list[int], times: list[float]) -> None:
    with pytest.raises(ArrayError, match="increase"):
        fill_gaps(track_at([1, 7]), np.array(frames, np.int64), np.array(times), max_gap=1)


def test_a_track_over_two_recordings_is_refused() -> None:
    joined = BoxTrack(
        frames=np.array([9, 1], np.int64),
        times=np.array([0.0, 1.0]),
        boxes=np.array([[0, 0, 10, 10]] * 2, np.float32),
        confidences=np.ones(2, np.float32),
    )
    with pytest.raises(ArrayError, match="one recording"):
        fill_gaps(joined, ANALYSED, TIMES, max_gap=1)
