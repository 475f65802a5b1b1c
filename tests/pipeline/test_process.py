"""The main job on generated footage: who is found, where, when, and once only."""

import errno
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

import surveil_reid
from helpers.detectors import ColourDetector
from helpers.embedders import ColourEmbedder
from helpers.footage import corrupt_packets, write_cut_off, write_video
from helpers.process_colours import process_colours
from helpers.progress import Warnings
from helpers.rows import crop_files, rows
from helpers.scenes import FPS, GATE, GREEN, RED, Walk, scene
from surveil_reid.core import InputError, MediaError, ModelMismatchError
from surveil_reid.pipeline import Failure
from surveil_reid.store import Store, open_store
from surveil_reid.video import read_frames

EIGHT = datetime(2026, 3, 1, 8, tzinfo=UTC).timestamp()


@pytest.fixture(scope="module")
def processed(tmp_path_factory: pytest.TempPathFactory, cameras: list[str]) -> Path:
    database = tmp_path_factory.mktemp("processed") / "site.db"
    with open_store(f"sqlite:///{database}") as store:
        report = process_colours(store, cameras)
    assert report.failed == ()
    assert [(r.camera, r.frames, r.analysed, r.tracklets) for r in report.recordings] == [
        ("gate", 200, 200, 3),
        ("yard", 200, 200, 3),
    ]
    return database


def opened(database: Path) -> Store:
    return open_store(f"sqlite:///{database}")


def test_everybody_is_one_tracklet_where_they_walked(processed: Path) -> None:
    with opened(processed) as store:
        seen = sorted((t.camera, t.start - EIGHT, t.end - EIGHT) for t in store.tracklets())
    expected = [("gate", w.start, w.end) for w in GATE]
    for (camera, start, end), (wanted, begin, gone) in zip(seen[:3], expected, strict=True):
        assert camera == wanted
        assert start == pytest.approx(begin, abs=0.3)
        assert end == pytest.approx(gone, abs=0.3)


def test_who_was_seen_by_both_cameras_is_one_identity(processed: Path) -> None:
    with opened(processed) as store:
        cameras = sorted(identity.cameras for identity in store.identities())
    assert cameras == [("gate",), ("gate", "yard"), ("gate", "yard"), ("yard",)]


def test_box_tracks_lie_on_the_people(processed: Path) -> None:
    with opened(processed) as store:
        blue = max((t for t in store.tracklets(cameras=["gate"])), key=lambda t: t.start)
        track = store.box_track(blue.id)
    walk = GATE[2]  # the only one whom nobody crosses
    for time, box in zip(track.times - EIGHT, track.boxes, strict=True):
        share = (time - walk.start) / (walk.end - walk.start)
        left = walk.x[0] + share * (walk.x[1] - walk.x[0])
        np.testing.assert_allclose(box, [left, walk.y, left + 16, walk.y + 44], atol=3)


def test_crops_are_kept_spread_over_the_time_in_view(processed: Path) -> None:
    with opened(processed) as store:
        for tracklet in store.tracklets():
            crops = store.tracklet(tracklet.id).crops
            assert 4 <= len(crops) <= 8
            assert crops[-1].time - crops[0].time > 0.6 * (tracklet.end - tracklet.start)
            assert all(crop.embedding is not None for crop in crops)
        referred = {c.file for t in store.tracklets() for c in store.tracklet(t.id).crops}
    assert crop_files(processed) == referred


def test_processing_again_changes_nothing(processed: Path, cameras: list[str]) -> None:
    before = rows(processed)
    with opened(processed) as store:
        report = process_colours(store, cameras)
    assert [r.skipped for r in report.recordings] == ["already processed"] * 2
    assert rows(processed) == before


def test_a_recording_is_recognised_wherever_it_lies(
    processed: Path, site_videos: dict[str, Path], tmp_path: Path
) -> None:
    copy = tmp_path / "renamed.mp4"
    copy.write_bytes(site_videos["gate"].read_bytes())
    before = rows(processed)
    with opened(processed) as store:
        report = process_colours(store, [f"other={copy}@2026-03-01T09:00:00Z"])
    assert report.recordings[0].skipped == "already processed as a recording of camera gate"
    assert rows(processed) == before


