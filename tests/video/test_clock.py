"""Presentation times: true where the file tells them, strictly increasing always."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveil_reid.video.clock import Clock

STAMPS = st.lists(st.none() | st.fractions(-1000, 1000, max_denominator=1000), max_size=40)


def told(stamps: list[Fraction | None]) -> list[float]:
    clock = Clock(0.1)
    return [clock.tell(stamp) for stamp in stamps]


@given(STAMPS)
def test_times_always_rise_from_zero(stamps: list[Fraction | None]) -> None:
    times = told(stamps)
    assert times[:1] in ([], [0.0])
    assert all(later > earlier for earlier, later in pairwise(times))


@given(st.lists(st.fractions(-1000, 1000, max_denominator=1000), unique=True, max_size=40))
def test_rising_stamps_are_taken_as_they_are(stamps: list[Fraction]) -> None:
    stamps = sorted(stamps)
    gaps = [later - earlier for earlier, later in pairwise(stamps)]
    if all(float(gap) > 1e-9 for gap in gaps):
        assert told(list(stamps)) == [float(stamp - stamps[0]) for stamp in stamps]


@pytest.mark.parametrize(
    ("stamps", "times"),
    [
        ([], []),
        ([5, None, 5.2], [0, 0.1, 0.2]),
        ([None, None, 7], [0, 0.1, 0.2]),
        ([0, 0.1, 0.1, 0.2], [0, 0.1, 0.101, 0.2]),
        ([0, 0.1, 0.05, 0.2], [0, 0.1, 0.101, 0.2]),
        ([0, 60, 0, 0.1], [0, 60, 60.1, 60.2]),
        ([0, 3600, 3600.1], [0, 3600, 3600.1]),
    ],
)
def test_repairs(stamps: list[float | None], times: list[float]) -> None:
    exact = [None if stamp is None else Fraction(str(stamp)) for stamp in stamps]
    assert told(exact) == pytest.approx(times, abs=1e-9)
