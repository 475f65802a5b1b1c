"""Moments in words."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveil_reid.core import day, iso, moment

MARCH = datetime(2026, 3, 1, 8, 0, 26, 500_000, tzinfo=UTC).timestamp()


@given(st.floats(0, 4e9))
def test_programs_read_back_the_moment(time: float) -> None:
    assert datetime.fromisoformat(iso(time)).timestamp() == pytest.approx(time, abs=0.0011)


@pytest.mark.parametrize(
    ("time", "words"),
    [
        (MARCH, "2026-03-01 08:00:26Z"),
        (-1.0, "1969-12-31 23:59:59Z"),
        (0.0, "day 1 00:00:00"),
        (86399.9, "day 1 23:59:59"),
        (86400.0, "day 2 00:00:00"),
        (365 * 86400 - 1.0, "day 365 23:59:59"),
        (365 * 86400.0, "1971-01-01 00:00:00Z"),
    ],
)
def test_people_read_no_date_where_there_is_none(time: float, words: str) -> None:
    assert moment(time) == words
    assert words.startswith(day(time))
