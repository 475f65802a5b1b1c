import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.features import crowd, features_of
from helpers.plain_retrieval import plain_scores
from surveil_reid.core import ArrayError
from surveil_reid.evaluation.features import Features, unit
from surveil_reid.evaluation.ranking import rank
from surveil_reid.evaluation.retrieval import (
    RetrievalScores,
    average_precision,
    average_precision_trapezoidal,
    cmc,
    evaluate_features,
)

# Few directions, so that many images tie.
VECTORS = st.sampled_from([[0.3, 0.7, 0.2], [0.6, 0.2, -0.1], [-0.5, 0.1, 0.9], [1.1, 0.4, 0.4]])
QUERY = st.tuples(st.integers(1, 3), st.integers(-1, 2), VECTORS)
GALLERY = st.tuples(st.integers(-1, 4), st.integers(-1, 2), VECTORS)


def assert_as_the_plain_loop(
    features: Features, scores: np.ndarray, distances: np.ndarray | None = None
) -> None:
    expected = plain_scores(
        scores,
        features.query_ids.tolist(),
        features.query_cameras.tolist(),
        features.gallery_ids.tolist(),
        features.gallery_cameras.tolist(),
    )
    if expected is None:
        with pytest.raises(ArrayError, match="none of the"):
            evaluate_features(features, distances=distances)
        return
    result = evaluate_features(features, distances=distances)
    for name, value in vars(expected).items():
        assert getattr(result, name) == value, name


@settings(max_examples=1500)
@given(st.lists(QUERY, min_size=1, max_size=4), st.lists(GALLERY, max_size=24))
def test_scores_are_those_of_a_plain_loop_bit_for_bit(
    query: list[tuple[int, int, list[float]]], gallery: list[tuple[int, int, list[float]]]
) -> None:
    if all(image[0] == -1 for image in gallery):
        with pytest.raises(ArrayError, match="gallery is empty"):
            features_of(query, [*gallery, (-1, 1, [1.0, 0.0, 0.0])])
        return
    features = features_of(query, gallery)
    rows, columns = unit(features.query).tolist(), unit(features.gallery).tolist()
    exact = [[math.fsum(map(float.__mul__, row, column)) for column in columns] for row in rows]
    assert_as_the_plain_loop(features, np.array(exact))


@settings(max_examples=1500)
@given(
    st.lists(QUERY, min_size=1, max_size=3),
    st.lists(GALLERY.filter(lambda image: image[0] >= 0), min_size=1, max_size=40),
    st.data(),
)
def test_given_distances_are_ranked_as_by_a_plain_loop(
    query: list[tuple[int, int, list[float]]],
    gallery: list[tuple[int, int, list[float]]],
    data: st.DataObject,
) -> None:
    count = len(query) * len(gallery)
    drawn = data.draw(st.lists(st.integers(0, 5), min_size=count, max_size=count))
    distances = np.array(drawn, np.float32).reshape(len(query), len(gallery))
    assert_as_the_plain_loop(features_of(query, gallery), -distances, distances)


@pytest.mark.parametrize("seed", range(3))
def test_a_crowd_is_scored_as_by_a_plain_loop(seed: int) -> None:
    features = crowd(60, images=20, seed=seed)
    assert_as_the_plain_loop(features, unit(features.query) @ unit(features.gallery).T)


def test_worked_example() -> None:
    """Matches at ranks 1, 3 and 4; the precision before each is 1, 1/2 and 2/3."""
    gallery = [(1, 2, [1, 0.1]), (0, 2, [1, 0.2]), (1, 3, [1, 0.3]), (1, 2, [1, 0.4])]
    ranking = rank(features_of([(1, 1, [1, 0])], [*gallery, (0, 1, [0, 1])]))
    assert ranking.ranks.tolist() == [1, 3, 4]
    assert average_precision(ranking)[0] == pytest.approx((1 + 2 / 3 + 3 / 4) / 3)
    trapezoidal = (1 + (1 / 2 + 2 / 3) / 2 + (2 / 3 + 3 / 4) / 2) / 3
    assert average_precision_trapezoidal(ranking)[0] == pytest.approx(trapezoidal)
    assert cmc(ranking, 1) == 1


def test_means_are_over_valid_queries() -> None:
    features = features_of(
        [(1, 1, [1, 0]), (2, 1, [1, 0])], [(0, 2, [1, 0]), (1, 2, [1, 0.1]), (2, 1, [1, 0])]
    )
    scores = evaluate_features(features, ranks=[1, 2, 50])
    assert (scores.queries, scores.valid_queries, scores.gallery) == (2, 1, 3)
    assert scores.cmc == {1: 0.0, 2: 0.0, 50: 1.0}  # the third image is a stranger of query 1


@pytest.mark.parametrize("at", [0, -1])
def test_ranks_count_from_one(at: int) -> None:
    with pytest.raises(ArrayError, match="count from 1"):
        evaluate_features(crowd(), ranks=[at])


def test_dictionary_is_the_contract_of_the_command_line() -> None:
    scores = evaluate_features(crowd())
    assert isinstance(scores, RetrievalScores)
    loaded = json.loads(json.dumps(scores.as_dict(), allow_nan=False))
    assert set(loaded) == {
        "mAP",
        "mAP_trapezoidal",
        "cmc",
        "mINP",
        "queries",
        "valid_queries",
        "gallery",
        "seconds",
    }
    assert set(loaded["cmc"]) == {"1", "5", "10"}
    assert set(loaded["seconds"]) == {"distances", "ranking"}
    assert loaded["mAP_trapezoidal"] < loaded["mAP"] < 1
