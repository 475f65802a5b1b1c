"""Box tracks as files: one for each recording, all inside the folder."""

from pathlib import Path

import pytest

import surveil_reid
from helpers.store_rows import commit, described, new_recording, store_at
from surveil_reid.core import InputError
from surveil_reid.store import Recording, Store
from surveil_reid.tracking import read_mot


def recorded(store: Store, name: str, *, camera: str = "gate", start: float) -> tuple[int, int]:
    """The numbers of a new recording and of the one tracklet in it."""
    new = new_recording(name, camera=camera, start=start)
    recording = store.add_recording(new)
    times = (start, start + 1)
    (tracklet,) = store.commit_segment(commit(recording, 0, described(times=times)))
    return recording.id, tracklet


def by_id(store: Store) -> list[Recording]:
    return sorted(store.recordings(), key=lambda recording: recording.id)


def test_recordings_of_one_name_in_two_folders_have_a_file_each(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        seen = [
            recorded(store, "day1/0001", start=1000.0),
            recorded(store, "day2/0001", start=2000.0),
            recorded(store, "0001-2", start=3000.0),
            recorded(store, "alone", camera="gate-0001", start=4000.0),
        ]
        files = surveil_reid.write_box_tracks(store, by_id(store), tmp_path / "tracks")
    names = ["gate-0001", "gate-0001-2", "gate-0001-2-3", "gate-0001-4"]
    assert [path.stem for path in files] == names
    assert [read_mot(path).ids.tolist()[0] for path in files] == [number for _, number in seen]
    assert len(list((tmp_path / "tracks").glob("*.frames"))) == 4


@pytest.mark.parametrize(
    ("camera", "name"),
    [
        ("../../escaped", "_escaped"),
        ("/nowhere/gate", "_nowhere_gate"),
        ("..", "_"),
        (".gate", "_gate"),
        ("gate\0", "gate_"),
        ("Tür 2.1 (Nord)", "Tür 2.1 (Nord)"),  # scoring matches the truth's files by this name
    ],
)
def test_a_file_lies_in_the_folder_whatever_its_camera_is_called(
    tmp_path: Path, camera: str, name: str
) -> None:
    folder = tmp_path / "a" / "b"
    with store_at(tmp_path) as store:
        recorded(store, "one", camera=camera, start=1000.0)
        (file,) = surveil_reid.write_box_tracks(store, store.recordings(), folder)
    assert file == folder / f"{name}.txt"
    assert {path.name for path in folder.iterdir()} == {f"{name}.txt", f"{name}.frames"}


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("mine")
    with store_at(tmp_path) as store:
        recorded(store, "one", start=1000.0)
        with pytest.raises(InputError, match="taken cannot be a folder"):
            surveil_reid.write_box_tracks(store, store.recordings(), tmp_path / "taken")
    assert (tmp_path / "taken").read_text() == "mine"
