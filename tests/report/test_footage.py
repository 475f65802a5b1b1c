"""Clips are of the recording that was processed, or there is none."""

from pathlib import Path

import numpy as np
import pytest

import surveil_reid
from helpers.footage import write_video
from helpers.process_colours import process_colours
from helpers.scenes import BLUE, FPS, RED, Walk, scene
from surveil_reid.pipeline.footage import Footage
from surveil_reid.report.clips import ClipReport
from surveil_reid.report.cuts import Cut, drawn_frames
from surveil_reid.store import Store, open_store


def cut(store: Store, folder: Path) -> ClipReport:
    """A clip of everybody in the store."""
    descriptor = store.tracklets()[0].descriptor
    hits = surveil_reid.search(store, descriptor, surveil_reid.SearchOptions(top=9)).hits
    assert hits
    return surveil_reid.write_clips(store, hits, folder)


def test_no_clip_is_cut_of_another_video_at_the_same_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    footage, elsewhere = tmp_path / "latest.mp4", tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(tmp_path)
    write_video(footage, scene([Walk(RED, 1, 4), Walk(BLUE, 5, 8)], 9), fps=FPS)
    with open_store(f"sqlite:///{tmp_path / 'site.db'}") as store:
        process_colours(store, ["gate=latest.mp4@2026-03-01T08:00:00Z"])
        monkeypatch.chdir(elsewhere)
        there = cut(store, tmp_path / "clips")
        assert (len(there.clips), there.failed) == (2, ())

        original = footage.rename(tmp_path / "kept.mp4")
        write_video(footage, scene([Walk(BLUE, 1, 4), Walk(RED, 5, 8)], 9), fps=FPS)
        report = cut(store, tmp_path / "wrong")
        assert report.clips == {}
        assert not list((tmp_path / "wrong").iterdir())
        (said,) = report.failed
        assert f"{footage} is another file than the one that was processed; `process` the" in said
        page = surveil_reid.write_report(store, tmp_path / "page")
        assert page.clips == 0
        assert any(f"{footage} is another file" in note for note in page.notes)

        process_colours(store, [f"gate={original}@2026-03-01T08:00:00Z"])
        assert len(cut(store, tmp_path / "right").clips) == 2
        assert surveil_reid.write_report(store, tmp_path / "page").clips == 1


@pytest.mark.parametrize(("name", "whole"), [("corridor", True), ("Flur im 2. Stock, กล้อง", False)])
def test_the_time_on_a_clip_of_an_upright_video_is_whole(
    tmp_path: Path, name: str, whole: bool
) -> None:
    path = tmp_path / "a.mp4"
    write_video(path, [np.zeros((640, 360, 3), np.uint8)] * 5, fps=FPS)
    with open_store(f"sqlite:///{tmp_path / 'site.db'}") as store:
        process_colours(store, [f"{name}={path}@2026-03-01T08:00:00Z"])
        (recording,) = store.recordings()
        cut = Cut(recording=recording, people=(), start=0, end=1)
        image = next(iter(drawn_frames(store, cut, Footage())))[0].image
    written = np.flatnonzero((image[:40] == 255).all(axis=2).any(axis=0))
    gaps = np.flatnonzero(np.diff(written) > 8)  # between date and time, and time and name
    assert len(gaps) >= 2
    assert (written.max() < image.shape[1] - 4) == whole


def test_a_store_of_relative_places_serves_where_it_was_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_video(tmp_path / "a.mp4", scene([Walk(RED, 1, 4)], 5), fps=FPS)
    with open_store(f"sqlite:///{tmp_path / 'site.db'}") as store:
        process_colours(store, ["gate=a.mp4@2026-03-01T08:00:00Z"])
        store.move_recording(1, "a.mp4")  # as earlier versions stored it
        assert len(cut(store, tmp_path / "clips").clips) == 1
        (tmp_path / "other").mkdir()
        monkeypatch.chdir(tmp_path / "other")
        assert "a.mp4 does not exist; `process` the recording" in cut(store, tmp_path).failed[0]
