"""Committing segments: all or nothing, once, and back again as it went in."""

import errno
import math
import os
import resource
import sqlite3
from collections.abc import Callable
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
    segment,
    store_at,
    track,
    unit,
    units,
)
from surveil_reid.core import (
    ArrayError,
    BusyError,
    Calibration,
    ModelMismatchError,
    SpaceError,
    StoreError,
    UnknownNameError,
)
from surveil_reid.store import NewRecording, Store, TrackletUpdate, open_store


def test_recordings_come_back_as_they_went_in(tmp_path: Path) -> None:
    late, early = new_recording("late", start=2000.25), new_recording("early", start=1000.125)
    other = replace(new_recording("yard", camera="yard", start=1500.0), duration=12.5)
    with store_at(tmp_path) as store:
        added = [store.add_recording(new) for new in (late, early, other)]
    with store_at(tmp_path) as store:
        assert store.cameras() == ("gate", "yard")
        assert store.recordings() == (added[1], added[2], added[0])
        assert store.recordings("gate") == (added[1], added[0])
        assert store.find_recording(late.sha256) == added[0]
        assert added[2].duration == 12.5
        for name in NewRecording.__slots__:
            assert getattr(added[0], name) == getattr(late, name)
        assert (added[0].progress, added[0].complete, added[0].state) == (0, False, {})


