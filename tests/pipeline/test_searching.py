"""Search over a store: filters, order, the open-set answer, and an index that is never stale."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helpers.store_rows import (
    MODEL,
    commit,
    new_recording,
    sighting,
    store_at,
)
from helpers.store_rows import near as any_near
from helpers.store_rows import unit as any_unit
from surveil_reid.core import (
    Floats,
    InputError,
    OperatingPoint,
    StoreError,
    UnknownNameError,
    WeightsError,
)
from surveil_reid.identity import decide
from surveil_reid.matching import index as index_module
from surveil_reid.pipeline import (
    SearchOptions,
    describe_identity,
    describe_tracklet,
    index_state,
    link_store,
    search,
)
from surveil_reid.pipeline.index import index_kept, open_index
from surveil_reid.pipeline.linking import link_new
from surveil_reid.store import Store

POINTS = tuple(
    OperatingPoint(similarity, false_alarm, 0.9, "a test")
    for similarity, false_alarm in ((0.9, 1e-4), (0.7, 1e-2), (0.5, 1e-1))
)
DIM = 48
CALIBRATED = replace(MODEL, dim=DIM, linking=POINTS)


def unit(seed: int) -> Floats:
    """A direction of its own for each seed; in so many dimensions no two are alike."""
    return any_unit(seed, DIM)


def near(seed: int, wobble: int) -> Floats:
    """A direction close to that of `seed`."""
    return any_near(seed, wobble, dim=DIM)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Two cameras; person p is tracklet p of the gate and tracklet 30 + p of the yard.

    Of 60 tracklets the last one is doubtful.
    """
    with store_at(tmp_path) as made:
        for camera, offset in (("gate", 0), ("yard", 30)):
            recording = made.add_recording(new_recording(camera, camera=camera))
            updates = [
                sighting(p + 1, near(p, offset + p), doubtful=offset + p == 59) for p in range(30)
            ]
            made.commit_segment(commit(recording, 0, *updates, model=CALIBRATED))
        yield made


def brute_force(store: Store, query: Floats, *, doubtful: bool = False) -> list[int]:
    """The ids in order of cosine similarity, computed one by one."""
    scores = {t.id: float(t.descriptor @ query) for t in store.tracklets(doubtful=doubtful)}
    return sorted(scores, key=lambda id_: (-scores[id_], id_))


def test_both_tracklets_of_the_person_come_first(store: Store) -> None:
    for person in range(0, 29, 4):
        found = search(store, near(person, 500 + person))
        assert {hit.tracklet for hit in found.hits[:2]} == {person + 1, person + 31}
        assert found.match
        assert all(hit.probability is None for hit in found.hits)


def test_scores_are_cosine_similarities_and_matches_follow_from_them(store: Store) -> None:
    query = near(3, 503)
    found = search(store, query, SearchOptions(top=60))
    known = {t.id: t for t in store.tracklets()}
    for hit in found.hits:
        assert hit.score == pytest.approx(float(known[hit.tracklet].descriptor @ query), abs=1e-5)
        assert hit.match == (hit.score >= found.threshold)
    assert len(found.hits) == 59


def test_few_candidates_are_in_plain_order_of_similarity(store: Store) -> None:
    query = near(3, 503)
    found = search(store, query, SearchOptions(top=30, cameras=("gate",)))
    expected = [id_ for id_ in brute_force(store, query) if id_ <= 30]
    assert [hit.tracklet for hit in found.hits] == expected


def test_the_head_of_a_long_list_is_ranked_anew_and_keeps_its_members(store: Store) -> None:
    recording = store.add_recording(new_recording("roof", camera="roof"))
    crowd = [sighting(n, unit(100 + n)) for n in range(1, 90)]
    store.commit_segment(commit(recording, 0, *crowd, model=CALIBRATED))
    query = near(3, 503)
    found = search(store, query, SearchOptions(top=100))
    ids = [hit.tracklet for hit in found.hits]
    assert set(ids) == set(brute_force(store, query)[:100])
    assert set(ids[:2]) == {4, 34}
    assert ids != brute_force(store, query)[:100]


