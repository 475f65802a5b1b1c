"""Reviewing on the command line: what scripts read, what is asked in a terminal."""

import getpass
import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PillowImage

import surveil_reid
from surveil_reid.video import VideoOptions, read_frames

Run = Callable[..., tuple[int, str, str]]
RunJson = Callable[..., Any]


class Terminal(io.StringIO):
    """Somebody at a keyboard."""

    def isatty(self) -> bool:
        return True


def identities(run_json: RunJson, store: str) -> dict[int, list[int]]:
    listed = run_json("identities", "list", "--store", store)["identities"]
    return {identity["id"]: identity["tracklets"] for identity in listed}


def test_decisions_are_told_and_seen_at_once(run_json: RunJson, store: str) -> None:
    before = identities(run_json, store)
    both = next(number for number, inside in before.items() if len(inside) == 2)
    other = next(number for number, inside in before.items() if len(inside) == 1)
    where = ("--store", store, "--who", "ann")
    merged = run_json("identities", "merge", both, other, *where)
    kept = min(both, other)
    assert merged["decision"].pop("at").endswith("Z")
    assert merged["decision"] == {
        "id": 1, "kind": "merge", "identities": sorted([both, other]), "tracklets": [],
        "who": "ann",
    }  # fmt: skip
    assert [i["id"] for i in merged["identities"]] == [kept]
    assert sorted(merged["identities"][0]["tracklets"]) == sorted(before[both] + before[other])

    one = before[both][0]
    split = run_json("identities", "split", kept, "--tracklets", one, *where)
    assert split["decision"]["tracklets"] == [one]
    assert {tuple(i["tracklets"]) for i in split["identities"]} >= {(one,)}
    undone = run_json("identities", "undo", 2, *where)
    assert [d["kind"] for d in undone["undone"]] == ["split", "merge"]
    assert identities(run_json, store) == before
    assert [d["id"] for d in run_json("identities", "redo", *where)["redone"]] == [1]
    with surveil_reid.open_store(store) as opened:
        assert [(e.kind, e.who) for e in opened.events(4)[::-1]] == [
            ("merge", "ann"), ("split", "ann"), ("undo", "ann"), ("redo", "ann"),
        ]  # fmt: skip


def test_linking_obeys_and_the_login_name_is_noted(run_json: RunJson, store: str) -> None:
    before = identities(run_json, store)
    both = next(number for number, inside in before.items() if len(inside) == 2)
    one, two = before[both]
    made = run_json("identities", "reject", both, "--tracklet", two, "--store", store)
    assert made["decision"]["who"] == getpass.getuser()
    assert run_json("link", "--store", store)["identities"] == 5
    after = identities(run_json, store)
    assert after[both] == [one]
    run_json("identities", "undo", "--store", store)
    run_json("identities", "confirm", both, "--tracklet", two, "--store", store)
    run_json("link", "--store", store, "--similarity", 1)
    assert [one, two] in identities(run_json, store).values()


def test_people_can_read_what_was_decided(run: Run, store: str) -> None:
    status, out, _ = run("identities", "merge", 1, 2, "--store", store, "--who", "ann")
    assert status == 0
    assert out.startswith("decision 1 (merge identities 1, 2; ann, ")
    status, out, _ = run("identities", "undo", "--store", store)
    assert out.startswith("undone: decision 1 (merge identities 1, 2; ann, ")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["confirm", "99"], "no identity 99"),
        (["confirm", "1", "--tracklet", "99"], "no tracklet 99"),
        (["reject", "1", "--identity", "1"], "always itself"),
        (["merge", "1"], "two identities"),
        (["split", "1", "--tracklets", "99"], "some of the tracklets"),
        (["undo"], "1 decision to undo, but the store holds none"),
        (["redo", "3"], "3 decisions to redo, but the store holds none"),
    ],
)
def test_a_failure_is_one_line(run: Run, store: str, arguments: list[str], says: str) -> None:
    status, out, err = run("identities", *arguments, "--store", store)
    assert (status, out) == (1, "")
    assert err.startswith("error: ")
    assert says in err
    assert err.count("\n") == 1


def test_a_contradiction_names_both(run: Run, run_json: RunJson, store: str) -> None:
    run_json("identities", "reject", 1, "--identity", 2, "--store", store, "--who", "ann")
    status, _, err = run("identities", "merge", 1, 2, "--store", store)
    assert status == 1
    assert "merge identities 1, 2 contradicts decision 1 (reject identities 1, 2; ann, " in err


@pytest.mark.parametrize(
    "arguments",
    [
        ["confirm"],
        ["reject", "1"],
        ["reject", "1", "--tracklet", "2", "--identity", "3"],
        ["merge"],
        ["split", "1"],
        ["split", "1", "--tracklets", "1;2"],
        ["undo", "0"],
        ["review", "--limit", "0"],
    ],
)
def test_wrong_usage_is_status_2(run: Run, store: str, arguments: list[str]) -> None:
    status, out, _ = run("identities", *arguments, "--store", store)
    assert (status, out) == (2, "")


