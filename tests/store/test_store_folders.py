"""Whose a folder of pictures is: one store's, so that no other deletes them."""

import os
import shutil
import time
from pathlib import Path

import pytest

from helpers.store_rows import commit, crop, described, new_recording
from surveil_reid.core import StoreError
from surveil_reid.store import Store, open_store


def opened(file: Path, *, read_only: bool = False) -> Store:
    return open_store(f"sqlite:///{file}", read_only=read_only)


def keep_a_picture(store: Store, seed: int = 1) -> Path:
    """A picture that is old enough to be swept, and its place."""
    recording = store.add_recording(new_recording())
    (number,) = store.commit_segment(commit(recording, 0, described(crop(seed))))
    place = store.crops.path(store.tracklet(number).crops[0].file)
    os.utime(place, (time.time() - 7200,) * 2)
    return place


def made_before_keys(store: Store) -> None:
    (store.folder / "store.key").unlink()


@pytest.mark.parametrize("name", ["site.sqlite", "site.backup", "site.2026-03-01", "sites.db"])
@pytest.mark.parametrize("keyed", [True, False])
def test_stores_side_by_side_keep_their_pictures(tmp_path: Path, name: str, *, keyed: bool) -> None:
    with opened(tmp_path / "site.db") as store:
        first = keep_a_picture(store)
        if not keyed:
            made_before_keys(store)
    with opened(tmp_path / name) as other:
        second = keep_a_picture(other, seed=2)
        assert other.sweep_crops(3600) == 0
        assert other.folder == tmp_path / f"{name.removesuffix('.db')}.files"
    with opened(tmp_path / "site.db") as store:
        assert store.folder == tmp_path / "site.files"
        assert store.sweep_crops(3600) == 0
    with opened(tmp_path / name) as other:
        assert other.folder in second.parents
    assert first.exists()
    assert second.exists()


@pytest.mark.parametrize("keyed", [True, False])
def test_the_folder_of_another_store_is_refused(tmp_path: Path, *, keyed: bool) -> None:
    folder = tmp_path / "pictures"
    with open_store(f"sqlite:///{tmp_path / 'a.db'}", folder=folder) as store:
        keep_a_picture(store)
        if not keyed:
            made_before_keys(store)
    with pytest.raises(StoreError, match=r"pictures belongs to another .*b\.db; .*--store-folder"):
        open_store(f"sqlite:///{tmp_path / 'b.db'}", folder=folder)
    assert not (tmp_path / "b.db").exists()
    # Nor does a store that is there already get it, by another way than a file's name, or to read.
    opened(tmp_path / "b.db").close()
    for url in (f"sqlite:///{tmp_path / 'b.db'}", "sqlite://"):
        with pytest.raises(StoreError, match="belongs to another"):
            open_store(url, folder=folder)
    if keyed:
        with pytest.raises(StoreError, match="belongs to another"):
            open_store(f"sqlite:///{tmp_path / 'b.db'}", folder=folder, read_only=True)
    with open_store(f"sqlite:///{tmp_path / 'a.db'}", folder=folder) as store:
        assert store.sweep_crops(3600) == 0


@pytest.mark.parametrize("name", ["site.db", "site.sqlite"])
def test_a_store_from_before_keys_keeps_its_folder(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "site.files"
    with open_store(f"sqlite:///{tmp_path / name}", folder=folder) as store:
        place = keep_a_picture(store)
        made_before_keys(store)
    with opened(tmp_path / name, read_only=True) as store:
        assert store.folder == folder
    assert not (folder / "store.key").exists()
    for _ in range(2):
        with opened(tmp_path / name) as store:
            assert store.folder == folder
            assert store.sweep_crops(3600) == 0
    assert place.exists()
    assert (folder / "store.key").read_text() == store.key()


def test_a_store_can_be_copied_with_its_folder(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with opened(tmp_path / "a" / "site.db") as store:
        keep_a_picture(store)
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    for name in ("copy.db", "copy.sqlite"):
        shutil.copy(tmp_path / "b" / "site.db", tmp_path / "b" / name)
    shutil.copytree(tmp_path / "b" / "site.files", tmp_path / "b" / "copy.files")
    shutil.copytree(tmp_path / "b" / "site.files", tmp_path / "b" / "copy.sqlite.files")
    for name in ("site.db", "copy.db", "copy.sqlite"):
        with opened(tmp_path / "b" / name) as store:
            (found,) = store.tracklet(1).crops
            assert store.crops.read(found.file) == b"jpeg 1"
            store.remove_camera("gate")
    with opened(tmp_path / "a" / "site.db") as store:
        assert store.crops.path(found.file).exists()


def test_a_copy_of_the_database_alone_only_reads_the_pictures(tmp_path: Path) -> None:
    with opened(tmp_path / "site.db") as store:
        keep_a_picture(store)
    shutil.copy(tmp_path / "site.db", tmp_path / "site.backup")
    with opened(tmp_path / "site.backup", read_only=True) as backup:
        (found,) = backup.tracklet(1).crops
        assert backup.crops.read(found.file) == b"jpeg 1"
    with pytest.raises(StoreError, match=r"site\.files is the folder of .*site\.db too; copy it"):
        opened(tmp_path / "site.backup")
    shutil.copytree(tmp_path / "site.files", tmp_path / "site.backup.files")
    with opened(tmp_path / "site.backup") as backup:
        assert backup.remove_camera("gate").crops == 1
    assert store.crops.path(found.file).exists()
