"""Working ahead changes when things happen, never what comes of it."""

import threading
import time
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.detectors import ColourDetector
from helpers.process_colours import process_colours
from helpers.rows import rows
from surveil_reid.core import Detections, Image, MediaError
from surveil_reid.pipeline import stretch
from surveil_reid.pipeline.ahead import ahead
from surveil_reid.store import open_store


@pytest.fixture(autouse=True)
def no_thread_is_left_over() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


def numbers(count: int, made: list[int], error: Exception | None = None) -> Generator[int]:
    try:
        for number in range(count):
            made.append(number)
            yield number
        if error is not None:
            raise error
    finally:
        made.append(-1)


@settings(deadline=None)
@given(count=st.integers(0, 20), depth=st.integers(1, 5), taken=st.integers(0, 20))
def test_the_items_come_in_order_and_few_too_many_are_made(
    count: int, depth: int, taken: int
) -> None:
    made: list[int] = []
    seen = []
    with closing(ahead(numbers(count, made), depth)) as items:
        for item in items:
            seen.append(item)
            if len(seen) > taken:
                break
            assert len([m for m in made if m >= 0]) <= len(seen) + depth + 1
    assert seen == list(range(min(count, taken + 1)))
    assert made[-1:] == [-1]  # the source was closed, or came to its end


def test_an_error_comes_behind_the_items_before_it() -> None:
    made: list[int] = []
    items = ahead(numbers(3, made, MediaError("damaged")), 2)
    assert [next(items) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(MediaError, match="damaged"):
        next(items)
    assert made == [0, 1, 2, -1]


def test_making_goes_on_while_an_item_is_used() -> None:
    made: list[int] = []
    third = threading.Event()

    def source() -> Generator[int]:
        for number in range(4):
            made.append(number)
            if number == 2:
                third.set()
            yield number

    with closing(ahead(source(), 2)) as items:
        next(items)
        assert third.wait(10)  # made without being asked for


def test_an_interrupt_ends_the_threads() -> None:
    made: list[int] = []

    def slow() -> Generator[int]:
        for number in numbers(1000, made):
            time.sleep(0.001)
            yield number

    def interrupted() -> None:
        inner = ahead(slow(), 1)
        with closing(ahead((n for n in inner), 1)) as items:
            for item in items:
                if item == 5:
                    raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert made[-1] == -1
    assert len(made) < 20


class Threads:
    """A detector that notes who asks it, and may be interrupted."""

    name, sha256, batch_size = "threads", ColourDetector().sha256, 4

    def __init__(self, fails_at: int | None = None) -> None:
        self.asked: list[str] = []
        self._fails_at = fails_at
        self._colour = ColourDetector()

    def detect(self, images: list[Image]) -> list[Detections]:
        self.asked.append(threading.current_thread().name)
        if len(self.asked) == self._fails_at:
            raise KeyboardInterrupt
        return self._colour.detect(images)


def run(database: Path, cameras: list[str], detector: Threads) -> None:
    with open_store(f"sqlite:///{database}") as store:
        process_colours(store, cameras, detector=detector)


def test_rows_are_those_of_a_run_without_threads(
    tmp_path: Path, cameras: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead_of_time, in_turn = Threads(), Threads()
    run(tmp_path / "ahead.db", cameras, ahead_of_time)
    monkeypatch.setattr(stretch, "ahead", lambda source, _: source)
    run(tmp_path / "in_turn.db", cameras, in_turn)
    assert rows(tmp_path / "ahead.db") == rows(tmp_path / "in_turn.db")
    assert set(in_turn.asked) == {"MainThread"}
    assert "MainThread" not in ahead_of_time.asked


@pytest.mark.parametrize("fails_at", [1, 9, 30])
def test_an_interrupted_run_is_resumed_with_the_rows_of_an_unbroken_one(
    tmp_path: Path, cameras: list[str], fails_at: int
) -> None:
    run(tmp_path / "unbroken.db", cameras, Threads())
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "broken.db", cameras, Threads(fails_at))
    run(tmp_path / "broken.db", cameras, Threads())
    assert rows(tmp_path / "broken.db") == rows(tmp_path / "unbroken.db")