def test_a_recording_is_stored_where_it_lies_and_followed_when_it_is_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "day").mkdir()
    first, moved, copy = (tmp_path / name for name in ("day/a.mp4", "kept.mp4", "copy.mp4"))
    write_video(first, scene([Walk(RED, 1, 4)], 5), fps=FPS)
    monkeypatch.chdir(tmp_path)
    with opened(tmp_path / "site.db") as store:

        def place_after(path: str) -> str:
            process_colours(store, [f"gate={path}@2026-03-01T08:00:00Z"])
            (recording,) = store.recordings()
            return recording.path

        assert place_after("day/a.mp4") == str(first)
        first.rename(moved)
        assert place_after("kept.mp4") == str(moved)
        assert [event.kind for event in store.events(2)] == ["identities", "move"]
        copy.write_bytes(moved.read_bytes())
        assert place_after("copy.mp4") == str(moved)  # which is still there
        write_video(moved, scene([Walk(GREEN, 1, 4)], 5), fps=FPS)
        assert place_after("copy.mp4") == str(copy)  # what lies there now is another one
        store.move_recording(1, "copy.mp4")  # as earlier versions stored it
        assert place_after("copy.mp4") == str(copy)
        assert store.remove_recording("copy.mp4").recordings == 1


def test_another_model_is_refused_before_anything_happens(
    processed: Path, cameras: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ColourEmbedder, "info", replace(ColourEmbedder.info, sha256="0" * 64))
    with opened(processed) as store, pytest.raises(ModelMismatchError, match="reembed"):
        process_colours(store, cameras)


@pytest.mark.parametrize("seconds", [7.3, 9.6])
def test_a_person_who_crosses_a_file_boundary_is_one_tracklet(
    tmp_path: Path, seconds: float
) -> None:
    first, second = tmp_path / "part1.mp4", tmp_path / "part2.mp4"
    write_video(first, scene(GATE, seconds), fps=FPS)
    write_video(second, scene(GATE, 20 - seconds, begin=seconds), fps=FPS)
    with opened(tmp_path / "site.db") as store:
        process_colours(store, [f"gate={tmp_path}/part*.mp4@2026-03-01T08:00:00Z"])
        together = store.tracklets()
        green = min(together, key=lambda t: abs(t.start - EIGHT - GATE[1].start))
        parts = [len(store.box_tracks(r.id).get(green.id, ())) for r in store.recordings()]
    assert len(together) == 3
    assert green.end - EIGHT == pytest.approx(GATE[1].end, abs=0.3)
    assert all(part > 10 for part in parts)


def test_files_that_tell_no_length_follow_one_another(tmp_path: Path) -> None:
    for number, (begin, seconds) in enumerate([(0.0, 7.3), (7.3, 12.7)], start=1):
        path = tmp_path / f"part{number}.mkv"
        write_cut_off(path, scene(GATE, seconds, begin=begin), fps=FPS)
    with opened(tmp_path / "together.db") as store:
        process_colours(store, [f"gate={tmp_path}/part*.mkv@2026-03-01T08:00:00Z"])
        together = [(t.start, t.end) for t in store.tracklets()]
    assert [(start - EIGHT, end - EIGHT) for start, end in together] == [
        pytest.approx((w.start, w.end), abs=0.3) for w in GATE
    ]
    with opened(tmp_path / "later.db") as store:
        process_colours(store, [f"gate={tmp_path}/part1.mkv@2026-03-01T08:00:00Z"])
        with closing(sqlite3.connect(tmp_path / "later.db")) as database, database:
            database.execute("UPDATE recording SET duration = NULL")  # as stores once kept it
        process_colours(store, [f"gate={tmp_path}/part2.mkv@2026-03-01T08:00:07.300Z"])
        assert [(t.start, t.end) for t in store.tracklets()] == [
            pytest.approx(times) for times in together
        ]


def test_a_file_that_arrives_later_carries_its_people_on(tmp_path: Path) -> None:
    first, second = tmp_path / "part1.mp4", tmp_path / "part2.mp4"
    write_video(first, scene(GATE, 7.3), fps=FPS)
    write_video(second, scene(GATE, 12.7, begin=7.3), fps=FPS)
    with opened(tmp_path / "site.db") as store:
        process_colours(store, [f"gate={first}@2026-03-01T08:00:00Z"])
        assert len(store.tracklets()) == 2
        process_colours(store, [f"gate={second}@2026-03-01T08:00:07.300Z"])
        later = [(t.start, t.end, t.descriptor) for t in store.tracklets()]
    with opened(tmp_path / "together.db") as store:
        process_colours(store, [f"gate={tmp_path}/part*.mp4@2026-03-01T08:00:00Z"])
        once = [(t.start, t.end, t.descriptor) for t in store.tracklets()]
    assert len(later) == len(once) == 3
    for (start, end, descriptor), (begin, gone, expected) in zip(later, once, strict=True):
        assert (start, end) == (pytest.approx(begin, abs=0.01), pytest.approx(gone, abs=0.01))
        assert float(descriptor @ expected) > 0.999


