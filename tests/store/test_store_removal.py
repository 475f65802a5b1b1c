"""Removing cameras, recordings and people, and changing the embedder."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from helpers.store_rows import (
    DIM,
    MODEL,
    OTHER_MODEL,
    assert_sound,
    commit,
    crop,
    described,
    files_of,
    new_recording,
    rows,
    store_at,
    track,
    unit,
    units,
)
from surveil_reid.core import ArrayError, Floats, InputError, StoreError, UnknownNameError
from surveil_reid.store import IdentityGroup, Removed, Store, TrackletUpdate


def _site(store: Store) -> None:
    """Gate: files one and two, tracklet 1 in one, 2 across, 3 in two; yard: tracklet 4."""
    one = store.add_recording(new_recording("one", start=1000.0))
    two = store.add_recording(new_recording("two", start=1010.0))
    yard = store.add_recording(new_recording("yard", camera="yard", start=1000.0))
    store.commit_segment(
        commit(
            one,
            0,
            described(crop(1, time=1001.0), times=(1001.0, 1002.0), seed=1),
            described(crop(2, time=1009.0), times=(1008.0, 1009.0), seed=2, live=7),
        )
    )
    across = TrackletUpdate(
        id=2,
        track=track(1010.0, 1011.0),
        crops=(crop(2, time=1009.0), crop(3, time=1010.0, quality=0.9), crop(4, time=1011.0)),
        embeddings=units(2, 3, 4),
        descriptor=unit(9),
    )
    alone = described(crop(5, time=1012.0), times=(1012.0, 1013.0), seed=3)
    store.commit_segment(commit(two, 0, across, alone))
    store.commit_segment(commit(yard, 0, described(crop(6), seed=4)))
    store.set_identities(
        [IdentityGroup(None, (1,), (1.0,)), IdentityGroup(None, (2, 4), (1.0, 0.5))]
    )
    store.index_path.write_bytes(b"derived")


def test_a_camera_goes_with_all_that_it_saw(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        _site(store)
        revision = store.revision()
        assert store.remove_camera("gate") == Removed(recordings=2, tracklets=3, crops=5)
        assert store.cameras() == ("yard",)
        assert [found.id for found in store.tracklets()] == [4]
        assert store.memberships() == {4: 2}
        assert store.revision() > revision
        assert not store.index_path.exists()
        assert store.events(1)[0].detail["camera"] == "gate"
        for table in ("recording", "segment", "track_part", "crop"):
            assert rows(tmp_path, f"SELECT count(*) FROM {table}") == [(1,)]  # noqa: S608
        assert_sound(store, tmp_path)
        store.remove_camera("yard")
        assert files_of(store) == set()
        assert store.identities() == ()
        with pytest.raises(UnknownNameError, match="it holds none"):
            store.remove_camera("yard")


def test_the_first_file_goes_and_who_crossed_keeps_the_rest(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        _site(store)
        removed = store.remove_recording("footage/one.mp4")
        assert removed == Removed(recordings=1, tracklets=1, crops=2)
        state = store.tracklet(2)
        two = store.recordings("gate")[0]
        assert (state.recording_id, state.start, state.end) == (two.id, 1010.0, 1011.0)
        assert [kept.frame for kept in state.crops] == [3, 4]
        # The quality-weighted mean of what remains, worked out anew.
        mean = 0.9 * unit(3).astype(np.float64) + 0.5 * unit(4).astype(np.float64)
        np.testing.assert_allclose(state.descriptor, mean / np.linalg.norm(mean), atol=1e-6)
        assert store.box_track(2).times.tolist() == [1010.0, 1011.0]
        assert store.memberships() == {2: 2, 4: 2}
        assert not store.index_path.exists()
        assert_sound(store, tmp_path)


def test_the_second_file_goes_by_its_content(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        _site(store)
        removed = store.remove_recording(new_recording("two").sha256)
        assert removed == Removed(recordings=1, tracklets=1, crops=3)
        state = store.tracklet(2)
        assert (state.recording_id, state.start, state.end) == (1, 1008.0, 1009.0)
        np.testing.assert_allclose(state.descriptor, unit(2), atol=1e-6)
        assert [found.id for found in store.tracklets()] == [1, 2, 4]
        assert_sound(store, tmp_path)


def test_who_crossed_without_a_crop_left_is_forgotten(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        _site(store)
        only = TrackletUpdate(id=2, track=track(), crops=(crop(2, time=1009.0),))
        store.commit_segment(commit(2, None, only))
        assert store.remove_recording("footage/one.mp4").tracklets == 2
        assert [found.id for found in store.tracklets()] == [3, 4]
        assert store.memberships() == {4: 2}
        assert_sound(store, tmp_path)


def test_who_is_left_without_an_embedding_has_no_descriptor(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        _site(store)
        bare = TrackletUpdate(
            id=2, track=track(), crops=(crop(2, time=1009.0), crop(8, time=1011.0))
        )
        store.commit_segment(commit(2, None, bare))
        store.remove_recording("footage/one.mp4")
        assert store.tracklet(2).descriptor is None
        assert_sound(store, tmp_path)


def test_a_relative_path_names_a_recording_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with store_at(tmp_path) as store:
        store.add_recording(replace(new_recording(), path=tmp_path / "a.mp4"))
        assert store.remove_recording("a.mp4") == Removed(1, 0, 0)


def test_of_recordings_that_lay_at_one_place_none_is_taken_for_the_other(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        for name, start in (("one", 1000.0), ("two", 2000.0)):
            store.add_recording(
                replace(new_recording(name, start=start), path=tmp_path / "latest.mp4")
            )
        both = [recording.sha256 for recording in store.recordings()]
        with pytest.raises(InputError, match="2 recordings of the store lay at") as refused:
            store.remove_recording(str(tmp_path / "latest.mp4"))
        assert f"{both[0]} (gate, from 1970-01-01T00:16:40Z), {both[1]} (" in str(refused.value)
        assert store.remove_recording(both[0]) == Removed(1, 0, 0)
        assert [recording.sha256 for recording in store.recordings()] == both[1:]
        assert store.remove_recording(str(tmp_path / "latest.mp4")) == Removed(1, 0, 0)


def test_an_unknown_recording_names_those_that_exist(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        with pytest.raises(UnknownNameError, match="it holds none"):
            store.remove_recording("a.mp4")
        for number in range(6):
            store.add_recording(new_recording(str(number), start=float(number)))
        with pytest.raises(UnknownNameError, match=r"0\.mp4, .*4\.mp4, …$"):
            store.remove_recording("a.mp4")


def test_a_person_goes_from_all_cameras_and_the_recordings_stay(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        _site(store)
        theirs = {kept.file for number in (2, 4) for kept in store.tracklet(number).crops}
        assert store.remove_identity(2) == Removed(recordings=0, tracklets=2, crops=4)
        assert [found.id for found in store.tracklets()] == [1, 3]
        assert store.memberships() == {1: 1}
        assert [identity.id for identity in store.identities()] == [1]
        assert not {Path(name).name for name in theirs} & files_of(store)
        assert [recording.progress for recording in store.recordings()] == [1, 1, 1]
        assert not store.index_path.exists()
        event = store.events(1)[0]
        assert (event.kind, event.detail["identity"], event.detail["crops"]) == ("remove", 2, 4)
        assert_sound(store, tmp_path)
        with pytest.raises(UnknownNameError, match="no identity 2"):
            store.remove_identity(2)


def test_nothing_of_a_descriptor_stays_in_the_file(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        _site(store)
    ((blob,),) = rows(tmp_path, "SELECT descriptor FROM tracklet WHERE id = 1")
    assert blob in (tmp_path / "x.db").read_bytes()
    with store_at(tmp_path) as store:
        store.remove_tracklet(1)
    assert not any(blob in path.read_bytes() for path in tmp_path.glob("x.db*"))


def test_one_sighting_goes_and_the_person_stays(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        _site(store)
        assert store.remove_tracklet(2) == Removed(recordings=0, tracklets=1, crops=3)
        assert store.memberships() == {1: 1, 4: 2}
        assert_sound(store, tmp_path)
        with pytest.raises(UnknownNameError, match="no tracklet 2"):
            store.remove_tracklet(2)


def _embed(jpegs: Sequence[bytes]) -> Floats:
    return units_of(int(jpeg.split()[1]) for jpeg in jpegs)


def units_of(seeds: object) -> Floats:
    return np.stack([unit(100 + seed, OTHER_MODEL.dim) for seed in seeds])


def test_another_embedder_takes_over_the_whole_store(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        _site(store)
        store.commit_segment(commit(3, 1, TrackletUpdate(track=track(1003.0))))
        revision = store.revision()
        assert store.reembed(OTHER_MODEL, _embed) == 4
        assert store.model() == OTHER_MODEL
        assert store.revision() > revision
        assert store.identities() == ()
        ids, matrix = store.descriptors()
        assert ids.tolist() == [1, 2, 3, 4]
        np.testing.assert_allclose(matrix[0], unit(101, 4), atol=1e-6)
        mean = 0.5 * unit(102, 4) + 0.9 * unit(103, 4) + 0.5 * unit(104, 4)
        np.testing.assert_allclose(matrix[1], mean / np.linalg.norm(mean), atol=1e-6)
        for kept in store.tracklet(2).crops:
            np.testing.assert_array_equal(kept.embedding, unit(100 + kept.frame, 4))
        assert store.counts().models == (OTHER_MODEL,)
        assert_sound(store, tmp_path)


def test_an_empty_store_changes_over_too(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        assert store.reembed(OTHER_MODEL, _embed) == 0
        assert store.model() is None


def test_a_change_over_that_fails_leaves_the_old_descriptors(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        _site(store)
        before = store.descriptors()[1]
        with pytest.raises(ArrayError, match="6 crops gave embeddings of shape"):
            store.reembed(OTHER_MODEL, lambda jpegs: np.ones((len(jpegs), DIM), np.float32))
        store.crops.remove([store.tracklet(1).crops[0].file])
        with pytest.raises(StoreError, match="is missing"):
            store.reembed(OTHER_MODEL, _embed)
        assert store.model() == MODEL
        assert len(store.identities()) == 2
        np.testing.assert_array_equal(store.descriptors()[1], before)


def test_crops_stored_during_a_change_over_are_in_it(tmp_path: Path) -> None:
    with store_at(tmp_path) as store, store_at(tmp_path) as other:
        _site(store)
        calls: list[int] = []

        def compute(jpegs: Sequence[bytes]) -> Floats:
            if not calls:
                other.commit_segment(commit(3, 1, described(crop(7))))
            calls.append(len(jpegs))
            return _embed(jpegs)

        assert store.reembed(OTHER_MODEL, compute) == 5
        assert calls == [6, 1]
        assert store.descriptors()[0].tolist() == [1, 2, 3, 4, 5]
        assert_sound(store, tmp_path)


def test_crops_that_go_during_a_change_over_are_left_out(tmp_path: Path) -> None:
    """More of them than are embedded at once; a better one takes the place of another."""
    with store_at(tmp_path) as store, store_at(tmp_path) as other:
        _site(store)
        other.commit_segment(commit(3, 1, described(*map(crop, range(10, 110)))))

        def compute(jpegs: Sequence[bytes]) -> Floats:
            if "yard" in other.cameras():
                other.commit_segment(commit(1, 1, described(crop(7), id=1)))
                other.remove_camera("yard")
            return _embed(jpegs)

        assert store.reembed(OTHER_MODEL, compute) == 3
        assert store.descriptors()[0].tolist() == [1, 2, 3]
        assert_sound(store, tmp_path)
