import numpy as np
import pytest

from helpers.features import crowd, features_of
from helpers.plain_retrieval import plain_scores
from surveil_reid.evaluation.camera_pairs import score_camera_pairs
from surveil_reid.evaluation.features import make_features, unit


def test_each_pair_is_scored_as_a_data_set_of_its_own() -> None:
    features = crowd(30)
    pairs = score_camera_pairs(features)
    assert len(pairs) == 6
    scores = unit(features.query) @ unit(features.gallery).T
    for pair in pairs:
        rows = np.flatnonzero(features.query_cameras == int(pair.query_camera))
        columns = np.flatnonzero(features.gallery_cameras == int(pair.gallery_camera))
        expected = plain_scores(
            scores[np.ix_(rows, columns)],
            features.query_ids[rows].tolist(),
            features.query_cameras[rows].tolist(),
            features.gallery_ids[columns].tolist(),
            features.gallery_cameras[columns].tolist(),
        )
        assert expected is not None
        assert (pair.mean_ap, pair.rank1) == (expected.mean_ap, expected.cmc[1])
        assert (pair.queries, pair.valid_queries) == (len(rows), expected.valid_queries)


def test_a_pair_without_valid_queries_has_no_score() -> None:
    (pair,) = score_camera_pairs(features_of([(1, 1, [1, 0])], [(0, 2, [1, 0])]))
    assert pair.as_dict() == {
        "query_camera": "1",
        "gallery_camera": "2",
        "mAP": None,
        "rank1": None,
        "queries": 1,
        "valid_queries": 0,
    }


@pytest.mark.parametrize(("camera", "names"), [(1, []), (-1, [("unknown", "unknown")])])
def test_one_camera_makes_no_pair_unless_unknown(camera: int, names: list[tuple[str, str]]) -> None:
    pairs = score_camera_pairs(features_of([(1, camera, [1, 0])], [(1, camera, [1, 0])]))
    assert [(pair.query_camera, pair.gallery_camera) for pair in pairs] == names


def test_cameras_keep_their_names() -> None:
    features = make_features(
        query=np.eye(1, 2),
        gallery=np.eye(1, 2),
        query_ids=np.array(["ann"]),
        gallery_ids=np.array(["ann"]),
        query_cameras=np.array(["yard"]),
        gallery_cameras=np.array(["gate"]),
    )
    (pair,) = score_camera_pairs(features)
    assert (pair.query_camera, pair.gallery_camera, pair.mean_ap) == ("yard", "gate", 1.0)
