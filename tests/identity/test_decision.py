import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveil_reid.core import InputError, ModelInfo, OperatingPoint, WeightsError
from surveil_reid.identity import decide, threshold_at

MEASURED = {1e-5: 0.8, 1e-4: 0.6, 1e-2: 0.4}


def model(points: dict[float, float]) -> ModelInfo:
    linking = tuple(OperatingPoint(s, rate, 0.5, "a test") for rate, s in points.items())
    return ModelInfo(name="some model", sha256="ab" * 32, dim=4, linking=linking)


@pytest.mark.parametrize(
    ("rate", "similarity", "extrapolated"),
    [
        (1e-5, 0.8, False),
        (1e-4, 0.6, False),
        (1e-3, 1 - 0.24**0.5, False),
        (1e-2, 0.4, False),
        (1e-6, 0.9, True),
        (1e-9, 0.9875, True),
        (1e-1, 1 - 0.54**0.5, True),
        (1.0, 0.1, True),
    ],
)
def test_the_threshold_follows_the_measured_points(
    rate: float, similarity: float, extrapolated: bool
) -> None:
    found = threshold_at(rate, model(MEASURED))
    assert found.similarity == pytest.approx(similarity, abs=1e-9)
    assert found.extrapolated is extrapolated


@pytest.mark.parametrize("dimensions", [6, 12])
def test_beyond_the_points_the_threshold_goes_as_neighbours_grow_rare(dimensions: int) -> None:
    """Points all over a sphere: what a few thousand tell must hold for a few million pairs."""
    rng = np.random.default_rng(0)
    points = rng.normal(size=(5000, dimensions))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    one, two = np.triu_indices(len(points), 1)
    ordered = np.sort(np.einsum("ij,ij->i", points[one], points[two]))[::-1]
    known = model({rate: float(ordered[int(rate * len(ordered))]) for rate in (1e-4, 1e-3, 1e-2)})
    far = threshold_at(1e-6, known)
    assert far.extrapolated
    assert 3e-7 < (ordered >= far.similarity).mean() < 3e-6


def test_points_at_a_similarity_of_one_are_no_obstacle() -> None:
    assert threshold_at(1e-9, model({1e-4: 1.0, 1e-2: 1.0})).similarity > 0.99999


@given(st.floats(1e-9, 1), st.floats(1e-9, 1))
def test_a_rarer_false_alarm_never_lowers_the_threshold(one: float, other: float) -> None:
    rare, common = sorted((one, other))
    assert (
        threshold_at(rare, model(MEASURED)).similarity
        >= threshold_at(common, model(MEASURED)).similarity
    )


@pytest.mark.parametrize(("gallery", "pair_rate"), [(0, 0.01), (1, 0.01), (100, 1e-4)])
def test_the_rate_of_a_search_is_shared_among_its_comparisons(
    gallery: int, pair_rate: float
) -> None:
    decision = decide(
        np.array([0.61, 0.6, 0.59], np.float32),
        info=model(MEASURED),
        gallery_size=gallery,
        false_alarm=0.01,
    )
    assert decision.pair_rate == pytest.approx(pair_rate)
    assert decision.threshold == pytest.approx(0.6 if gallery == 100 else 0.4)
    assert decision.matches.dtype == np.bool_
    assert decision.matches.tolist() == ([True, True, False] if gallery == 100 else [True] * 3)
    assert not decision.extrapolated


def test_no_results_are_no_matches() -> None:
    nothing = np.zeros(0, np.float32)
    decision = decide(nothing, info=model(MEASURED), gallery_size=0, false_alarm=0.01)
    assert decision.matches.shape == (0,)


def test_searches_for_strangers_report_somebody_as_rarely_as_asked() -> None:
    """Simulate it: a model whose pairs of different people are known to the last digit."""
    rng = np.random.default_rng(0)
    strangers = rng.normal(0, 0.1, 2_000_000).astype(np.float32)
    ordered = np.sort(strangers)[::-1]
    points = {rate: float(ordered[int(rate * len(ordered))]) for rate in (1e-5, 1e-4, 1e-3)}
    searches = rng.normal(0, 0.1, (20_000, 200)).astype(np.float32)
    decision = decide(searches, info=model(points), gallery_size=200, false_alarm=0.05)
    alarms = decision.matches.any(axis=1).mean()
    assert 0.03 < alarms < 0.055


@pytest.mark.parametrize("points", [{}, {1e-3: 0.5}, {0.0: 0.9, 1e-3: 0.5}])
def test_a_model_that_nobody_measured_is_refused_with_the_remedy(
    points: dict[float, float],
) -> None:
    with pytest.raises(WeightsError, match=r"some model.*training\.thresholds"):
        decide(np.ones(1, np.float32), info=model(points), gallery_size=1, false_alarm=0.01)


@pytest.mark.parametrize(
    ("gallery", "rate"), [(1, 0.0), (1, -0.1), (1, 1.1), (1, float("nan")), (-1, 0.1)]
)
def test_numbers_out_of_range_are_refused(gallery: int, rate: float) -> None:
    with pytest.raises(InputError, match="false-alarm"):
        decide(np.ones(1, np.float32), info=model(MEASURED), gallery_size=gallery, false_alarm=rate)
