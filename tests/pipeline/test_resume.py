"""Runs that are killed, and runs beside one another, end with the rows of an unbroken run."""

import multiprocessing
import random
import time
from collections.abc import Callable
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from helpers.process_colours import process_colours
from helpers.rows import crop_files, integrity, rows
from surveil_reid.store import open_store

KILLS = 20


def run(database: Path, cameras: list[str]) -> None:
    """What each process does; a failed recording is its exit status."""
    with open_store(f"sqlite:///{database}") as store:
        report = process_colours(store, cameras)
    raise SystemExit(bool(report.failed))


@pytest.fixture(scope="module")
def start() -> Callable[[Path, list[str]], multiprocessing.process.BaseProcess]:
    """Starts a run in a process of its own, quickly: everything is imported once, then forked."""
    context: ForkServerContext = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["helpers.process_colours"])

    def begin(database: Path, cameras: list[str]) -> multiprocessing.process.BaseProcess:
        process = context.Process(target=run, args=(database, cameras))
        process.start()
        return process

    return begin


@pytest.fixture(scope="module")
def unbroken(
    tmp_path_factory: pytest.TempPathFactory,
    cameras: list[str],
    start: Callable[[Path, list[str]], multiprocessing.process.BaseProcess],
) -> tuple[Path, float]:
    """A store made in one go, and how many seconds that took."""
    warm_up = start(tmp_path_factory.mktemp("warm-up") / "site.db", cameras)
    warm_up.join()
    database = tmp_path_factory.mktemp("unbroken") / "site.db"
    began = time.perf_counter()
    process = start(database, cameras)
    process.join()
    assert process.exitcode == 0
    return database, time.perf_counter() - began


def test_twenty_kills_leave_the_rows_of_an_unbroken_run(
    tmp_path: Path,
    cameras: list[str],
    start: Callable[[Path, list[str]], multiprocessing.process.BaseProcess],
    unbroken: tuple[Path, float],
) -> None:
    whole, seconds = unbroken
    chance = random.Random(2026)  # noqa: S311  the moments need not be secret
    kills = rounds = 0
    while kills < KILLS:
        database = tmp_path / f"round{rounds}.db"
        finished = False
        while not finished:
            process = start(database, cameras)
            # The last run of a round, once there were kills enough, is left alone.
            process.join(chance.uniform(0, seconds) if kills < KILLS else None)
            finished = process.exitcode == 0
            if not finished:
                assert process.exitcode is None
                process.kill()
                process.join()
                kills += 1
        assert rows(database) == rows(whole)
        assert crop_files(database) >= crop_files(whole)
        assert integrity(database) == ([("ok",)], [])
        rounds += 1
    assert kills >= KILLS


def test_two_runs_on_one_recording_do_its_work_once(
    tmp_path: Path,
    cameras: list[str],
    start: Callable[[Path, list[str]], multiprocessing.process.BaseProcess],
    unbroken: tuple[Path, float],
) -> None:
    database = tmp_path / "site.db"
    both = [start(database, cameras) for _ in range(2)]
    for process in both:
        process.join()
        # Whoever comes second to a recording is told so and leaves it to the other one.
        assert process.exitcode in {0, 1}
    again = start(database, cameras)
    again.join()
    assert again.exitcode == 0
    assert integrity(database) == ([("ok",)], [])
    found, expected = rows(database), rows(unbroken[0])
    for table in ("segment", "crop"):
        assert len(found[table]) == len(expected[table])
    descriptors = sorted(row[-1] for row in expected["tracklet"])
    assert sorted(row[-1] for row in found["tracklet"]) == descriptors


def test_two_runs_on_two_cameras_do_not_disturb_each_other(
    tmp_path: Path,
    cameras: list[str],
    start: Callable[[Path, list[str]], multiprocessing.process.BaseProcess],
    unbroken: tuple[Path, float],
) -> None:
    database = tmp_path / "site.db"
    both = [start(database, [camera]) for camera in cameras]
    for process in both:
        process.join()
        assert process.exitcode == 0
    assert integrity(database) == ([("ok",)], [])
    descriptors = sorted(row[-1] for row in rows(unbroken[0])["tracklet"])
    assert sorted(row[-1] for row in rows(database)["tracklet"]) == descriptors
    with open_store(f"sqlite:///{database}") as store:
        assert {identity.cameras for identity in store.identities()} >= {("gate", "yard")}
