"""What scripts rely on: JSON documents, exit statuses, and one line for each mistake."""

import getpass
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PillowImage

import surveil_reid
from data.own_folder import write_own_folder
from helpers.embedders import ColourEmbedder
from surveil_reid.assets import shipped
from surveil_reid.cli import main
from training.cache import open_cache, open_source
from training.recipe_files import read_recipe
from training.splits import make_task
from training.thresholds import embed_people

CONFIGS = Path(__file__).parents[2] / "configs"
Run = Callable[..., tuple[int, str, str]]
RunJson = Callable[..., Any]


def crop_of(store: str, camera: str, number: int) -> str:
    """A crop of the camera's so manieth tracklet in order of time."""
    with surveil_reid.open_store(store) as opened:
        tracklet = sorted(opened.tracklets(cameras=[camera]), key=lambda t: t.start)[number]
        return str(opened.crops.path(opened.tracklet(tracklet.id).crops[3].file))


def test_process_says_what_became_of_each_recording(
    run_json: RunJson, site: dict[str, Path], tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    weights = ("--detector", "colour", "--embedder", "colour")
    camera = f"gate={site['gate']}@2026-03-01T08:00:00Z"
    tracks = tmp_path / "tracks"
    document = run_json("process", "--camera", camera, "--store", url, *weights, "--tracks", tracks)
    assert document["failed"] == []
    (recording,) = document["recordings"]
    seconds = recording.pop("seconds")
    assert seconds > 0
    assert recording == {
        "camera": "gate",
        "path": str(site["gate"]),
        "frames": 200,
        "analysed": 100,
        "tracklets": 3,
        "doubtful": 0,
        "skipped": None,
        "note": None,
    }
    lines = (tracks / "gate.txt").read_text().splitlines()
    assert len({line.split(",")[1] for line in lines}) == 3
    assert (tracks / "gate.frames").read_text().split()[:3] == ["1", "3", "5"]
    again = run_json("process", "--camera", camera, "--store", url, *weights)
    assert again["recordings"][0]["skipped"] == "already processed"


def test_what_networks_are_asked_for_reaches_them(
    run: Run, site: dict[str, Path], loaded: dict[str, list[object]], tmp_path: Path
) -> None:
    url, folder = f"sqlite:///{tmp_path / 'new.db'}", tmp_path / "kept"
    camera = f"yard={site['yard']}@2026-03-01T08:00:00Z"
    status, *_ = run(
        "process", "--camera", camera, "--store", url, "--store-folder", folder,
        "--detector", "d.pt", "--embedder", "e.onnx", "--trust-weights",
        "--device", "cpu", "--precision", "fp32", "--fps", "4", "--no-motion-gate",
    )  # fmt: skip
    assert status == 0
    finding = surveil_reid.DetectionOptions(device="cpu")
    embedding = surveil_reid.EmbeddingOptions(device="cpu", precision="fp32")
    assert loaded["detector"] == ["d.pt", finding, {"trust_weights": True}]
    assert loaded["embedder"] == ["e.onnx", embedding]
    assert list((folder / "crops").rglob("*.jpg"))
    with surveil_reid.open_store(url, folder=folder) as opened:
        (recording,) = opened.recordings()
    video = recording.options["video"]
    assert (video["fps"], video["motion_gate"]) == (4, False)
    loaded["embedder"].clear()
    again = ("--embedder", "f.onnx", "--device", "cpu", "--precision", "fp32")
    assert run("reembed", *again, "--store", url, "--store-folder", folder)[0] == 0
    assert loaded["embedder"] == ["f.onnx", embedding]


def test_networks_may_be_named_by_variables(
    run: Run,
    site: dict[str, Path],
    loaded: dict[str, list[object]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SURVEIL_REID_DETECTOR", "d.pt")
    monkeypatch.setenv("SURVEIL_REID_EMBEDDER", "e.onnx")
    monkeypatch.setenv("SURVEIL_REID_STORE", f"sqlite:///{tmp_path / 'new.db'}")
    assert run("process", "--camera", f"yard={site['yard']}@2026-03-01T08:00:00Z")[0] == 0
    assert loaded["detector"][0] == "d.pt"
    assert loaded["detector"][2] == {"trust_weights": False}
    assert loaded["embedder"][0] == "e.onnx"
    assert (tmp_path / "new.db").is_file()


def test_what_a_time_without_a_zone_means_is_said_where_times_are_written(run: Run) -> None:
    status, out, _ = run("process", "--help")
    assert status == 0
    assert "UTC" in out
    assert "Times without a zone are UTC" in (CONFIGS / "site.example.yaml").read_text()


def test_tracks_are_written_of_a_recording_that_is_known_from_another_place(
    run: Run, run_json: RunJson, site: dict[str, Path], store: str, tmp_path: Path
) -> None:
    copy = tmp_path / "elsewhere.mp4"
    shutil.copy(site["gate"], copy)
    asked = ("process", "--camera", f"gate={copy}@2026-03-01T08:00:00Z", "--store", store)
    document = run_json(*asked, "--tracks", tmp_path / "tracks")
    assert document["recordings"][0]["skipped"] == "already processed"
    assert (tmp_path / "tracks/gate.txt").read_text().count("\n") > 100
    status, out, err = run(*asked, "--tracks", copy)
    assert (status, out) == (1, "")
    assert err == f"error: {copy} cannot be a folder (File exists); name another place\n"


def test_the_store_that_is_named_wins_over_that_of_the_site_file(
    run_json: RunJson, site: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "site").mkdir()
    text = f"store: sqlite:///own.db\ncameras: [{{name: a, recordings: ['{site['yard']}']}}]"
    (tmp_path / "site/site.yaml").write_text(text)
    run_json("process", "site/site.yaml", "--store", "sqlite:///surveil.db")
    assert (tmp_path / "surveil.db").is_file()
    assert not (tmp_path / "site/own.db").exists()
    run_json("process", "site/site.yaml")
    assert (tmp_path / "site/own.db").is_file()


def test_names_are_printed_as_they_are(run: Run, site: dict[str, Path], tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    for name in ("00:1a:ab:on:3f", "กล้อง"):
        assert run("process", "--camera", f"{name}={site['yard']}", "--store", url)[0] == 0
        status, out, _ = run("identities", "list", "--store", url)
        assert status == 0
        assert name in out
        run("remove", "--camera", name, "--store", url)
    run("process", "--camera", f"กล้อง={site['yard']}", "--store", url)
    ended = subprocess.run(
        [sys.executable, "-m", "surveil_reid", "identities", "list", "--store", url],
        env=os.environ | {"PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        check=True,
    )
    assert rb"\u0e01" in ended.stdout


def test_a_search_sheet_does_without_pictures_that_are_gone(
    run_json: RunJson, store: str, tmp_path: Path
) -> None:
    with surveil_reid.open_store(store) as opened:
        opened.crops.remove([crop.file for crop in opened.tracklet(1).crops])
    sheet = tmp_path / "hits.png"
    found = run_json("search", "--tracklet", 1, "--sheet", sheet, "--store", store)
    assert found["results"]
    assert sheet.is_file()


def test_process_names_what_fails_and_does_the_rest(
    run: Run, site: dict[str, Path], tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    status, out, err = run(
        "process", "--camera", f"a={tmp_path}/none.mp4", "--camera", f"b={site['yard']}",
        "--store", url, "--detector", "colour", "--embedder", "colour", "--json",
    )  # fmt: skip
    document = json.loads(out)
    assert status == 1
    assert [r["camera"] for r in document["recordings"]] == ["b"]
    assert document["failed"][0]["camera"] == "a"
    assert "none.mp4" in document["failed"][0]["error"]
    assert "nothing says when yard.mp4 was recorded" in err


def test_a_file_that_cannot_be_used_otherwise_is_one_line_too(
    run: Run, site: dict[str, Path], tmp_path: Path
) -> None:
    (tmp_path / "tracks").write_text("no folder")
    status, _, err = run(
        "process", "--camera", f"gate={site['gate']}@2026-03-01T08:00:00Z",
        "--store", f"sqlite:///{tmp_path / 'new.db'}", "--tracks", tmp_path / "tracks",
        "--detector", "colour", "--embedder", "colour",
    )  # fmt: skip
    assert status == 1
    assert err.splitlines()[-1].startswith("error: ")
    assert str(tmp_path / "tracks") in err.splitlines()[-1]
    assert "Traceback" not in err


def test_a_name_that_is_not_utf_8_is_reported_and_the_rest_is_printed(
    run: Run, site: dict[str, Path], tmp_path: Path
) -> None:
    odd = os.fsdecode(os.fsencode(tmp_path) + b"/gate\xe9.mp4")
    shutil.copy(site["yard"], odd)
    status, out, _ = run(
        "process", "--camera", f"gate={odd}", "--camera", f"yard={site['yard']}@2026-03-01",
        "--store", f"sqlite:///{tmp_path / 'new.db'}", "--json",
    )  # fmt: skip
    assert status == 1
    document = json.loads(out)
    assert [recording["camera"] for recording in document["recordings"]] == ["yard"]
    (failure,) = document["failed"]
    assert failure["path"] == odd
    assert failure["error"] == f"{odd}: the name is not UTF-8, which a store cannot hold; rename it"


def test_a_table_shows_names_that_are_not_utf_8(run: Run, store: str, tmp_path: Path) -> None:
    folder = os.fsdecode(os.fsencode(tmp_path) + b"/\xe9")
    status, out, _ = run("identities", "tracks", folder, "--store", store)
    assert status == 0
    assert r"\udce9/gate.txt" in out


def test_link_keeps_identities_and_counts_them(run_json: RunJson, store: str) -> None:
    before = run_json("identities", "list", "--store", store)
    linked = run_json("link", "--store", store)
    assert {key: linked[key] for key in ("tracklets", "identities", "links")} == {
        "tracklets": 6,
        "identities": 4,
        "links": 2,
    }
    assert linked["seconds"] >= 0
    assert run_json("identities", "list", "--store", store) == before


def test_identities_list_and_show(run_json: RunJson, store: str) -> None:
    listed = run_json("identities", "list", "--store", store)["identities"]
    assert len(listed) == 4
    assert set(listed[0]) == {"id", "tracklets", "cameras", "first", "last"}
    both = run_json("identities", "list", "--camera", "gate", "--camera", "yard", "--store", store)[
        "identities"
    ]
    assert [identity["cameras"] for identity in both] == [["gate", "yard"]] * 2
    shown = run_json("identities", "show", both[0]["id"], "--store", store)
    assert {key: shown[key] for key in both[0]} == both[0]
    assert [s["camera"] for s in shown["sightings"]] == ["gate", "yard"]
    assert set(shown["sightings"][0]) >= {
        "tracklet", "camera", "start", "end", "probability", "crop",
    }  # fmt: skip
    assert Path(shown["sightings"][0]["crop"]).is_file()


def test_identities_are_exported_and_the_copies_pointed_out(
    run_json: RunJson, run: Run, store: str, tmp_path: Path
) -> None:
    document = run_json("identities", "export", tmp_path / "people", "--store", store)
    assert document["folder"] == str(tmp_path / "people")
    assert (document["identities"], document["several_cameras"], document["tracklets"]) == (4, 2, 6)
    assert len(list((tmp_path / "people").glob("*/*.jpg"))) == document["crops"]
    status, out, _ = run("identities", "export", tmp_path / "again", "--store", store)
    assert status == 0
    assert "2 of them seen by several cameras" in out
    assert "`remove` does not reach" in out
    status, out, err = run("identities", "export", tmp_path / "no", "--reviewed", "--store", store)
    assert (status, out) == (1, "")
    assert err.startswith("error: no tracklet with a crop has been put to an identity by a review")
    assert not (tmp_path / "no").exists()


def test_an_export_is_what_the_recipe_for_own_cameras_learns_from(
    run_json: RunJson, store: str, tmp_path: Path
) -> None:
    run_json("identities", "export", tmp_path / "people", "--store", store)
    recipe = read_recipe(CONFIGS / "recipes/own_cameras.yaml")
    source = open_source(recipe.data.set, tmp_path / "people")
    pictures = open_cache(source, recipe.data.stored, tmp_path, skip_limit=0)
    task = make_task(pictures, recipe.data)
    assert task.classes == 3  # of four people, one tells what it came to
    assert len(task.train.rows) > 0


def test_an_export_tells_which_tracklets_its_pictures_are_of(
    run_json: RunJson, store: str, tmp_path: Path
) -> None:
    run_json("identities", "export", tmp_path / "people", "--store", store)
    found = embed_people(ColourEmbedder(), tmp_path / "people")
    with surveil_reid.open_store(store) as opened:
        kept = opened.tracklets()
        members = opened.memberships()
    assert len({item.person for item in found}) == len(set(members.values())) == 4
    assert len({item.tracklet.camera for item in found}) == 2
    # By looks: the mean of the same crops, but for their quality, which an export does not tell.
    alike = (
        np.array([item.tracklet.descriptor for item in found])
        @ np.array([tracklet.descriptor for tracklet in kept]).T
    )
    assert len(found) == len(kept)
    assert alike.max(axis=0).min() > 0.99


def test_search_by_picture_finds_the_person_in_the_other_camera(
    run_json: RunJson, store: str
) -> None:
    red = crop_of(store, "gate", 0)
    found = run_json("search", red, "--camera", "yard", "--embedder", "colour", "--store", store)
    assert found["decision"] == "match"
    assert set(found["results"][0]) == {
        "tracklet", "identity", "camera", "start", "end", "score", "probability", "match", "crop",
        "recording", "offset", "dated",
    }  # fmt: skip
    assert found["compared"] == 3
    assert found["results"][0]["start"].startswith("2026-03-01T08:00:26")
    assert [hit["match"] for hit in found["results"]] == [True, False, False]


def test_a_find_tells_the_file_and_how_far_into_it(
    run_json: RunJson, run: Run, store: str, site: dict[str, Path]
) -> None:
    asked = ("search", crop_of(store, "gate", 0), "--camera", "yard", "--embedder", "colour")
    hit = run_json(*asked, "--store", store)["results"][0]
    assert (hit["recording"], hit["dated"]) == (str(site["yard"]), True)
    began = datetime.fromisoformat(hit["start"]) - timedelta(seconds=hit["offset"])
    assert began == datetime(2026, 3, 1, 8, 0, 20, tzinfo=UTC)
    words = f"2026-03-01 08:00:{20 + int(hit['offset']):02d}Z"
    assert hit["offset"] > 0
    _, out, _ = run(*asked, "--store", store)
    place = f"{site['yard'].name} at 0:00:{int(hit['offset']):02d}"
    assert words in out
    assert place in out
    _, out, _ = run("identities", "show", hit["identity"], "--store", store)
    assert words in out
    assert place in out


def test_where_nothing_says_when_it_was_no_date_is_told(
    run_json: RunJson, run: Run, site: dict[str, Path], tmp_path: Path
) -> None:
    where = ("--store", f"sqlite:///{tmp_path / 'undated.db'}")
    weights = ("--detector", "colour", "--embedder", "colour")
    status, _, err = run("process", "--camera", f"gate={site['gate']}", *weights, *where)
    assert status == 0
    assert "nothing says when" in err
    search = ("search", "--tracklet", 1, *where)
    assert {hit["dated"] for hit in run_json(*search)["results"]} == {False}
    for command in (search, ("identities", "show", 1, *where), ("identities", "list", *where)):
        _, out, _ = run(*command)
        assert "1970" not in out
        assert ("unknown" if "list" not in command else "day 1 00:00:0") in out
    sheet, dated = tmp_path / "undated.png", tmp_path / "dated.png"
    assert run(*search, "--sheet", sheet)[0] == 0
    with surveil_reid.open_store(where[1]) as opened:
        result = surveil_reid.search(opened, surveil_reid.describe_tracklet(opened, 1))
    hits = (replace(hit, place=replace(hit.place, dated=True)) for hit in result.hits)
    surveil_reid.write_search_sheet(replace(result, hits=tuple(hits)), [], dated)
    assert sheet.read_bytes() != dated.read_bytes()


def test_times_with_and_without_a_date_are_not_compared(
    run_json: RunJson, run: Run, site: dict[str, Path], tmp_path: Path
) -> None:
    where = ("--store", f"sqlite:///{tmp_path / 'some.db'}")
    weights = ("--detector", "colour", "--embedder", "colour")
    cameras = (f"yard={site['yard']}@2026-03-01T08:00:20Z", f"gate={site['gate']}")
    for camera in cameras:
        run_json("process", "--camera", camera, *weights, *where)
    search = ("search", "--tracklet", 1, *where)
    for times in (("--before", "2030-01-01"), ("--after", "2020-01-01")):
        status, out, err = run(*search, *times, "--json")
        assert status == 0
        assert {hit["camera"] for hit in json.loads(out)["results"]} == {"yard"}
        assert "people of recordings without a date are left out (gate)" in err
    elapsed = run_json(*search, "--after", "1970-01-01T00:00:05Z")["results"]
    assert {hit["camera"] for hit in elapsed} == {"gate"}
    nobody = run_json(*search, "--after", "2030-01-01")
    assert (nobody["decision"], nobody["compared"], nobody["results"]) == ("no match", 0, [])
    assert "nobody was there to compare with" in run(*search, "--after", "2030-01-01")[1]
    status, _, err = run(*search, "--after", "2026-03-02", "--before", "2026-03-01")
    assert status == 1
    assert "nothing is after 2026-03-02 00:00:00Z and before 2026-03-01" in err


def test_a_sheet_replaces_no_picture_that_is_searched_by(
    run: Run, store: str, tmp_path: Path
) -> None:
    picture = tmp_path / "person.png"
    with PillowImage.open(crop_of(store, "gate", 0)) as crop:
        crop.save(picture)
    before = picture.read_bytes()
    for sheet, said in ((picture, "is searched by"), (tmp_path / "hits.jpg", "is written as")):
        asked = ("search", picture, "--sheet", sheet, "--embedder", "colour", "--store", store)
        status, out, err = run(*asked)
        assert (status, out) == (2, "")
        assert said in " ".join(word for word in err.split() if word.isalpha())
    assert picture.read_bytes() == before
    assert not (tmp_path / "hits.jpg").exists()


def test_the_log_says_who_looked_for_whom(
    run_json: RunJson, run: Run, store: str, tmp_path: Path
) -> None:
    picture, sheet = crop_of(store, "gate", 0), tmp_path / "hits.png"
    run_json("search", picture, "--embedder", "colour", "--sheet", sheet, "--store", store)
    run_json("search", "--identity", 1, "--clips", tmp_path / "clips", "--store", store)
    run_json("remove", "--tracklet", 1, "--store", store)
    lines = run_json("log", "--store", store)["events"]
    assert [line["kind"] for line in lines[:5]] == ["remove", "clips", "search", "sheet", "search"]
    assert {line["who"] for line in lines} == {getpass.getuser()}
    assert [lines[n]["detail"]["asked"] for n in (4, 2)] == [picture, "identity 1"]
    assert lines[3]["detail"] == {"path": str(sheet)}
    assert lines[1]["detail"]["folder"] == str(tmp_path / "clips")
    assert "segment" not in {line["kind"] for line in lines}
    asked = ("log", "--kind", "segment", "--kind", "remove", "--limit", 2, "--store", store)
    assert [line["kind"] for line in run_json(*asked)["events"]] == ["remove", "segment"]
    _, out, _ = run("log", "--store", store)
    assert "identity 1" in out
    assert getpass.getuser() in out


def test_recordings_are_listed_with_when_and_how_far(
    run_json: RunJson, run: Run, store: str, site: dict[str, Path]
) -> None:
    held = run_json("info", "--recordings", "--store", store)["recordings"]
    assert [(r["camera"], r["path"], r["dated"]) for r in held] == [
        (name, str(site[name]), True) for name in ("gate", "yard")
    ]
    assert held[1]["start"] == "2026-03-01T08:00:20.000Z"
    assert {(r["complete"], r["note"]) for r in held} == {(True, None)}
    _, out, _ = run("info", "--recordings", "--store", store)
    assert held[0]["sha256"] in out
    assert "2026-03-01 08:00:20Z" in out


def test_a_recording_of_another_camera_is_pointed_out(
    run: Run, store: str, site: dict[str, Path]
) -> None:
    weights = ("--detector", "colour", "--embedder", "colour", "--store", store)
    status, out, err = run("process", "--camera", f"door={site['gate']}", *weights)
    assert status == 0
    assert "already processed as a recording of camera gate" in out
    assert "to have it as one of door, `surveil-reid remove --recording" in err


def test_a_store_and_what_is_cut_out_of_it_are_private(
    run_json: RunJson, site: dict[str, Path], tmp_path: Path
) -> None:
    where = ("--store", f"sqlite:///{tmp_path / 'new.db'}")
    weights = ("--detector", "colour", "--embedder", "colour")
    run_json("process", "--camera", f"gate={site['gate']}@2026-03-01T08:00:00Z", *weights, *where)
    run_json("search", "--tracklet", 1, "--clips", tmp_path / "clips", *where)
    made = [path for path in tmp_path.iterdir() if path.name.startswith(("new", "clips"))]
    assert {path.name for path in made} >= {"new.db", "new.files", "clips"}
    assert all(path.stat().st_mode & 0o077 == 0 for path in made)


def test_search_for_somebody_who_is_not_there_says_no_match(run_json: RunJson, store: str) -> None:
    green = crop_of(store, "gate", 1)
    found = run_json("search", green, "--camera", "yard", "--embedder", "colour", "--store", store)
    assert found["decision"] == "no match"
    assert not any(hit["match"] for hit in found["results"])


def test_search_by_tracklet_and_identity_leaves_the_query_out(
    run_json: RunJson, store: str
) -> None:
    both = run_json("identities", "list", "--camera", "gate", "--camera", "yard", "--store", store)
    identity = both["identities"][0]
    first, second = identity["tracklets"]
    by_tracklet = run_json("search", "--tracklet", first, "--store", store)
    assert by_tracklet["results"][0]["tracklet"] == second
    assert first not in {hit["tracklet"] for hit in by_tracklet["results"]}
    by_identity = run_json("search", "--identity", identity["id"], "--top", 2, "--store", store)
    assert len(by_identity["results"]) == 2
    assert not {first, second} & {hit["tracklet"] for hit in by_identity["results"]}


def test_search_filters_by_time(run_json: RunJson, store: str) -> None:
    red = crop_of(store, "gate", 0)
    late = run_json(
        "search", red, "--after", "2026-03-01T08:00:20Z", "--before", "2026-03-01T09:00:35+01:00",
        "--embedder", "colour", "--store", store,
    )  # fmt: skip
    assert {hit["camera"] for hit in late["results"]} == {"yard"}
    assert len(late["results"]) == 3


def test_search_in_a_box_of_a_whole_frame(run_json: RunJson, store: str, tmp_path: Path) -> None:
    frame = np.full((120, 160, 3), 90, np.uint8)
    frame[30:80, 100:116] = (230, 20, 20)
    path = tmp_path / "frame.png"
    PillowImage.fromarray(frame).save(path)
    alone = run_json("search", path, "--embedder", "colour", "--store", store)
    assert alone["decision"] == "match"  # the detector that ships finds the one person
    box = ("--box", "100,30,16,50")
    found = run_json("search", path, *box, "--embedder", "colour", "--store", store)
    assert found["decision"] == "match"


def test_info_counts(run_json: RunJson, store: str) -> None:
    counted = run_json("info", "--store", store)
    assert counted["cameras"]["gate"] | {"crops": 0} == {
        "recordings": 1, "complete": 1, "frames": 200, "tracklets": 3, "doubtful": 0, "crops": 0,
    }  # fmt: skip
    assert counted["identities"] == 4
    assert counted["index"] == "none"
    assert counted["models"][0]["name"] == "colour"
    assert counted["bytes"] > 0
    run_json("search", "--tracklet", 1, "--store", store)
    assert run_json("info", "--store", store)["index"] == "ready"


def test_what_is_removed_is_gone_everywhere(run_json: RunJson, store: str) -> None:
    run_json("search", "--tracklet", 1, "--store", store)
    removed = run_json("remove", "--camera", "yard", "--store", store)
    assert (removed["recordings"], removed["tracklets"]) == (1, 3)
    assert set(run_json("info", "--store", store)["cameras"]) == {"gate"}
    listed = run_json("identities", "list", "--store", store)["identities"]
    assert [identity["cameras"] for identity in listed] == [["gate"]] * 3
    found = run_json("search", "--tracklet", 1, "--store", store)
    assert {hit["camera"] for hit in found["results"]} == {"gate"}
    with surveil_reid.open_store(store) as opened:
        kept = {c.file for t in opened.tracklets() for c in opened.tracklet(t.id).crops}
        files = {path.name for path in opened.folder.rglob("*.jpg")}
    assert files == kept


def test_a_person_is_removed_alone_and_does_not_come_back(
    run_json: RunJson, store: str, site: dict[str, Path]
) -> None:
    run_json("search", "--tracklet", 1, "--store", store)
    before = {i["id"]: i for i in run_json("identities", "list", "--store", store)["identities"]}
    person = next(i for i in before.values() if len(i["tracklets"]) > 1)
    removed = run_json("remove", "--identity", person["id"], "--store", store)
    assert (removed["recordings"], removed["tracklets"]) == (0, len(person["tracklets"]))
    run_json("process", "--camera", f"gate={site['gate']}@2026-03-01T08:00:00Z", "--store", store)
    after = {i["id"]: i for i in run_json("identities", "list", "--store", store)["identities"]}
    assert after == {number: i for number, i in before.items() if i is not person}
    other = next(iter(after.values()))["tracklets"][0]
    found = run_json("search", "--tracklet", other, "--top", 99, "--store", store)
    assert not {hit["tracklet"] for hit in found["results"]} & set(person["tracklets"])
    assert run_json("remove", "--tracklet", other, "--store", store)["tracklets"] == 1


def test_reembed_with_the_same_model_gives_the_same_identities(
    run_json: RunJson, store: str
) -> None:
    before = run_json("identities", "list", "--store", store)["identities"]
    assert run_json("reembed", "--embedder", "colour", "--store", store)["tracklets"] == 6
    after = run_json("identities", "list", "--store", store)["identities"]
    assert [i["tracklets"] for i in after] == [i["tracklets"] for i in before]


def test_score_tracks_of_perfect_tracks(run_json: RunJson, tmp_path: Path) -> None:
    rows = "".join(f"{f},1,{10 + f},20,16,40,1,-1,-1,-1\n" for f in range(1, 11))
    (tmp_path / "gate.txt").write_text(rows)
    found = run_json(
        "score-tracks", "--truth", tmp_path / "gate.txt", "--tracks", tmp_path / "gate.txt"
    )
    assert found["cameras"]["gate"] == {
        "recall": 1.0, "precision": 1.0, "MOTA": 1.0, "IDF1": 1.0, "HOTA": 1.0, "switches": 0,
    }  # fmt: skip


def test_doctor_finds_this_machine_well(run_json: RunJson) -> None:
    found = run_json("doctor")
    assert found["ok"] is True
    assert {check["name"] for check in found["checks"]} >= {"packages", "decoding", "store"}
    assert all(set(check) == {"name", "ok", "detail"} for check in found["checks"])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["search", "none.jpg"], "none.jpg: no such picture"),
        (["search", "--tracklet", "99"], "no tracklet 99"),
        (["search", "--identity", "99"], "no identity 99"),
        (["search", "--tracklet", "1", "--camera", "roof"], "'roof'"),
        (["identities", "show", "99"], "no identity 99"),
        (["identities", "list", "--camera", "roof"], "'roof'; it holds gate, yard"),
        (["identities", "tracks", __file__], "test_commands.py cannot be a folder"),
        (["remove", "--camera", "roof"], "'roof'"),
        (["remove", "--recording", "none.mp4"], "none.mp4"),
        (["remove", "--identity", "99"], "no identity 99"),
        (["remove", "--tracklet", "99"], "no tracklet 99"),
        (["process", "none.yaml"], "none.yaml"),
        (["score-tracks", "--truth", "none.txt", "--tracks", "none.txt"], "none.txt"),
    ],
)
def test_a_failure_is_one_line_and_status_1(
    run: Run, store: str, arguments: list[str], says: str
) -> None:
    where = [] if arguments[0] == "score-tracks" else ["--store", store]
    status, out, err = run(*arguments, *where)
    assert status == 1
    assert out == ""
    assert err.startswith("error: ")
    assert says in err
    assert err.count("\n") == 1
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["search"],
        ["search", "a.jpg", "--tracklet", "1"],
        ["search", "--tracklet", "1", "--top", "0"],
        ["search", "--tracklet", "1", "--false-alarm", "2"],
        ["search", "--tracklet", "1", "--after", "yesterday"],
        ["search", "a.jpg", "--box", "1,2,3"],
        ["process"],
        ["process", "site.yaml", "--camera", "a=b"],
        ["process", "--camera", "gate"],
        ["process", "site.yaml", "--fps", "-1"],
        ["process", "site.yaml", "--device", "abacus"],
        ["remove"],
        ["remove", "--camera", "a", "--recording", "b"],
        ["remove", "--identity", "1", "--tracklet", "1"],
    ],
)
def test_wrong_usage_is_status_2(run: Run, arguments: list[str]) -> None:
    status, out, err = run(*arguments)
    assert status == 2
    assert out == ""
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "command", [["info"], ["identities", "list"], ["search", "--tracklet", "1"], ["link"]]
)
def test_a_store_that_is_not_there_is_not_made(
    run: Run, tmp_path: Path, command: list[str]
) -> None:
    status, _, err = run(*command, "--store", f"sqlite:///{tmp_path / 'none.db'}")
    assert status == 1
    assert "no store" in err
    assert not list(tmp_path.iterdir())


