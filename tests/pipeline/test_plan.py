"""Planning: which files are meant, when they were made, and which follow one another."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from helpers.footage import write_video
from helpers.progress import Warnings
from helpers.scenes import FPS, scene
from helpers.store_rows import MODEL, store_at
from surveil_reid.config import CameraSource, RecordingSource, load_site
from surveil_reid.core import MediaError
from surveil_reid.pipeline.files import sha256_of
from surveil_reid.pipeline.plan import PlannedRecording, plan_camera
from surveil_reid.store import NewRecording, SegmentCommit, Store

EIGHT = datetime(2026, 3, 1, 8, tzinfo=UTC).timestamp()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with store_at(tmp_path) as made:
        yield made


def film(path: Path, *, seconds: float = 2, shade: int = 0, **more: object) -> Path:
    """A film of its own content for each shade, from 0 to 12."""
    pictures = scene([], seconds)
    for picture in pictures:
        picture[:8, :8] = 20 * shade
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_video(path, pictures, fps=FPS, **more)


def plan(
    store: Store, *paths: str | Path, start: float | None = None, offset: float = 0.0
) -> tuple[list[list[PlannedRecording]], list[str], list[str]]:
    """The stretches, what cannot be used, and what was warned of."""
    first, *others = [str(path) for path in paths]
    sources = [RecordingSource(path=first, start=start)]
    sources += [RecordingSource(path=path) for path in others]
    camera = CameraSource(name="gate", recordings=tuple(sources), clock_offset=offset)
    warnings = Warnings()
    stretches, failures = plan_camera(camera, store, warnings)
    return stretches, [failure.error for failure in failures], warnings.said


def keep(store: Store, planned: PlannedRecording, *, frames: int = 20) -> None:
    """Put a recording into the store as if it had been processed, with nobody in it."""
    recording = store.add_recording(
        NewRecording(
            camera="gate",
            path=planned.path,
            sha256=planned.sha256,
            start=planned.start,
            start_known=planned.start_known,
            duration=planned.media.duration,
            fps=planned.media.fps,
            width=planned.media.width,
            height=planned.media.height,
        )
    )
    store.commit_segment(
        SegmentCommit(
            recording_id=recording.id,
            detections=None,
            frames=frames,
            analysed=frames,
            complete=True,
            model=MODEL,
        )
    )


def names(stretches: list[list[PlannedRecording]]) -> list[list[str]]:
    return [[recording.path.name for recording in stretch] for stretch in stretches]


def test_files_of_a_glob_follow_one_another_in_natural_order(store: Store, tmp_path: Path) -> None:
    for number in (10, 2, 1):
        film(tmp_path / f"part{number}.mp4", shade=number)
    stretches, failures, warned = plan(store, tmp_path / "part*.mp4", start=EIGHT)
    assert names(stretches) == [["part1.mp4", "part2.mp4", "part10.mp4"]]
    assert [r.start - EIGHT for r in stretches[0]] == pytest.approx([0, 2, 4])
    assert failures == warned == []


def test_of_a_folder_its_videos_are_meant(store: Store, tmp_path: Path) -> None:
    film(tmp_path / "footage/a.MP4")
    (tmp_path / "footage/notes.txt").write_text("not a film")
    (tmp_path / "footage/inner.mp4").mkdir()
    stretches, failures, _ = plan(store, tmp_path / "footage", start=EIGHT)
    assert names(stretches) == [["a.MP4"]]
    assert failures == []


def test_one_content_is_planned_once(store: Store, tmp_path: Path) -> None:
    film(tmp_path / "a.mp4")
    (tmp_path / "b.mp4").write_bytes((tmp_path / "a.mp4").read_bytes())
    stretches, _, _ = plan(store, tmp_path / "*.mp4", start=EIGHT)
    assert names(stretches) == [["a.mp4"]]


def test_the_time_comes_from_the_start_then_the_metadata_then_the_name(
    store: Store, tmp_path: Path
) -> None:
    named = film(tmp_path / "gate_2026-03-01T09-00-00.mp4", shade=1)
    stated = film(
        tmp_path / "gate_2026-03-01T10-00-00.mp4",
        shade=2,
        metadata={"creation_time": "2026-03-01T11:00:00Z"},
    )
    assert plan(store, named)[0][0][0].start == EIGHT + 3600
    assert plan(store, stated)[0][0][0].start == EIGHT + 3 * 3600
    assert plan(store, stated, start=EIGHT)[0][0][0].start == EIGHT
    assert plan(store, stated, start=EIGHT, offset=-2.5)[0][0][0].start == EIGHT - 2.5


def test_files_apart_in_time_are_stretches_apart(store: Store, tmp_path: Path) -> None:
    for number, clock in enumerate(("09-00-00", "09-00-02", "09-00-30"), start=1):
        film(tmp_path / f"2026-03-01T{clock}.mp4", shade=number)
    stretches, _, _ = plan(store, tmp_path)
    assert [len(stretch) for stretch in stretches] == [2, 1]


def test_unknown_times_are_laid_apart_and_warned_of(store: Store, tmp_path: Path) -> None:
    """Whoever is in view at the end of one need not be who stands there when another begins."""
    for number in (1, 2, 3):
        film(tmp_path / f"part{number}.mp4", shade=number)
    stretches, _, warned = plan(store, tmp_path, offset=-2.5)
    assert names(stretches) == [["part1.mp4"], ["part2.mp4"], ["part3.mp4"]]
    assert [r.start for (r,) in stretches] == pytest.approx([0, 62, 124])
    assert not any(r.start_known for (r,) in stretches)
    assert len(warned) == 1
    assert "part1.mp4 and 2 more" in warned[0]


def test_unknown_times_of_separate_runs_do_not_lie_over_one_another(
    store: Store, tmp_path: Path
) -> None:
    """Else nobody who is in both could ever be one person: they seem to be there twice."""
    a, b, c, d = (film(tmp_path / f"{n}.mp4", shade=i) for i, n in enumerate("abcd", start=1))
    for path, start in ((a, 0), (c, 62)):
        ((planned,),) = plan(store, path)[0]
        assert (planned.start, planned.start_known) == (pytest.approx(start), False)
        keep(store, planned)
    stretches, failures, _ = plan(store, tmp_path)
    found = {r.path: r.start for stretch in stretches for r in stretch}
    assert found == pytest.approx({a: 0, b: 124, c: 62, d: 186})
    assert failures == []
    grown = film(a, shade=1, seconds=3)
    assert str(grown) in plan(store, a)[1][0]  # refused, as where its time is known


def test_recordings_of_a_list_follow_the_first_ones_start(store: Store, tmp_path: Path) -> None:
    """Also those that say something else of themselves: the site's start is for all of them."""
    film(tmp_path / "part1.mp4", shade=1)
    film(tmp_path / "2020-01-01T00-00-00.mp4", shade=2)
    film(tmp_path / "more/part3.mp4", shade=3)
    (tmp_path / "site.yaml").write_text(
        "cameras: [{name: gate, recordings: [part1.mp4, 2020-01-01T00-00-00.mp4, more],\n"
        " start: 2026-03-01T08:00:00Z, clock_offset: 0.5}]"
    )
    warnings = Warnings()
    (camera,) = load_site(tmp_path / "site.yaml").cameras
    ((*planned,),), failures = plan_camera(camera, store, warnings)
    assert [r.start - EIGHT for r in planned] == pytest.approx([0.5, 2.5, 4.5])
    assert all(r.start_known for r in planned)
    assert failures == warnings.said == []


