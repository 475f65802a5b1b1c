"""Moments and lengths of time as people read them; all moments are UTC."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

_MINUTE: Final = 60
_HOUR: Final = 3600
_DAY: Final = 86400

# Seconds between the marks of a time axis, as clocks and calendars have them.
_STEPS: Final = (
    *(1, 2, 5, 10, 15, 30),
    *(_MINUTE * n for n in (1, 2, 5, 10, 15, 30)),
    *(_HOUR * n for n in (1, 2, 3, 6, 12)),
    *(_DAY * n for n in (1, 2, 7, 14, 28, 91, 182, 364, 3640)),
)


@dataclass(frozen=True, slots=True)
class Clock:
    """Writes moments: with the day, unless all of them lie on one.

    Attributes:
        first: UTC seconds since 1970, the earliest moment.
        last: the latest.
    """

    first: float
    last: float

    @property
    def one_day(self) -> str | None:
        """The day that all moments lie on, if it is one."""
        days = {f"{_at(moment):%Y-%m-%d}" for moment in (self.first, self.last)}
        return days.pop() if len(days) == 1 else None

    def moment(self, time: float) -> str:
        """A moment to the second."""
        return f"{_at(time):%H:%M:%S}" if self.one_day else f"{_at(time):%Y-%m-%d %H:%M:%S}"

    def span(self, start: float, end: float) -> str:
        """From one moment to another; the day is not said twice."""
        first, last = self.moment(start), self.moment(end)
        if first[:-8] == last[:-8]:
            last = last[-8:]
        return f"{first} to {last}"

    def ticks(self, most: int = 6) -> list[tuple[float, str]]:
        """Round moments between first and last, `most` or fewer where years are not enough."""
        length = self.last - self.first
        step = next((s for s in _STEPS if length / s <= most), _STEPS[-1])
        begin = -(-self.first // step) * step
        moments = [begin + n * step for n in range(int((self.last - begin) // step) + 1)]
        return [(moment, self._tick(moment, step)) for moment in moments]

    def _tick(self, moment: float, step: float) -> str:
        if step >= _DAY:
            return f"{_at(moment):%Y-%m-%d}"
        clock = f"{_at(moment):%H:%M:%S}" if step < _MINUTE else f"{_at(moment):%H:%M}"
        return clock if self.one_day else f"{_at(moment):%m-%d} {clock}"


def iso(time: float) -> str:
    """A moment for machines."""
    return _at(time).isoformat(timespec="seconds").replace("+00:00", "Z")


def length(seconds: float) -> str:
    """A length of time, two units at most."""
    whole = round(seconds)
    if abs(seconds) < 10 and whole != seconds:
        return f"{seconds:.1f} s"
    for unit, size, small, part in (("d", _DAY, "h", _HOUR), ("h", _HOUR, "min", _MINUTE),
                                    ("min", _MINUTE, "s", 1)):  # fmt: skip
        if whole >= size:
            rest = whole % size // part
            return f"{whole // size} {unit}" + (f" {rest} {small}" if rest else "")
    return f"{whole} s"


def _at(time: float) -> datetime:
    return datetime.fromtimestamp(time, UTC)
