"""`score-tracks` on folders of several cameras."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., tuple[int, str, str]]
RunJson = Callable[..., Any]
Folders = tuple[Path, Path]


def _rows(person: int, frames: int = 10) -> str:
    return "".join(f"{f},{person},{10 + f},20,16,40,1,-1,-1,-1\n" for f in range(1, frames + 1))


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """The same person at the gate and in the yard; found, but as two identities."""
    for side, (gate, yard) in {"truth": (1, 1), "tracks": (4, 5)}.items():
        (tmp_path / side).mkdir()
        (tmp_path / side / "gate.txt").write_text(_rows(gate, 6))
        (tmp_path / side / "yard.txt").write_text(_rows(yard, 4))
    return tmp_path / "truth", tmp_path / "tracks"


def test_folders_are_scored_by_camera_and_together(run_json: RunJson, folders: Folders) -> None:
    """Six of ten boxes are right at best; of a person's boxes, 6/10 or 4/10 are in one group."""
    truth, tracks = folders
    found = run_json("score-tracks", "--truth", truth, "--tracks", tracks)
    perfect = {"recall": 1, "precision": 1, "MOTA": 1, "IDF1": 1, "HOTA": 1, "switches": 0}
    assert found["cameras"] == {"gate": perfect, "yard": perfect}
    recall = (6 * 0.6 + 4 * 0.4) / 10
    assert found["cross_camera"] == {
        "IDF1": pytest.approx(0.6),
        "bcubed_f1": pytest.approx(2 * recall / (1 + recall)),
        "identities_true": 1,
        "identities_found": 2,
    }


def test_files_are_scored_without_the_rest(run_json: RunJson, folders: Folders) -> None:
    truth, tracks = folders
    found = run_json("score-tracks", "--truth", truth / "gate.txt", "--tracks", tracks / "gate.txt")
    assert list(found) == ["cameras"]
    assert list(found["cameras"]) == ["gate"]


def test_people_are_shown_both_tables(run: Run, folders: Folders) -> None:
    (folders[0] / "roof.txt").write_text("")
    (folders[1] / "roof.txt").write_text("")
    status, out, err = run("score-tracks", "--truth", folders[0], "--tracks", folders[1])
    assert (status, err) == (0, "")
    lines = [line.split() for line in out.splitlines() if line.strip()]
    assert lines[0] == ["camera", "recall", "precision", "MOTA", "IDF1", "HOTA", "switches"]
    assert lines[1] == ["gate", *["1.000"] * 5, "0"]
    assert lines[2] == ["roof", *["-"] * 5, "0"]
    assert lines[-1] == ["0.600", "0.684", "1", "2"]


@pytest.mark.parametrize(
    ("side", "says"),
    [(0, "'yard' has tracks but no true boxes"), (1, "'yard' has true boxes but no tracks")],
)
def test_a_camera_missing_on_one_side_is_named(
    run: Run, folders: Folders, side: int, says: str
) -> None:
    (folders[side] / "yard.txt").unlink()
    _fails(run, *folders, says)


def test_an_empty_folder_is_no_site(run: Run, folders: Folders, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    _fails(run, folders[0], tmp_path / "empty", "empty: holds no MOT text file")


def test_a_file_does_not_go_with_a_folder(run: Run, folders: Folders) -> None:
    truth, tracks = folders
    _fails(run, truth, tracks / "gate.txt", "gate.txt: no such folder")
    _fails(run, truth / "gate.txt", tracks, "gate.txt: no such folder")
    _fails(run, truth, tracks / "nowhere", "nowhere: no such folder")


def test_a_line_that_makes_no_sense_is_named(run: Run, folders: Folders) -> None:
    (folders[1] / "yard.txt").write_text("1,2,3\n")
    _fails(run, *folders, "yard.txt, line 1")


def _fails(run: Run, truth: Path, tracks: Path, says: str) -> None:
    status, out, err = run("score-tracks", "--truth", truth, "--tracks", tracks)
    assert (status, out) == (1, "")
    assert err.startswith("error: ")
    assert says in err
    assert err.count("\n") == 1


def test_tracks_of_identities_are_scored_over_all_cameras(
    run_json: RunJson, store: str, tmp_path: Path
) -> None:
    """The boxes of the site, held against themselves: the people are those of the store."""
    written = run_json("identities", "tracks", tmp_path / "tracks", "--store", store)
    assert sorted(Path(file).name for file in written["files"]) == ["gate.txt", "yard.txt"]
    found = run_json(
        "score-tracks", "--truth", tmp_path / "tracks", "--tracks", tmp_path / "tracks"
    )
    people = run_json("identities", "list", "--store", store)["identities"]
    assert any(len(person["cameras"]) == 2 for person in people)
    assert found["cross_camera"]["identities_found"] == len(people)
    rows = (tmp_path / "tracks" / "gate.txt").read_text().splitlines()
    assert {int(row.split(",")[1]) for row in rows} == {
        person["id"] for person in people if "gate" in person["cameras"]
    }


def test_two_tracklets_of_one_moment_that_a_reviewer_merged_leave_one_box(
    run_json: RunJson, store: str, tmp_path: Path
) -> None:
    people = run_json("identities", "list", "--store", store)["identities"]
    red, green = [p["id"] for p in people if "gate" in p["cameras"]][:2]  # both in view at 6 s
    run_json("identities", "tracks", tmp_path / "before", "--store", store)
    run_json("identities", "merge", red, green, "--store", store)
    run_json("identities", "tracks", tmp_path / "after", "--store", store)
    before, after = (
        [tuple(row.split(",")[:2]) for row in (tmp_path / name / "gate.txt").read_text().split()]
        for name in ("before", "after")
    )
    frames = [frame for frame, person in before if int(person) in {red, green}]
    assert len(frames) > len(set(frames))
    assert [frame for frame, person in after if int(person) == red] == sorted(set(frames), key=int)