def test_the_queue_is_a_list_whose_answers_are_commands(
    run: Run, run_json: RunJson, store: str, tmp_path: Path
) -> None:
    sheet = tmp_path / "new" / "questions.png"
    asked = run_json("identities", "review", "--store", store, "--sheet", sheet)["suggestions"]
    assert len(asked) >= 2
    with PillowImage.open(sheet) as drawn:
        assert drawn.size[0] > 500
    for question in asked:
        assert all(Path(crop).is_file() for crop in question["crops"])
        assert question["kind"] in {"merge", "split"}
    first = asked[0]
    status, _, err = run(*first["no"], "--store", store)
    assert status == 0, err
    after = run_json("identities", "review", "--store", store)["suggestions"]
    assert first["tracklets"] not in [question["tracklets"] for question in after]
    status, out, _ = run("identities", "review", "--store", store)  # nobody at the keyboard
    assert status == 0
    assert len(out.splitlines()) == 1 + len(after)


def test_a_reviewer_answers_in_the_terminal(
    run: Run, run_json: RunJson, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = run_json("identities", "review", "--store", store)["suggestions"]
    monkeypatch.setattr(sys, "stdin", Terminal("perhaps\nno\ns\n"))
    status, out, _ = run("identities", "review", "--store", store, "--who", "ann")
    assert status == 0
    assert out.count("the same person? ") >= 3
    assert asked[0]["crops"][0] in out
    assert "1 decided" in out
    with surveil_reid.open_store(store) as opened:
        (made,) = opened.decisions()
        assert made.who == "ann"
        assert made.kind in {"reject", "split"}


def test_whoever_decides_nothing_is_told_to_undo_nothing(
    run: Run, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands is somebody else's."""
    run("identities", "merge", "1", "2", "--store", store)
    monkeypatch.setattr(sys, "stdin", Terminal("q\n"))
    status, out, _ = run("identities", "review", "--store", store)
    assert status == 0
    assert "0 decided" in out
    assert "undo" not in out


def test_the_reviewed_alone_can_be_exported(
    run: Run, run_json: RunJson, store: str, tmp_path: Path
) -> None:
    status, _, err = run("identities", "export", tmp_path / "a", "--reviewed", "--store", store)
    assert status == 1
    assert "by a reviewer" in err
    both = next(n for n, inside in identities(run_json, store).items() if len(inside) == 2)
    run_json("identities", "confirm", both, "--store", store)
    exported = run_json("identities", "export", tmp_path / "a", "--reviewed", "--store", store)
    assert (exported["identities"], exported["tracklets"]) == (1, 2)


def frame(path: Path, *people: tuple[int, tuple[int, int, int]]) -> Path:
    picture = np.full((120, 160, 3), 90, np.uint8)
    for left, colour in people:
        picture[30:80, left : left + 16] = colour
    PillowImage.fromarray(picture).save(path)
    return path


RED, GREEN = (230, 20, 20), (20, 230, 20)
WEIGHTS = ("--embedder", "colour", "--detector", "colour")


def test_somebody_is_chosen_in_a_frame_by_number(
    run: Run, run_json: RunJson, store: str, tmp_path: Path
) -> None:
    path = frame(tmp_path / "frame.png", (100, RED), (20, GREEN))
    status, _, err = run("search", path, *WEIGHTS, "--store", store)
    assert status == 1
    assert "2 people" in err
    assert "1: 20,30,16,50, 2: 100,30,16,50" in err
    chosen = run_json("search", path, "--person", 2, *WEIGHTS, "--store", store)
    boxed = run_json("search", path, "--box", "100,30,16,50", *WEIGHTS, "--store", store)
    assert chosen == boxed
    assert chosen["decision"] == "match"
    status, _, err = run("search", path, "--person", 3, *WEIGHTS, "--store", store)
    assert "no person 3" in err


def test_the_only_person_of_a_frame_is_taken(
    run: Run, run_json: RunJson, store: str, tmp_path: Path
) -> None:
    path = frame(tmp_path / "frame.png", (100, RED))
    assert run_json("search", path, *WEIGHTS, "--store", store)["decision"] == "match"
    nobody = frame(tmp_path / "nobody.png")
    status, _, err = run("search", nobody, *WEIGHTS, "--store", store)
    assert status == 1
    assert "nobody was found" in err
    for choice in (("--person", 1), ("--box", "1,1,5,5")):
        assert run("search", path, path, *choice, *WEIGHTS, "--store", store)[0] == 2


def test_a_frame_may_be_upright(run: Run, run_json: RunJson, store: str, tmp_path: Path) -> None:
    upright = np.full((320, 240, 3), 90, np.uint8)
    upright[30:80, 100:116] = RED
    alone, two, crop = (tmp_path / f"{name}.png" for name in ("alone", "two", "crop"))
    PillowImage.fromarray(upright).save(alone)
    found = run_json("search", alone, *WEIGHTS, "--store", store)
    boxed = run_json("search", alone, "--box", "100,30,16,50", *WEIGHTS, "--store", store)
    assert found == boxed
    upright[30:80, 20:36] = GREEN
    PillowImage.fromarray(upright).save(two)
    status, _, err = run("search", two, *WEIGHTS, "--store", store)
    assert status == 1
    assert "2 people were found" in err
    narrow = tmp_path / "narrow.png"
    PillowImage.fromarray(np.pad(upright, ((0, 200), (0, 0), (0, 0)))).save(narrow)
    assert run("search", narrow, *WEIGHTS, "--store", store)[0] == 0  # no camera sees so narrowly
    upright[10:310, 40:230] = RED  # over half of the picture: a crop with somebody behind
    PillowImage.fromarray(upright).save(crop)
    assert run_json("search", crop, *WEIGHTS, "--store", store)["decision"] == "match"


def test_hits_of_an_identity_come_together(run_json: RunJson, store: str) -> None:
    both = next(n for n, inside in identities(run_json, store).items() if len(inside) == 2)
    found = run_json("search", "--tracklet", 2, "--by-identity", "--store", store)
    flat = {hit["tracklet"]: hit["identity"] for hit in found["results"]}
    groups = found["identities"]
    assert sorted(n for group in groups for n in group["tracklets"]) == sorted(flat)
    assert all({flat[n] for n in group["tracklets"]} == {group["id"]} for group in groups)
    firsts = [list(flat).index(group["tracklets"][0]) for group in groups]
    assert firsts == sorted(firsts)
    assert both in {group["id"] for group in groups}


def test_a_sheet_shows_the_query_and_its_hits(
    run: Run, run_json: RunJson, store: str, tmp_path: Path
) -> None:
    sheet = tmp_path / "sheets" / "hits.png"
    found = run_json("search", "--tracklet", 1, "--top", 3, "--sheet", sheet, "--store", store)
    with PillowImage.open(sheet) as drawn:
        pixels = np.asarray(drawn.convert("RGB"))
    blue, green, grey = ((pixels == colour).all(2).sum() for colour in (
        (0, 114, 178), (0, 158, 115), (150, 150, 150),
    ))  # fmt: skip
    matches = sum(hit["match"] for hit in found["results"])
    assert (matches, len(found["results"])) == (1, 3)
    assert green == blue * matches
    assert grey == pytest.approx(blue * (3 - matches), rel=0.01)  # words have grey edges
    status, _, err = run("search", "--tracklet", 1, "--sheet", "/proc/none/x.png", "--store", store)
    assert status == 1
    assert "/proc/none/x.png cannot be written" in err


def test_clips_show_each_hit_in_its_box(run_json: RunJson, store: str, tmp_path: Path) -> None:
    clips = tmp_path / "clips"
    found = run_json("search", "--tracklet", 1, "--top", 2, "--clips", clips, "--store", store)
    assert sorted(hit["clip"] for hit in found["results"]) == sorted(map(str, clips.iterdir()))
    first = found["results"][0]
    with read_frames(Path(first["clip"]), VideoOptions(fps=None)) as frames:
        pictures = [frame.image.astype(int) for frame in frames]
    assert 60 <= len(pictures) <= 91  # seven seconds and a margin, at ten a second
    shown = 0
    for picture in pictures:
        person = (picture[..., 0] > 170) & (picture[..., 1] < 90)  # red
        box = (picture[..., 0] > 170) & (picture[..., 1] > 140) & (picture[..., 2] < 90)  # yellow
        if person.sum() > 200 and box.sum() > 50:
            shown += 1
            ys, xs = np.nonzero(person)
            (top, left), (bottom, right) = np.argwhere(box).min(0), np.argwhere(box).max(0)
            seen = np.array([left, top, right, bottom])
            assert np.abs(seen - [xs.min(), ys.min(), xs.max(), ys.max()]).max() <= 4
    assert shown >= 50


def test_recordings_that_have_moved_are_named_and_the_rest_is_cut(
    run: Run, store: str, site: dict[str, Path], tmp_path: Path
) -> None:
    moved = site["yard"].with_suffix(".moved")
    site["yard"].rename(moved)
    try:
        status, out, err = run(
            "search", "--tracklet", 1, "--clips", tmp_path / "clips", "--store", store
        )
    finally:
        moved.rename(site["yard"])
    assert status == 0
    assert err.count("yard.mp4 does not exist") == 1
    assert "no clip of tracklets" in err
    assert {path.name.split("_")[1] for path in (tmp_path / "clips").iterdir()} == {"gate"}
    assert "clip" in out.splitlines()[1]
