"""Parsers of benchmark folders: what they take, what they pass over, what they complain about."""

import os
import shutil
import unicodedata
from pathlib import Path

import pytest

from data.cuhk03_np import STEMS, write_cuhk03_np
from data.market1501 import write_market1501
from data.own_folder import write_own_folder
from data.pictures import write_picture
from surveil_reid.core import InputError
from surveil_reid.evaluation.combined import combine, read_combined
from surveil_reid.evaluation.cuhk03 import Boxes, read_cuhk03
from surveil_reid.evaluation.datasets import DATA_SETS, read_data_set
from surveil_reid.evaluation.folder import camera_in, read_folder
from surveil_reid.evaluation.images import LabelledImage, in_order
from surveil_reid.evaluation.market1501 import read_market1501


def labels(images: tuple[LabelledImage, ...]) -> list[tuple[str, str, str | None]]:
    return [(image.path.name, image.identity, image.camera) for image in images]


@pytest.fixture
def market(tmp_path: Path) -> Path:
    return write_market1501(tmp_path / "Market-1501-v15.09.15")


def test_market_reads_identity_and_camera_from_every_name(market: Path) -> None:
    data = read_market1501(market)
    assert labels(data.train) == [
        ("0002_c1s1_000451_03.jpg", "0002", "c1"),
        ("0002_c1s1_000551_01.jpg", "0002", "c1"),
        ("0002_c2s1_000776_01.jpg", "0002", "c2"),
        ("0007_c1s6_028546_01.jpg", "0007", "c1"),
        ("0007_c3s3_077419_03.JPG", "0007", "c3"),
        ("0010_c2s1_000801_01.jpg", "0010", "c2"),
    ]
    assert ("0001_c2s1_000301_00.jpg.jpg", "0001", "c2") in labels(data.query)
    assert len(data.query) == 3
    assert all(image.path.is_file() for image in (*data.train, *data.query, *data.gallery))


def test_market_drops_junk_and_keeps_distractors(market: Path) -> None:
    data = read_market1501(market)
    assert [i.identity for i in data.gallery] == ["0000", "0000", "0001", "0001", "0001", "0003"]
    assert [i.distractor for i in data.gallery] == [True, True, False, False, False, False]
    assert "Market-1501: bounding_box_test: 3 junk images (-1) left out" in data.notes


def test_market_says_what_is_missing_in_each_folder(market: Path) -> None:
    notes = read_market1501(market).notes
    assert notes == (
        "Market-1501: bounding_box_train, images: 6 found of 12,936",
        "Market-1501: bounding_box_train, identities: 3 found of 751",
        "Market-1501: query, images: 3 found of 3,368",
        "Market-1501: query, identities: 2 found of 750",
        "Market-1501: bounding_box_test, images with junk: 9 found of 19,732",
        "Market-1501: bounding_box_test, identities: 2 found of 750",
        "Market-1501: bounding_box_test, distractors (0000): 2 found of 2,798",
        "Market-1501: bounding_box_test, junk (-1): 3 found of 3,819",
        "Market-1501: bounding_box_test: 3 junk images (-1) left out",
    )


def test_market_is_found_in_the_folder_above(market: Path) -> None:
    assert read_market1501(market.parent) == read_market1501(market)


def test_pictures_of_another_name_are_passed_over_with_a_note(market: Path) -> None:
    expected = read_market1501(market).query
    write_picture(market / "query" / "holiday.jpg")
    write_picture(market / "query" / "0001_c7s1_001051_00.jpg")  # there are six cameras
    data = read_market1501(market)
    assert data.query == expected
    assert data.notes[0] == (
        "Market-1501: query: 2 pictures passed over, not named like 0002_c1s1_000451_03.jpg: "
        "0001_c7s1_001051_00.jpg"
    )


@pytest.mark.parametrize("part", ["bounding_box_train", "query", "bounding_box_test"])
def test_a_missing_or_empty_part_is_named(market: Path, part: str) -> None:
    for picture in (market / part).iterdir():
        picture.unlink()
    with pytest.raises(InputError, match=rf"{part} holds no picture named like 0002_c1s1"):
        read_market1501(market)
    (market / part).rmdir()
    with pytest.raises(InputError, match=rf"lacks {part}; unpack it again"):
        read_market1501(market)


@pytest.mark.parametrize("name", sorted(DATA_SETS))
def test_no_folder_an_empty_folder_and_a_file_are_clear_errors(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="is not a folder"):
        read_data_set(name, tmp_path / "nowhere")
    with pytest.raises(InputError, match="is not a folder"):
        read_data_set(name, tmp_path / "file")
    with pytest.raises(InputError, match=r"does not look like|no identity with two pictures"):
        read_data_set(name, tmp_path / "empty")


