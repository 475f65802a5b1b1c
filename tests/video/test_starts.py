"""Start times from file names and metadata."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveil_reid.video import start_from_name
from surveil_reid.video.starts import start_from_metadata

EIGHT = datetime(2026, 3, 1, 8, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    "name",
    [
        "2026-03-01T08-00-00.mp4",
        "2026-03-01_08-00-00.mkv",
        "2026-03-01 08.00.00.avi",
        "2026-03-01T08:00:00Z.mp4",
        "20260301_080000.mp4",
        "20260301T080000.mp4",
        "20260301-080000.mp4",
        "20260301080000.mp4",
        "gate_20260301_080000_2.mp4",
        "cam01-20260301_080000-20260301_090000.mp4",
        "ch2_2026_03_01_08_00_00.mp4",
        "2026.03.01_08.00.00.mp4",
        "2026-03-01T15-00-00+0700.mp4",
        "2026-03-01T15-00-00+07-00.mp4",
        "2026-03-01T15-00-00+07.mp4",
        "2026-03-01T03:00:00-05:00.mp4",
        "20260301_030000-0500.mp4",
        "20260301_080000-05.mp4",
        "2026-03-01_08-00-00-0001.mp4",
        "2026-03-01_08-00-00-0015.mp4",
        "20260301_080000-0100.mp4",
        "20260301_080000-1430.mp4",
        "99999999_999999_20260301_080000.mp4",
    ],
)
def test_known_patterns(name: str) -> None:
    assert start_from_name(Path("20200101_000000") / name) == EIGHT


@pytest.mark.parametrize(
    "name",
    [
        "",
        "gate.mp4",
        "20260301.mp4",
        "2026-02-29T08-00-00.mp4",
        "20261301_080000.mp4",
        "20260301_240000.mp4",
        "20260301_086000.mp4",
        "20260301_080060.mp4",
        "1970-01-01_00-00-00.mp4",
        "0000-00-00_00-00-00.mp4",
        "2026-03_01T08-00-00.mp4",
        "120260301_080000.mp4",
        "20260301_0800001.mp4",
        "2026-03-01T08-00-00+2500.mp4",
        "2026-03-01T08-00-00+0710.mp4",
    ],
)
def test_no_or_impossible_dates(name: str) -> None:
    assert start_from_name(Path(name)) is None


@given(
    moment=st.datetimes(datetime(1980, 1, 2), datetime(2099, 12, 30)),  # noqa: DTZ001 - zone below
    quarters=st.integers(0, 56) | st.sampled_from([-8, -10, -14, -20, -38, -48]),
)
def test_what_is_written_is_read_back(moment: datetime, quarters: int) -> None:
    aware = moment.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=15 * quarters)))
    for pattern in ("%Y-%m-%dT%H-%M-%S%z", "cam_%Y%m%d_%H%M%S%z", "%Y_%m_%d %H.%M.%S%z"):
        assert start_from_name(Path(aware.strftime(pattern) + ".mp4")) == aware.timestamp()


@pytest.mark.parametrize(
    ("text", "start"),
    [
        (None, None),
        ("", None),
        ("yesterday", None),
        ("1904-01-01T00:00:00.000000Z", None),
        ("1970-01-01T00:00:00Z", None),
        ("2026-03-01T08:00:00.500000Z", EIGHT + 0.5),
        ("2026-03-01T15:00:00+07:00", EIGHT),
        ("2026-03-01 08:00:00", EIGHT),
    ],
)
def test_metadata(text: str | None, start: float | None) -> None:
    assert start_from_metadata({} if text is None else {"creation_time": text}) == start
