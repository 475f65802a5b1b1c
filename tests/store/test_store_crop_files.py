"""The crop folder by itself."""

import errno
import hashlib
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from surveil_reid.core import ReadOnlyError, SpaceError, StoreError
from surveil_reid.store import CropFolder


def test_a_picture_is_named_by_its_content(tmp_path: Path) -> None:
    folder = CropFolder(tmp_path / "crops")
    assert folder.write([]) == ()
    (name,) = folder.write([b"one"])
    assert name == hashlib.sha256(b"one").hexdigest() + ".jpg"
    assert folder.read(name) == b"one"
    assert folder.path(name).parent.parent == tmp_path / "crops"
    assert folder.write([b"one", b"two"]) == (hashlib.sha256(b"two").hexdigest() + ".jpg",)


@pytest.mark.parametrize(
    "name",
    ["", "..", "../x.db", "/etc/passwd", "a" * 64, f"{'a' * 64}.jpg/..", f"../{'a' * 64}.jpg",
     f"{'A' * 64}.jpg", f"{'a' * 64}.jpg\n", f"{'a' * 63}\0.jpg"],
)  # fmt: skip
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    folder = CropFolder(tmp_path / "crops")
    for use in (folder.path, folder.read, lambda file: folder.remove([file])):
        with pytest.raises(StoreError, match="not the name of a crop"):
            use(name)


def test_a_missing_picture_is_reported(tmp_path: Path) -> None:
    folder = CropFolder(tmp_path)
    (name,) = folder.write([b"one"])
    folder.remove([name, name])
    with pytest.raises(StoreError, match=r"is missing; restore it"):
        folder.read(name)


@pytest.mark.parametrize("passes", [0, 1, 3])
@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, SpaceError),
        (errno.EDQUOT, SpaceError),
        (errno.EROFS, ReadOnlyError),
        (errno.EIO, StoreError),
    ],
)
def test_a_failed_write_leaves_no_file(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    kind: type[StoreError],
    passes: int,
) -> None:
    folder = CropFolder(tmp_path)
    steps = iter([os.fsync] * passes)

    def fsync(descriptor: int) -> None:
        step = next(steps, None)
        if step is None:
            raise OSError(number, os.strerror(number))
        step(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(kind) as caught:
        folder.write([b"one", b"two"])
    assert type(caught.value) is kind
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_picture_that_cannot_be_read_is_reported(tmp_path: Path) -> None:
    folder = CropFolder(tmp_path)
    (name,) = folder.write([b"one"])
    folder.remove([name])
    folder.path(name).mkdir()
    with pytest.raises(StoreError, match="directory"):
        folder.read(name)


def test_asking_for_a_picture_again_makes_it_young(tmp_path: Path) -> None:
    folder = CropFolder(tmp_path)
    names = folder.write([b"one", b"two"])
    for name in names:
        os.utime(folder.path(name), (1000, 1000))
    folder.write([b"one"])
    assert folder.older_than(2000) == [names[1]]


def test_a_sweep_bears_with_those_who_write_meanwhile(tmp_path: Path) -> None:
    folder = CropFolder(tmp_path)

    def write() -> None:
        for number in range(60):
            folder.write([b"%d of %d" % (one, number) for one in range(8)])

    with ThreadPoolExecutor(1) as beside:
        writing = beside.submit(write)
        while not writing.done():
            assert folder.older_than(1000) == []
            assert folder.remove_temporary(1000) == 0
        writing.result()
    assert len(folder.older_than(time.time() + 1)) == 480
