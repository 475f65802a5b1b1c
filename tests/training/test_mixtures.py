"""People made of two pictures: what they are made of, and that a draw is the same again."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from training.mixtures import Mixtures, Shown, draw_mixtures

HEIGHT, WIDTH = 16, 8
PICTURES = np.random.default_rng(0).integers(0, 256, (12, HEIGHT, WIDTH, 3), np.uint8)


def one(share: float, *, blended: bool) -> np.ndarray:
    """Pictures 3 and 7 as one."""
    mixtures = Mixtures(
        np.array([3]), np.array([7]), np.array([share], np.float32), np.array([blended])
    )
    (made,) = mixtures.make(PICTURES, np.array([0]))
    return made


@given(st.integers(0, HEIGHT))
def test_of_one_that_is_cut_the_first_stands_above(rows: int) -> None:
    made = one(rows / HEIGHT, blended=False)
    assert np.array_equal(made[:rows], PICTURES[3, :rows])
    assert np.array_equal(made[rows:], PICTURES[7, rows:])


@given(st.floats(0, 1, width=32))
def test_of_one_that_is_blended_each_pixel_is_between_those_of_both(share: float) -> None:
    exact = share * PICTURES[3].astype(np.float64) + (1 - share) * PICTURES[7]
    assert np.abs(one(share, blended=True) - exact).max() <= 0.51


def test_only_training_pictures_are_drawn_all_of_them_in_both_ways_and_in_all_proportions() -> None:
    rows = np.array([2, 3, 5, 7, 11])
    mixtures = draw_mixtures(rows, 2000, 1)
    assert set(mixtures.first) == set(mixtures.second) == set(rows)
    assert 0.45 < mixtures.blended.mean() < 0.55
    assert mixtures.shares.min() < 0.01
    assert mixtures.shares.max() > 0.99


@given(st.integers(0, 2**31), st.integers(1, 50))
def test_a_seed_draws_the_same_again(seed: int, count: int) -> None:
    rows = np.arange(12)
    places = np.arange(count)
    first, again, other = (
        draw_mixtures(rows, count, drawn).make(PICTURES, places) for drawn in (seed, seed, seed + 1)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_mixtures_are_shown_after_the_pictures_that_they_are_made_of() -> None:
    rows = np.array([4, 9])
    mixtures = draw_mixtures(rows, 3, 0)
    shown = Shown(PICTURES, rows, mixtures)
    assert len(shown) == 5
    taken = shown.take(np.array([1, 0, 4, 2]))
    assert np.array_equal(taken[:2], PICTURES[[9, 4]])
    assert np.array_equal(taken[2:], mixtures.make(PICTURES, np.array([2, 0])))
    alone = Shown(PICTURES, rows)
    assert len(alone) == 2
    assert np.array_equal(alone.take(np.array([1])), PICTURES[[9]])