def test_a_file_is_added_once(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        store.add_recording(new_recording())
        with pytest.raises(BusyError, match="already in the store"):
            store.add_recording(new_recording(camera="yard"))
        assert store.cameras() == ("gate",)


def test_an_unknown_camera_names_those_that_exist(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        store.add_recording(new_recording())
        for ask in (
            lambda: store.recordings("gaet"),
            lambda: store.tracklet_states(camera="gaet"),
            lambda: store.tracklets(cameras=["gate", "gaet"]),
        ):
            with pytest.raises(UnknownNameError, match="'gaet'; it holds gate"):
                ask()


def test_text_that_no_database_takes_is_refused_in_one_line(tmp_path: Path) -> None:
    with store_at(tmp_path) as store, pytest.raises(StoreError, match="surrogates"):
        store.add_recording(replace(new_recording(), path="a\udce9.mp4"))


def test_a_commit_advances_the_recording(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        recording = store.add_recording(new_recording())
        more = {"frames": 50, "analysed": 10, "state": {"next": [1, 2.5]}, "note": "dim"}
        assert store.commit_segment(commit(recording, 0, **more)) == ()
        now = store.recordings()[0]
        assert now == replace(recording, progress=1, **more)
        last = commit(recording, 1, frames=60, analysed=12, complete=True)
        store.commit_segment(last)
        now = store.recordings()[0]
        assert (now.progress, now.frames, now.complete, now.note) == (2, 60, True, None)


def test_segments_are_replayed_in_order(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        recording = store.add_recording(new_recording())
        for number in range(3):
            store.commit_segment(commit(recording, number))
        assert [found.number for found in store.segments(recording.id)] == [0, 1, 2]
        assert [found.number for found in store.segments(recording.id, first=2)] == [2]
        # An abandoned replay holds nothing that would keep a writer waiting.
        replay = store.segments(recording.id)
        wanted, found = segment(0), next(replay)
        store.commit_segment(commit(recording, 3))
        np.testing.assert_array_equal(found.times, wanted.times)
        np.testing.assert_array_equal(found.detections[2].boxes, wanted.detections[2].boxes)


def test_a_segment_is_stored_once(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        recording = store.add_recording(new_recording())
        store.commit_segment(commit(recording, 0, described(crop(1))))
        for number in (0, 2):
            with pytest.raises(BusyError, match=r"one\.mp4.*1 segments"):
                store.commit_segment(commit(recording, number, described(crop(2))))
        assert len(store.tracklets()) == 1
        assert_sound(store, tmp_path)


def test_a_lost_race_keeps_the_winners_files(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        recording = store.add_recording(new_recording())
        same = commit(recording, 0, described(crop(1)))
        store.commit_segment(same)
        with pytest.raises(BusyError):
            store.commit_segment(same)
        assert_sound(store, tmp_path)
        assert len(files_of(store)) == 1


def test_what_is_not_there_cannot_be_committed_to(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        with pytest.raises(UnknownNameError, match="no recording 7"):
            store.commit_segment(commit(7, 0))
        recording = store.add_recording(new_recording())
        for change in (described(crop(1), id=9), described(crop(1), absorbs=(9,))):
            with pytest.raises(UnknownNameError, match="no tracklet 9"):
                store.commit_segment(commit(recording, 0, described(crop(2)), change))
        assert store.recordings()[0].progress == 0
        assert_sound(store, tmp_path)


def test_a_closing_commit_advances_nothing_but_applies_the_rest(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        recording = store.add_recording(new_recording())
        (number,) = store.commit_segment(commit(recording, 0, described(crop(1), live=4)))
        ended = TrackletUpdate(id=number, track=track(1002.0))
        assert store.commit_segment(commit(recording, None, ended, complete=True)) == (number,)
        now = store.recordings()[0]
        assert (now.progress, now.complete) == (1, True)
        state = store.tracklet(number)
        assert (state.live, state.start, state.end) == (None, 1000.0, 1002.0)
        assert len(state.crops) == 1
        assert state.descriptor is not None


def test_a_tracklet_comes_back_as_it_went_in(tmp_path: Path) -> None:
    crops = (crop(2, time=1001.0, quality=0.25), crop(1, time=1000.0, quality=0.75))
    with store_at(tmp_path) as store:
        recording = store.add_recording(new_recording())
        store.commit_segment(commit(recording, 0, described(*crops, seed=5, live=3)))
        state = store.tracklet(1)
        assert (state.camera, state.recording_id, state.live) == ("gate", recording.id, 3)
        np.testing.assert_array_equal(state.descriptor, unit(5))
        assert [kept.frame for kept in state.crops] == [1, 2]
        for kept, given in zip(state.crops, crops[::-1], strict=True):
            assert (kept.time, kept.quality) == (given.time, given.quality)
            assert kept.tracklet_id == 1
            assert kept.recording_id == recording.id
            assert store.crops.read(kept.file) == given.jpeg
            np.testing.assert_array_equal(kept.box, given.box)
            np.testing.assert_array_equal(kept.embedding, unit(given.frame))
        found = store.box_track(1)
        wanted = track(1000.0, 1001.0)
        for name in ("frames", "times", "boxes", "confidences"):
            np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name))


def test_crops_that_stay_keep_row_and_embedding(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        recording = store.add_recording(new_recording())
        first = TrackletUpdate(
            track=track(1000.0), crops=(crop(1), crop(2)), embeddings=units(1, 2)
        )
        (number,) = store.commit_segment(commit(recording, 0, first))
        before = {kept.frame: kept for kept in store.tracklet(number).crops}
        later = TrackletUpdate(id=number, track=track(1001.0), crops=(crop(3), crop(2)))
        store.commit_segment(commit(recording, 1, later))
        after = {kept.frame: kept for kept in store.tracklet(number).crops}
        assert after.keys() == {2, 3}
        assert after[2].id == before[2].id
        np.testing.assert_array_equal(after[2].embedding, before[2].embedding)
        assert after[3].embedding is None
        assert before[1].file not in files_of(store)
        assert_sound(store, tmp_path)


def test_one_picture_may_serve_two_tracklets(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        recording = store.add_recording(new_recording())
        one, two = store.commit_segment(
            commit(recording, 0, described(crop(1)), described(crop(1), crop(1)))
        )
        assert [len(store.tracklet(n).crops) for n in (one, two)] == [1, 2]
        store.commit_segment(commit(recording, 1, described(crop(2), id=two)))
        assert store.tracklet(one).crops[0].file in files_of(store)
        assert_sound(store, tmp_path)


def test_none_leaves_a_descriptor_and_no_crops_end_it(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        recording = store.add_recording(new_recording())
        (number,) = store.commit_segment(commit(recording, 0, described(crop(1))))
        store.commit_segment(commit(recording, 1, TrackletUpdate(id=number, track=track())))
        assert store.tracklet(number).descriptor is not None
        store.commit_segment(
            commit(recording, 2, TrackletUpdate(id=number, track=track(), crops=()))
        )
        assert store.tracklet(number).descriptor is None
        assert store.tracklets() == ()
        assert store.model() is None
        assert files_of(store) == set()


def test_an_absorbed_tracklet_leaves_its_track_and_listed_crops(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        recording = store.add_recording(new_recording())
        early = described(crop(1), crop(2), times=(990.0, 1000.0))
        late = described(crop(3), times=(1010.0, 1011.0))
        old, new = store.commit_segment(commit(recording, 0, early, late))
        kept_id = next(kept.id for kept in store.tracklet(old).crops if kept.frame == 2)
        joined = TrackletUpdate(
            id=new,
            track=track(1005.0),
            crops=(crop(2), crop(3)),
            absorbs=(old,),
            descriptor=unit(9),
        )
        store.commit_segment(commit(recording, 1, joined))
        state = store.tracklet(new)
        assert (state.start, state.end) == (990.0, 1011.0)
        assert {kept.frame: kept.id for kept in state.crops}[2] == kept_id
        assert all(kept.embedding is not None for kept in state.crops)
        assert store.box_track(new).times.tolist() == [990.0, 1000.0, 1005.0, 1010.0, 1011.0]
        assert [found.id for found in store.tracklets()] == [new]
        with pytest.raises(UnknownNameError, match=f"no tracklet {old}"):
            store.tracklet(old)
        with pytest.raises(UnknownNameError, match=f"no tracklet {old}"):
            store.box_track(old)
        assert_sound(store, tmp_path)


def test_unlisted_crops_go_with_an_absorbed_tracklet(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        recording = store.add_recording(new_recording())
        numbers = store.commit_segment(
            commit(recording, 0, *(described(crop(n)) for n in range(3)))
        )
        joined = TrackletUpdate(id=numbers[0], track=track(), absorbs=numbers[1:])
        store.commit_segment(commit(recording, None, joined))
        assert [kept.frame for kept in store.tracklet(numbers[0]).crops] == [0]
        # A new tracklet may be made of old ones alone.
        (new,) = store.commit_segment(
            commit(recording, None, TrackletUpdate(track=track(), absorbs=(numbers[0],)))
        )
        assert store.box_track(new).times.tolist() == sorted([1000.0, 1001.0] * 3)
        assert_sound(store, tmp_path)


def test_a_person_crossing_into_the_next_file_is_told_apart(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        first = store.add_recording(new_recording("first", start=1000.0))
        second = store.add_recording(new_recording("second", start=1010.0))
        across = TrackletUpdate(
            track=track(1009.0, 1009.5, 1010.0, 1010.5),
            crops=(crop(1, time=1009.5), crop(2, time=1010.0)),
        )
        (number,) = store.commit_segment(commit(second, 0, across))
        state = store.tracklet(number)
        assert state.recording_id == first.id
        assert [kept.recording_id for kept in state.crops] == [first.id, second.id]
        assert store.box_tracks(first.id)[number].times.tolist() == [1009.0, 1009.5]
        assert store.box_tracks(second.id)[number].times.tolist() == [1010.0, 1010.5]
        assert len(store.box_track(number)) == 4


def test_boxes_before_any_recording_belong_to_the_one_at_work(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        recording = store.add_recording(new_recording(start=1000.0))
        store.commit_segment(commit(recording, 0, TrackletUpdate(track=track(999.0, 1000.0))))
        assert store.box_tracks(recording.id)[1].times.tolist() == [999.0, 1000.0]


def test_box_tracks_of_doubtful_tracklets_can_be_left_out(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        recording = store.add_recording(new_recording())
        sure = TrackletUpdate(track=track(1000.0, 1001.0))
        doubtful = TrackletUpdate(track=track(1000.0, 1002.0), doubtful=True)
        store.commit_segment(commit(recording, 0, sure, doubtful))
        assert list(store.box_tracks(recording.id)) == [1, 2]
        (left,) = store.box_tracks(recording.id, doubtful=False).items()
        assert (left[0], left[1].times.tolist()) == (1, [1000.0, 1001.0])


def test_states_are_found_by_camera_life_and_end(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        gate = store.add_recording(new_recording())
        yard = store.add_recording(new_recording("yard", camera="yard"))
        store.commit_segment(
            commit(
                gate,
                0,
                described(crop(1), times=(1000.0, 1005.0), live=1),
                described(times=(1000.0, 1002.0)),
            )
        )
        store.commit_segment(commit(yard, 0, described(crop(2))))

        def found(**asked: object) -> list[int]:
            return [state.id for state in store.tracklet_states(**asked)]

        assert found(camera="gate") == [1, 2]
        assert found(camera="gate", live=True) == [1]
        assert found(camera="gate", live=False) == [2]
        assert found(camera="gate", ended_within=[(1002.5, math.inf)]) == [1]
        assert found(camera="gate", ended_within=[(0.0, 1002.0), (1003.0, 1004.0)]) == [2]
        assert found(camera="gate", ended_within=[(1002.0, 1003.0), (1005.0, math.inf)]) == [1, 2]
        assert found(camera="gate", ended_within=[]) == []
        assert found(camera="yard") == [3]
        assert [len(s.crops) for s in store.tracklet_states(camera="gate")] == [1, 0]


def test_the_revision_grows_with_tracklets_alone(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        recording = store.add_recording(new_recording())
        store.commit_segment(commit(recording, 0))
        assert store.revision() == 0
        store.commit_segment(commit(recording, 1, described(crop(1))))
        assert store.revision() == 1
        store.commit_segment(
            commit(recording, 2, TrackletUpdate(id=1, track=track(), doubtful=True))
        )
        assert store.revision() == 2


def test_models_do_not_mix(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        recording = store.add_recording(new_recording())
        store.commit_segment(commit(recording, 0, described(crop(1))))
        assert store.model() == MODEL
        store.check_model(MODEL)
        remedy = "surveil-reid reembed --embedder other"
        with pytest.raises(ModelMismatchError, match=remedy):
            store.check_model(OTHER_MODEL)
        with pytest.raises(ModelMismatchError, match=remedy):
            store.commit_segment(commit(recording, 1, model=OTHER_MODEL))
        assert store.recordings()[0].progress == 1


def test_a_model_that_is_fed_otherwise_is_another(tmp_path: Path) -> None:
    fed = MODEL.preprocessing
    corrected = replace(MODEL, preprocessing={**fed, "colour": "BGR"})
    with store_at(tmp_path) as store:
        recording = store.add_recording(new_recording())
        store.commit_segment(commit(recording, 0, described(crop(1))))
        with pytest.raises(ModelMismatchError, match=r"preprocessing \(colour\).*reembed"):
            store.check_model(corrected)
        store.check_model(replace(MODEL, preprocessing={**fed, "output": "means"}))  # says more
        store.reembed(corrected, lambda jpegs: units(*range(len(jpegs))))
        store.check_model(corrected)
        assert store.changed_tracklets(1).tolist() == [1]


def test_what_is_known_of_a_model_is_kept_up_to_date(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        recording = store.add_recording(new_recording())
        store.commit_segment(commit(recording, 0, described(crop(1))))
        bare = replace(MODEL, name="renamed", linking=(), linking_similarity=None, source="")
        store.commit_segment(commit(recording, 1, described(crop(2)), model=bare))
        held = store.model()
        assert held == replace(MODEL, name="renamed")
        assert held.source == MODEL.source
        assert rows(tmp_path, "SELECT count(*) FROM model") == [(1,)]


def test_what_was_fitted_to_the_cameras_outlasts_what_ships_with_the_model(tmp_path: Path) -> None:
    shipped, fitted = (
        Calibration(similarities=(0.1, 0.9), log_odds=(-odds, odds), gallery_size=5, fitted_on=data)
        for odds, data in ((3.0, "the maker's cameras"), (2.0, "ours"))
    )
    calibrated = replace(MODEL, calibration=shipped)
    with store_at(tmp_path) as store:
        recording = store.add_recording(new_recording())
        store.commit_segment(commit(recording, 0, described(crop(1))))
        store.commit_segment(commit(recording, 1, described(crop(2)), model=calibrated))
        assert store.model() == calibrated
        with pytest.raises(ModelMismatchError, match="not by other"):
            store.calibrate(fitted, model=OTHER_MODEL)
        assert store.model() == calibrated
        store.calibrate(fitted, model=MODEL)
        store.commit_segment(commit(recording, 2, described(crop(3)), model=calibrated))
        assert store.model() == replace(MODEL, calibration=fitted)
        store.reembed(calibrated, lambda jpegs: units(*range(len(jpegs))))
        assert store.model() == replace(MODEL, calibration=fitted)
        # Another model's similarities are others.
        other = replace(OTHER_MODEL, calibration=shipped)
        store.reembed(other, lambda jpegs: np.eye(len(jpegs), 4, dtype=np.float32))
        assert store.model() == other
        store.reembed(calibrated, lambda jpegs: units(*range(len(jpegs))))
        assert store.model() == calibrated


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: TrackletUpdate(track=track()),
        lambda: TrackletUpdate(track=track(1.0), embeddings=units(1)),
        lambda: TrackletUpdate(track=track(1.0), crops=(crop(1),), embeddings=units(1, 2)),
        lambda: TrackletUpdate(id=3, track=track(1.0), absorbs=(3,)),
        lambda: TrackletUpdate(id=3, track=track(1.0), absorbs=(4, 4)),
    ],
)
def test_an_update_that_makes_no_sense_is_refused(wrong: Callable[[], TrackletUpdate]) -> None:
    with pytest.raises(ArrayError):
        wrong()


@pytest.mark.parametrize("name", ["embeddings", "descriptor"])
def test_vectors_of_another_length_are_refused(tmp_path: Path, name: str) -> None:
    vectors = {"embeddings": np.ones((1, DIM + 1), np.float32), "descriptor": unit(1, DIM + 1)}
    with store_at(tmp_path) as store:
        recording = store.add_recording(new_recording())
        change = TrackletUpdate(track=track(1.0), crops=(crop(1),), **{name: vectors[name]})
        with pytest.raises(ArrayError, match=f"length {DIM}, not {DIM + 1}"):
            store.commit_segment(commit(recording, 0, change))
        assert files_of(store) == set()


def _fill_database(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite's own limit on its size gives the very error of a full disk."""
    del monkeypatch
    with store._database.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")


def _fill_crop_folder(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    del store
    real = Path.write_bytes
    left = iter(range(2))

    def write_bytes(path: Path, data: bytes) -> int:
        if next(left, None) is None:
            real(path, data[:3])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(path, data)

    monkeypatch.setattr(Path, "write_bytes", write_bytes)


@pytest.mark.parametrize("fill", [_fill_database, _fill_crop_folder])
def test_a_full_disk_leaves_nothing_half_written(
    tmp_path: Path,
    fill: Callable[[Store, pytest.MonkeyPatch], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with store_at(tmp_path) as store:
        recording = store.add_recording(new_recording())
        (number,) = store.commit_segment(commit(recording, 0, described(crop(1))))
        fill(store, monkeypatch)
        changes = [described(*(crop(40 * n + k) for k in range(30))) for n in range(1, 9)]
        with pytest.raises(SpaceError, match="disk is full"):
            store.commit_segment(commit(recording, 1, described(crop(2), id=number), *changes))
        monkeypatch.undo()
        assert [kept.frame for kept in store.tracklet(number).crops] == [1]
        assert store.recordings()[0].progress == 1
        assert_sound(store, tmp_path)


def test_a_limit_on_file_size_counts_as_a_full_disk(tmp_path: Path) -> None:
    big = replace(crop(1), jpeg=bytes(200_000))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with store_at(tmp_path) as store:
        recording = store.add_recording(new_recording())
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
        try:
            with pytest.raises(SpaceError, match="disk is full"):
                store.commit_segment(commit(recording, 0, described(big)))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert_sound(store, tmp_path)


def test_a_file_deleted_meanwhile_is_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process may drop its last use of a picture between our write and our commit."""
    with store_at(tmp_path) as store:
        recording = store.add_recording(new_recording())
        writing = store._database.writing

        def late() -> object:
            store.crops.remove(files_of(store))
            return writing()

        monkeypatch.setattr(store._database, "writing", late)
        store.commit_segment(commit(recording, 0, described(crop(1))))
        monkeypatch.undo()
        assert_sound(store, tmp_path)
        assert len(files_of(store)) == 1


def test_a_lock_that_stays_is_reported(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}?timeout=0.05"
    with open_store(url, folder=tmp_path / "x.files") as store:
        recording = store.add_recording(new_recording())
        other = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
        try:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(BusyError, match="another process"):
                store.commit_segment(commit(recording, 0, described(crop(1))))
        finally:
            other.close()
        # The files could not be told from others' while the lock was held; a sweep finds them.
        assert store.sweep_crops(-1) == 1
        assert_sound(store, tmp_path)
