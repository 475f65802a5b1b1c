"""What linking and search read: tracklets, descriptors, identities, the log and the counts."""

import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from helpers.store_rows import (
    DIM,
    MODEL,
    commit,
    crop,
    described,
    new_recording,
    rows,
    store_at,
    track,
    unit,
)
from surveil_reid.core import ArrayError, UnknownNameError
from surveil_reid.store import IdentityGroup, Store, TrackletUpdate
from surveil_reid.store.schema import TrackletRow


def _two_cameras(store: Store) -> None:
    """Tracklets 1 to 3 at the gate, 4 and 5 in the yard; 2 is doubtful, 5 has no descriptor."""
    gate = store.add_recording(new_recording())
    yard = store.add_recording(new_recording("yard", camera="yard", start=1100.0))
    store.commit_segment(
        commit(
            gate,
            0,
            described(crop(1), times=(1000.0, 1010.0), seed=1),
            described(crop(2), times=(1000.0, 1020.0), seed=2, doubtful=True),
            described(crop(3), times=(1030.0, 1040.0), seed=3),
        )
    )
    store.commit_segment(
        commit(
            yard,
            0,
            described(crop(4), times=(1100.0, 1110.0), seed=4),
            TrackletUpdate(track=track(1105.0)),
        )
    )


@pytest.mark.parametrize(
    ("asked", "ids"),
    [
        ({}, [1, 3, 4]),
        ({"doubtful": True}, [1, 2, 3, 4]),
        ({"cameras": ["yard"]}, [4]),
        ({"cameras": ["yard", "gate"]}, [1, 3, 4]),
        ({"after": 1010.0}, [1, 3, 4]),
        ({"after": 1010.5}, [3, 4]),
        ({"before": 1030.0}, [1, 3]),
        ({"before": 1029.0}, [1]),
        ({"after": 1010.5, "before": 1099.0}, [3]),
        ({"before": 10.0}, []),
    ],
)
def test_tracklets_are_filtered(tmp_path: Path, asked: dict[str, object], ids: list[int]) -> None:
    with store_at(tmp_path) as store:
        _two_cameras(store)
        assert [found.id for found in store.tracklets(**asked)] == ids