def at(query: Floats, cosine: float, aside: Floats) -> Floats:
    """A direction at this cosine to the query, on the side of another direction."""
    across = aside - (aside @ query) * query
    across /= np.linalg.norm(across)
    return (cosine * query + np.sqrt(1 - cosine**2) * across).astype(np.float32)


def test_whether_somebody_is_found_does_not_depend_on_how_many_hits_are_asked_for(
    store: Store,
) -> None:
    """The likest was seen often, so that its neighbours are its own sights and not the query."""
    query, others = unit(900), 150
    size = len(store.tracklets()) + others
    sure = decide(np.zeros(1), info=CALIBRATED, gallery_size=size, false_alarm=0.01).threshold
    recording = store.add_recording(new_recording("roof", camera="roof"))
    seen = [at(query, sure + 0.01, unit(901))]
    seen += [at(query, sure - 0.03, near(901, 950 + n)) for n in range(20)]
    seen += [at(query, sure - 0.01, unit(910 + n)) for n in range(6)]
    seen += [unit(1000 + n) for n in range(others - len(seen))]
    updates = [sighting(number, look) for number, look in enumerate(seen, start=1)]
    likest, *_ = store.commit_segment(commit(recording, 0, *updates, model=CALIBRATED))
    whole = search(store, query, SearchOptions(top=99))
    assert whole.threshold == pytest.approx(sure)
    for top in (1, 3, 10):
        found = search(store, query, SearchOptions(top=top))
        assert found.match
        assert found.hits == whole.hits[:top]
        assert found.hits[0].tracklet == likest
        assert [hit.match for hit in found.hits] == [True] + [False] * (top - 1)


def test_filters_lose_nobody(store: Store) -> None:
    query = near(7, 507)
    times = SearchOptions(after=1000.0 + 10 * 8, before=1000.0 + 10 * 8 + 5)
    assert {hit.tracklet for hit in search(store, query, times).hits} == {8, 38}
    yard = search(store, query, SearchOptions(cameras=("yard",), top=1))
    assert [hit.tracklet for hit in yard.hits] == [38]


@pytest.mark.parametrize("seed", range(20))
def test_filters_choose_those_that_the_store_chooses(store: Store, seed: int) -> None:
    random = np.random.default_rng(seed)
    # Tracklets begin every ten seconds from 1010 on, so limits often fall on one of their ends.
    after, before = np.sort(1000 + random.integers(0, 70, 2) * 5.0)
    filters: dict[str, Any] = {
        "cameras": tuple(random.choice(["gate", "yard"], random.integers(0, 3), replace=False)),
        "after": float(after) if random.random() < 0.7 else None,
        "before": float(before) if random.random() < 0.7 else None,
        "doubtful": bool(random.random() < 0.5),
    }
    found = search(store, near(7, 507), SearchOptions(top=99, **filters))
    wanted = {tracklet.id for tracklet in store.tracklets(**filters)}
    assert {hit.tracklet for hit in found.hits} == wanted


def test_the_query_itself_can_be_left_out(store: Store) -> None:
    found = search(store, describe_tracklet(store, 5), leave_out=(5,))
    assert found.hits[0].tracklet == 35
    assert 5 not in {hit.tracklet for hit in found.hits}


def test_doubtful_tracklets_are_found_when_asked_for_only(store: Store) -> None:
    query = near(29, 529)
    assert 60 not in {hit.tracklet for hit in search(store, query).hits}
    found = search(store, query, SearchOptions(doubtful=True, cameras=("yard",)))
    assert found.hits[0].tracklet == 60


def test_nobody_there_is_an_answer(store: Store) -> None:
    stranger = np.linalg.svd(np.stack([t.descriptor for t in store.tracklets()]))[2][-1]
    found = search(store, stranger.astype(np.float32), SearchOptions(false_alarm=1e-3))
    assert not found.match
    assert not any(hit.match for hit in found.hits)
    assert len(found.hits) == 10


