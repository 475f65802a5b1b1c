import json

import numpy as np
import pytest

from helpers.features import crowd, features_of
from surveil_reid.core import ArrayError, InputError
from surveil_reid.evaluation.features import Features, unit
from surveil_reid.evaluation.verification import Verification, allowed, verify


def plain_pairs(features: Features) -> tuple[list[float], list[float]]:
    genuine, impostors = [], []
    scores = unit(features.query) @ unit(features.gallery).T
    for query, identity in enumerate(features.query_ids):
        for place, other in enumerate(features.gallery_ids):
            if identity != other:
                impostors.append(float(scores[query, place]))
            elif features.query_cameras[query] != features.gallery_cameras[place]:
                genuine.append(float(scores[query, place]))
    return genuine, sorted(impostors, reverse=True)


@pytest.mark.parametrize("seed", range(4))
def test_points_are_those_of_all_pairs_sorted(seed: int) -> None:
    features = crowd(15, seed=seed)
    genuine, impostors = plain_pairs(features)
    rates = [0.0, 0.001, 0.01, 0.1, 0.5, 0.99]
    result = verify(features, rates=rates)
    assert (result.genuine, result.impostors) == (len(genuine), len(impostors))
    for rate, point in zip(rates, result.points, strict=True):
        assert point.threshold == impostors[int(rate * len(impostors) + 1e-9)]
        assert point.false_positive_rate <= rate
        over = sum(score > point.threshold for score in impostors)
        assert point.false_positive_rate == over / len(impostors)
        right = sum(score > point.threshold for score in genuine)
        assert point.true_positive_rate == right / len(genuine)


def test_ties_never_let_more_through_than_allowed() -> None:
    features = features_of([(1, 1, [1, 0])], [(0, 1, [1, 0.5])] * 10 + [(1, 2, [1, 0.5])])
    (point,) = verify(features, rates=[0.5]).points
    assert (point.false_positive_rate, point.true_positive_rate) == (0, 0)


def test_perfect_features_lose_nothing() -> None:
    features = features_of([(1, 1, [1, 0])], [(1, 2, [1, 0]), (2, 2, [0, 1])])
    assert verify(features, rates=[0]).points[0].true_positive_rate == 1


@pytest.mark.parametrize("rates", [[], [1.0], [-0.1], [float("nan")]])
def test_rates_out_of_range_are_refused(rates: list[float]) -> None:
    with pytest.raises(InputError, match="rates of at least 0"):
        verify(crowd(), rates=rates)


@pytest.mark.parametrize("identity", [0, 1])
def test_both_kinds_of_pairs_are_needed(identity: int) -> None:
    with pytest.raises(ArrayError, match="needs both"):
        verify(features_of([(1, 1, [1, 0])], [(identity, 2, [1, 0])]))


@pytest.mark.parametrize(
    ("rate", "total", "count"), [(0.1, 0, 0), (0.29, 100, 29), (0.57, 100, 57), (1e-4, 9_999, 0)]
)
def test_rates_are_taken_as_written(rate: float, total: int, count: int) -> None:
    assert allowed(rate, total) == count


def test_dictionary_is_ready_for_json() -> None:
    result = verify(crowd())
    assert isinstance(result, Verification)
    points = json.loads(json.dumps(result.as_dict(), allow_nan=False))["points"]
    assert [point["FPR_wanted"] for point in points] == [1e-4, 1e-3, 1e-2]
    assert np.all(np.diff([point["TPR"] for point in points]) >= 0)