def test_a_library_that_cannot_be_loaded_is_one_line(tmp_path: Path) -> None:
    said = "libGL.so.1: cannot open shared object file"
    (tmp_path / "cv2.py").write_text(f"raise ImportError({said!r})")
    ended = subprocess.run(
        [sys.executable, "-m", "surveil_reid", "doctor"],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"error: a library cannot be loaded ({said})")
    assert "libgl1" in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_debug_shows_where_it_failed(store: str) -> None:
    with pytest.raises(surveil_reid.SurveilReidError):
        main(["search", "--tracklet", "99", "--store", store, "--debug"])


def test_ctrl_c_says_that_the_work_can_be_taken_up_again(
    run: Run, site: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        surveil_reid, "load_embedder", lambda *_, **__: signal.raise_signal(signal.SIGINT)
    )
    url = f"sqlite:///{tmp_path / 'new.db'}"
    status, out, err = run("process", "--camera", f"gate={site['gate']}", "--store", url)
    assert (status, out) == (130, "")
    assert err == "interrupted; what was finished is kept, run it again to go on\n"


def test_without_weights_the_option_that_names_them_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name in ("DETECTOR", "EMBEDDER"):
        monkeypatch.delenv(f"SURVEIL_REID_{name}", raising=False)
    monkeypatch.setattr(shipped, "shipped_models", lambda _: ())  # as if nothing shipped
    with pytest.raises(SystemExit):
        main(["process", "--camera", "a=b.mp4", "--store", f"sqlite:///{tmp_path / 'a.db'}"])
    assert "name one with --detector PATH" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["evaluate", "folder", "--root", str(write_own_folder(tmp_path / "own"))])
    assert "name one with --embedder PATH" in capsys.readouterr().err


