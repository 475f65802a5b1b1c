"""Several processes on one store, and processes that are killed."""

import multiprocessing
import os
import signal
import time
from multiprocessing.synchronize import Barrier
from pathlib import Path

from helpers.store_rows import (
    assert_sound,
    commit,
    crop,
    described,
    files_of,
    new_recording,
    rows,
    store_at,
)
from surveil_reid.core import BusyError
from surveil_reid.store import Store, segments

SEGMENTS = 40
spawn = multiprocessing.get_context("spawn")


def _changes(number: int, previous: tuple[int, ...]) -> list[object]:
    """The same for every process: one new tracklet, and new crops for the one before."""
    base = 10 * number
    new = described(crop(base), crop(base + 1))
    return [new, *(described(crop(base + 1), crop(base + 2), id=old) for old in previous[:1])]


def _process(one: Store, number: int, previous: tuple[int, ...]) -> tuple[int, ...]:
    recording = one.recordings()[0]
    return one.commit_segment(commit(recording, number, *_changes(number, previous)))


def _race(folder: Path, barrier: Barrier, wins: Path) -> None:
    won: list[int] = []
    with store_at(folder) as one:
        barrier.wait()
        for number in range(SEGMENTS):
            try:
                _process(one, number, ())
                won.append(number)
            except BusyError:
                # The other one was quicker; look for where it stands, as a second run would.
                while one.recordings()[0].progress <= number:
                    time.sleep(0.001)
    wins.write_text(" ".join(map(str, won)))


def test_of_two_processes_exactly_one_stores_each_segment(tmp_path: Path) -> None:
    with store_at(tmp_path) as one:
        one.add_recording(new_recording())
    barrier = spawn.Barrier(2)
    places = [tmp_path / name for name in ("a", "b")]
    workers = [spawn.Process(target=_race, args=(tmp_path, barrier, place)) for place in places]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    won = [int(number) for place in places for number in place.read_text().split()]
    assert sorted(won) == list(range(SEGMENTS))
    with store_at(tmp_path) as one:
        assert one.recordings()[0].progress == SEGMENTS
        assert [found.number for found in one.segments(1)] == list(range(SEGMENTS))
        assert len(one.tracklets()) == SEGMENTS
        assert_sound(one, tmp_path)


def _work_forever(folder: Path) -> None:
    with store_at(folder) as one:
        while True:
            number = one.recordings()[0].progress
            previous = tuple(found.id for found in one.tracklets()[-1:])
            _process(one, number, previous)


def test_a_killed_process_leaves_a_sound_store(tmp_path: Path) -> None:
    with store_at(tmp_path) as one:
        one.add_recording(new_recording())
    for wait in (0.0, 0.017):
        worker = spawn.Process(target=_work_forever, args=(tmp_path,))
        start = _progress(tmp_path)
        worker.start()
        while _progress(tmp_path) < start + 3:
            assert worker.is_alive()
            time.sleep(0.002)
        time.sleep(wait)
        os.kill(worker.pid, signal.SIGKILL)
        worker.join()
        worker.close()
        with store_at(tmp_path) as one:
            progress = one.recordings()[0].progress
            # Each segment has made one tracklet, or the segment is not there.
            assert [found.number for found in one.segments(1)] == list(range(progress))
            assert len(one.tracklets()) == progress
            assert {name for (name,) in rows(tmp_path, "SELECT file FROM crop")} <= files_of(one)
            one.sweep_crops(-1)
            assert_sound(one, tmp_path)


def _progress(folder: Path) -> int:
    return rows(folder, "SELECT progress FROM recording")[0][0]


def test_a_death_between_two_steps_leaves_the_last_segment(tmp_path: Path) -> None:
    """Die with crops half written, and inside the transaction with all rows written."""
    steps = {"crop files": tmp_path / "a", "transaction": tmp_path / "b"}
    before = {}
    for step, folder in steps.items():
        folder.mkdir()
        with store_at(folder) as one:
            one.add_recording(new_recording())
            _process(one, 0, ())
        before[step] = _dump(folder)
    children = [
        spawn.Process(target=_die_at, args=(folder, step)) for step, folder in steps.items()
    ]
    for child in children:
        child.start()
    for child in children:
        child.join(60)
        assert child.exitcode == 9
    for step, folder in steps.items():
        assert _dump(folder) == before[step]
        with store_at(folder) as one:
            assert len(files_of(one)) > 2
            one.crops.remove_temporary(time.time() + 1)
            # A resumed run stores the same segment, with the files that are there already.
            assert _process(one, 1, (1,)) == (2, 1)
            assert_sound(one, folder)


def _die_at(folder: Path, step: str) -> None:
    with store_at(folder) as one:
        if step == "transaction":
            segments.log = lambda *_: os._exit(9)
        else:
            Path.replace = lambda *_: os._exit(9)
        _process(one, 1, (1,))


def _dump(folder: Path) -> list[object]:
    tables = [name for (name,) in rows(folder, "SELECT name FROM sqlite_master WHERE type='table'")]
    return [rows(folder, f"SELECT * FROM {name}") for name in tables]  # noqa: S608  our own names


def test_files_of_a_killed_run_are_swept_once_old(tmp_path: Path) -> None:
    with store_at(tmp_path) as one:
        recording = one.add_recording(new_recording())
        one.commit_segment(commit(recording, 0, described(crop(1))))
        (left,) = one.crops.write([b"left over"])
        half = one.crops.path(left).with_suffix(".jpg.0a.tmp")
        half.write_bytes(b"left")
        assert one.sweep_crops(3600) == 0
        assert one.sweep_crops(-1) == 2
        assert_sound(one, tmp_path)
