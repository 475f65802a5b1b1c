"""The truth beside the recordings: boxes, identities over cameras, calibrations, the site file."""

import csv
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import yaml

from samples.render.camera import Camera
from samples.render.cast import Person
from samples.render.visibility import Sight

COUNTED = 0.25
"""Visibility from which a box counts in scores; those below are kept, marked as not counting."""

_PEDESTRIAN = 1  # MOTChallenge's class
_ABSENCE = 3.0  # seconds out of sight that end a visit

Sights = Sequence[Mapping[int, Sight]]
"""Of one camera: for each frame who is seen, by number."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A person's stay in a camera's view.

    Attributes:
        identity: the person's number.
        camera: name.
        first: seconds after the recordings' begin at which it is first seen.
        last: at which it is last seen.
        frames: in which it is seen.
    """

    identity: int
    camera: str
    first: float
    last: float
    frames: int


def write_boxes(path: Path, sights: Sights) -> None:
    """Write MOT text: `frame,id,left,top,width,height,counts,class,visibility`, frames from 1."""
    lines = []
    for frame, people in enumerate(sights, start=1):
        for number, sight in sorted(people.items()):
            left, top, right, bottom = sight.box
            counts = int(sight.visibility >= COUNTED)
            lines.append(
                f"{frame},{number},{left},{top},{right - left},{bottom - top},"
                f"{counts},{_PEDESTRIAN},{sight.visibility:.3f}\n"
            )
    path.write_text("".join(lines), encoding="ascii")


def find_visits(sights: Mapping[str, Sights], fps: int) -> list[Visit]:
    """Stays in view, in order of time; only boxes that count make one."""
    visits = []
    for camera, frames in sights.items():
        seen = defaultdict(list)
        for frame, people in enumerate(frames):
            for number, sight in people.items():
                if sight.visibility >= COUNTED:
                    seen[number].append(frame)
        for number, times in seen.items():
            visits += [
                Visit(number, camera, run[0] / fps, run[-1] / fps, len(run))
                for run in _runs(times, round(_ABSENCE * fps))
            ]
    return sorted(visits, key=lambda v: (v.first, v.camera, v.identity))


def _runs(times: Sequence[int], gap: int) -> Iterable[list[int]]:
    run = [times[0]]
    for before, now in pairwise(times):
        if now - before > gap:
            yield run
            run = []
        run.append(now)
    yield run


def write_visits(path: Path, visits: Iterable[Visit], start: datetime) -> None:
    """Write `identity,camera,first,last,frames` with ISO 8601 times."""
    with path.open("w", newline="", encoding="ascii") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["identity", "camera", "first", "last", "frames"])
        for v in visits:
            first, last = (
                (start + timedelta(seconds=s)).isoformat(timespec="milliseconds")
                for s in (v.first, v.last)
            )
            writer.writerow([v.identity, v.camera, first, last, v.frames])


def write_people(path: Path, cast: Iterable[Person]) -> None:
    """Write what everybody looks like, in words."""
    with path.open("w", newline="", encoding="ascii") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["identity", "stature", "top", "pattern", "bottom", "hair", "extras"])
        for p in cast:
            o = p.outfit
            writer.writerow(
                [
                    *(p.number, f"{p.shape.stature:.2f}", o.top.kind, o.top.pattern),
                    *(o.bottom.kind, o.hair, " ".join(o.extras)),
                ]
            )


def write_calibrations(path: Path, cameras: Iterable[Camera]) -> None:
    """Write where the cameras hang and what they map where."""
    document = {camera.name: camera.calibration() for camera in cameras}
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="ascii")


def write_site(
    path: Path,
    cameras: Mapping[str, tuple[float, float]],
    visits: Iterable[Visit],
    start: datetime,
) -> None:
    """Write the file that `surveil-reid process` takes; of each camera, where it hangs, metres."""
    document = {
        "store": "sqlite:///site.db",
        "cameras": [
            {
                "name": name,
                "recordings": [f"footage/{name}.mp4"],
                "start": start.isoformat(),
                "position": [round(metres, 1) for metres in position],
            }
            for name, position in cameras.items()
        ],
        "travel": _travel(visits),
    }
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="ascii")


def _travel(visits: Iterable[Visit]) -> list[dict[str, Any]]:
    """Seconds from leaving one view to entering the next, as they were; 0 where views overlap."""
    ordered: dict[int, list[Visit]] = defaultdict(list)
    for visit in visits:
        ordered[visit.identity].append(visit)
    gaps = defaultdict(list)
    for stays in ordered.values():
        for before, after in pairwise(stays):
            if before.camera != after.camera:
                gaps[before.camera, after.camera].append(max(0.0, after.first - before.last))
    return [
        {"from": here, "to": there, "minimum": int(min(found)), "usual": round(median(found), 1)}
        for (here, there), found in sorted(gaps.items())
    ]
