import json

import pytest

from helpers.features import crowd, features_of
from helpers.plain_retrieval import plain_order
from surveil_reid.core import ArrayError, InputError
from surveil_reid.evaluation.features import unit
from surveil_reid.evaluation.open_set import detect_open_set


@pytest.mark.parametrize("seed", range(4))
def test_points_are_those_of_searching_twice(seed: int) -> None:
    features = crowd(40, seed=seed)
    scores = unit(features.query) @ unit(features.gallery).T
    ids = features.gallery_ids.tolist()
    alarms, found = [], []
    for query, identity in enumerate(features.query_ids.tolist()):
        camera = int(features.query_cameras[query])
        order = plain_order(
            scores[query].tolist(), identity, camera, ids, features.gallery_cameras.tolist()
        )
        alarms.append(next(scores[query, at] for at in order if ids[at] != identity))
        if any(ids[at] == identity for at in order):
            found.append((ids[order[0]] == identity, scores[query, order[0]]))
    rates = [0.0, 0.05, 0.1, 0.5]
    result = detect_open_set(features, rates=rates)
    assert (result.present, result.absent) == (len(found), len(alarms))
    for rate, point in zip(rates, result.points, strict=True):
        over = sum(score > point.threshold for score in alarms)
        assert point.false_alarm_rate == over / len(alarms) <= rate
        assert over == int(rate * len(alarms) + 1e-9)  # no score ties here, so none is wasted
        detected = sum(right and score > point.threshold for right, score in found)
        assert point.detection_rate == detected / len(found)
    assert 0 < result.points[1].detection_rate < 1


def test_a_tie_with_a_stranger_earlier_in_the_gallery_is_not_found() -> None:
    gallery = [(0, 2, [1, 0]), (1, 2, [1, 0])]
    assert detect_open_set(features_of([(1, 1, [1, 0])], gallery)).points[0].detection_rate == 0


def test_a_query_without_match_can_only_raise_a_false_alarm() -> None:
    features = features_of(
        [(1, 1, [1, 0]), (2, 1, [0, 1])], [(1, 2, [1, 0]), (0, 2, [1, 1]), (2, 1, [0, 1])]
    )
    result = detect_open_set(features, rates=[0])
    assert (result.present, result.absent) == (1, 2)
    assert result.points[0].detection_rate == 1


@pytest.mark.parametrize("identity", [0, 1])
def test_strangers_and_matches_are_needed(identity: int) -> None:
    with pytest.raises(ArrayError, match="open-set rate needs"):
        detect_open_set(features_of([(1, 1, [1, 0])], [(identity, 2, [1, 0])]))


def test_rates_out_of_range_are_refused() -> None:
    with pytest.raises(InputError, match="rates"):
        detect_open_set(crowd(), rates=[1.0])


def test_dictionary_is_ready_for_json() -> None:
    loaded = json.loads(json.dumps(detect_open_set(crowd()).as_dict(), allow_nan=False))
    assert set(loaded["points"][0]) == {"FAR_wanted", "FAR_reached", "DIR", "threshold"}
