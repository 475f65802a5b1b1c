import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from surveil_reid.core import ArrayError
from surveil_reid.evaluation.features import Features, make_features, unit


def arrays(**changes: NDArray[Any]) -> dict[str, Any]:
    given_arrays = {
        "query": np.eye(2, 3, dtype=np.float32),
        "gallery": np.ones((3, 3), np.float32),
        "query_ids": np.array([1, 2]),
        "gallery_ids": np.array([1, 0, 2]),
        "query_cameras": np.array([1, 1]),
        "gallery_cameras": np.array([2, 2, 2]),
    }
    return given_arrays | changes


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param(
            {
                "query": np.empty((0, 3), np.float32),
                "query_ids": np.empty(0, np.int64),
                "query_cameras": np.empty(0, np.int64),
            },
            "query is empty",
            id="no query",
        ),
        pytest.param(
            {
                "gallery": np.empty((0, 3), np.float32),
                "gallery_ids": np.empty(0, np.int64),
                "gallery_cameras": np.empty(0, np.int64),
            },
            "gallery is empty",
            id="no gallery",
        ),
        pytest.param({"gallery_ids": np.array([-1] * 3)}, "gallery is empty", id="all junk"),
        pytest.param(
            {"query": np.array([[1, 0, 0], [0, np.nan, 0]])}, "query row 1.*NaN", id="nan"
        ),
        pytest.param({"query": np.array([[1e300, 0, 0], [0, 1, 0]])}, "row 0.*infinity", id="huge"),
        pytest.param({"query": np.array([[1.0, 0, 0], [0, 0, 0]])}, "row 1.*zeros", id="zeros"),
        pytest.param({"query": np.ones((2, 4))}, "same dimension; got 4 and 3", id="dimensions"),
        pytest.param({"query": np.ones(3)}, r"shape \(n, dim\)", id="one vector"),
        pytest.param({"query": np.ones((2, 3), np.int64)}, "real numbers", id="integer features"),
        pytest.param({"query": np.ones((2, 0))}, "only zeros", id="no dimension"),
        pytest.param({"query_ids": np.array([1])}, r"query_ids .*shape \(2,\)", id="short ids"),
        pytest.param(
            {"gallery_cameras": np.array([1])}, "gallery_cameras must be", id="short cameras"
        ),
        pytest.param({"query_ids": np.array([0, 1])}, "query_ids must be at least 1", id="query 0"),
        pytest.param({"gallery_ids": np.array([-2, 1, 1])}, "at least -1", id="id -2"),
        pytest.param({"query_ids": np.array([1.0, 2.0])}, "whole numbers or both", id="real ids"),
        pytest.param({"query_ids": np.array(["1", "2"])}, "both be text", id="text and numbers"),
    ],
)
def test_what_cannot_be_ranked_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ArrayError, match=message):
        make_features(**arrays(**changes))


def test_junk_goes_and_distractors_stay() -> None:
    features = make_features(**arrays(gallery_ids=np.array([-1, 0, 2])))
    assert features.gallery_ids.tolist() == [0, 2]
    assert features.gallery.shape == (2, 3)


def test_junk_in_features_made_by_hand_is_refused() -> None:
    with pytest.raises(ArrayError, match="gallery_ids must be at least 0"):
        Features(**arrays(gallery_ids=np.array([-1, 0, 2])))


def test_text_labels_mean_the_same_as_numbers() -> None:
    features = make_features(
        **arrays(
            query_ids=np.array(["bo", "ann"]),
            gallery_ids=np.array(["ann", "0000", "-1"]),
            query_cameras=np.array(["yard", ""]),
            gallery_cameras=np.array(["gate", "yard", "gate"]),
        )
    )
    assert features.query_ids[1] == features.gallery_ids[0] != features.query_ids[0]
    assert features.gallery_ids.tolist() == [1, 0]
    assert [features.camera_name(int(code)) for code in features.query_cameras] == [
        "yard",
        "unknown",
    ]
    assert features.gallery_cameras[1] == features.query_cameras[0]


@given(
    hnp.arrays(
        np.float32,
        st.tuples(st.integers(1, 6), st.integers(1, 9)),
        elements=st.floats(-1e6, 1e6, width=32),
    ),
)
def test_inner_products_of_unit_vectors_are_exact_in_any_order(vectors: np.ndarray) -> None:
    vectors = vectors[np.abs(vectors).max(axis=1) > 0]
    units = unit(vectors)
    assert np.allclose(np.linalg.norm(units, axis=1), 1, atol=1e-6)
    products = units @ units.T
    for row in range(len(units)):
        for column in range(len(units)):
            terms = (units[row] * units[column]).tolist()
            assert products[row, column] == math.fsum(terms) == sum(reversed(terms))
