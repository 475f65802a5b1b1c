import numpy as np
import pytest

from helpers.features import crowd, features_of
from surveil_reid.core import ArrayError
from surveil_reid.evaluation import ranking
from surveil_reid.evaluation.ranking import rank, rank_list


def test_equal_images_rank_by_their_place_in_the_gallery() -> None:
    vector = [0.3, -0.7, 0.2]
    gallery = [(0, 1, vector), (1, 2, vector), (0, 1, [6 * part for part in vector])]
    result = rank(features_of([(1, 1, vector)], gallery))
    assert result.ranks.tolist() == [2]
    assert rank_list(features_of([(1, 1, vector)], gallery), 0).tolist() == [0, 1, 2]


def test_own_camera_is_left_out_of_the_ranking_for_the_own_identity_alone() -> None:
    features = features_of(
        [(1, 1, [1, 0])], [(1, 1, [1, 0]), (2, 1, [1, 0.1]), (1, 2, [1, 0.2]), (-1, 2, [1, 0])]
    )
    assert rank(features).ranks.tolist() == [2]
    assert rank_list(features, 0).tolist() == [1, 2]


def test_own_camera_left_in_counts_as_any_other() -> None:
    features = features_of([(1, 1, [1, 0])], [(2, 2, [1, 0]), (1, 1, [1, 0.1]), (1, 2, [1, 0.2])])
    assert rank(features).ranks.tolist() == [2]
    left_in = features.own_camera_left_in()
    assert rank(left_in).ranks.tolist() == [2, 3]
    assert rank_list(left_in, 0).tolist() == [0, 1, 2]


def test_unknown_cameras_are_not_the_same_camera() -> None:
    assert rank(features_of([(1, -1, [1, 0])], [(1, -1, [1, 0])])).ranks.tolist() == [1]


def test_a_query_without_match_is_not_valid() -> None:
    features = features_of(
        [(1, 1, [1, 0]), (2, 1, [1, 0]), (3, 1, [1, 0])], [(2, 2, [1, 0]), (2, 3, [0, 1])]
    )
    result = rank(features)
    assert result.valid.tolist() == [False, True, False]
    assert result.first.tolist() == [1]
    assert result.last.tolist() == [2]
    assert (result.queries, result.gallery) == (3, 2)


def test_cosine_and_euclidean_distance_give_the_same_lists() -> None:
    features = crowd(40, seed=3)
    query = features.query / np.linalg.norm(features.query, axis=1, keepdims=True)
    gallery = features.gallery / np.linalg.norm(features.gallery, axis=1, keepdims=True)
    distances = np.linalg.norm(query[:, None].astype(np.float64) - gallery[None], axis=2)
    by_distance = rank(features, distances=distances)
    assert rank(features).ranks.tolist() == by_distance.ranks.tolist()
    for row in range(len(query)):
        listed = rank_list(features, row)
        assert (np.diff(distances[row][listed]) > 0).all()
        assert rank_list(features, row, top=3).tolist() == listed[:3].tolist()


@pytest.mark.parametrize("size", [1, 700, 3_000])
def test_size_of_blocks_changes_nothing(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    features = crowd(20)
    expected = rank(features)
    monkeypatch.setattr(ranking, "BLOCK_BYTES", size)
    assert rank(features).ranks.tolist() == expected.ranks.tolist()


@pytest.mark.parametrize(
    ("distances", "message"),
    [
        (np.empty((0, 0)), "shape"),
        (np.zeros((2, 1)), "shape"),
        (np.zeros((1, 2), np.int64), "real"),
        (np.array([[0, np.nan]]), "finite"),
    ],
)
def test_distances_that_do_not_fit_are_refused(distances: np.ndarray, message: str) -> None:
    features = features_of([(1, 1, [1, 0])], [(1, 2, [1, 0]), (0, 2, [1, 0])])
    with pytest.raises(ArrayError, match=message):
        rank(features, distances=distances)


def test_distances_given_are_not_changed() -> None:
    features = features_of([(1, 1, [1, 0])], [(1, 1, [1, 0]), (1, 2, [1, 0])])
    distances = np.array([[0.5, 0.25]])
    rank(features, distances=distances)
    assert distances.tolist() == [[0.5, 0.25]]
