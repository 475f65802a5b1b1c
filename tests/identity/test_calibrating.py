import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveil_reid.core import Booleans, Calibration, Doubles, Floats, InputError, l2_normalise
from surveil_reid.identity import KnownHits, best_hits, fit_calibration


def logistic(odds: Doubles) -> Doubles:
    found: Doubles = 1 / (1 + np.exp(-odds))
    return found


def drawn(seed: int, count: int, *, bent: bool = False) -> tuple[KnownHits, Doubles]:
    """Hits whose true probabilities are known, and those."""
    rng = np.random.default_rng(seed)
    similarities = rng.uniform(0.2, 0.9, count)
    odds = np.where(similarities > 0.6, 25.0, 6.0 if bent else 25.0) * (similarities - 0.6)
    truth = logistic(odds)
    return searched_among(1000, similarities, rng.random(count) < truth), truth


def searched_among(
    size: int, similarities: Doubles, same: Booleans, cameras: tuple[tuple[str, str], ...] = ()
) -> KnownHits:
    return KnownHits(similarities, same, np.full(len(similarities), size), cameras)


@pytest.mark.parametrize("bent", [False, True])
def test_fitted_probabilities_are_those_that_the_hits_were_drawn_with(bent: bool) -> None:
    hits, truth = drawn(0, 20_000, bent=bent)
    fitted = fit_calibration(hits, "a draw").probability(hits.similarities)
    assert np.abs(fitted - truth).mean() < 0.015
    assert np.abs(fitted - truth).max() < 0.12


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 9999), st.integers(40, 400))
def test_probabilities_never_fall_as_the_similarity_rises(seed: int, count: int) -> None:
    hits, _ = drawn(seed, count)
    if min(hits.same.sum(), (~hits.same).sum()) < 10:
        return
    calibration = fit_calibration(hits, "a draw")
    found = calibration.probability(np.linspace(-1, 1, 101))
    assert (np.diff(found) >= 0).all()
    assert found.min() >= 0
    assert found.max() <= 1
    # As many are expected to be right as are.
    expected = calibration.probability(hits.similarities).mean()
    assert expected == pytest.approx(hits.same.mean(), abs=0.05)


def test_hits_that_do_not_mingle_give_finite_odds() -> None:
    similarities = np.linspace(0, 1, 40)
    fitted = fit_calibration(searched_among(10, similarities, similarities > 0.5), "a draw")
    assert np.isfinite(fitted.log_odds).all()
    assert fitted.probability(np.array([0.9])) > 0.95


def test_odds_are_shared_among_the_tracklets_searched() -> None:
    calibration = Calibration(
        similarities=(0.2, 0.8), log_odds=(-3.0, 3.0), gallery_size=100, fitted_on="a test"
    )
    (few,) = calibration.probability(np.array([0.5]), gallery_size=50)
    (same,) = calibration.probability(np.array([0.5]))
    (many,) = calibration.probability(np.array([0.5]), gallery_size=200)
    assert same == pytest.approx(0.5)
    assert few / (1 - few) == pytest.approx(2)
    assert many / (1 - many) == pytest.approx(0.5)


def test_a_pair_of_cameras_with_enough_hits_is_shifted() -> None:
    """Between gate and yard, the same similarity is right less often."""
    rng = np.random.default_rng(3)
    similarities = rng.uniform(0.2, 0.9, 4000)
    hard = np.arange(4000) < 2000
    same = rng.random(4000) < logistic(15 * (similarities - 0.55) - 1.5 * hard)
    cameras = tuple(("yard", "gate") if one else ("gate", "hall") for one in hard.tolist())
    fitted = fit_calibration(searched_among(50, similarities, same, cameras), "a draw")
    at = np.array([0.55])
    harder = fitted.probability(at, cameras=[("gate", "yard")])
    easier = fitted.probability(at, cameras=[("hall", "gate")])
    assert harder < fitted.probability(at) < easier
    assert harder == pytest.approx(logistic(np.array([-1.5])), abs=0.06)
    unknown = fitted.probability(at, cameras=[("cellar", "gate")])
    assert unknown == fitted.probability(at)


