"""Batches hold what they should, whatever the data."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveil_reid.core import InputError
from training.recipe import BatchRecipe
from training.sampler import plan_epoch, steps_per_epoch

label_lists = st.lists(st.integers(0, 7), min_size=8, max_size=60).map(
    lambda labels: np.array([*range(8), *labels], np.int64)
)


@given(label_lists, st.integers(2, 16), st.integers(0, 5), st.integers(0, 5))
def test_plain_sampling_shows_no_picture_twice(
    labels: np.ndarray, size: int, seed: int, epoch: int
) -> None:
    plan = plan_epoch(labels, BatchRecipe(size=size), seed=seed, epoch=epoch)
    assert plan.shape == (len(labels) // size, size)
    places = plan.ravel().tolist()
    assert len(set(places)) == len(places)
    assert set(places) <= set(range(len(labels)))


@given(label_lists, st.sampled_from([(4, 2), (8, 2), (8, 4), (12, 4)]), st.integers(0, 5))
def test_every_batch_holds_p_identities_with_k_pictures(
    labels: np.ndarray, sizes: tuple[int, int], seed: int
) -> None:
    size, each = sizes
    recipe = BatchRecipe(size=size, per_identity=each)
    for batch in plan_epoch(labels, recipe, seed=seed, epoch=0):
        counts = Counter(labels[batch].tolist())
        assert set(counts.values()) == {each}
        assert len(counts) == size // each


@given(label_lists, st.integers(0, 3))
def test_pictures_of_an_identity_come_again_only_when_all_came(
    labels: np.ndarray, seed: int
) -> None:
    recipe = BatchRecipe(size=4, per_identity=2)
    seen = Counter(plan_epoch(labels, recipe, seed=seed, epoch=0).ravel().tolist())
    for identity in set(labels.tolist()):
        counts = [seen[place] for place in np.flatnonzero(labels == identity).tolist()]
        assert max(counts) - min(counts) <= 1


@given(st.lists(st.integers(1, 12).map(lambda half: 2 * half), min_size=30, max_size=50))
@settings(max_examples=20, deadline=None)
def test_people_come_about_as_often_as_they_have_pictures(sizes: list[int]) -> None:
    labels = np.repeat(np.arange(len(sizes)), sizes)
    recipe = BatchRecipe(size=8, per_identity=2)
    plans = [plan_epoch(labels, recipe, seed=0, epoch=epoch) for epoch in range(20)]
    shows = np.bincount(labels[np.concatenate(plans).ravel()], minlength=len(sizes)) / 20
    assert (shows / sizes).min() > 0.6
    assert (shows / sizes).max() < 1.4


def test_a_plan_depends_on_seed_and_epoch_alone() -> None:
    labels = np.arange(40) % 8
    for recipe in (BatchRecipe(size=8), BatchRecipe(size=8, per_identity=2)):
        first = plan_epoch(labels, recipe, seed=1, epoch=2)
        assert np.array_equal(first, plan_epoch(labels, recipe, seed=1, epoch=2))
        assert not np.array_equal(first, plan_epoch(labels, recipe, seed=1, epoch=3))
        assert not np.array_equal(first, plan_epoch(labels, recipe, seed=2, epoch=2))


@pytest.mark.parametrize(
    ("pictures", "people", "recipe"),
    [
        (10, 5, BatchRecipe(size=16)),
        (40, 3, BatchRecipe(size=16, per_identity=4)),
    ],
)
def test_a_batch_larger_than_the_data_is_an_error_that_says_so(
    pictures: int, people: int, recipe: BatchRecipe
) -> None:
    labels = np.arange(pictures) % people
    with pytest.raises(
        InputError, match=rf"{pictures} pictures of {people} identities.*batch\.size"
    ):
        steps_per_epoch(labels, recipe)


def test_an_identity_with_one_picture_fills_its_place_with_it() -> None:
    labels = np.array([0, 1, 1, 1, 2, 2, 2, 2])
    plan = plan_epoch(labels, BatchRecipe(size=6, per_identity=2), seed=0, epoch=0)
    assert (plan == 0).sum() == 2
