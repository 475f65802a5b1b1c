"""Files that come one by one, late or after a kill: nobody is lost at their borders."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import surveil_reid
from helpers.embedders import ColourEmbedder
from helpers.footage import write_video
from helpers.process_colours import process_colours
from helpers.rows import rows
from helpers.scenes import BLUE, FPS, GREEN, RED, YELLOW, Walk, scene
from surveil_reid.core import MediaError, ModelMismatchError
from surveil_reid.pipeline import confirm_tracklets, reject_tracklets, stretch
from surveil_reid.pipeline.finishing import Finisher
from surveil_reid.pipeline.segment import SEGMENT_FRAMES
from surveil_reid.store import SegmentCommit, Store, open_store
from surveil_reid.video import read_frames

EIGHT = datetime(2026, 3, 1, 8, tzinfo=UTC).timestamp()


def opened(database: Path) -> Store:
    return open_store(f"sqlite:///{database}")


def write_parts(
    folder: Path, walks: list[Walk], *borders: float, camera: str = "gate"
) -> list[str]:
    """Files `part1.mp4`, ... between the borders (seconds), each as `NAME=PATH@TIME`."""
    cameras = []
    for number, (begin, end) in enumerate(pairwise(borders), start=1):
        path = folder / f"part{number}.mp4"
        write_video(path, scene(walks, end - begin, begin=begin), fps=FPS)
        moment = datetime.fromtimestamp(EIGHT + begin, UTC).isoformat()
        cameras.append(f"{camera}={path}@{moment}")
    return cameras


def people(store: Store) -> list[tuple[float, float]]:
    """When each tracklet that has a descriptor begins and ends, seconds after eight."""
    found = store.tracklets(doubtful=True)
    return sorted((round(t.start - EIGHT, 1), round(t.end - EIGHT, 1)) for t in found)


def kept_frames(store: Store) -> list[list[int]]:
    return [[c.frame for c in store.tracklet(t.id).crops] for t in store.tracklets(doubtful=True)]


class Killed(BaseException):
    """Stands for what no code gets to see; a run must not tidy up after it."""


@contextmanager
def killed_after(commits: int, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """The run within is killed when it would commit once more."""
    left = iter(range(commits))
    commit_segment = Store.commit_segment

    def until_killed(store: Store, commit: SegmentCommit) -> tuple[int, ...]:
        if next(left, None) is None:
            raise Killed
        return commit_segment(store, commit)

    with patch.context() as patched:
        patched.setattr(Store, "commit_segment", until_killed)
        with pytest.raises(Killed):
            yield


@pytest.mark.parametrize("last_seen", [22, 5.2])  # with many more crops, with none
def test_who_was_described_already_is_carried_on(tmp_path: Path, last_seen: float) -> None:
    parts = write_parts(tmp_path, [Walk(RED, 1, last_seen)], 0, 5, 25)
    with opened(tmp_path / "site.db") as store:
        for part in parts:
            assert process_colours(store, [part]).failed == ()
        found, frames = store.tracklets(), kept_frames(store)
    with opened(tmp_path / "together.db") as store:
        process_colours(store, parts)
        expected, expected_frames = store.tracklets(), kept_frames(store)
    assert frames == expected_frames
    assert [(t.start, t.end) for t in found] == [(t.start, t.end) for t in expected]
    np.testing.assert_array_equal(found[0].descriptor, expected[0].descriptor)


def test_who_was_described_already_stays_so_while_carried_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = write_parts(tmp_path, [Walk(RED, 1, 22)], 0, 5, 25)
    with opened(tmp_path / "site.db") as store:
        process_colours(store, parts[:1])
        (before,) = store.tracklets()
        with killed_after(1, monkeypatch):
            process_colours(store, parts[1:])
        (during,) = store.tracklets()
        assert during.end - before.end == pytest.approx(SEGMENT_FRAMES / FPS, abs=0.1)
        np.testing.assert_array_equal(during.descriptor, before.descriptor)
        assert process_colours(store, parts[1:]).failed == ()
        assert people(store) == [(1.0, 21.9)]


def test_who_was_carried_on_is_described_anew_where_no_file_follows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = write_parts(tmp_path, [Walk(RED, 1, 20)], 0, 5, 14, 20)
    with opened(tmp_path / "site.db") as store:
        process_colours(store, parts[:1])
        with killed_after(1, monkeypatch):  # the whole second file
            process_colours(store, parts[1:])
        process_colours(store, parts[:2])  # the third is gone for good
        (tracklet,) = store.tracklets()
        crops = store.tracklet(tracklet.id).crops
        assert crops[-1].time > EIGHT + 10
        assert all(crop.embedding is not None for crop in crops)


def test_who_is_removed_meanwhile_cuts_nobody_else_in_two(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One is removed while carried on; another walks over the border behind that file."""
    walks = [Walk(RED, 1, 9), Walk(BLUE, 11, 19, y=10)]
    parts = write_parts(tmp_path, walks, 0, 5, 15, 25)
    commit_segment = Store.commit_segment
    with opened(tmp_path / "site.db") as store:
        process_colours(store, parts[:1])
        (red,) = store.tracklets()

        def beside(self: Store, commit: SegmentCommit) -> tuple[int, ...]:
            monkeypatch.setattr(Store, "commit_segment", commit_segment)
            with opened(tmp_path / "site.db") as other:
                other.remove_tracklet(red.id)
            return commit_segment(self, commit)

        monkeypatch.setattr(Store, "commit_segment", beside)
        one, two = process_colours(store, parts[1:]).failed
        assert "another process may have removed it" in one.error
        assert "part3.mp4 is left for the next run" in two.error
        assert process_colours(store, parts).failed == ()
        assert (11.0, 18.9) in people(store)


