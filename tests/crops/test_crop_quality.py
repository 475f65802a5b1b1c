"""Quality falls with everything that makes a person harder to recognise, and only with that."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveil_reid.core import ArrayError, Floats, Image
from surveil_reid.crops import crop_quality

HEIGHT, WIDTH = 300, 400
NOBODY = np.zeros((0, 4), np.float32)


def noise(blur: float = 0.0) -> Image:
    frame = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    return frame if blur == 0 else np.asarray(cv2.GaussianBlur(frame, (0, 0), blur), np.uint8)


NOISE = noise()


def box_at(left: float, top: float, width: float, height: float) -> Floats:
    return np.array([left, top, left + width, top + height], np.float32)


IN_THE_MIDDLE = box_at(150, 80, 50, 120)
shares = st.floats(0, 1, width=32)


@given(
    left=st.floats(-30, WIDTH - 5, width=32),
    top=st.floats(-30, HEIGHT - 5, width=32),
    width=st.floats(40, 200, width=32),
    height=st.floats(40, 300, width=32),
    confidence=shares,
    others=st.lists(
        st.tuples(st.floats(0, 300, width=32), st.floats(0, 200, width=32)), max_size=3
    ),
)
def test_quality_is_a_share_and_always_the_same(
    left: float,
    top: float,
    width: float,
    height: float,
    confidence: float,
    others: list[tuple[float, float]],
) -> None:
    boxes = np.array([box_at(x, y, 50, 100) for x, y in others], np.float32).reshape(-1, 4)
    box = box_at(left, top, width, height)
    quality = crop_quality(NOISE, box, confidence, boxes)
    assert 0 <= quality <= 1
    assert quality == crop_quality(NOISE.copy(), box.copy(), confidence, boxes[::-1])


@given(low=shares, high=shares)
def test_more_confidence_never_lowers_it(low: float, high: float) -> None:
    low, high = sorted((low, high))
    qualities = [crop_quality(NOISE, IN_THE_MIDDLE, c, NOBODY) for c in (low, high)]
    assert qualities[0] <= qualities[1]
    assert qualities[0] == pytest.approx(low * crop_quality(NOISE, IN_THE_MIDDLE, 1.0, NOBODY))


def test_blur_lowers_it_step_by_step() -> None:
    qualities = [
        crop_quality(noise(blur), IN_THE_MIDDLE, 0.9, NOBODY) for blur in (0, 0.6, 1, 2, 4, 8)
    ]
    assert qualities == sorted(qualities, reverse=True)
    assert qualities[-1] < 0.1 * qualities[0]


@pytest.mark.parametrize("blur", [0.0, 0.7, 2.0])
def test_a_person_seen_larger_is_better(blur: float) -> None:
    # One scene at three sizes; seen smaller its edges are harder, and yet it shows less.
    scene = noise(blur)[:250, :120]
    qualities = []
    for scale in (0.25, 0.5, 1.0):
        frame = cv2.resize(scene, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        frame = cv2.copyMakeBorder(frame, 9, 9, 9, 9, cv2.BORDER_REFLECT)
        box = 9 + scale * np.array([10, 10, 90, 170], np.float32)
        qualities.append(crop_quality(np.asarray(frame, np.uint8), box, 1.0, NOBODY))
    assert qualities[0] < qualities[1] < qualities[2]


@given(first=st.integers(8, 128), second=st.integers(8, 200))
def test_more_height_never_lowers_it_where_the_picture_is_equally_sharp(
    first: int, second: int
) -> None:
    stripes = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    stripes[:, ::4] = 255  # upright, so that they look the same however high the cut-out
    low, high = sorted((first, second))
    qualities = [
        crop_quality(stripes, box_at(100, 20, 64, height), 0.8, NOBODY) for height in (low, high)
    ]
    assert qualities[0] <= qualities[1] * (1 + 1e-9)


@given(near=st.floats(-60, 60, width=32), far=st.floats(-60, 60, width=32), lower=st.booleans())
def test_the_more_another_person_covers_the_lower_it_is(
    near: float, far: float, lower: bool
) -> None:
    near, far = sorted((near, far), key=abs)
    x, y, width, height = 150.0, 80.0, 50.0, 120.0
    dy = 10.0 if lower else -10.0
    qualities = [
        crop_quality(NOISE, IN_THE_MIDDLE, 0.9, box_at(x + shift, y + dy, width, height)[None])
        for shift in (near, far)
    ]
    assert qualities[0] <= qualities[1] <= crop_quality(NOISE, IN_THE_MIDDLE, 0.9, NOBODY)


def test_somebody_in_front_costs_more_than_somebody_behind() -> None:
    alone = crop_quality(NOISE, IN_THE_MIDDLE, 0.9, NOBODY)
    behind = crop_quality(NOISE, IN_THE_MIDDLE, 0.9, box_at(170, 70, 50, 120)[None])
    front = crop_quality(NOISE, IN_THE_MIDDLE, 0.9, box_at(170, 90, 50, 120)[None])
    away = crop_quality(NOISE, IN_THE_MIDDLE, 0.9, box_at(300, 90, 50, 120)[None])
    assert front < behind < alone == away


@given(count=st.integers(0, 3))
def test_each_further_person_lowers_it(count: int) -> None:
    crowd = np.array([box_at(160 + 12 * i, 90, 50, 120) for i in range(count + 1)], np.float32)
    assert crop_quality(NOISE, IN_THE_MIDDLE, 0.9, crowd) < crop_quality(
        NOISE, IN_THE_MIDDLE, 0.9, crowd[:-1]
    )


@pytest.mark.parametrize("direction", [(-1, 0), (1, 0), (0, -1), (0, 1)])
def test_leaving_the_frame_lowers_it_step_by_step(direction: tuple[int, int]) -> None:
    plain = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    plain[::2, ::2] = 255  # equally sharp everywhere
    dx, dy = direction
    start = np.array([175, 90, 225, 210], np.float32)
    to_edge = {(-1, 0): 175, (1, 0): 175, (0, -1): 90, (0, 1): 90}[direction]
    steps = [0, to_edge - 10, to_edge, to_edge + 20, to_edge + 40]
    shift = np.array([dx, dy, dx, dy], np.float32)
    qualities = [crop_quality(plain, start + s * shift, 0.9, NOBODY) for s in steps]
    assert qualities[0] == pytest.approx(qualities[1], rel=0.05)
    assert qualities[1] > 1.2 * qualities[2]
    assert qualities[2] > qualities[3] > qualities[4]


def test_a_box_outside_the_frame_is_refused() -> None:
    with pytest.raises(ArrayError, match="outside"):
        crop_quality(NOISE, box_at(WIDTH + 5, 10, 20, 40), 0.9, NOBODY)