def test_entries_that_nothing_is_known_of_follow_none(store: Store, tmp_path: Path) -> None:
    paths = [film(tmp_path / f"part{number}.mp4", shade=number) for number in (1, 2, 3)]
    stated = film(tmp_path / "2026-03-01T09-00-00.mp4", shade=4)
    stretches, _, warned = plan(store, *paths)
    assert [r.start for (r,) in stretches] == pytest.approx([0, 62, 124])
    assert "part1.mp4 and 2 more" in warned[0]
    stretches, _, warned = plan(store, paths[0], stated, paths[1], start=EIGHT)
    assert [[r.start - EIGHT for r in s] for s in stretches] == [[-EIGHT], [0], [3600]]
    assert "says when part2.mp4 was" in warned[0]


def test_a_copy_takes_no_time(store: Store, tmp_path: Path) -> None:
    film(tmp_path / "part1.mp4", shade=1)
    (tmp_path / "part1 (2).mp4").write_bytes((tmp_path / "part1.mp4").read_bytes())
    film(tmp_path / "part2.mp4", shade=2)
    (stretch,), _, _ = plan(store, tmp_path, start=EIGHT)
    assert [r.start - EIGHT for r in stretch] == pytest.approx([0, 2])


def test_a_folder_whose_oldest_files_go_keeps_its_times(store: Store, tmp_path: Path) -> None:
    for number in (1, 2, 3):
        film(tmp_path / f"part{number}.mp4", shade=number)
    for planned in plan(store, tmp_path, start=EIGHT, offset=-1.0)[0][0]:
        keep(store, planned)
    (tmp_path / "part1.mp4").unlink()
    film(tmp_path / "part4.mp4", shade=4)
    (stretch,), _, warned = plan(store, tmp_path, start=EIGHT, offset=-1.0)
    assert [(r.path.name, r.start - EIGHT) for r in stretch] == [
        ("part2.mp4", 1),
        ("part3.mp4", 3),
        ("part4.mp4", 5),
    ]
    assert warned == []
    # Nothing is there any more that tells where the new files belong.
    for number in (2, 3):
        (tmp_path / f"part{number}.mp4").unlink()
    film(tmp_path / "part5.mp4", shade=5)
    stretches, failures, _ = plan(store, tmp_path, start=EIGHT, offset=-1.0)
    assert stretches == []
    for name, failure in zip(("part4.mp4", "part5.mp4"), failures, strict=True):
        assert name in failure
        assert "would put it over" in failure
        assert "remove --recording" in failure
    assert names(plan(store, tmp_path, start=EIGHT + 10)[0]) == [["part4.mp4", "part5.mp4"]]