def test_the_program_runs_and_its_help_is_quick() -> None:
    """As a program of its own, whose heavy packages stay unloaded until they are needed."""
    code = (
        "import sys; from surveil_reid.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print([m for m in ('torch', 'ultralytics', 'faiss', 'sqlalchemy', 'openvino', 'cv2') "
        "if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={**os.environ, "COLUMNS": "100"},
    )  # fmt: skip
    for command in ("process", "search", "identities", "doctor", "score-tracks"):
        assert command in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"


def test_every_public_name_can_be_had() -> None:
    for name in surveil_reid.__all__:
        assert getattr(surveil_reid, name) is not None
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = surveil_reid.no_such_name


def test_installed_packages_add_commands(tmp_path: Path) -> None:
    """Another package's entry point is a command as any other, in a process of its own."""
    (tmp_path / "plugged.py").write_text(
        '"""A package beside ours."""\n\n\ndef greet(name: str) -> None:\n'
        '    """Greet somebody."""\n    print(f"hello {name}")\n'
    )
    info = tmp_path / "plugged-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: plugged\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[surveil_reid.commands]\ngreet = plugged:greet\n")
    done = subprocess.run(
        [sys.executable, "-m", "surveil_reid", "greet", "gate"],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "hello gate\n"), done.stderr