ALWAYS = [Walk(RED, 0, 60, x=(4, 10)), *(Walk(BLUE, t, t + 5, y=70) for t in range(1, 55, 6))]
"""One who stays all the time beside others who come and go."""


def test_who_is_always_in_view_is_one_however_often_the_tracker_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = write_parts(tmp_path, ALWAYS, 0, 40, 60)
    with opened(tmp_path / "once.db") as store:
        process_colours(store, parts)
        expected, frames = people(store), kept_frames(store)
        assert store.recordings()[0].state["replay"][1] == 0
    monkeypatch.setattr(stretch, "LONGEST_REPLAY", 2)
    with opened(tmp_path / "site.db") as store:
        process_colours(store, parts)
        assert people(store) == expected
        assert kept_frames(store) == frames
        for recording in store.recordings():
            assert recording.progress - recording.state["replay"][1] <= 3


@pytest.mark.parametrize("commits", range(1, 7))
def test_a_run_that_is_killed_near_a_replacement_ends_as_an_unbroken_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, commits: int
) -> None:
    monkeypatch.setattr(stretch, "LONGEST_REPLAY", 2)
    parts = write_parts(tmp_path, ALWAYS, 0, 40, 60)
    with opened(tmp_path / "once.db") as store:
        process_colours(store, parts)
        expected, frames = people(store), kept_frames(store)
    with opened(tmp_path / "site.db") as store:
        with killed_after(commits, monkeypatch):
            process_colours(store, parts)
        assert process_colours(store, parts).failed == ()
        assert people(store) == expected
        assert kept_frames(store) == frames


def say_nothing(*_: object) -> None:
    """Nobody has reviewed anything."""


def say_apart(store: Store, before: int, after: int, _: int) -> None:
    reject_tracklets(store, store.memberships()[before], [after])


def say_apart_by_another(store: Store, before: int, after: int, other: int) -> None:
    who = store.memberships()
    confirm_tracklets(store, who[other], [after])
    reject_tracklets(store, who[before], other=who[other])


@pytest.mark.parametrize(
    ("review", "expected"),
    [
        (say_nothing, [(1.0, 3.9), (1.0, 17.9)]),
        (say_apart, [(1.0, 3.9), (1.0, 3.9), (6.0, 17.9)]),
        (say_apart_by_another, [(1.0, 3.9), (1.0, 3.9), (6.0, 17.9)]),
    ],
)
def test_whom_a_reviewer_has_parted_stay_two_tracklets(
    tmp_path: Path,
    review: Callable[[Store, int, int, int], None],
    expected: list[tuple[float, float]],
) -> None:
    """Green comes back in red, and takes it off where the second file begins."""
    walks = [
        Walk(GREEN, 1, 4, x=(40, 60)),
        Walk(RED, 6, 6.6, x=(62, 64)),
        Walk(GREEN, 6.6, 18, x=(64, 120)),
        Walk(BLUE, 1, 4, x=(100, 130), y=70),
    ]
    parts = write_parts(tmp_path, walks, 0, 6.6, 20)
    with opened(tmp_path / "site.db") as store:
        assert process_colours(store, parts[:1]).failed == ()
        looks = {int(t.descriptor.argmax()): t.id for t in store.tracklets(doubtful=True)}
        green, red, blue = (
            looks[int(ColourEmbedder().embed([np.full((9, 9, 3), colour, np.uint8)]).argmax())]
            for colour in (GREEN, RED, BLUE)
        )
        review(store, green, red, blue)
        said = store.decisions()
        assert process_colours(store, parts[1:]).failed == ()
        assert people(store) == expected
        assert store.decisions() == said


