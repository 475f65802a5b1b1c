"""Moments as people and programs read them; all of them are UTC."""

from datetime import UTC, datetime
from typing import Final, overload

from surveil_reid.core.arrays import Booleans, Doubles

_DAY: Final = 86400
_UNDATED: Final = 365 * _DAY
"""Seconds since 1970 up to which a moment is nobody's date: recordings that nothing dates are laid
out from 1970 on, and no camera that this package reads filmed in that year."""


def utc(time: float) -> datetime:
    """UTC seconds since 1970 as a date and time."""
    return datetime.fromtimestamp(time, UTC)


def iso(time: float) -> str:
    """UTC seconds since 1970 as ISO 8601, to the millisecond, for programs."""
    return utc(time).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def day(time: float) -> str:
    """The day of a moment, for people; days of recordings that nothing dates are numbered."""
    return f"{utc(time):%Y-%m-%d}" if is_dated(time) else f"day {1 + int(time // _DAY)}"


def moment(time: float) -> str:
    """A moment to the second, for people."""
    return f"{day(time)} {utc(time):%H:%M:%S}{'Z' if is_dated(time) else ''}"


@overload
def is_dated(time: float) -> bool: ...
@overload
def is_dated(time: Doubles) -> Booleans: ...
def is_dated(time: float | Doubles) -> bool | Booleans:
    """Whether moments, UTC seconds since 1970, are of recordings that have a date."""
    return (time < 0) | (time >= _UNDATED)