def test_a_calibration_survives_json() -> None:
    hits, _ = drawn(1, 500)
    fitted = fit_calibration(hits, "a draw")
    assert Calibration.from_dict(fitted.as_dict()) == fitted


@pytest.mark.parametrize("right", [0, 9, 31])
def test_too_few_hits_are_refused(right: int) -> None:
    same = np.arange(40) < right
    with pytest.raises(InputError, match=r"right and .* wrong"):
        fit_calibration(searched_among(10, np.linspace(0, 1, 40), same), "a test")


def test_best_hits_are_those_of_searching_one_by_one() -> None:
    rng = np.random.default_rng(5)
    people = [f"p{n}" for n in rng.integers(0, 8, 40)]
    cameras = [f"c{n}" for n in rng.integers(0, 3, 40)]
    descriptors = l2_normalise(rng.normal(size=(40, 5)))
    expected, own = [], []
    for row in range(40):
        others = [
            (float(descriptors[row] @ descriptors[other]), people[other] == people[row])
            for other in range(40)
            if other != row and (people[other], cameras[other]) != (people[row], cameras[row])
        ]
        if any(same for _, same in others):
            expected.append(max(others))
            own.append(max(similarity for similarity, same in others if same))
        expected.append(max(hit for hit in others if not hit[1]))
    hits = best_hits(descriptors, people, cameras)
    whole = hits.gallery_sizes == 39
    assert sorted(hits.similarities[whole]) == pytest.approx(
        sorted(s for s, _ in expected), abs=1e-6
    )
    assert hits.same[whole].sum() == sum(same for _, same in expected)
    # Among fewer strangers the person is there as before, and found more often.
    assert set(hits.gallery_sizes) == {39, 9}
    few = hits.similarities[~whole & hits.same]
    assert len(few) > hits.same[whole].sum()
    assert set(few.round(6)) <= set(np.round(own, 6))


def sighted(seed: int, people: int) -> tuple[Floats, list[str], list[str | None]]:
    """Descriptors of people of whom each was seen by six cameras, not always in the same light."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(people, 1, 12))
    seen = centres + rng.normal(size=(people, 6, 12)) * rng.uniform(0.3, 1.5, (people, 6, 1))
    names = [f"{seed}-{person}" for person in range(people) for _ in range(6)]
    cameras: list[str | None] = [f"c{camera}" for _ in range(people) for camera in range(6)]
    return l2_normalise(seen.reshape(-1, 12).astype(np.float32)), names, cameras


@pytest.mark.parametrize("size", [4, 16, 100, 500])
def test_probabilities_hold_in_galleries_of_other_sizes(size: int) -> None:
    """Fitted on a site with some hundreds of tracklets, asked in smaller and larger ones."""
    fitted = fit_calibration(best_hits(*sighted(1, 60)), "a draw")
    descriptors, names, _ = sighted(2, 200)
    rng = np.random.default_rng(size)
    similarities, right = [], []
    for _ in range(3000):
        query = int(rng.integers(len(names)))
        others = [row for row in rng.permutation(len(names)) if names[row] != names[query]][:size]
        if rng.random() < 0.5:  # the person is there, as often as at the fit
            others += [row for row in range(len(names)) if names[row] == names[query]]
        others = [row for row in others if row != query]
        scores = descriptors[others] @ descriptors[query]
        hit = others[int(scores.argmax())]
        similarities.append(float(scores.max()))
        right.append(names[hit] == names[query])
    probable = fitted.probability(np.array(similarities), gallery_size=size)
    order = np.argsort(probable)
    for rows in np.array_split(order, 6):
        assert probable[rows].mean() == pytest.approx(np.array(right)[rows].mean(), abs=0.08)
