from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveil_reid.core import InputError, Tracklet
from surveil_reid.identity import TravelTime
from surveil_reid.identity.travel import (
    MOST_LOG_ODDS,
    TravelEvidence,
    Whereabouts,
    impossible_pairs,
)

LOOK = np.array([1.0, 0.0], np.float32)
NO_PAIRS = np.zeros((0, 2), np.int64)
GATE_TO_YARD = TravelTime(origin="gate", to="yard", minimum=5, usual=20)


def at(camera: str, start: float, end: float | None = None) -> Tracklet:
    return Tracklet(0, camera, start, start if end is None else end, LOOK)


def impossible(first: Tracklet, second: Tracklet, minima: dict[tuple[str, str], float]) -> bool:
    if first.camera == second.camera:
        return first.start <= second.end and second.start <= first.end
    if second.start < first.start:
        first, second = second, first
    one_way = minima.get((first.camera, second.camera))
    needed = minima.get((second.camera, first.camera), 0.0) if one_way is None else one_way
    if first.start == second.start:
        back = minima.get((second.camera, first.camera))
        needed = max(needed, needed if back is None else back)
    return second.start < first.end + needed and needed > 0


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 30), st.integers(0, 6)), max_size=12),
    st.dictionaries(
        st.sampled_from([("a", "b"), ("b", "a"), ("b", "c")]), st.integers(0, 9), max_size=3
    ),
)
def test_impossible_pairs_are_those_of_the_definition(
    scene: list[tuple[str, int, int]], minima: dict[tuple[str, str], float]
) -> None:
    tracklets = [at(camera, start, start + length) for camera, start, length in scene]
    travel = [TravelTime(origin=a, to=b, minimum=m) for (a, b), m in minima.items()]
    found = impossible_pairs(Whereabouts.of(tracklets), travel)
    expected = [
        [i, j]
        for (i, one), (j, other) in combinations(enumerate(tracklets), 2)
        if impossible(one, other, minima)
    ]
    assert found.tolist() == expected


def test_nothing_is_learned_from_nothing() -> None:
    places = Whereabouts.of([at("gate", 0), at("yard", 30), at("yard", 900)])
    evidence = TravelEvidence.learn(places, NO_PAIRS, ())
    assert evidence.of(places, np.array([[0, 1], [0, 2], [1, 2]])) == pytest.approx(0, abs=1e-9)


def test_the_usual_time_is_learned_from_sure_links() -> None:
    """People cross from gate to yard within a minute; anybody may be there at any hour."""
    rng = np.random.default_rng(1)
    leave = rng.uniform(0, 30_000, 200)
    gate = [at("gate", start) for start in leave]
    yard = [at("yard", start + rng.uniform(20, 60)) for start in leave]
    places = Whereabouts.of([*gate, *yard])
    sure = np.stack([np.arange(200), np.arange(200, 400)], axis=1)
    evidence = TravelEvidence.learn(places, sure, ())
    asked = Whereabouts.of([at("gate", 0), at("yard", 40), at("yard", 9000), at("gate", 80)])
    near, far, back = evidence.of(asked, np.array([[0, 1], [0, 2], [3, 1]]))
    assert near > 1
    assert far < 0
    assert back < 0
    assert np.abs(evidence.log_odds).max() <= MOST_LOG_ODDS


def test_a_link_that_is_given_twice_counts_once() -> None:
    places = Whereabouts.of([at("gate", 0), at("yard", 30), at("yard", 900), at("gate", 5000)])
    links = np.array([[0, 1], [0, 2]])
    once = TravelEvidence.learn(places, links, ())
    again = TravelEvidence.learn(places, np.concatenate([links, links[:1, ::-1], links]), ())
    np.testing.assert_array_equal(once.log_odds, again.log_odds)
    assert once.log_odds.any()


def test_a_usual_time_in_the_site_file_counts_before_anything_is_learned() -> None:
    scene = [at("gate", 0), at("yard", 22), at("yard", 3000), at("yard", 8000), at("gate", 9000)]
    places = Whereabouts.of(scene)
    evidence = TravelEvidence.learn(places, NO_PAIRS, [GATE_TO_YARD])
    usual, late = evidence.of(places, np.array([[0, 1], [0, 2]]))
    assert usual > 0.3
    assert late < 0


@pytest.mark.parametrize(
    ("times", "message"), [((-1.0, None), "negative"), ((1.0, -2.0), "negative")]
)
def test_negative_times_are_refused(times: tuple[float, float | None], message: str) -> None:
    with pytest.raises(InputError, match=message):
        TravelTime(origin="gate", to="yard", minimum=times[0], usual=times[1])


def test_travel_from_a_camera_to_itself_is_refused() -> None:
    with pytest.raises(InputError, match="gate"):
        TravelTime(origin="gate", to="gate", minimum=1)