@pytest.mark.parametrize("together", [True, False])
def test_a_file_that_comes_late_leaves_the_interrupted_one_after_it_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, together: bool
) -> None:
    """Red is in view at the border of the files, blue where the second one is interrupted."""
    first, second = write_parts(tmp_path, [Walk(RED, 1, 6.5), Walk(BLUE, 8, 20, y=70)], 0, 6, 22)
    with opened(tmp_path / "site.db") as store:
        with killed_after(1, monkeypatch):
            process_colours(store, [second])
        for part in [] if together else [first]:
            assert process_colours(store, [part]).failed == ()
        assert process_colours(store, [first, second]).failed == ()
        found = people(store)
        assert [s.id for s in store.tracklet_states(camera="gate") if s.descriptor is None] == []
    with opened(tmp_path / "unbroken.db") as store:
        process_colours(store, [second])
        process_colours(store, [first])
        assert found == people(store) == [(1.0, 5.9), (6.0, 6.4), (8.0, 19.9)]


@pytest.mark.parametrize("together", [True, False])
def test_nobody_goes_on_from_a_file_that_came_late_into_one_after_the_next(
    tmp_path: Path, together: bool
) -> None:
    walks = [Walk(RED, 1, 6), Walk(BLUE, 8, 11, y=70), Walk(GREEN, 12, 15)]
    first, second, third = write_parts(tmp_path, walks, 0, 6, 12, 16)
    with opened(tmp_path / "site.db") as store:
        process_colours(store, [second])
        for parts in [[first, third]] if together else [[first], [third]]:
            assert process_colours(store, [second, *parts]).failed == ()
        assert people(store) == [(1.0, 5.9), (8.0, 10.9), (12.0, 14.9)]


def test_a_file_in_between_that_goes_missing_leaves_nobody_unfinished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def vanished(path: Path, *args: object, **options: object) -> object:
        if path.name == "part2.mp4":
            msg = f"{path}: gone"
            raise MediaError(msg)
        return read_frames(path, *args, **options)

    parts = write_parts(tmp_path, [Walk(RED, 1, 8), Walk(GREEN, 13, 15)], 0, 6, 12, 16)
    with opened(tmp_path / "site.db") as store:
        with monkeypatch.context() as patched:
            patched.setattr("surveil_reid.pipeline.stretch.read_frames", vanished)
            assert len(process_colours(store, parts).failed) == 1
        assert people(store) == [(1.0, 5.9), (13.0, 14.9)]
        # The file is back: red goes on as the same tracklet.
        assert process_colours(store, parts).failed == ()
        assert people(store) == [(1.0, 7.9), (13.0, 14.9)]


def test_a_store_can_change_its_embedder_while_a_recording_is_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    walks = [Walk(RED, 1, 6), Walk(BLUE, 8, 18, y=70)]  # blue is in view at the kill
    (part,) = write_parts(tmp_path, walks, 0, 20)
    with opened(tmp_path / "unbroken.db") as store:
        process_colours(store, [part])
        expected = store.tracklets()
    with opened(tmp_path / "site.db") as store:
        with killed_after(1, monkeypatch):
            process_colours(store, [part])
        other = replace(ColourEmbedder.info, name="other", sha256="0" * 64)
        monkeypatch.setattr(ColourEmbedder, "info", other)
        with pytest.raises(ModelMismatchError, match="reembed"):
            process_colours(store, [part])
        assert surveil_reid.reembed(store, ColourEmbedder()).tracklets == 2
        assert process_colours(store, [part]).failed == ()
        found = store.tracklets()
        assert store.model() == other
    assert [(t.start, t.end) for t in found] == [(t.start, t.end) for t in expected]
    for tracklet, wanted in zip(found, expected, strict=True):
        np.testing.assert_array_equal(tracklet.descriptor, wanted.descriptor)


@pytest.fixture
def yard(tmp_path: Path) -> str:
    """A recording of another camera, and of later, for a store that knows both names."""
    (tmp_path / "yard").mkdir()
    (part,) = write_parts(tmp_path / "yard", [Walk(BLUE, 31, 32)], 30, 33, camera="yard")
    return part