def test_tracklets_and_descriptors_agree(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        _two_cameras(store)
        found = store.tracklets(doubtful=True)
        ids, matrix = store.descriptors(doubtful=True)
        assert ids.tolist() == [1, 2, 3, 4]
        assert (ids.dtype, matrix.dtype, matrix.shape) == (np.int64, np.float32, (4, DIM))
        np.testing.assert_array_equal(matrix, [unit(n) for n in ids])
        np.testing.assert_array_equal(matrix, [tracklet.descriptor for tracklet in found])
        assert [(t.camera, t.start, t.end) for t in found[2:]] == [
            ("gate", 1030.0, 1040.0),
            ("yard", 1100.0, 1110.0),
        ]
        assert store.descriptors()[0].tolist() == [1, 3, 4]
        ids = [recording.id for recording in store.recordings()]
        assert [store.tracklet_count(number) for number in ids] == [2, 2]
        assert [store.tracklet_count(number, doubtful=True) for number in ids] == [1, 0]


def test_descriptors_are_read_by_id_and_by_what_changed(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        _two_cameras(store)
        ids, matrix = store.chosen_descriptors(np.array([2, 3, 77]))
        assert ids.tolist() == [2, 3]
        np.testing.assert_array_equal(matrix, [unit(2), unit(3)])
        assert store.chosen_descriptors(np.zeros(0, np.int64))[1].shape == (0, DIM)
        ids, matrix, sights = store.search_rows(np.array([77, 4, 5, 2]))
        assert ids.tolist() == [2, 4]
        np.testing.assert_array_equal(matrix, [unit(2), unit(4)])
        cameras = store.camera_numbers()
        assert sights.tolist() == [
            (cameras["gate"], 1000.0, 1020.0, True),
            (cameras["yard"], 1100.0, 1110.0, False),
        ]
        assert len(store.search_rows(np.zeros(0, np.int64))[2]) == 0
        before = store.revision()
        assert store.changed_tracklets(-1).tolist() == [1, 2, 3, 4, 5]
        assert store.changed_tracklets(before).tolist() == []
        number = store.recordings("gate")[0].id
        again = TrackletUpdate(id=2, track=track(1090.0))
        store.commit_segment(commit(number, None, described(crop(9)), again))
        assert store.changed_tracklets(before).tolist() == [2, 6]


def test_stores_have_keys_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with store_at(tmp_path) as store, store_at(tmp_path / "other") as other:
        assert store.key() != other.key()
        key = store.key()
    with store_at(tmp_path) as again:
        assert again.key() == key


def test_many_tracklets_are_read_and_linked_at_once(tmp_path: Path) -> None:
    count = 20_000
    with store_at(tmp_path) as store:
        _two_cameras(store)
        row = {"camera_id": 1, "recording_id": 1, "start": 0.0, "end": 1.0, "live": None}
        row |= {"doubtful": False, "model_id": 1, "descriptor": unit(1).tobytes()}
        with store._database.writing() as session:
            session.execute(insert(TrackletRow), [row] * count)
        assert len(store.tracklets()) == count + 3
        # As many again in one assignment: no list of ids may be too long for the database.
        members = tuple(found.id for found in store.tracklets())
        store.set_identities([IdentityGroup(None, members, (0.5,) * len(members))])
        assert len(store.identity(1).tracklet_ids) == count + 3
        assert store.set_identities([]) == ()


def test_identities_come_back_with_their_sightings(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        _two_cameras(store)
        one, two = store.set_identities(
            [IdentityGroup(None, (4, 1), (0.25, 1.0)), IdentityGroup(None, (3,), (0.5,))]
        )
        assert store.memberships() == {1: one, 3: two, 4: one}
        assert [found.id for found in store.identities()] == [one, two]
        somebody = store.identity(one)
        assert somebody == store.identities()[0]
        assert somebody.tracklet_ids == (1, 4)
        assert somebody.scores == (1.0, 0.25)
        assert somebody.cameras == ("gate", "yard")
        assert (somebody.first, somebody.last) == (1000.0, 1110.0)


def test_numbers_of_people_are_never_given_again(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        _two_cameras(store)
        group = IdentityGroup(None, (1,), (1.0,))
        (first,) = store.set_identities([group])
        store.set_identities([])
        with pytest.raises(UnknownNameError, match=f"no identity {first}"):
            store.identity(first)
        with pytest.raises(UnknownNameError, match=f"no identity {first}"):
            store.set_identities([IdentityGroup(first, (1,), (1.0,))])
        (second,) = store.set_identities([group])
        assert second > first


@pytest.mark.parametrize(
    ("groups", "error"),
    [
        ([IdentityGroup(None, (1,), (1.0,)), IdentityGroup(None, (1,), (1.0,))], ArrayError),
        ([IdentityGroup(1, (3,), (1.0,)), IdentityGroup(1, (4,), (1.0,))], ArrayError),
        ([IdentityGroup(None, (99,), (1.0,))], UnknownNameError),
    ],
)
def test_a_refused_assignment_changes_nothing(
    tmp_path: Path, groups: list[IdentityGroup], error: type[Exception]
) -> None:
    with store_at(tmp_path) as store:
        _two_cameras(store)
        store.set_identities([IdentityGroup(None, (1,), (1.0,))])
        with pytest.raises(error):
            store.set_identities(groups)
        assert store.memberships() == {1: 1}


@pytest.mark.parametrize(("members", "scores"), [((), ()), ((1,), ()), ((1,), (0.5, 0.5))])
def test_a_group_needs_members_with_scores(
    members: tuple[int, ...], scores: tuple[float, ...]
) -> None:
    with pytest.raises(ArrayError):
        IdentityGroup(None, members, scores)


def test_who_says_so_is_kept(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        _two_cameras(store)
        store.set_identities([IdentityGroup(None, (1, 3), (1.0, 1.0), by="reviewer")])
        store.set_identities([IdentityGroup(1, (1,), (1.0,), by="reviewer"),
                              IdentityGroup(None, (3,), (1.0,))])  # fmt: skip
    said = rows(tmp_path, "SELECT tracklet_id, identity_id, made_by FROM membership ORDER BY 1")
    assert said == [(1, 1, "reviewer"), (3, 2, "system")]


assignments = st.lists(
    st.dictionaries(st.integers(1, 4), st.tuples(st.integers(0, 2), st.floats(0, 1)), max_size=4),
    max_size=4,
)


@given(assignments)
@settings(max_examples=10, deadline=None)
def test_assignments_replace_one_another(
    tmp_path_factory: pytest.TempPathFactory, wanted: list[dict[int, tuple[int, float]]]
) -> None:
    """Against a dict: each assignment maps tracklets to a label, and labels keep their number."""
    folder = tmp_path_factory.mktemp("store")
    with store_at(folder) as store:
        _two_cameras(store)
        numbers: dict[int, int] = {}
        seen: set[int] = set()
        for assignment in wanted:
            labels = sorted({label for label, _ in assignment.values()})
            members = {
                label: [t for t, (where, _) in assignment.items() if where == label]
                for label in labels
            }
            given_ids = store.set_identities(
                [
                    IdentityGroup(
                        numbers.get(label),
                        tuple(members[label]),
                        tuple(assignment[t][1] for t in members[label]),
                    )
                    for label in labels
                ]
            )
            new = {n for label, n in zip(labels, given_ids, strict=True) if label not in numbers}
            assert not new & seen
            seen |= new
            numbers = dict(zip(labels, given_ids, strict=True))
            assert store.memberships() == {
                t: numbers[label] for t, (label, _) in assignment.items()
            }
            found = store.identities()
            assert {one.id for one in found} == set(numbers.values())
            scores = {
                t: score
                for one in found
                for t, score in zip(one.tracklet_ids, one.scores, strict=True)
            }
            assert scores == {t: score for t, (_, score) in assignment.items()}


def test_the_log_is_read_from_its_end(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        began = time.time()
        store.log("search", {"query": "a.jpg", "found": [1, 2]}, who="guard")
        store.add_recording(new_recording())
        newest, search = store.events(5)
        assert newest.kind == "recording"
        assert newest.detail["camera"] == "gate"
        assert (search.kind, search.who) == ("search", "guard")
        assert search.detail == {"query": "a.jpg", "found": [1, 2]}
        assert began <= search.at <= newest.at <= time.time()
        assert store.events(1) == (newest,)
        assert store.events(0) == ()


def test_counts_say_what_is_there(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        _two_cameras(store)
        store.commit_segment(commit(2, 1, frames=33, complete=True))
        store.set_identities([IdentityGroup(None, (1, 4), (1.0, 1.0))])
        counts = store.counts()
        gate, yard = counts.cameras
        assert (gate.camera, gate.recordings, gate.complete, gate.frames) == ("gate", 1, 0, 10)
        assert (gate.tracklets, gate.doubtful, gate.crops) == (3, 1, 3)
        assert (yard.camera, yard.recordings, yard.complete, yard.frames) == ("yard", 1, 1, 33)
        assert (yard.tracklets, yard.doubtful, yard.crops) == (2, 0, 1)
        assert counts.identities == 1
        assert counts.models == (MODEL,)
        jpegs = sum(path.stat().st_size for path in store.folder.rglob("*.jpg"))
        assert counts.bytes_on_disk >= (tmp_path / "x.db").stat().st_size + jpegs