def test_a_start_that_is_given_later_holds_for_what_is_new(store: Store, tmp_path: Path) -> None:
    film(tmp_path / "part1.mp4", shade=1)
    keep(store, plan(store, tmp_path)[0][0][0])
    film(tmp_path / "part2.mp4", shade=2)
    stretches, _, _ = plan(store, tmp_path, start=EIGHT)
    assert [[r.start for r in stretch] for stretch in stretches] == [[0], [EIGHT + 2]]


def test_a_changed_start_or_offset_of_what_was_processed_is_warned_of(
    store: Store, tmp_path: Path
) -> None:
    film(tmp_path / "list/part1.mp4", shade=1)
    film(tmp_path / "list/part2.mp4", shade=2)
    named = film(tmp_path / "2026-03-01T09-00-00.mp4", shade=3)
    entries = (tmp_path / "list", named)
    for stretch in plan(store, *entries, start=EIGHT)[0]:
        for planned in stretch:
            keep(store, planned)
    assert plan(store, *entries, start=EIGHT)[2] == []
    first, _, last = store.recordings()
    stretches, _, (warned,) = plan(store, *entries, start=EIGHT + 60)
    assert [[r.start - EIGHT for r in s] for s in stretches] == [[0, 2], [3600]]
    assert f"{first.path} and 1 more was processed with another start" in warned
    assert "60.000 s before the one given now" in warned
    assert f"`surveil-reid remove --recording {first.sha256}`" in warned
    _, _, (warned,) = plan(store, *entries, start=EIGHT, offset=-2.5)
    assert f"{first.path} and 2 more was processed with another start or clock_offset" in warned
    assert "2.500 s after" in warned
    _, _, (warned,) = plan(store, named, start=EIGHT + 3601)
    assert warned.startswith(f"camera gate: {last.path} was processed")
    assert "1.000 s before" in warned


def test_a_file_that_grew_since_it_was_processed_is_refused(store: Store, tmp_path: Path) -> None:
    keep(store, plan(store, film(tmp_path / "part1.mp4", shade=1), start=EIGHT)[0][0][0])
    grown = film(tmp_path / "part1.mp4", shade=1, seconds=3)
    film(tmp_path / "part2.mp4", shade=2)
    stretches, (failure,), _ = plan(store, tmp_path, start=EIGHT)
    assert str(grown) in failure
    assert f"`surveil-reid remove --recording {store.recordings()[0].sha256}`" in failure
    assert [[(r.path.name, r.start - EIGHT) for r in s] for s in stretches] == [[("part2.mp4", 3)]]
    store.remove_recording(store.recordings()[0].sha256)
    stretches, failures, _ = plan(store, tmp_path, start=EIGHT)
    assert names(stretches) == [["part1.mp4", "part2.mp4"]]
    assert failures == []