def test_an_interrupted_recording_does_not_go_on_as_another_cameras(
    tmp_path: Path, yard: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (part,) = write_parts(tmp_path, [Walk(RED, 1, 18)], 0, 20)
    renamed = part.replace("gate=", "yard=")
    with opened(tmp_path / "site.db") as store:
        process_colours(store, [yard])
        with killed_after(1, monkeypatch):
            process_colours(store, [part])
        (failure,) = process_colours(store, [renamed]).failed
        assert failure.camera == "yard"
        assert f"{tmp_path}/part1.mp4: begun as a recording of camera gate" in failure.error
        assert f"remove --recording {tmp_path}/part1.mp4" in failure.error
        assert process_colours(store, [part]).failed == ()
        assert people(store) == [(1.0, 17.9), (31.0, 31.9)]
        store.remove_recording(f"{tmp_path}/part1.mp4")
        assert process_colours(store, [renamed]).failed == ()
        assert [t.camera for t in store.tracklets()] == ["yard", "yard"]


def test_who_was_left_in_view_is_finished_though_the_camera_has_another_name_by_now(
    tmp_path: Path, yard: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = write_parts(tmp_path, [Walk(RED, 1, 8)], 0, 6, 10)
    with opened(tmp_path / "site.db") as store:
        process_colours(store, [yard])
        with killed_after(1, monkeypatch):  # the whole first file
            process_colours(store, [first, second])
        assert process_colours(store, [first.replace("gate=", "yard=")]).failed == ()
        assert people(store) == [(1.0, 5.9), (31.0, 31.9)]


def test_nobody_is_lost_where_what_an_interrupted_recording_carries_on_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = write_parts(tmp_path, [Walk(RED, 1, 18)], 0, 6, 20)
    with opened(tmp_path / "site.db") as store:
        with killed_after(2, monkeypatch):  # the first file, and the first segment of the second
            process_colours(store, parts)
        store.remove_recording(f"{tmp_path}/part1.mp4")
        assert process_colours(store, parts[1:]).failed == ()
        assert people(store) == [(6.0, 17.9)]
        assert all(state.descriptor is not None for state in store.tracklet_states(camera="gate"))


def somebody_always_in_view() -> list[Walk]:
    """Red, out of sight from 4 s to 8 s, then there for good while eleven others pass by."""
    red = [Walk(RED, 1, 4, x=(20, 50), y=70), Walk(RED, 8, 58, x=(70, 100), y=70)]
    starts = range(10, 54, 4)
    return [*red, *(Walk((BLUE, GREEN, YELLOW)[n % 3], n, n + 2, y=10) for n in starts)]


@contextmanager
def counted(patch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """How many tracklets are remembered for re-joining at the beginning of each commit within."""
    counts: list[int] = []
    finish = Finisher.finish

    def counting(finisher: Finisher, *args: object, **options: object) -> object:
        counts.append(len(finisher.recent))
        return finish(finisher, *args, **options)

    with patch.context() as patched:
        patched.setattr(Finisher, "finish", counting)
        yield counts


def test_whoever_is_in_view_for_long_keeps_nobody_in_memory_who_passed_by_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (part,) = write_parts(tmp_path, somebody_always_in_view(), 0, 60)
    with opened(tmp_path / "site.db") as store, counted(monkeypatch) as kept:
        assert process_colours(store, [part]).failed == ()
        assert len(people(store)) == 12
        assert (1.0, 57.9) in people(store)  # red was still known after 50 s
    assert max(kept) <= 4  # red, and who passed by within the last 10 s
    for commits in (2, 5):
        database = tmp_path / f"killed{commits}.db"
        with opened(database) as store:
            with killed_after(commits, monkeypatch):
                process_colours(store, [part])
            with counted(monkeypatch) as resumed:
                assert process_colours(store, [part]).failed == ()
        assert resumed == kept[commits:]
        assert rows(database) == rows(tmp_path / "site.db")


def test_a_recording_that_an_earlier_version_began_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (part,) = write_parts(tmp_path, somebody_always_in_view(), 0, 60)
    commit_segment = Store.commit_segment

    def as_before(store: Store, commit: SegmentCommit) -> tuple[int, ...]:
        starts = commit.state["starts"]
        window = min([commit.state["window"], *(start - 10 for start in starts)])
        state = {k: v for k, v in commit.state.items() if k != "starts"} | {"window": window}
        return commit_segment(store, replace(commit, state=state))

    with opened(tmp_path / "site.db") as store:
        with monkeypatch.context() as patched:
            patched.setattr(Store, "commit_segment", as_before)
            with killed_after(4, patched):
                process_colours(store, [part])
        assert process_colours(store, [part]).failed == ()
        assert (1.0, 57.9) in people(store)
