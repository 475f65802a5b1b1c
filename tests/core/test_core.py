"""Value types refuse what is wrong, and the few formulas agree with independent ones."""

import importlib
import os
import resource
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from surveil_reid import core
from surveil_reid.core import (
    ArrayError,
    BoxTrack,
    Detections,
    Frame,
    Tracklet,
    box_iou,
    describe,
    errors,
    l2_normalise,
    replaced_whole,
    write_whole,
    writing_whole,
)

whole_boxes = st.lists(
    st.tuples(*[st.integers(0, 30)] * 2, *[st.integers(1, 15)] * 2), max_size=6
).map(
    lambda rows: np.array([(x, y, x + w, y + h) for x, y, w, h in rows], np.float32).reshape(-1, 4)
)
vectors = hnp.arrays(np.float32, (5, 7), elements=st.floats(-3, 3, width=32)).filter(
    lambda a: bool((np.abs(a).sum(axis=1) > 1e-3).all())
)


def pixels(box: np.ndarray) -> set[tuple[int, int]]:
    x1, y1, x2, y2 = box.astype(int)
    return {(x, y) for x in range(x1, x2) for y in range(y1, y2)}


@given(first=whole_boxes, second=whole_boxes)
def test_iou_is_that_of_the_pixels_covered(first: np.ndarray, second: np.ndarray) -> None:
    found = box_iou(first, second)
    assert found.shape == (len(first), len(second))
    for i, a in enumerate(first):
        for j, b in enumerate(second):
            expected = len(pixels(a) & pixels(b)) / len(pixels(a) | pixels(b))
            assert found[i, j] == pytest.approx(expected, abs=1e-12)


def test_iou_of_boxes_without_area_is_zero() -> None:
    nothing = np.zeros((1, 4), np.float32)
    assert box_iou(nothing, nothing) == 0.0


@pytest.mark.parametrize(
    ("boxes", "confidences", "says"),
    [
        (np.zeros((0, 5), np.float32), np.zeros(0, np.float32), "shape"),
        (np.zeros((0, 4), np.float64), np.zeros(0, np.float32), "float32"),
        (np.array([[0, 0, 1, 1]], np.float32), np.zeros(2, np.float32), "confidences"),
        (np.array([[0, 0, 1, 1]], np.float32), np.array([1.5], np.float32), "0..1"),
        (np.array([[0, 0, 1, 1]], np.float32), np.array([np.nan], np.float32), "0..1"),
        (np.array([[0, 0, np.nan, 1]], np.float32), np.zeros(1, np.float32), "finite"),
        (np.array([[2, 0, 1, 1]], np.float32), np.zeros(1, np.float32), "x2 > x1"),
        (np.array([[0, 1, 1, 1]], np.float32), np.zeros(1, np.float32), "y2 > y1"),
    ],
)
def test_detections_refuse_wrong_arrays(
    boxes: np.ndarray, confidences: np.ndarray, says: str
) -> None:
    with pytest.raises(ArrayError, match=says):
        Detections(boxes=boxes, confidences=confidences)


def test_no_detections_are_detections() -> None:
    assert len(Detections.empty()) == 0


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((0, 4, 3), np.uint8),
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4, 3), np.float32),
    ],
)
def test_frames_refuse_what_is_no_picture(image: np.ndarray) -> None:
    with pytest.raises(ArrayError, match="uint8"):
        Frame(number=1, time=0.0, image=image)


def track(times: list[float]) -> BoxTrack:
    count = len(times)
    return BoxTrack(
        frames=np.arange(1, count + 1),
        times=np.array(times, np.float64),
        boxes=np.tile(np.array([[0, 0, 2, 4]], np.float32), (count, 1)),
        confidences=np.ones(count, np.float32),
    )


def test_joined_tracks_hold_everything_in_order() -> None:
    assert len(BoxTrack.join([])) == 0
    joined = BoxTrack.join([track([0.0, 1.0]), track([]), track([2.0])])
    assert joined.times.tolist() == [0.0, 1.0, 2.0]
    assert joined.frames.tolist() == [1, 2, 1]


def test_a_track_out_of_order_is_refused() -> None:
    with pytest.raises(ArrayError, match="order of time"):
        BoxTrack.join([track([3.0]), track([1.0])])


def test_a_track_of_unequal_columns_is_refused() -> None:
    whole = track([0.0, 1.0])
    with pytest.raises(ArrayError, match="as many"):
        BoxTrack(
            frames=whole.frames[:1],
            times=whole.times,
            boxes=whole.boxes,
            confidences=whole.confidences,
        )


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        ((0, 2), (1, 3), True),
        ((0, 2), (2, 3), True),
        ((0, 1), (2, 3), False),
        ((0, 9), (3, 4), True),
    ],
)
def test_overlap_in_time(
    first: tuple[float, float], second: tuple[float, float], *, together: bool
) -> None:
    unit = np.ones(1, np.float32)
    a, b = (Tracklet(1, "gate", *span, unit) for span in (first, second))
    assert a.overlaps(b) is together
    assert b.overlaps(a) is together


