"""Decoded data sets hold the pictures that their files hold, and say what they do not."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from safetensors import safe_open

from data.people import write_people
from helpers.disks import full_disk
from surveil_reid.core import InputError
from surveil_reid.embedding.preprocessing import stretch
from surveil_reid.evaluation import read_data_set
from surveil_reid.video import read_picture
from training.cache import decode, open_cache, open_source, pack
from training.picture_files import PARTS, PictureFile, open_picture_file

SIZE = (24, 12)
IMAGES = 60


@pytest.fixture
def people(tmp_path: Path) -> Path:
    return write_people(tmp_path / "market1501")


def cached(place: Path, cache: Path, skip_limit: int = 0) -> PictureFile:
    return open_cache(open_source("market1501", place), SIZE, cache, skip_limit=skip_limit)


def test_pictures_are_those_that_the_evaluator_reads(people: Path, tmp_path: Path) -> None:
    found = cached(people, tmp_path / "cache")
    expected = read_data_set("market1501", people)
    for part in PARTS:
        ours, theirs = getattr(found.data_set, part), getattr(expected, part)
        assert [(i.identity, i.camera) for i in ours] == [(i.identity, i.camera) for i in theirs]
        for mine, image in zip(ours, theirs, strict=True):
            assert people / mine.path == image.path
            stored = found.content[found.rows[mine.path]].astype(int)
            # Pillow and OpenCV may round a colour differently.
            assert np.abs(stored - stretch(read_picture(image.path), SIZE)).max() <= 2
    assert len(found.content) == IMAGES
    assert found.skipped == ()


def test_a_second_run_decodes_nothing(people: Path, tmp_path: Path) -> None:
    first = cached(people, tmp_path / "cache")
    before = first.path.stat().st_mtime_ns
    again = cached(people, tmp_path / "cache")
    assert again.path == first.path
    assert again.sha256 == first.sha256
    assert again.path.stat().st_mtime_ns == before


def test_a_changed_picture_is_decoded_anew(people: Path, tmp_path: Path) -> None:
    first = cached(people, tmp_path / "cache")
    changed = min(people.rglob("*.jpg"))
    cv2.imwrite(str(changed), np.zeros((32, 16, 3), np.uint8))
    again = cached(people, tmp_path / "cache")
    assert again.sha256 != first.sha256
    row = again.rows[changed.relative_to(people)]
    assert again.content[row].max() <= 2


def test_any_reader_of_safetensors_can_open_it(people: Path, tmp_path: Path) -> None:
    found = cached(people, tmp_path / "cache")
    with safe_open(found.path, framework="np") as content:
        assert np.array_equal(content.get_tensor("pictures"), found.content)


def test_a_packed_file_travels_and_gives_the_same_pictures(people: Path, tmp_path: Path) -> None:
    packed = tmp_path / "elsewhere" / "market1501.pack"
    source = open_source("market1501", people)
    pack(source, packed)
    encoded = sum(file.stat().st_size for file in people.rglob("*.jpg"))
    assert packed.stat().st_size < encoded + 300 * IMAGES
    here = cached(people, tmp_path / "cache")
    there = cached(packed, tmp_path / "cache there")
    assert there.data_set == here.data_set
    assert np.array_equal(there.content, here.content)
    assert there.sha256 == here.sha256


def test_a_packed_file_of_another_data_set_is_refused(people: Path, tmp_path: Path) -> None:
    pack(open_source("market1501", people), tmp_path / "pack")
    with pytest.raises(InputError, match="holds market1501, not cuhk03-np"):
        open_source("cuhk03-np", tmp_path / "pack")


def spoil(people: Path, count: int) -> list[Path]:
    """Spoil pictures of the first identity in the ways that downloads and disks do."""
    paths = sorted(people.rglob("*.jpg"))[:count]
    contents = [b"", b"no picture", paths[-1].read_bytes()[:300]]
    for path, content in zip(paths, contents, strict=False):
        path.write_bytes(content)
    return paths


def test_unreadable_pictures_are_named_and_left_out(people: Path, tmp_path: Path) -> None:
    spoilt = spoil(people, 3)
    found = cached(people, tmp_path / "cache", skip_limit=3)
    assert found.skipped == tuple(str(path.relative_to(people)) for path in spoilt)
    images = [image for part in PARTS for image in getattr(found.data_set, part)]
    assert len(images) == IMAGES - 3
    assert not {image.path for image in images} & {path.relative_to(people) for path in spoilt}


def test_too_many_unreadable_pictures_are_an_error_that_names_some(
    people: Path, tmp_path: Path
) -> None:
    spoilt = spoil(people, 3)
    with pytest.raises(InputError, match=r"cannot be read .*data\.skip_limit") as caught:
        cached(people, tmp_path / "cache", skip_limit=2)
    assert str(spoilt[0].relative_to(people)) in str(caught.value)
    assert not list((tmp_path / "cache").iterdir())
    cached(people, tmp_path / "cache", skip_limit=3)
    with pytest.raises(InputError, match="3 pictures cannot be read"):
        cached(people, tmp_path / "cache", skip_limit=2)  # also when it was decoded before


@pytest.mark.parametrize("keep", [0, 5, 200, -1])
def test_a_damaged_cache_is_named(people: Path, tmp_path: Path, keep: int) -> None:
    found = cached(people, tmp_path / "cache")
    content = found.path.read_bytes()
    found.path.write_bytes(content[:keep])
    with pytest.raises(InputError, match="damaged or no file of pictures"):
        open_picture_file(found.path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file of pictures at"):
        open_picture_file(tmp_path / "none")


def test_a_full_disk_leaves_nothing_behind(people: Path, tmp_path: Path) -> None:
    with full_disk(9000), pytest.raises(InputError, match=r"cannot write .*free space"):
        cached(people, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_decoding_knows_what_is_no_picture() -> None:
    assert decode(b"") is None
    assert decode(b"GIF89a and then nothing") is None
    picture = np.arange(8 * 8 * 3, dtype=np.uint8).reshape(8, 8, 3)
    _, encoded = cv2.imencode(".png", picture[..., ::-1])
    decoded = decode(encoded.tobytes())
    assert decoded is not None
    assert np.array_equal(decoded, picture)
