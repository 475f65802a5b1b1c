import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from surveil_reid.core import ArrayError, Floats, l2_normalise
from surveil_reid.matching import (
    check_vectors,
    cosine_similarities,
    euclidean_distances,
    similarity_blocks,
)


@st.composite
def pairs_of_sets(draw: st.DrawFn) -> tuple[Floats, Floats]:
    dim = draw(st.integers(1, 6))
    values = st.integers(-5, 5).map(float)

    def unit(rows: int) -> Floats:
        raw = draw(arrays.arrays(np.float64, (rows, dim), elements=values))
        raw[:, 0] += np.where(np.any(raw, axis=1), 0, 1)
        return l2_normalise(raw)

    return unit(draw(st.integers(0, 7))), unit(draw(st.integers(0, 7)))


@given(pairs_of_sets())
def test_similarity_and_distance_are_those_of_the_schoolbook(pair: tuple[Floats, Floats]) -> None:
    first, second = pair
    similarities = cosine_similarities(first, second)
    distances = euclidean_distances(first, second)
    assert similarities.shape == distances.shape == (len(first), len(second))
    assert similarities.dtype == distances.dtype == np.float32
    for i, a in enumerate(first.astype(np.float64)):
        for j, b in enumerate(second.astype(np.float64)):
            assert similarities[i, j] == pytest.approx(sum(a * b), abs=1e-6)
            assert distances[i, j] == pytest.approx(np.sqrt(sum((a - b) ** 2)), abs=1e-3)


@given(pairs_of_sets(), st.integers(1, 9))
def test_blocks_are_the_rows_in_order_and_within_the_range(
    pair: tuple[Floats, Floats], rows: int
) -> None:
    first, second = pair
    covered = []
    for part, block in similarity_blocks(first, second, rows=rows):
        assert block.shape == (part.stop - part.start, len(second))
        assert block.shape[0] <= rows
        assert (np.abs(block) <= 1).all()
        covered += range(part.start, part.stop)
    assert covered == list(range(len(first)))


@pytest.mark.parametrize(
    ("vectors", "said"),
    [
        (np.zeros(0, np.float32), "shape"),
        (np.eye(3), "float64"),
        (np.full((1, 3), np.nan, np.float32), "finite"),
        (np.full((1, 3), np.inf, np.float32), "finite"),
        (np.ones((1, 3), np.float32), "normalised"),
        (np.zeros((1, 3), np.float32), "normalised"),
        (np.eye(4, dtype=np.float32), "3 dimensions"),
    ],
)
def test_what_is_no_set_of_unit_vectors_is_refused_by_name(vectors: Floats, said: str) -> None:
    with pytest.raises(ArrayError, match=said) as caught:
        check_vectors(vectors, dim=3, name="descriptors")
    assert "descriptors" in str(caught.value)
    with pytest.raises(ArrayError):
        cosine_similarities(np.eye(3, dtype=np.float32), vectors)


def test_no_vectors_at_all_are_fine() -> None:
    check_vectors(np.zeros((0, 3), np.float32), dim=3)
    assert cosine_similarities(np.zeros((0, 3), np.float32), np.eye(3, dtype=np.float32)).size == 0


def test_half_precision_features_pass_as_they_come_out_of_a_file() -> None:
    rng = np.random.default_rng(0)
    unit = l2_normalise(rng.normal(size=(50, 512)))
    check_vectors(unit.astype(np.float16).astype(np.float32))
