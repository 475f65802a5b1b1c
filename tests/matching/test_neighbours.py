import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveil_reid.core import ArrayError, Floats, l2_normalise
from surveil_reid.matching import (
    RerankOptions,
    nearest_neighbours,
    neighbourhood_overlaps,
    rerank_within,
)


def people(seed: int, count: int, dim: int = 8) -> Floats:
    rng = np.random.default_rng(seed)
    looks = rng.normal(size=(max(1, count // 6), dim))
    return l2_normalise(
        looks[rng.integers(0, len(looks), count)] + 0.5 * rng.normal(size=(count, dim))
    )


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 999), st.integers(1, 60), st.integers(1, 70))
def test_the_nearest_are_those_of_sorting_all(seed: int, count: int, wanted: int) -> None:
    vectors = people(seed, count)
    near, found = nearest_neighbours(vectors, wanted)
    similar = vectors.astype(float) @ vectors.T.astype(float)
    assert found.shape == near.shape == (count, min(wanted, count))
    np.fill_diagonal(similar, 2)
    np.testing.assert_array_equal(found, np.argsort(-similar, axis=1)[:, : found.shape[1]])
    assert near[:, 0] == pytest.approx(1)
    assert (np.diff(near, axis=1) <= 0).all()


@pytest.mark.parametrize("exact_up_to", [0, 100])
def test_of_no_vectors_there_are_none(exact_up_to: int) -> None:
    near, found = nearest_neighbours(np.zeros((0, 8), np.float32), 5, exact_up_to=exact_up_to)
    assert (near.shape, near.dtype) == ((0, 0), np.float32)
    assert (found.shape, found.dtype) == ((0, 0), np.int64)


def test_copies_stand_behind_the_vector_itself() -> None:
    vectors = np.tile(people(0, 1), (9, 1))
    _, found = nearest_neighbours(vectors, 3)
    assert found[:, 0].tolist() == list(range(9))
    assert all(len(set(row)) == 3 for row in found.tolist())


def test_inverted_lists_find_nearly_all() -> None:
    vectors = people(1, 4000, dim=32)
    _, exact = nearest_neighbours(vectors, 11)
    near, found = nearest_neighbours(vectors, 11, exact_up_to=0)
    assert found[:, 0].tolist() == list(range(4000))
    assert (near[:, 0] == 1).all()
    shared = [len({*one} & {*other}) / 11 for one, other in zip(exact, found, strict=True)]
    assert np.mean(shared) > 0.97


def test_overlaps_are_what_reranking_is_made_of() -> None:
    """With somebody orthogonal to everybody, both divide by the same largest distance."""
    rng = np.random.default_rng(2)
    vectors = np.zeros((40, 12), np.float32)
    vectors[:20, :6] = np.abs(rng.normal(size=(20, 6)))
    vectors[20:, 6:] = np.abs(rng.normal(size=(20, 6)))
    vectors = l2_normalise(vectors)
    options = RerankOptions(k1=6, k2=3, lambda_=0)
    _, found = nearest_neighbours(vectors, 7)
    pairs = np.stack(np.triu_indices(40, 1), axis=1)
    overlaps = neighbourhood_overlaps(vectors, found, pairs, options=options)
    expected = 1 - rerank_within(vectors, options=options)[pairs[:, 0], pairs[:, 1]]
    assert overlaps == pytest.approx(expected, abs=1e-5)
    assert overlaps.max() > 0.5


def test_vectors_of_another_length_are_refused() -> None:
    with pytest.raises(ArrayError, match="normalised"):
        nearest_neighbours(np.ones((3, 4), np.float32), 2)
