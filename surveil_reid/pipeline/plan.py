"""From a site to the recordings to process: found, probed, recognised by content, put in time."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from surveil_reid.config import CameraSource, RecordingSource
from surveil_reid.core import SurveilReidError
from surveil_reid.pipeline.files import sha256_of, video_files
from surveil_reid.pipeline.progress import Progress
from surveil_reid.store import Recording, Store
from surveil_reid.video import MediaInfo, probe, start_from_name

# A stretch goes on over a file boundary when the next file begins this close to the last one's end.
STRETCH_GAP_S = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedRecording:
    """A recording with its place in time.

    Attributes:
        path: the file.
        sha256: of its content, in hexadecimal.
        media: what the container says.
        start: UTC seconds since 1970 of the first frame.
        start_known: False when nothing said when it was made; it is then laid out from 1970 on.
        known: what the store already holds of this content, from any camera.
    """

    path: Path
    sha256: str
    media: MediaInfo
    start: float
    start_known: bool
    known: Recording | None

    @property
    def end(self) -> float:
        """UTC seconds since 1970 at which the next file would have to begin."""
        return self.start + self.media.duration


@dataclass(frozen=True, slots=True)
class Failure:
    """A recording that could not be processed, and why, in one line."""

    camera: str
    path: str
    error: str


def plan_camera(
    source: CameraSource, store: Store, progress: Progress
) -> tuple[list[list[PlannedRecording]], list[Failure]]:
    """Find a camera's recordings and group those that follow one another into stretches.

    Returns:
        The stretches in order of time, and the files that cannot be used.
    """
    found: list[PlannedRecording] = []
    failures: list[Failure] = []
    seen: set[str] = set()
    for entry in source.recordings:
        clock: float | None = None  # where the next file of this entry begins if nothing says so
        try:
            paths = video_files(entry.path)
        except SurveilReidError as error:
            failures.append(Failure(source.name, entry.path, str(error)))
            continue
        for path in paths:
            try:
                planned = _place(path, entry, clock, store)
            except SurveilReidError as error:
                failures.append(Failure(source.name, str(path), str(error)))
                continue
            clock = planned.end
            if planned.sha256 not in seen:
                seen.add(planned.sha256)
                found.append(replace(planned, start=planned.start + source.clock_offset))
    _warn_of_unknown_times(found, source.name, progress)
    return stretches(found), failures


def stretches(recordings: Iterable[PlannedRecording]) -> list[list[PlannedRecording]]:
    """Group recordings of one camera that follow one another without a gap."""
    groups: list[list[PlannedRecording]] = []
    for recording in sorted(recordings, key=lambda r: (r.start, str(r.path))):
        if groups and follows(groups[-1][-1].end, recording.start):
            groups[-1].append(recording)
        else:
            groups.append([recording])
    return groups


def follows(end: float, start: float) -> bool:
    """Whether what starts at `start` carries on what ended at `end` (UTC seconds)."""
    return abs(start - end) <= STRETCH_GAP_S


def _place(
    path: Path, entry: RecordingSource, clock: float | None, store: Store
) -> PlannedRecording:
    """Probe a file and decide when it began.

    In order: the site's or option's start (first file only; the others follow it end to end), the
    container's metadata, the file's name, the end of the file before, 1970.
    """
    media = probe(path)
    if entry.start is not None:
        start, known = (entry.start if clock is None else clock), True
    else:
        stated = media.start if media.start is not None else start_from_name(path)
        start = stated if stated is not None else (clock or 0.0)
        known = stated is not None
    sha256 = sha256_of(path)
    return PlannedRecording(
        path=path,
        sha256=sha256,
        media=media,
        start=start,
        start_known=known,
        known=store.find_recording(sha256),
    )


def _warn_of_unknown_times(
    found: Iterable[PlannedRecording], camera: str, progress: Progress
) -> None:
    unknown = [recording.path.name for recording in found if not recording.start_known]
    if unknown:
        progress.warn(
            f"camera {camera}: nothing says when {unknown[0]}"
            f"{f' and {len(unknown) - 1} more' if len(unknown) > 1 else ''} was recorded; "
            "its times count from 1970-01-01T00:00:00Z (give a start with NAME=PATH@ISO-TIME)"
        )