def test_a_lower_false_alarm_rate_asks_for_more(store: Store) -> None:
    rates = (0.5, 0.1, 0.01, 0.001)
    thresholds = [
        search(store, unit(1), SearchOptions(false_alarm=rate)).threshold for rate in rates
    ]
    assert thresholds == sorted(set(thresholds))


def test_an_index_that_is_gone_stale_or_broken_is_made_anew(store: Store) -> None:
    query = near(7, 507)
    first = search(store, query)
    assert index_state(store) == "ready"
    store.index_path.write_bytes(b"broken")
    assert index_state(store) == "stale"
    assert search(store, query) == first
    store.index_path.unlink()
    assert index_state(store) == "none"
    assert search(store, query) == first

    store.remove_camera("yard")
    assert {hit.camera for hit in search(store, query).hits} == {"gate"}
    recording = store.add_recording(new_recording("roof", camera="roof"))
    store.commit_segment(commit(recording, 0, sighting(1, query), model=CALIBRATED))
    assert search(store, query).hits[0].camera == "roof"


@pytest.mark.parametrize("most", [20, 1_000], ids=["codes", "exact"])
def test_what_changed_since_shows_in_the_next_search(
    store: Store, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(index_module, "EXACT_UP_TO", most)
    query = -unit(7)

    def best() -> int:
        return search(store, query, SearchOptions(top=1)).hits[0].tracklet

    first = best()
    made = store.index_path.stat().st_mtime_ns
    assert best() == first
    assert store.index_path.stat().st_mtime_ns == made
    recording = store.add_recording(new_recording("roof", camera="roof"))
    (new,) = store.commit_segment(commit(recording, 0, sighting(1, query), model=CALIBRATED))
    assert index_state(store) == "stale"
    assert best() == new
    assert index_state(store) == "ready"
    # It turns out to look otherwise, and somebody else turns out to look so.
    seen_again = [replace(sighting(2, unit(77)), id=new), sighting(3, query)]
    other = store.commit_segment(commit(recording, 1, *seen_again, model=CALIBRATED))[1]
    assert best() == other
    # A tracklet that another one absorbs is gone.
    joined = replace(sighting(4, unit(78)), id=new, absorbs=(other,))
    store.commit_segment(commit(recording, 2, joined, model=CALIBRATED))
    assert best() == first
    assert sorted(open_index(store).ids.tolist()) == store.descriptors(doubtful=True)[0].tolist()


def test_a_filter_sees_a_tracklet_as_it_is_now(store: Store) -> None:
    recording = store.add_recording(new_recording("roof", camera="roof"))
    seen = sighting(1, unit(77))
    (new,) = store.commit_segment(commit(recording, 0, seen, model=CALIBRATED))
    later = SearchOptions(cameras=("roof",), after=store.tracklet(new).end + 1)
    assert not search(store, unit(77), later).hits
    store.commit_segment(
        commit(recording, 1, replace(sighting(9, unit(77)), id=new), model=CALIBRATED)
    )
    assert [hit.tracklet for hit in search(store, unit(77), later).hits] == [new]
    doubtful = replace(sighting(10, unit(77)), id=new, doubtful=True)
    store.commit_segment(commit(recording, 2, doubtful, model=CALIBRATED))
    assert not search(store, unit(77), later).hits


def test_an_index_saved_by_somebody_who_missed_a_removal_forgets_as_well(store: Store) -> None:
    search(store, unit(1))
    late = store.index_path.read_bytes()
    store.remove_camera("yard")
    store.index_path.write_bytes(late)
    assert index_state(store) == "stale"
    assert {hit.camera for hit in search(store, near(7, 507)).hits} == {"gate"}
    assert sorted(open_index(store).ids.tolist()) == store.descriptors(doubtful=True)[0].tolist()
    assert store.index_path.stat().st_size < len(late)


@pytest.mark.parametrize("most", [20, 1_000], ids=["codes", "exact"])
def test_a_removal_can_keep_the_index_of_the_others(
    store: Store, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(index_module, "EXACT_UP_TO", most)
    search(store, unit(1))
    before = store.index_path.stat().st_size
    with index_kept(store):
        store.remove_camera("yard")
    assert index_state(store) == "ready"
    assert store.index_path.stat().st_size < before
    assert sorted(open_index(store).ids.tolist()) == store.descriptors(doubtful=True)[0].tolist()
    assert {hit.camera for hit in search(store, near(7, 507)).hits} == {"gate"}


def test_a_removal_of_everybody_leaves_no_index(store: Store) -> None:
    search(store, unit(1))
    for camera in ("yard", "gate"):
        with index_kept(store):
            store.remove_camera(camera)
    assert not store.index_path.exists()


def test_an_index_of_another_store_is_not_taken(store: Store, tmp_path: Path) -> None:
    search(store, unit(1))
    (tmp_path / "other").mkdir()
    with store_at(tmp_path / "other") as other:
        for number in range(3):
            recording = other.add_recording(new_recording(str(number)))
            seen = sighting(1, unit(100 + number))
            other.commit_segment(commit(recording, 0, seen, model=CALIBRATED))
        other.index_path.write_bytes(store.index_path.read_bytes())
        assert index_state(other) == "stale"
        assert search(other, unit(101)).hits[0].tracklet == 2
        assert open_index(other).ids.tolist() == [1, 2, 3]


@pytest.mark.usefixtures("store")
def test_reading_alone_saves_no_index(tmp_path: Path) -> None:
    with store_at(tmp_path, read_only=True) as reading:
        assert search(reading, near(7, 507)).hits
        assert index_state(reading) == "none"


def test_identities_can_be_searched_by(store: Store) -> None:
    link_store(store)
    of = store.memberships()
    assert of[5] == of[35]
    descriptor, members = describe_identity(store, of[5])
    assert members == (5, 35)
    assert float(descriptor @ unit(4)) > 0.97


def test_linking_new_tracklets_leaves_the_others_alone(store: Store) -> None:
    link_store(store)
    before = store.memberships()
    recording = store.add_recording(new_recording("roof", camera="roof"))
    updates = [sighting(1, near(4, 900)), sighting(2, -unit(4))]
    known, new = store.commit_segment(commit(recording, 0, *updates, model=CALIBRATED))
    report = link_new(store)
    after = store.memberships()
    assert {id_: after[id_] for id_ in before} == before
    assert after[known] == before[5]
    assert after[new] not in before.values()
    assert report.tracklets == 61


def test_searches_are_logged(store: Store) -> None:
    search(store, unit(1))
    assert store.events(1)[0].kind == "search"


def test_an_empty_store_has_nothing_to_search(tmp_path: Path) -> None:
    with store_at(tmp_path) as empty:
        with pytest.raises(StoreError, match="process"):
            search(empty, unit(1))
        assert index_state(empty) == "none"
        assert link_store(empty).identities == 0


def test_what_nobody_has_measured_is_not_guessed(tmp_path: Path) -> None:
    bare = replace(CALIBRATED, linking=(), linking_similarity=None)
    with store_at(tmp_path) as made:
        recording = made.add_recording(new_recording())
        made.commit_segment(commit(recording, 0, sighting(1, unit(1)), model=bare))
        with pytest.raises(WeightsError, match=r"training\.thresholds"):
            search(made, unit(1))
        with pytest.raises(WeightsError, match=r"training\.thresholds"):
            link_store(made)


def test_names_that_do_not_exist_are_said(store: Store) -> None:
    with pytest.raises(UnknownNameError, match="'roof'"):
        search(store, unit(1), SearchOptions(cameras=("roof",)))
    with pytest.raises(UnknownNameError, match="99"):
        describe_tracklet(store, 99)
    with pytest.raises(UnknownNameError, match="99"):
        describe_identity(store, 99)


@pytest.mark.parametrize("wrong", [{"top": 0}, {"false_alarm": 0.0}, {"false_alarm": 1.0}])
def test_options_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match=r"at least 1|between 0 and 1"):
        SearchOptions(**wrong)