def test_files_that_overlap_a_little_are_one_stretch(tmp_path: Path) -> None:
    """Clocks and rounded lengths have the second file begin before the first has ended."""
    for number, (begin, seconds) in enumerate([(0.0, 7.3), (7.3, 12.7)], start=1):
        path = tmp_path / f"part{number}.mp4"
        write_video(path, scene(GATE, seconds, begin=begin), fps=FPS)
    with opened(tmp_path / "site.db") as store:
        report = process_colours(
            store,
            [
                f"gate={tmp_path}/part1.mp4@2026-03-01T08:00:00Z",
                f"gate={tmp_path}/part2.mp4@2026-03-01T08:00:06.800Z",
            ],
        )
        assert report.failed == ()
        assert len(store.tracklets()) == 3
        for tracklet in store.tracklets():
            assert (np.diff(store.box_track(tracklet.id).times) >= 0).all()


def test_an_interrupted_tracklet_is_joined_again(tmp_path: Path) -> None:
    walk = Walk(RED, 1, 9)
    pictures = scene([walk], 10)
    hidden = scene([], 10)
    pictures[45:65] = hidden[45:65]  # two seconds behind something
    write_video(tmp_path / "a.mp4", pictures, fps=FPS)
    with opened(tmp_path / "site.db") as store:
        process_colours(store, [f"gate={tmp_path}/a.mp4@2026-03-01T08:00:00Z"])
        assert [round(t.end - t.start, 1) for t in store.tracklets()] == [pytest.approx(8, abs=0.4)]


@pytest.mark.parametrize("seconds", [8.5, 11])  # before and after the first commit
def test_who_is_joined_again_and_still_in_view_at_the_end_is_one_tracklet(
    tmp_path: Path, seconds: float
) -> None:
    pictures = scene([Walk(RED, 1, 12)], 12)
    hidden = scene([], 12)
    pictures[45:65] = hidden[45:65]
    write_video(tmp_path / "a.mp4", pictures[: round(seconds * FPS)], fps=FPS)
    with opened(tmp_path / "site.db") as store:
        process_colours(store, [f"gate={tmp_path}/a.mp4@2026-03-01T08:00:00Z"])
        (tracklet,) = store.tracklets(doubtful=True)
    assert tracklet.end - tracklet.start == pytest.approx(seconds - 1, abs=0.4)


def test_another_person_at_the_same_place_is_not_joined(tmp_path: Path) -> None:
    pictures = scene([Walk(RED, 1, 4, x=(60, 70)), Walk(GREEN, 6, 9, x=(70, 80))], 10)
    write_video(tmp_path / "a.mp4", pictures, fps=FPS)
    with opened(tmp_path / "site.db") as store:
        process_colours(store, [f"gate={tmp_path}/a.mp4@2026-03-01T08:00:00Z"])
        assert len(store.tracklets()) == 2


def test_somebody_who_stands_still_stays_in_view(tmp_path: Path) -> None:
    still = [
        Walk(RED, 1, 4, x=(4, 60)),
        Walk(RED, 4, 25, x=(60, 60)),
        Walk(RED, 25, 28, x=(60, 140)),
    ]
    write_video(tmp_path / "a.mp4", scene(still, 30), fps=FPS)
    with opened(tmp_path / "site.db") as store:
        process_colours(store, [f"gate={tmp_path}/a.mp4@2026-03-01T08:00:00Z"], fps=5.0)
        (tracklet,) = store.tracklets()
        gated = sum(s.gated.sum() for s in store.segments(store.recordings()[0].id))
    assert gated > 60
    assert tracklet.end - tracklet.start == pytest.approx(27, abs=0.6)


def test_people_in_an_ignored_zone_are_not_seen(
    tmp_path: Path, site_videos: dict[str, Path]
) -> None:
    site_file = tmp_path / "site.yaml"
    site_file.write_text(
        f"cameras: [{{name: gate, recordings: [{site_videos['gate']}], "
        "ignore: [[[0, 100], [160, 100], [160, 120], [0, 120]]]}]"
    )
    with opened(tmp_path / "site.db") as store:
        surveil_reid.process(
            surveil_reid.load_site(site_file),
            store,
            detector=ColourDetector(),
            embedder=ColourEmbedder(),
            settings=replace(surveil_reid.Settings(), video=surveil_reid.VideoOptions(fps=None)),
        )
        assert len(store.tracklets()) == 2  # green walks with feet at y = 114


