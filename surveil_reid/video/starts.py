"""When a recording started: from the container's metadata, or from its file name.

Names are searched for one of these, anywhere between other text, the first possible one counts:

| in the name | read as |
|---|---|
| `2026-03-01T08-00-00`, `2026-03-01_08-00-00`, `2026-03-01 08.00.00` | 08:00:00 UTC |
| `20260301_080000`, `20260301T080000`, `20260301-080000`, `20260301080000` | 08:00:00 UTC |
| any of them with `Z` or `UTC` behind | 08:00:00 UTC |
| any of them with `+07`, `+0700`, `+07:00`, `+07-00`, `-0500`, `-05:00` behind | that zone |

The parts of the date may be joined by `-`, `_` or `.`, those of the time by `-`, `_`, `.` or `:`,
or both by nothing. A `-05` behind is a sequence number as likely as a zone and is left alone, and
so are four digits behind a `-` that are the time of no zone, as in `-0001`, or of hardly any, as in
`-0100`.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

EARLIEST = datetime(1980, 1, 1, tzinfo=UTC)
"""Cameras whose clock was never set write 1904, 1970 or the like."""
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
WIDEST_ZONE = timedelta(hours=14)
WESTERN_ZONES = frozenset({*(f"-{hour:02}00" for hour in range(2, 13)), "-0230", "-0330", "-0930"})
"""Where four digits behind a `-` are taken for a zone rather than for a number in a sequence."""

_PATTERN = re.compile(
    r"""(?<!\d)
    (?P<year>\d{4}) (?P<d>[-_.]?) (?P<month>\d{2}) (?P=d) (?P<day>\d{2})
    (?: [T_\-\ ] | (?<=\d{8}) )
    (?P<hour>\d{2}) (?P<t>[-_.:]?) (?P<minute>\d{2}) (?P=t) (?P<second>\d{2})
    (?!\d)
    (?P<zone> (?:[+]\d{2} (?:[:\-]?\d{2})? | -\d{2}:?\d{2}) (?!\d) )?
    """,
    re.VERBOSE,
)


def start_from_name(path: Path) -> float | None:
    """Start of a recording as its file name tells it.

    Returns:
        UTC seconds since 1970; None where the name holds no possible date and time. A time
        without a zone is taken for UTC.
    """
    for match in _PATTERN.finditer(path.name):
        moment = _moment(match)
        if moment is not None and EARLIEST <= moment < LATEST:
            return moment.timestamp()
    return None


def start_from_metadata(metadata: Mapping[str, str]) -> float | None:
    """Start of a recording as its container tells it (`creation_time`).

    Returns:
        UTC seconds since 1970; None where it is missing, unreadable or from a clock never set.
    """
    try:
        moment = datetime.fromisoformat(metadata.get("creation_time", ""))
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.timestamp() if EARLIEST <= moment < LATEST else None


def _moment(match: re.Match[str]) -> datetime | None:
    year, month, day, hour, minute, second = (
        int(match[part]) for part in ("year", "month", "day", "hour", "minute", "second")
    )
    zone = _zone(match["zone"])
    if zone is None:
        return None
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=zone)
    except ValueError:
        return None


def _zone(text: str | None) -> timezone | None:
    """The zone written behind a time, UTC where there is none, None for an impossible one."""
    if text is None or (re.fullmatch(r"-\d{4}", text) and text not in WESTERN_ZONES):
        return UTC
    digits = re.sub(r"\D", "", text)
    hours, minutes = int(digits[:2]), int(digits[2:] or 0)
    offset = timedelta(hours=hours, minutes=minutes)
    if offset > WIDEST_ZONE or minutes % 15:
        return None
    return timezone(-offset if text.startswith("-") else offset)
