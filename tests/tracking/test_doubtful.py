"""Furniture is doubted, people are not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveil_reid.core import BoxTrack, InputError
from surveil_reid.tracking import DoubtOptions, is_doubtful

BOX = (100.0, 50.0, 140.0, 150.0)


def a_track(boxes: np.ndarray, confidences: np.ndarray) -> BoxTrack:
    return BoxTrack(
        frames=np.arange(1, len(boxes) + 1),
        times=np.arange(len(boxes)) / 5,
        boxes=boxes.astype(np.float32),
        confidences=confidences.astype(np.float32),
    )


def standing(count: int, confidence: float, *, jitter: float = 2.0) -> BoxTrack:
    """A box 100 pixels tall that only jitters, its confidence within 0.1 of the one given."""
    chance = np.random.default_rng(5)
    boxes = np.tile(BOX, (count, 1)) + chance.uniform(-jitter, jitter, (count, 4))
    return a_track(boxes, confidence + chance.uniform(-0.1, 0.1, count))


def walking(count: int, confidence: float) -> BoxTrack:
    steps = 5.0 * np.arange(count)[:, None] * np.array([1, 0, 1, 0])
    return a_track(np.tile(BOX, (count, 1)) + steps, np.full(count, confidence))


@pytest.mark.parametrize(
    ("track", "expected"),
    [
        (BoxTrack.join([]), True),
        (standing(900, 0.3), True),
        (standing(20, 0.3), True),
        (standing(900, 0.8), False),
        (standing(900, 0.65), False),
        (walking(20, 0.3), False),
        (walking(20, 0.8), False),
        (standing(1, 0.85), True),
        (standing(2, 0.85), False),
    ],
)
def test_who_is_doubted(track: BoxTrack, expected: bool) -> None:
    assert is_doubtful(track) is expected


def test_a_flicker_over_minutes_convinces_nobody_but_one_frame_in_five_does() -> None:
    for every, expected in ((50, True), (5, False)):
        track = standing(900, 0.3)
        confidences = track.confidences.copy()
        confidences[::every] = 0.8
        assert is_doubtful(a_track(track.boxes, confidences)) is expected


def test_a_few_jumps_of_the_box_do_not_make_a_chair_walk() -> None:
    track = standing(200, 0.3)
    boxes = track.boxes.copy()
    boxes[::50] += 60
    assert is_doubtful(a_track(boxes, track.confidences))


def test_interpolated_boxes_do_not_count() -> None:
    convinced = standing(20, 0.8)
    boxes = np.tile(convinced.boxes, (20, 1))
    confidences = np.zeros(len(boxes))
    confidences[:20] = convinced.confidences
    assert not is_doubtful(a_track(boxes, confidences))
    confidences[1:] = 0
    assert is_doubtful(a_track(boxes, confidences))


def test_somebody_crouching_moves() -> None:
    down = np.linspace(0, 40, 50)[:, None] * np.array([0, 1, 0, 0])
    assert not is_doubtful(a_track(np.tile(BOX, (50, 1)) + down, np.full(50, 0.3)))


@given(
    st.lists(
        st.tuples(st.integers(-40, 40), st.integers(-40, 40), st.integers(0, 100)), max_size=30
    ),
    st.sampled_from([0.25, 0.5, 2.0, 4.0]),
    st.tuples(st.integers(0, 2000), st.integers(0, 2000)),
)
def test_place_and_size_in_the_picture_do_not_matter(
    moments: list[tuple[int, int, int]], scale: float, shift: tuple[int, int]
) -> None:
    moves = np.array([(x, y, x, y) for x, y, _ in moments], np.float64).reshape(-1, 4)
    confidences = np.array([c / 100 for *_, c in moments])
    boxes = moves + np.array(BOX)
    elsewhere = boxes * scale + np.array(shift * 2)
    assert is_doubtful(a_track(boxes, confidences)) == is_doubtful(a_track(elsewhere, confidences))


@pytest.mark.parametrize(
    "wrong",
    [
        {"still": -0.1},
        {"still": float("nan")},
        {"convincing": 1.5},
        {"one_in": 0.5},
        {"confirmed": 0},
    ],
)
def test_options_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match="doubt"):
        DoubtOptions(**wrong)  # type: ignore[arg-type]