def test_an_unknown_data_set_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'msmt17'; take one of market1501, cuhk03-np"):
        read_data_set("msmt17", tmp_path)


def test_one_data_set_is_not_taken_for_another(market: Path, tmp_path: Path) -> None:
    cuhk = write_cuhk03_np(tmp_path / "cuhk")
    with pytest.raises(InputError, match=r"no picture named like 0001_c1_1\.png"):
        read_cuhk03(market)
    with pytest.raises(InputError, match=r"no picture named like 0002_c1s1_000451_03\.jpg"):
        read_market1501(cuhk / "labeled")
    for place in (market, cuhk, cuhk / "labeled"):
        with pytest.raises(InputError, match="folders of a public data set"):
            read_folder(place)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".JPEG"])
@pytest.mark.parametrize("boxes", ["labeled", "detected"])
def test_cuhk03_reads_either_boxes_in_either_format(
    tmp_path: Path, boxes: str, suffix: str
) -> None:
    root = write_cuhk03_np(tmp_path / "set", boxes, suffix)
    data = read_data_set("cuhk03-np" if boxes == "labeled" else "cuhk03-np-detected", root)
    assert data.name == f"cuhk03-np-{boxes}"
    for part, folder in (
        (data.train, "bounding_box_train"),
        (data.query, "query"),
        (data.gallery, "bounding_box_test"),
    ):
        assert [image.path.name for image in part] == [f"{s}{suffix}" for s in STEMS[folder]]
    assert labels(data.query)[1] == (f"0003_c2_27{suffix}", "0003", "c2")


@pytest.mark.parametrize(
    ("boxes", "train", "gallery"), [("labeled", "7,368", "5,328"), ("detected", "7,365", "5,332")]
)
def test_cuhk03_counts_against_the_boxes_it_reads(
    tmp_path: Path, boxes: str, train: str, gallery: str
) -> None:
    root = write_cuhk03_np(tmp_path / "set", boxes) / boxes  # the folder's own name decides
    assert read_cuhk03(root).notes == (
        f"CUHK03-NP {boxes}: bounding_box_train, images: 5 found of {train}",
        f"CUHK03-NP {boxes}: bounding_box_train, identities: 2 found of 767",
        f"CUHK03-NP {boxes}: query, images: 2 found of 1,400",
        f"CUHK03-NP {boxes}: query, identities: 1 found of 700",
        f"CUHK03-NP {boxes}: bounding_box_test, images: 3 found of {gallery}",
        f"CUHK03-NP {boxes}: bounding_box_test, identities: 1 found of 700",
    )


@pytest.mark.parametrize("asked", ["labeled", "detected"])
@pytest.mark.parametrize("there", ["labeled", "detected"])
def test_cuhk03_calls_boxes_what_their_folder_calls_them(
    tmp_path: Path, there: Boxes, asked: Boxes
) -> None:
    root = write_cuhk03_np(tmp_path / "set", there) / there
    assert read_cuhk03(root, asked).name == f"cuhk03-np-{there}"
    moved = root.rename(tmp_path / "elsewhere")
    assert read_cuhk03(moved, asked).name == f"cuhk03-np-{asked}"


def test_cuhk03_without_the_boxes_asked_for_is_an_error(tmp_path: Path) -> None:
    root = write_cuhk03_np(tmp_path / "set", "labeled")
    with pytest.raises(
        InputError, match=r"does not look like CUHK03-NP: looked for .* in detected"
    ):
        read_cuhk03(root, "detected")


def test_combined_keeps_people_and_cameras_of_one_number_apart(tmp_path: Path) -> None:
    market = read_market1501(write_market1501(tmp_path / "Market-1501-v15.09.15"))
    cuhk = read_cuhk03(write_cuhk03_np(tmp_path / "CUHK03-NP"))
    both = read_combined(tmp_path)
    assert both.name == "market1501+cuhk03-np-labeled"
    assert {i.identity for i in both.query} == {
        "market1501/0001", "market1501/0003", "cuhk03-np-labeled/0003",
    }  # fmt: skip
    assert {i.camera for i in both.query} == {
        "market1501/c1", "market1501/c2", "cuhk03-np-labeled/c1", "cuhk03-np-labeled/c2",
    }  # fmt: skip
    for part in ("train", "query", "gallery"):
        paths = [i.path for i in getattr(both, part)]
        assert paths == [i.path for i in (*getattr(market, part), *getattr(cuhk, part))]
    assert sum(i.distractor for i in both.gallery) == 2
    assert both.notes == (*market.notes, *cuhk.notes)


