"""The report and the demonstration on the command line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import surveil_reid
from helpers.demo_site import write_demo_site
from helpers.pages import Page, check, text

Run = Callable[..., tuple[int, str, str]]
RunJson = Callable[..., Any]


def test_report_writes_a_page_about_the_store(
    run: Run, run_json: RunJson, store: str, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    site = tmp_path / "site.yaml"
    site.write_text(
        "cameras: [{name: gate, recordings: [a.mp4], position: [0, 0]}, "
        "{name: yard, recordings: [b.mp4], position: [1, 1]}]"
    )
    document = run_json(
        *("report", "--store", store, "--out", out, "--site", site),
        *("--title", "A & B", "--most", 2, "--clips", 1),
    )
    identities = len(run_json("identities", "list", "--store", store)["identities"])
    assert document == {
        "path": str(out / "index.html"), "identities": identities, "shown": 2, "clips": 1,
        "notes": [],
    }  # fmt: skip
    page = Page(out / "index.html")
    check(page)
    assert text(page.all("h1")[0]) == "A & B"
    assert "where the site file says" in page.words()
    with surveil_reid.open_store(store) as opened:
        assert [event.kind for event in opened.events(1)] == ["report"]

    status, said, _ = run("report", "--store", store, "--out", out, "--clips", 0)
    assert status == 0
    assert f"shows {identities} of {identities} identities and 0 clips" in said
    assert "delete it when it has served" in said


def test_a_report_that_cannot_be_written_is_one_line(run: Run, store: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    status, _, err = run("report", "--store", store, "--out", tmp_path / "file")
    assert status == 1
    assert len(err.splitlines()) == 1
    assert "file" in err
    assert run("report", "--store", store)[0] == 2  # without --out
    nowhere = run("report", "--store", f"sqlite:///{tmp_path}/none.db", "--out", tmp_path / "x")
    assert nowhere[0] == 1
    assert "there is no store" in nowhere[2]


def test_demo_prints_what_was_measured(run: Run, run_json: RunJson, tmp_path: Path) -> None:
    demo_site = write_demo_site(tmp_path / "site")
    weights = ("--site", demo_site, "--detector", "colour", "--embedder", "colour")
    document = run_json("demo", "--out", tmp_path / "out", *weights)
    assert document["cross_camera_IDF1"] > 0.9
    assert document["cross_camera_bcubed_f1"] == 1
    assert document["identities_true"] == document["identities_found"] == 4
    assert set(document["cameras"]) == {"gate", "yard"}
    assert set(document["cameras"]["gate"]) == {
        "recall", "precision", "MOTA", "IDF1", "HOTA", "switches",
    }  # fmt: skip
    assert document["search"]["decision"] == "match"
    assert Path(document["report"]).is_file()
    assert document["failed"] == []
    status, out, _ = run("demo", "--out", tmp_path / "out", *weights)
    assert status == 0
    assert f"{document['cross_camera_IDF1']:.3f}" in out
    assert "4 identities found of 4 people" in out
    assert str(tmp_path / "out/index.html") in out
    (tmp_path / "site/footage/yard.mp4").unlink()
    status, out, err = run("demo", "--out", tmp_path / "out", *weights, "--json")
    assert status == 1
    assert [failure["camera"] for failure in json.loads(out)["failed"]] == ["yard"]
    assert "yard.mp4" in err