@given(vectors)
def test_normalised_rows_have_length_one_and_keep_their_direction(rows: np.ndarray) -> None:
    unit = l2_normalise(rows)
    assert unit.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(unit, axis=1), 1, atol=1e-6)
    for row, found in zip(rows, unit, strict=True):
        assert np.dot(row, found) == pytest.approx(np.linalg.norm(row.astype(np.float64)), rel=1e-4)


@pytest.mark.parametrize("bad", [0.0, np.nan, np.inf])
def test_what_has_no_direction_is_no_embedding(bad: float) -> None:
    with pytest.raises(ArrayError, match="embedding"):
        l2_normalise(np.full((1, 3), bad, np.float32))


@given(vectors, st.lists(st.floats(0.01, 1), min_size=5, max_size=5))
def test_a_descriptor_is_the_weighted_mean_direction(
    rows: np.ndarray, qualities: list[float]
) -> None:
    unit = l2_normalise(rows)
    total = np.zeros(unit.shape[1])
    for row, quality in zip(unit, qualities, strict=True):
        total += float(quality) * row.astype(np.float64)
    if np.linalg.norm(total) < 1e-3:
        return
    found = describe(unit, np.array(qualities))
    np.testing.assert_allclose(found, total / np.linalg.norm(total), atol=1e-5)


def test_crops_of_no_quality_count_alike() -> None:
    found = describe(np.eye(2, dtype=np.float32), np.zeros(2))
    np.testing.assert_allclose(found, [np.sqrt(0.5)] * 2, atol=1e-6)


@pytest.mark.parametrize(("rows", "qualities"), [(0, 0), (2, 1)])
def test_nothing_cannot_be_described(rows: int, qualities: int) -> None:
    with pytest.raises(ArrayError, match="no descriptor"):
        describe(np.eye(rows, 3, dtype=np.float32), np.ones(qualities))


def test_every_error_is_one_of_ours_and_in_the_tree() -> None:
    classes = [value for value in vars(errors).values() if isinstance(value, type)]
    assert all(issubclass(error, errors.SurveilReidError) for error in classes)
    for error in classes:
        assert error.__name__ in (errors.__doc__ or "")
        assert error.__name__ in core.__all__


def test_a_file_is_replaced_whole_or_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with replaced_whole(path) as stream:
        stream.write(b"first")
    with pytest.raises(TypeError), replaced_whole(path) as stream:
        stream.writelines([b"half", "of it"])  # type: ignore[list-item]
    assert path.read_bytes() == b"first"
    with replaced_whole(path) as stream:
        stream.write(b"second")
        assert path.read_bytes() == b"first"
    assert path.read_bytes() == b"second"
    assert [item.name for item in path.parent.iterdir()] == ["file"]


@pytest.mark.parametrize("mask", [0o022, 0o077])
def test_who_may_read_a_file_is_left_to_the_systems_mask(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        write_whole(tmp_path / "file", b"content")
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o666 & ~mask


def test_no_space_leaves_the_older_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"first")
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, resource.RLIM_INFINITY))
    try:
        with pytest.raises(OSError, match="large"), replaced_whole(path) as stream:
            stream.write(bytes(1 << 20))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    assert path.read_bytes() == b"first"
    assert [item.name for item in tmp_path.iterdir()] == ["file"]


def test_what_is_written_piece_by_piece_makes_its_folder_and_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file"
    with writing_whole(path) as stream:
        stream.write(b"first ")
        stream.write(b"second")
        assert not path.exists()
    assert path.read_bytes() == b"first second"
    (tmp_path / "taken").touch()
    for write in (
        lambda place: write_whole(place, b"x", error=core.StoreError),
        lambda place: writing_whole(place, error=core.StoreError).__enter__(),
    ):
        with pytest.raises(core.StoreError, match=r"cannot write .*taken/file: .*; free space"):
            write(tmp_path / "taken" / "file")


def test_names_are_imported_when_they_are_first_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "late_package"
    folder.mkdir()
    (folder / "__init__.py").write_text(
        "from surveil_reid.core import imported_late\n"
        "__getattr__ = imported_late(__name__, {'VALUE': 'inside'})\n"
    )
    (folder / "inside.py").write_text("VALUE = object()\n")
    monkeypatch.syspath_prepend(tmp_path)
    package = importlib.import_module("late_package")
    assert "late_package.inside" not in sys.modules
    value = package.VALUE
    assert value is sys.modules["late_package.inside"].VALUE
    assert vars(package)["VALUE"] is value
    with pytest.raises(AttributeError, match="'late_package' has no attribute 'OTHER'"):
        _ = package.OTHER