def test_combined_needs_both_and_names_apart(tmp_path: Path) -> None:
    market = read_market1501(write_market1501(tmp_path / "Market-1501-v15.09.15"))
    with pytest.raises(InputError, match="does not look like CUHK03-NP"):
        read_combined(tmp_path)
    with pytest.raises(InputError, match=r"different names.*market1501, market1501"):
        combine([market, market])
    with pytest.raises(InputError, match="at least one; got none"):
        combine([])


def test_folder_asks_with_the_first_image_in_sorted_order(tmp_path: Path) -> None:
    data = read_folder(write_own_folder(tmp_path / "own"))
    assert labels(data.query) == [
        ("1.png", "anna", None), ("a.jpg", "bert", None), ("only.jpg", "carl", None),
    ]  # fmt: skip
    assert labels(data.gallery) == [
        ("2.jpg", "anna", None), ("3.JPEG", "anna", None), ("b.jpg", "bert", None),
    ]  # fmt: skip
    assert data.train == ()
    assert data.notes == (
        "folder: 6 of 6 images name no camera: none is left out",
        "folder: 1 of 3 identities have one image, so nothing to find",
    )


def test_folder_says_when_pictures_lie_outside_an_identity(tmp_path: Path) -> None:
    root = write_own_folder(tmp_path / "own")
    write_picture(root / "loose.jpg")
    assert read_folder(root).notes[-1].startswith("folder: 1 pictures outside")


@pytest.mark.parametrize("files", [{}, {"anna": ()}, {"anna": ("1.jpg",), "bert": ("1.jpg",)}])
def test_folder_without_a_gallery_is_an_error(
    tmp_path: Path, files: dict[str, tuple[str, ...]]
) -> None:
    with pytest.raises(InputError, match="no identity with two pictures"):
        read_folder(write_own_folder(tmp_path / "own", files))


@pytest.mark.parametrize(
    ("name", "camera"),
    [
        ("", None),
        ("0001", None),
        ("abc12", None),  # a c inside a word is no camera
        ("music_3", None),
        ("dsc_0042", None),
        ("cam", None),
        ("c1", "c1"),
        ("c1_0001", "c1"),
        ("0001_c2s1_000151_01", "c2"),
        ("x-cam02", "c2"),
        ("Camera_3 front", "c3"),
        ("2026-03-01 c10.still", "c10"),
    ],
)
def test_camera_in_a_file_name(name: str, camera: str | None) -> None:
    assert camera_in(name) == camera


def test_folder_reads_cameras_where_names_have_them(tmp_path: Path) -> None:
    files = {"anna": ("c1_1.jpg", "c2_1.jpg", "late.jpg")}
    data = read_folder(write_own_folder(tmp_path / "own", files))
    assert [i.camera for i in (*data.query, *data.gallery)] == ["c1", "c2", None]
    assert data.notes == ("folder: 1 of 3 images name no camera: none is left out",)


def test_order_is_by_identity_then_composed_name_then_folder() -> None:
    images = [
        LabelledImage(Path(f"{top}/{folder}/{name}.jpg"), identity, None)
        for top, identity, name, folder in (
            ("z", "1", "f", "query"),
            ("y", "1", "e\u0301", "train"),  # composed, after f
            ("x", "1", "e\u0301", "valid"),
            ("a", "2", "a", "query"),
        )
    ]
    assert in_order(reversed(images)) == in_order(images) == tuple(images)


def test_folder_names_are_one_however_the_disk_spells_them(tmp_path: Path) -> None:
    composed = "Zoë"
    names = ("e\u0301.jpg", "f.jpg")  # composed, é sorts after f; decomposed, before
    files = {unicodedata.normalize("NFD", composed): names}
    data = read_folder(write_own_folder(tmp_path / "own", files))
    assert data.query[0].identity == composed
    assert data.query[0].path.name == "f.jpg"


@pytest.mark.parametrize("name", sorted(DATA_SETS))
def test_the_order_of_a_directory_never_matters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    if name == "folder":
        root = write_own_folder(tmp_path / "own")
    else:
        write_market1501(tmp_path / "Market-1501")
        for boxes in ("labeled", "detected"):
            write_cuhk03_np(tmp_path / "CUHK03-NP", boxes)
        root = tmp_path
    expected = read_data_set(name, root)
    listed = os.listdir
    monkeypatch.setattr(os, "listdir", lambda *a: sorted(listed(*a), reverse=True))
    backwards = read_data_set(name, root)
    monkeypatch.setattr(os, "listdir", lambda *a: sorted(listed(*a)))
    assert backwards == read_data_set(name, root) == expected


def test_directories_named_like_pictures_are_no_pictures(market: Path) -> None:
    expected = read_market1501(market).train
    shutil.copytree(market / "query", market / "bounding_box_train" / "0099_c1s1_000001_00.jpg")
    assert read_market1501(market).train == expected
