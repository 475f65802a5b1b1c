"""The sample scripts run, and say what they are there to say."""

import runpy
import sys
from pathlib import Path

import pytest

import surveil_reid
from helpers.detectors import ColourDetector
from helpers.embedders import ColourEmbedder
from helpers.process_colours import process_colours
from helpers.scenes import write_site

SAMPLES = Path(__file__).parents[1] / "samples"


def run(script: str, arguments: list[object], monkeypatch: pytest.MonkeyPatch) -> None:
    """Run a script as a user would, but with a detector and an embedder that need no weights."""
    monkeypatch.setattr(surveil_reid, "load_detector", lambda *_: ColourDetector())
    monkeypatch.setattr(surveil_reid, "load_embedder", lambda *_: ColourEmbedder())
    monkeypatch.setattr(sys, "argv", [script, *map(str, arguments)])
    runpy.run_path(str(SAMPLES / script), run_name="__main__")


def test_footage_is_processed_and_somebody_searched_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    site = write_site(tmp_path / "site")
    url = f"sqlite:///{tmp_path / 'site.db'}"
    weights = ["--detector", "colour", "--embedder", "colour", "--store", url]
    cameras = [
        f"gate={site['gate']}@2026-03-01T08:00:00Z",
        f"yard={site['yard']}@2026-03-01T08:00:20Z",
        f"roof={tmp_path / 'none.mp4'}",
    ]
    with pytest.raises(SystemExit, match="1"):  # one camera has no such file
        run("process_footage.py", [*weights, *cameras], monkeypatch)
    said = capsys.readouterr().out
    assert said.count("was seen by gate, yard") == 2
    assert "roof: " in said

    with surveil_reid.open_store(url) as store:
        red = min(store.tracklets(), key=lambda t: t.start)
        picture = store.crops.path(store.tracklet(red.id).crops[3].file)
    run("search_person.py", ["--embedder", "colour", "--store", url, picture], monkeypatch)
    first, *hits = capsys.readouterr().out.splitlines()
    assert first == "match"
    assert [" match " in hit for hit in hits] == [True, True, False, False, False, False]


def test_a_question_is_answered_and_the_answer_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    site = write_site(tmp_path / "site", seconds=8)
    url = f"sqlite:///{tmp_path / 'site.db'}"
    with surveil_reid.open_store(url) as store:
        process_colours(
            store, [f"{name}={path}@2026-03-01T08:00:00Z" for name, path in site.items()]
        )
        before = store.memberships()
    answers = iter(["yes", "yes"])
    monkeypatch.setattr("builtins.input", lambda _: next(answers))
    run("review_identities.py", ["--store", url, "--who", "ann"], monkeypatch)
    said = capsys.readouterr().out
    assert "decision 1 (" in said
    assert "; ann, " in said
    assert "is now tracklets" in said
    assert "undone: decision 1" in said
    with surveil_reid.open_store(url) as store:
        assert store.memberships() == before


def test_box_tracks_are_scored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "gt.txt"
    path.write_text("".join(f"{f},1,{10 + f},20,16,40,1,-1,-1,-1\n" for f in range(1, 11)))
    run("score_box_tracks.py", [path, path], monkeypatch)
    assert capsys.readouterr().out.split() == ["MOTA", "1.000", "IDF1", "1.000", "HOTA", "1.000"]
