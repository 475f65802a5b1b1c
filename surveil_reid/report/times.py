"""Moments and lengths of time as people read them; all moments are UTC."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from surveil_reid.core import Tracklet, day, utc

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

    @classmethod
    def over(cls, tracklets: Iterable[Tracklet]) -> "Clock":
        """From the beginning of the first to the end of the last; of none, a moment in 1970."""
        seen = [(t.start, t.end) for t in tracklets] or [(0.0, 0.0)]
        return cls(min(start for start, _ in seen), max(end for _, end in seen))

    @property
    def one_day(self) -> str | None:
        """The day that all moments lie on, if it is one."""
        days = {day(time) for time in (self.first, self.last)}
        return days.pop() if len(days) == 1 else None

    def moment(self, time: float) -> str:
        """A moment to the second."""
        clock = f"{utc(time):%H:%M:%S}"
        return clock if self.one_day else f"{day(time)} {clock}"

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
        marks = [begin + n * step for n in range(int((self.last - begin) // step) + 1)]
        return [(mark, self._tick(mark, step)) for mark in marks]

    def _tick(self, time: float, step: float) -> str:
        if step >= _DAY:
            return day(time)
        clock = f"{utc(time):%H:%M:%S}" if step < _MINUTE else f"{utc(time):%H:%M}"
        return clock if self.one_day else f"{day(time).removeprefix(f'{utc(time):%Y}-')} {clock}"


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
