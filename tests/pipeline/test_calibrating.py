"""Probabilities from what reviewers decide on a real store, and what search makes of them."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from helpers.store_rows import MODEL, commit, new_recording, sighting, store_at, unit
from surveil_reid.core import Calibration, Floats, InputError, OperatingPoint
from surveil_reid.pipeline import (
    SearchOptions,
    calibrate_on_decisions,
    describe_identity,
    describe_tracklet,
    merge_identities,
    reject_tracklets,
    search,
    undo_decisions,
)
from surveil_reid.store import IdentityGroup, Store

DIM = 64
POINTS = (OperatingPoint(0.9, 1e-4, 0.5, "a test"), OperatingPoint(0.5, 1e-2, 0.9, "a test"))
WIDE = replace(MODEL, dim=DIM, linking=POINTS)
EACH = 32
"""Pairs of one person, and as many of two, seen by the gate and the yard."""

ROOF = 12
"""Pairs of two people, seen by the gate and the roof."""

ALL = SearchOptions(top=200)


def alike(person: int, other: int, cosine: float) -> Floats:
    """Somebody as similar to `person` as said, up to what two directions have in common."""
    vector = cosine * unit(person, DIM) + (1 - cosine**2) ** 0.5 * unit(other, DIM)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def fill(store: Store) -> None:
    """Tracklet n of the gate and tracklet 2 * EACH + n of the yard are one person up to EACH.

    Then come pairs of two people. The roof has seen lookalikes of the gate's first ones.
    """
    rng = np.random.default_rng(0)
    gate = [unit(n, DIM) for n in range(2 * EACH)]
    right, wrong = rng.uniform(0.45, 0.95, EACH), rng.uniform(0.2, 0.7, EACH)
    yard = [alike(n, 1000 + n, float(c)) for n, c in enumerate([*right, *wrong])]
    roof = [alike(n, 2000 + n, float(c)) for n, c in enumerate(rng.uniform(0.4, 0.9, ROOF))]
    for camera, seen in (("gate", gate), ("yard", yard), ("roof", roof)):
        recording = store.add_recording(new_recording(camera, camera=camera))
        updates = [sighting(n, vector) for n, vector in enumerate(seen)]
        store.commit_segment(commit(recording, 0, *updates, model=WIDE))
    store.set_identities([IdentityGroup(None, (t.id,), (1.0,)) for t in store.tracklets()])


def decide(store: Store, *, each: int) -> None:
    who = store.memberships()
    for n in range(1, each + 1):
        merge_identities(store, [who[n], who[2 * EACH + n]])
        reject_tracklets(store, who[EACH + n], other=who[3 * EACH + n])


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All pairs of gate and yard are decided, and those of gate and roof."""
    folder = tmp_path_factory.mktemp("template")
    with store_at(folder) as made:
        fill(made)
        decide(made, each=EACH)
        who = made.memberships()
        for n in range(1, ROOF + 1):
            reject_tracklets(made, who[n], other=who[4 * EACH + n])
    return folder


@pytest.fixture
def store(template: Path, tmp_path: Path) -> Iterator[Store]:
    with store_at(Path(shutil.copytree(template, tmp_path / "site"))) as opened:
        yield opened


def odds_of(probability: float | None) -> float:
    assert probability is not None
    return float(np.log(probability / (1 - probability)))


def cosines(store: Store, pairs: list[tuple[int, int]]) -> Floats:
    seen = {tracklet.id: tracklet.descriptor for tracklet in store.tracklets()}
    return np.array([float(seen[a] @ seen[b]) for a, b in pairs])


def test_as_many_decided_pairs_are_expected_to_be_one_person_as_are(store: Store) -> None:
    fitted = calibrate_on_decisions(store)
    assert fitted.gallery_size == 4 * EACH + ROOF - 1
    between = [(n, 2 * EACH + n) for n in range(1, 2 * EACH + 1)]
    near_gate = fitted.probability(cosines(store, between), cameras=[("gate", "yard")])
    assert near_gate.sum() == pytest.approx(EACH, abs=0.5)
    # Whoever is not the roof's is neither of both tracklets that the gate and the yard have.
    on_the_roof = [(m + n, 4 * EACH + n) for n in range(1, ROOF + 1) for m in (0, 2 * EACH)]
    every = cosines(store, [*between, *on_the_roof])
    assert fitted.probability(every).sum() == pytest.approx(EACH, abs=0.5)
    assert f"{EACH} pairs of one person" in fitted.fitted_on


def test_the_cameras_of_a_query_that_is_in_the_store_shift_probabilities(store: Store) -> None:
    fitted = calibrate_on_decisions(store)
    (shift,) = fitted.shifts  # the roof has too few decisions
    assert {shift.first, shift.second} == {"gate", "yard"}
    assert shift.log_odds > 0.1
    store.calibrate(fitted)
    query = describe_tracklet(store, 5)
    by_picture = {hit.tracklet: hit for hit in search(store, query, ALL).hits}
    by_tracklet = search(store, query, ALL, leave_out=(5,)).hits
    gallery = np.log((4 * EACH + ROOF) / (4 * EACH + ROOF - 1))
    assert {hit.camera for hit in by_tracklet} == {"gate", "yard", "roof"}
    for hit in by_tracklet:
        added = odds_of(hit.probability) - odds_of(by_picture[hit.tracklet].probability)
        expected = gallery + (shift.log_odds if hit.camera == "yard" else 0)
        assert added == pytest.approx(expected, abs=1e-4)


def test_an_identity_of_two_cameras_is_shifted_by_the_mean_of_both(store: Store) -> None:
    fitted = calibrate_on_decisions(store)
    store.calibrate(fitted)
    identity = store.memberships()[3]
    query, members = describe_identity(store, identity)
    assert members == (3, 2 * EACH + 3)  # gate and yard
    plain = replace(fitted, shifts=())
    hits = search(store, query, ALL, leave_out=members).hits
    for hit in hits:
        size = 4 * EACH + ROOF - 2
        bare = odds_of(float(plain.probability(np.array(hit.score), gallery_size=size)))
        half = 0 if hit.camera == "roof" else fitted.shifts[0].log_odds / 2
        assert odds_of(hit.probability) == pytest.approx(bare + half, abs=1e-4)


def test_decisions_that_are_taken_back_no_longer_count(store: Store) -> None:
    undo_decisions(store, 2 * EACH + ROOF - 18)
    with pytest.raises(InputError, match="9 right and 9 wrong hits are too few"):
        calibrate_on_decisions(store)


def test_a_calibration_is_kept_with_the_store(store: Store) -> None:
    fitted = calibrate_on_decisions(store)
    store.calibrate(fitted)
    model = store.model()
    assert model is not None
    assert isinstance(model.calibration, Calibration)
    assert model.calibration == fitted