def test_what_cannot_be_used_is_named_and_the_rest_is_processed(
    tmp_path: Path, site_videos: dict[str, Path]
) -> None:
    text = tmp_path / "text.mp4"
    text.write_text("no film")
    empty = tmp_path / "empty.mp4"
    empty.touch()
    (tmp_path / "nothing").mkdir()
    with opened(tmp_path / "site.db") as store:
        report = process_colours(
            store,
            [
                f"a={tmp_path / 'missing.mp4'}",
                f"b={text}",
                f"c={empty}",
                f"d={tmp_path / 'nothing'}",
                f"gate={site_videos['gate']}@2026-03-01T08:00:00Z",
            ],
        )
        assert store.cameras() == ("gate",)
        assert len(store.tracklets()) == 3
    assert [failure.camera for failure in report.failed] == ["a", "b", "c", "d"]
    for failure in report.failed:
        assert isinstance(failure, Failure)
        assert failure.path in failure.error
        assert "\n" not in failure.error


def test_a_recording_that_ends_early_gives_what_it_has(tmp_path: Path) -> None:
    cut = tmp_path / "cut.mp4"
    write_video(cut, scene(GATE, 20), fps=FPS, faststart=True)
    cut.write_bytes(cut.read_bytes()[: int(cut.stat().st_size * 0.6)])
    with opened(tmp_path / "site.db") as store:
        report = process_colours(store, [f"gate={cut}@2026-03-01T08:00:00Z"])
        (recording,) = store.recordings()
    assert report.failed == ()
    assert 0 < report.recordings[0].frames < 200
    assert recording.complete
    assert f"{recording.frames} of 200 frames" in (report.recordings[0].note or "")


def test_a_file_that_was_still_being_written_does_not_double_its_people(tmp_path: Path) -> None:
    path = tmp_path / "gate.mkv"
    camera = f"gate={path}@2026-03-01T08:00:00Z"
    write_cut_off(path, scene(GATE, 8), fps=FPS)
    with opened(tmp_path / "site.db") as store:
        assert process_colours(store, [camera]).failed == ()
        before = store.tracklets()
        write_cut_off(path, scene(GATE, 20), fps=FPS)
        (failure,) = process_colours(store, [camera]).failed
        assert "remove --recording" in failure.error
        assert [t.id for t in store.tracklets()] == [t.id for t in before]
        store.remove_recording(str(path))
        assert process_colours(store, [camera]).failed == ()
        assert len(store.tracklets()) == 3


