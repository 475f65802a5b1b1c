"""Identities as a folder of pictures: what training reads is what the store holds."""

import csv
import stat
import tempfile
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.store_rows import commit, crop, described, new_recording, store_at
from surveil_reid.core import InputError, ReadOnlyError, StoreError
from surveil_reid.evaluation import read_data_set
from surveil_reid.pipeline import export_identities
from surveil_reid.store import IdentityGroup, Store

CAMERAS = ("gate", "back yard", "c7")


class Seen(NamedTuple):
    """A tracklet: in which camera, of whom, with how many crops."""

    camera: int
    person: int
    crops: int


seen_lists = st.lists(
    st.builds(Seen, st.integers(0, 2), st.integers(0, 3), st.integers(0, 3)), max_size=8
)


def fill(store: Store, seen: list[Seen], reviewed: set[int]) -> dict[int, int]:
    """Put the tracklets in; returns the store's identity of each person."""
    recordings = [
        store.add_recording(new_recording(name, camera=name, start=1000.0)) for name in CAMERAS
    ]
    members: dict[int, list[int]] = {}
    for number, (camera, person, crops) in enumerate(seen):
        pictures = [crop(100 * number + n, time=1000.0) for n in range(crops)]
        segment = sum(earlier.camera == camera for earlier in seen[:number])
        update = described(*pictures, seed=number)
        (tracklet,) = store.commit_segment(commit(recordings[camera], segment, update))
        members.setdefault(person, []).append(tracklet)
    people = sorted(members)
    groups = [
        IdentityGroup(
            None,
            tuple(members[person]),
            (1.0,) * len(members[person]),
            "reviewer" if person in reviewed else "system",
        )
        for person in people
    ]
    return dict(zip(people, store.set_identities(groups), strict=True))


@settings(max_examples=20, deadline=None)
@given(seen=seen_lists, reviewed=st.sets(st.integers(0, 3)), only=st.booleans())
def test_the_folder_holds_what_the_store_holds(
    seen: list[Seen], reviewed: set[int], only: bool
) -> None:
    wanted = {
        (person, camera, b"jpeg %d" % (100 * number + n))
        for number, (camera, person, crops) in enumerate(seen)
        for n in range(crops)
        if person in reviewed or not only
    }
    with tempfile.TemporaryDirectory() as name, store_at(Path(name)) as store:
        identities = fill(store, seen, reviewed)
        folder = Path(name) / "deep" / "export"
        if not wanted:
            with pytest.raises(InputError, match="reviewer" if only else "no identity"):
                export_identities(store, folder, reviewed=only)
            assert not folder.parent.exists()
            return
        report = export_identities(store, folder, reviewed=only)
        with (folder / "cameras.csv").open(encoding="utf-8") as file:
            names = {row["camera"]: row["name"] for row in csv.DictReader(file)}
        found = {
            (path.parent.name, names[path.name.split("_")[0]], path.read_bytes())
            for path in folder.glob("*/*.jpg")
        }
        assert found == {(f"{identities[p]:06d}", CAMERAS[c], jpeg) for p, c, jpeg in wanted}
        assert report.crops == len(wanted)
        assert report.identities == len({person for person, *_ in wanted})
        assert report.tracklets == sum(
            crops > 0 and (person in reviewed or not only) for _, person, crops in seen
        )
        (event, *_) = store.events(1)
        assert event.kind == "export"
        assert event.detail == {
            "folder": str(folder),
            "identities": report.identities,
            "crops": report.crops,
            "reviewed": only,
        }


def test_training_and_the_evaluator_read_the_folder(tmp_path: Path) -> None:
    seen = [Seen(0, 0, 2), Seen(1, 0, 1), Seen(2, 1, 2)]
    with store_at(tmp_path) as store:
        identities = fill(store, seen, set())
        report = export_identities(store, tmp_path / "people")
    assert (report.identities, report.several_cameras, report.tracklets, report.crops) == (
        2, 1, 3, 5,
    )  # fmt: skip
    read = read_data_set("folder", tmp_path / "people")
    images = [(i.identity, i.camera) for i in (*read.query, *read.gallery)]
    first, second = (f"{identities[person]:06d}" for person in (0, 1))
    assert sorted(images) == sorted([(first, "c3")] * 2 + [(first, "c1")] + [(second, "c2")] * 2)
    assert read.notes == ()
    assert stat.S_IMODE((tmp_path / "people").stat().st_mode) & 0o755 == 0o755


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        fill(store, [Seen(0, 0, 1)], set())
        folder = tmp_path / "people"
        folder.mkdir()
        export_identities(store, folder)
        before = sorted(folder.rglob("*"))
        for taken in (folder, tmp_path / "x.db"):
            with pytest.raises(InputError, match="is there and not an empty folder; name a new"):
                export_identities(store, taken)
        assert sorted(folder.rglob("*")) == before
        assert [event.kind for event in store.events(9)].count("export") == 1


def test_a_missing_crop_leaves_nothing_half_written(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        fill(store, [Seen(0, 0, 2), Seen(0, 1, 1)], set())
        lost = store.crops.path(store.tracklet(2).crops[0].file)
        lost.unlink()
        with pytest.raises(StoreError, match="is missing; restore it or remove its recording"):
            export_identities(store, tmp_path / "out" / "people")
        assert list((tmp_path / "out").iterdir()) == []
        assert "export" not in {event.kind for event in store.events(9)}


def test_a_store_that_cannot_note_it_down_gives_nothing_away(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        fill(store, [Seen(0, 0, 1)], set())
    with store_at(tmp_path, read_only=True) as store, pytest.raises(ReadOnlyError):
        export_identities(store, tmp_path / "people")
    assert not (tmp_path / "people").exists()


def test_a_place_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with store_at(tmp_path) as store:
        fill(store, [Seen(0, 0, 1)], set())
        with pytest.raises(
            InputError, match=r"file/people.*nothing was exported \(.*\); free space or name"
        ):
            export_identities(store, tmp_path / "file" / "people")
