from pathlib import Path

import motmetrics
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveil_reid.core import ArrayError, InputError
from surveil_reid.tracking.mot import MotTracks, read_mot, write_mot


def _file(folder: Path, text: str) -> Path:
    path = folder / "cam1.txt"
    path.write_text(text)
    return path


@pytest.mark.parametrize("text", ["", "\n", "  \n\n"])
def test_an_empty_file_holds_no_tracks(tmp_path: Path, text: str) -> None:
    tracks = read_mot(_file(tmp_path, text))
    assert len(tracks) == 0
    assert tracks.boxes.shape == (0, 4)
    assert tracks.analysed is None


@pytest.mark.parametrize(
    "row",
    [
        "3,7,10,20,30,40",
        "3,7,10,20,30,40,1",
        "3,7,10,20,30,40,1,-1,-1",
        "3,7,10,20,30,40,1,-1,-1,-1",
        "3, 7, 10, 20, 30, 40, 1, -4.1, -7.3, 0",
        "3.0,7.0,1e1,20.0,30,40,1,",
        "\ufeff3,7,10,20,30,40\r",
    ],
)
def test_the_dialects_of_a_row(tmp_path: Path, row: str) -> None:
    tracks = read_mot(_file(tmp_path, f"\n{row}\n\n" if row[0] != "\ufeff" else row))
    assert (tracks.frames.tolist(), tracks.ids.tolist()) == ([3], [7])
    assert tracks.boxes.tolist() == [[10, 20, 40, 60]]
    assert tracks.confidences.tolist() == [1]


def test_rows_come_in_order(tmp_path: Path) -> None:
    tracks = read_mot(_file(tmp_path, "2,1,0,0,5,5\n1,9,0,0,5,5\n1,3,0,0,5,5\n"))
    assert list(zip(tracks.frames, tracks.ids, strict=True)) == [(1, 3), (1, 9), (2, 1)]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("1,1,0,0,5", "columns"),
        ("1,1,0,0,5,5,1,-1,-1,-1,-1", "columns"),
        ("1 1 0 0 5 5", "columns"),
        ("frame,id,left,top,width,height", "numbers"),
        ("# a comment, and, some, more, fields, here", "numbers"),
        ("0,1,0,0,5,5", "from 1"),
        ("1.5,1,0,0,5,5", "whole"),
        ("1,-1,0,0,5,5", "without ids"),
        ("1,1,0,0,-5,5", "-5 x 5"),
        ("1,1,nan,0,5,5", "finite"),
        ("1,2,9,9,5,5", "twice"),
    ],
)
def test_nonsense_names_file_and_line(tmp_path: Path, line: str, problem: str) -> None:
    path = _file(tmp_path, f"1,2,0,0,5,5\n\n{line}\n")
    with pytest.raises(InputError, match=problem) as refusal:
        read_mot(path)
    assert f"{path}, line 3:" in str(refusal.value)


def test_a_missing_file_and_a_picture_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.txt"):
        read_mot(tmp_path / "gone.txt")
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\xff\xfe")
    with pytest.raises(InputError, match="not text"):
        read_mot(tmp_path / "a.png")


def test_truth_leaves_out_rows_that_must_not_be_counted(tmp_path: Path) -> None:
    path = _file(tmp_path, "1,1,0,0,5,5,1\n1,2,0,0,5,5,0\n1,3,0,0,5,5,0.5\n1,4,0,0,5,5\n")
    assert read_mot(path).ids.tolist() == [1, 2, 3, 4]
    assert read_mot(path, truth=True).ids.tolist() == [1, 4]


@pytest.mark.parametrize("analysed", [None, frozenset(), frozenset({1, 6, 11})])
def test_analysed_frames_lie_beside_the_file(tmp_path: Path, analysed: frozenset | None) -> None:
    tracks = _tracks([(6, 1, 0, 0)], analysed)
    write_mot(tmp_path / "cam1.txt", tracks)
    assert (tmp_path / "cam1.frames").exists() == (analysed is not None)
    assert read_mot(tmp_path / "cam1.txt").analysed == analysed


@pytest.mark.parametrize("line", ["x", "0", "-3", "1,2", "1.5"])
def test_nonsense_in_the_list_of_frames_is_named(tmp_path: Path, line: str) -> None:
    path = _file(tmp_path, "")
    (tmp_path / "cam1.frames").write_text(f"4\n{line}\n")
    with pytest.raises(InputError, match=r"cam1\.frames, line 2"):
        read_mot(path)


def test_a_folder_that_is_not_there_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        write_mot(tmp_path / "no/cam1.txt", _tracks([]))


def _tracks(
    rows: list[tuple[int, int, int, int]], analysed: frozenset[int] | None = None
) -> MotTracks:
    """Boxes of 10.25 x 20.5 pixels from rows `frame, id, left, top`."""
    table = np.array(rows, np.int64).reshape(-1, 4)
    corner = table[:, 2:].astype(np.float32)
    return MotTracks(
        frames=table[:, 0],
        ids=table[:, 1],
        boxes=np.concatenate([corner, corner + np.float32([10.25, 20.5])], axis=1),
        confidences=np.full(len(table), 0.5),
        analysed=analysed,
    )


ROWS = st.lists(
    st.tuples(
        st.integers(1, 99), st.integers(0, 99), st.integers(-50, 2000), st.integers(-50, 2000)
    ),
    unique_by=lambda row: row[:2],
).map(sorted)


@given(rows=ROWS)
def test_what_was_written_is_read(
    rows: list[tuple[int, int, int, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("mot") / "cam1.txt"
    tracks = _tracks(rows)
    write_mot(path, tracks)
    again = read_mot(path)
    for name in ("frames", "ids", "boxes", "confidences"):
        np.testing.assert_array_equal(getattr(again, name), getattr(tracks, name))


@pytest.mark.filterwarnings("ignore:Operation with tuple is deprecated")  # in the library's reader
def test_other_tools_read_what_is_written(tmp_path: Path) -> None:
    write_mot(tmp_path / "cam1.txt", _tracks([(1, 4, 30, 40), (3, 4, 31, 41)], frozenset({1, 3})))
    table = motmetrics.io.loadtxt(tmp_path / "cam1.txt", fmt="mot15-2D")
    assert table.index.tolist() == [(1, 4), (3, 4)]
    # That reader makes the corners count from 0.
    assert table[["X", "Y", "Width", "Height"]].to_numpy().tolist() == [
        [29, 39, 10.25, 20.5],
        [30, 40, 10.25, 20.5],
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"frames": np.array([0, 1])},
        {"ids": np.array([-1, 2])},
        {"ids": np.array([1])},
        {"frames": np.array([2, 2]), "ids": np.array([5, 5])},
        {"boxes": np.zeros((2, 3), np.float32)},
        {"boxes": np.float32([[5, 0, 0, 5], [0, 0, 5, 5]])},
    ],
)
def test_tracks_that_make_no_sense_are_refused(change: dict[str, np.ndarray]) -> None:
    good = {
        "frames": np.array([1, 2]),
        "ids": np.array([1, 1]),
        "boxes": np.float32([[0, 0, 5, 5], [0, 0, 5, 5]]),
        "confidences": np.ones(2),
    }
    MotTracks(**good)
    with pytest.raises(ArrayError):
        MotTracks(**{**good, **change})