def test_a_name_may_be_used_again_for_another_time(store: Store, tmp_path: Path) -> None:
    latest = film(tmp_path / "latest.mp4", shade=1)
    keep(store, plan(store, latest, start=EIGHT)[0][0][0])
    film(latest, shade=2)
    # A recorder that overlaps its files a little is no obstacle.
    stretches, failures, _ = plan(store, latest, start=EIGHT + 1.5)
    assert names(stretches) == [["latest.mp4"]]
    assert failures == []
    assert len(plan(store, latest, start=EIGHT + 0.5)[1]) == 1


def test_what_the_store_began_and_never_read_a_frame_of_holds_no_time(
    store: Store, tmp_path: Path
) -> None:
    path = film(tmp_path / "a.mp4", shade=1)
    keep(store, plan(store, path, start=EIGHT)[0][0][0], frames=0)
    assert plan(store, film(path, shade=2), start=EIGHT)[1] == []


def test_what_cannot_be_used_does_not_stop_the_others(store: Store, tmp_path: Path) -> None:
    film(tmp_path / "footage/b.mp4")
    (tmp_path / "footage/a.mp4").write_text("no film")
    empty = tmp_path / "empty"
    empty.mkdir()
    stretches, failures, _ = plan(store, tmp_path / "footage", empty, tmp_path / "no*.mp4")
    assert names(stretches) == [["b.mp4"]]
    assert len(failures) == 3
    for failure, named in zip(failures, ("a.mp4", "empty", "no*.mp4"), strict=True):
        assert named in failure


def test_nobody_guesses_when_files_behind_an_unusable_one_began(
    store: Store, tmp_path: Path
) -> None:
    one, two, three = (film(tmp_path / f"part{n}.mp4", shade=n) for n in (1, 2, 3))
    whole = two.read_bytes()
    two.write_bytes(b"")
    stretches, (broken, behind), _ = plan(store, tmp_path, start=EIGHT)
    assert names(stretches) == [["part1.mp4"]]
    assert str(two) in broken
    assert behind.startswith(f"{three} comes after {two}, which cannot be used")
    assert names(plan(store, tmp_path)[0]) == [["part1.mp4"], ["part3.mp4"]]  # without a start
    two.write_bytes(whole)
    stretches, failures, _ = plan(store, tmp_path, start=EIGHT)
    assert [r.start - EIGHT for s in stretches for r in s] == pytest.approx([0, 2, 4])
    assert failures == []
    for recording in stretches[0]:
        keep(store, recording)
    two.write_bytes(b"")
    four = film(tmp_path / "part4.mp4", shade=4)
    stretches, (broken,), _ = plan(store, tmp_path, start=EIGHT)  # the store knows when 3 was
    assert {r.path: r.start - EIGHT for s in stretches for r in s} == pytest.approx(
        {one: 0, three: 4, four: 6}
    )


def test_a_place_that_cannot_be_read_does_not_stop_the_others(store: Store, tmp_path: Path) -> None:
    """The system refuses so long a name wherever it is asked for, and to anybody."""
    film(tmp_path / "b.mp4")
    endless = tmp_path / f"{'x' * 300}.mp4"
    stretches, failures, _ = plan(store, endless, tmp_path / "b.mp4", start=EIGHT)
    assert names(stretches) == [["b.mp4"]]
    assert failures == [
        f"{endless} cannot be read (File name too long); check the disk and the permissions"
    ]


def test_a_read_error_while_a_file_is_recognised_is_named() -> None:
    unreadable = Path("/proc/self/mem")  # nothing is mapped at its beginning
    if not unreadable.exists():
        pytest.skip("needs Linux")
    with pytest.raises(MediaError, match=r"/proc/self/mem cannot be read \(Input/output error\)"):
        sha256_of(unreadable)