def test_a_file_that_goes_missing_leaves_nobody_unfinished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Green is in view when the first file ends; the second is gone once it is its turn."""
    for number, (begin, seconds) in enumerate([(0.0, 7.3), (7.3, 12.7)], start=1):
        path = tmp_path / f"part{number}.mp4"
        write_video(path, scene(GATE, seconds, begin=begin), fps=FPS)

    def vanished(path: Path, *args: object, **options: object) -> object:
        if path.name == "part2.mp4":
            msg = f"{path}: gone"
            raise MediaError(msg)
        return read_frames(path, *args, **options)

    cameras = [f"gate={tmp_path}/part*.mp4@2026-03-01T08:00:00Z"]
    with opened(tmp_path / "site.db") as store:
        with monkeypatch.context() as patched:
            patched.setattr("surveil_reid.pipeline.stretch.read_frames", vanished)
            report = process_colours(store, cameras)
        assert [failure.error for failure in report.failed] == [f"{tmp_path}/part2.mp4: gone"]
        assert len(store.tracklets()) == 2
        # The file is back: green goes on as the same tracklet.
        assert process_colours(store, cameras).failed == ()
        assert len(store.tracklets()) == 3


def test_a_full_disk_leaves_nothing_half_written(
    tmp_path: Path, cameras: list[str], processed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = iter(range(2))
    write_bytes = Path.write_bytes

    def until_full(path: Path, content: bytes) -> int:
        if path.suffix == ".tmp" and next(written, None) is None:
            write_bytes(path, content[:10])
            raise OSError(errno.ENOSPC, "No space left on device")
        return write_bytes(path, content)

    database = tmp_path / "site.db"
    with opened(database) as store:
        with monkeypatch.context() as patched:
            patched.setattr(Path, "write_bytes", until_full)
            report = process_colours(store, cameras)
        assert report.failed
        assert all("full" in failure.error for failure in report.failed)
        referred = {
            crop.file
            for camera in store.cameras()
            for state in store.tracklet_states(camera=camera)
            for crop in state.crops
        }
        assert crop_files(database) == referred
        assert not list(store.folder.rglob("*.tmp"))
        assert process_colours(store, cameras).failed == ()
    assert rows(database) == rows(processed)


def test_nobody_in_view_is_no_failure(tmp_path: Path) -> None:
    write_video(tmp_path / "empty.mp4", scene([], 12), fps=FPS)
    with opened(tmp_path / "site.db") as store:
        report = process_colours(store, [f"gate={tmp_path / 'empty.mp4'}"])
        assert store.identities() == ()
    assert report.failed == ()
    assert report.recordings[0].tracklets == 0


def test_an_interrupted_recording_does_not_go_on_with_other_options(
    tmp_path: Path, site_videos: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    camera = f"gate={site_videos['gate']}@2026-03-01T08:00:00Z"
    calls = iter(range(40))

    class Interrupted(Exception):  # noqa: N818
        pass

    original = ColourDetector._detect

    def fail_late(self: ColourDetector, image: np.ndarray) -> object:
        if next(calls, None) is None:
            raise Interrupted
        return original(self, image)

    with opened(tmp_path / "site.db") as store:
        with monkeypatch.context() as patched:
            patched.setattr(ColourDetector, "_detect", fail_late)
            with pytest.raises(Interrupted):
                process_colours(store, [camera])
        report = process_colours(store, [camera], fps=5.0)
        assert "other options (video)" in report.failed[0].error
        assert process_colours(store, [camera]).failed == ()
        assert len(store.tracklets()) == 3


@pytest.mark.parametrize("looked_at", [20, 130])
def test_broken_frames_are_counted_once_also_when_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, looked_at: int
) -> None:
    path = tmp_path / "a.mp4"
    write_video(path, scene(GATE, 20), fps=FPS, gop=10)
    corrupt_packets(path, [33, 34, 112, 151])
    camera = f"gate={path}@2026-03-01T08:00:00Z"
    calls = iter(range(looked_at))
    original = ColourDetector._detect

    def fail_late(self: ColourDetector, image: np.ndarray) -> object:
        if next(calls, None) is None:
            raise KeyboardInterrupt
        return original(self, image)

    with opened(tmp_path / "whole.db") as store:
        process_colours(store, [camera], motion_gate=False)
    with opened(tmp_path / "broken.db") as store:
        with monkeypatch.context() as patched:
            patched.setattr(ColourDetector, "_detect", fail_late)
            with pytest.raises(KeyboardInterrupt):
                process_colours(store, [camera], motion_gate=False)
        process_colours(store, [camera], motion_gate=False)
        note = store.recordings()[0].note
    assert "broken frames left out" in (note or "")
    assert rows(tmp_path / "broken.db") == rows(tmp_path / "whole.db")


def test_what_a_removed_recording_began_can_still_be_carried_on(tmp_path: Path) -> None:
    for number, (begin, seconds) in enumerate([(0.0, 7.3), (7.3, 4.0), (11.3, 8.7)], start=1):
        path = tmp_path / f"part{number}.mp4"
        write_video(path, scene(GATE, seconds, begin=begin), fps=FPS)
    cameras = [f"gate={tmp_path}/part{n}.mp4@2026-03-01T08:00:{t:06.3f}Z"
               for n, t in ((1, 0), (2, 7.3), (3, 11.3))]  # fmt: skip
    with opened(tmp_path / "site.db") as store:
        process_colours(store, cameras[:2])
        store.remove_recording(str(tmp_path / "part1.mp4"))
        assert process_colours(store, cameras[2:]).failed == ()
        assert [r.complete for r in store.recordings()] == [True, True]
        assert len(store.tracklets()) >= 2


def test_unknown_times_are_said_to_be_unknown(tmp_path: Path, site_videos: dict[str, Path]) -> None:
    with opened(tmp_path / "site.db") as store:
        process_colours(store, [f"gate={site_videos['gate']}"])
        (recording,) = store.recordings()
    assert recording.start == 0.0
    assert not recording.start_known


def test_few_frames_a_second_are_warned_of_and_whoever_lingers_is_followed(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", scene([Walk(RED, 1, 19, x=(40, 70))], 20), fps=FPS)
    warned = Warnings()
    with opened(tmp_path / "site.db") as store:
        surveil_reid.process(
            surveil_reid.site_of([surveil_reid.parse_camera(f"gate={path}@2026-03-01T08:00:00Z")]),
            store,
            detector=ColourDetector(),
            embedder=ColourEmbedder(),
            settings=replace(surveil_reid.Settings(), video=surveil_reid.VideoOptions(fps=1)),
            progress=warned,
        )
        (tracklet,) = store.tracklets()
        assert tracklet.end - tracklet.start > 15
    assert any("1 frames a second are few" in line for line in warned.said)


def test_options_out_of_range_are_refused() -> None:
    with pytest.raises(InputError, match="fps"):
        surveil_reid.VideoOptions(fps=0)
