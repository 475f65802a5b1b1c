"""Runs that take turns, so that whatever else the machine does slows all of them alike."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

Run = Callable[[], object]


class Taken(NamedTuple):
    """Seconds that a run took: by the clock, and of all processors."""

    wall: float
    processor: float


def take_turns(runs: Mapping[str, Run], rounds: int, warm_up: int = 1) -> dict[str, list[Taken]]:
    """What each run took, by round; further rounds before those warm up and are not kept."""
    taken: dict[str, list[Taken]] = {name: [] for name in runs}
    for turn in range(-warm_up, rounds):
        for name, run in runs.items():
            began, used = time.perf_counter(), time.process_time()
            run()
            if turn >= 0:
                seconds = time.perf_counter() - began
                taken[name].append(Taken(seconds, time.process_time() - used))
    return taken


def spread(ratios: Sequence[float], digits: int) -> dict[str, float]:
    """The median, the least and the largest of the rounds' ratios, rounded."""
    found = {"median": statistics.median(ratios), "low": min(ratios), "high": max(ratios)}
    return {name: round(value, digits) for name, value in found.items()}


def times(first: Sequence[Taken], second: Sequence[Taken]) -> float:
    """How many times as long the first took by the clock: the median of the rounds' ratios."""
    return statistics.median(a.wall / b.wall for a, b in zip(first, second, strict=True))
