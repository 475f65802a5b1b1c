"""From a site to the recordings to process: found, probed, recognised by content, put in time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from surveil_reid.config import CameraSource, RecordingSource
from surveil_reid.core import InputError, MediaError, SurveilReidError
from surveil_reid.pipeline.files import sha256_of, video_files
from surveil_reid.pipeline.progress import Progress
from surveil_reid.store import Recording, Store
from surveil_reid.video import MediaInfo, probe, start_from_name

# A stretch goes on over a file boundary when the next file begins this close to the last one's end.
STRETCH_GAP_S = 1.0

# Between recordings that nothing dates.
UNDATED_GAP_S = 60.0

# Two starts are the same when no farther apart; databases and arithmetic round.
SAME_START_S = 0.001


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedRecording:
    """A recording with its place in time.

    Attributes:
        path: the file.
        sha256: of its content, in hexadecimal.
        media: what the container says.
        start: UTC seconds since 1970 of the first frame.
        start_known: False when nothing said when it was made; it is then laid out in 1970, where
            this camera has nothing else that was laid out so.
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

    What the store holds already keeps the time it has there. In all other cases a recording begins
    at what comes first of: the start that its entry was given (the first file only; the others
    follow it end to end), the container's metadata, the file's name. One that nothing dates is laid
    out in 1970, apart from all others: nobody is followed from a file into one that may be of
    another day. A file is left out that its entry's start would put over another one in the store:
    that start is no longer the first file's then. One is left out, too, that has other content than
    when the store took it in for the same time of this camera, more than half of the shorter one's:
    it was still being recorded or copied then, and the people in it would be there twice. A name
    that is used again for another time (`latest.mp4`) is another recording.

    Returns:
        The stretches in order of time, and the files that cannot be used.
    """
    planner = _Planner(source, store)
    for entry in source.recordings:
        planner.add(entry)
    _warn_of_unknown_times(planner.found, source.name, progress)
    _warn_of_kept_times(planner.kept, source.name, progress)
    return stretches(planner.found), planner.failures


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


class _Planner:
    """Places the files of one camera in time, entry by entry.

    Attributes:
        found: what can be processed, or was.
        failures: what cannot.
        kept: what the store holds with another start than is given now, and by how many seconds
            the store's is later.
    """

    def __init__(self, source: CameraSource, store: Store) -> None:
        self.found: list[PlannedRecording] = []
        self.failures: list[Failure] = []
        self.kept: list[tuple[Recording, float]] = []
        self._source = source
        self._store = store
        held = store.recordings(source.name) if source.name in store.cameras() else ()
        self._held = [recording for recording in held if recording.frames]
        self._clock: float | None = None  # where a file begins that follows the one before
        self._moved: bool | None = None  # whether the start given last is new to the store
        self._lost: Path | None = None  # a file of no known length, behind which times are unknown

    def add(self, entry: RecordingSource) -> None:
        """Plan the files of one entry."""
        if entry.start is not None:
            self._clock = entry.start + self._source.clock_offset
            self._moved = self._lost = None
        try:
            paths = video_files(entry.path)
        except SurveilReidError as error:
            self.failures.append(Failure(self._source.name, entry.path, str(error)))
            return
        for path in paths:
            try:
                self._add_file(path, *_known_by(path), entry)
            except MediaError as error:
                self._lost = path
                self.failures.append(Failure(self._source.name, str(path), str(error)))
            except SurveilReidError as error:
                self.failures.append(Failure(self._source.name, str(path), str(error)))

    def _add_file(self, path: Path, media: MediaInfo, sha256: str, entry: RecordingSource) -> None:
        if any(sha256 == other.sha256 for other in self.found):
            return
        known = self._store.find_recording(sha256)
        if _is_laid_out(entry) and self._lost is not None:
            self._refuse_behind_lost(path, known)
        start, said = self._start(path, media, entry)
        planned = PlannedRecording(
            path=path,
            sha256=sha256,
            media=media,
            start=start if known is None else known.start,
            start_known=said or (known is not None and known.start_known),
            known=known,
        )
        if known is None and _is_laid_out(entry):
            self._refuse_laid_over(planned)
        if known is not None and said and self._is_moved(known, start, entry):
            self.kept.append((known, known.start - start))
        # A time that nobody knew then is no place to go on from once somebody says one.
        keeps_time = known is not None and (known.start_known or not said)
        self._clock = planned.end if keeps_time else start + media.duration
        if known is None:
            self._refuse_changed(planned)
        self.found.append(planned)

    def _start(self, path: Path, media: MediaInfo, entry: RecordingSource) -> tuple[float, bool]:
        """When a file began, UTC seconds since 1970, and whether anything says so."""
        if _is_laid_out(entry) and self._clock is not None:
            return self._clock, True
        stated = media.start if media.start is not None else start_from_name(path)
        if stated is not None:
            return stated + self._source.clock_offset, True
        return self._undated_start(path), False

    def _undated_start(self, path: Path) -> float:
        """A made-up start at which this camera has no other recording with a made-up one.

        Nobody could be both of two people who seem to be in view at once. A file that was taken in
        from this very place is not another one: it has changed, and is refused for that.
        """
        mine = str(path.resolve())
        others: list[Recording | PlannedRecording] = [*self._held, *self.found]
        others = [other for other in others if not other.start_known]
        for held in others:
            if str(held.path) == mine:
                return held.start
        return max((other.end + UNDATED_GAP_S for other in others), default=0.0)

    def _is_moved(self, known: Recording, start: float, entry: RecordingSource) -> bool:
        """Whether a file in the store would begin elsewhere if it were processed with `start` now.

        Of files laid end to end the first one tells for all: behind it, files may have gone. Where
        the file that began at `start` has gone itself, the store still holds it.
        """
        if not _is_laid_out(entry):
            return abs(known.start - start) > SAME_START_S
        if self._moved is None:
            held = (known, *self._held)
            self._moved = all(abs(other.start - start) > SAME_START_S for other in held)
        return self._moved

    def _refuse_behind_lost(self, path: Path, known: Recording | None) -> None:
        """The store's own time of a recording is one to go on from again."""
        if known is None:
            msg = (
                f"{path} comes after {self._lost}, which cannot be used, so nobody knows when it "
                "began; repair that one, or take it away and give the start of this one"
            )
            raise InputError(msg)
        self._lost = None

    def _refuse_laid_over(self, planned: PlannedRecording) -> None:
        """The clock stays where it is, so that what follows is refused as well."""
        for held in self._held:
            if _overlap(planned, held) and not _is_same_file(planned, held):
                msg = (
                    f"{planned.path}: the start that was given would put it over {held.path}, "
                    "which the store holds of this camera; give the start of the first file that "
                    f"is there now, or `surveil-reid remove --recording {held.sha256}` first"
                )
                raise InputError(msg)

    def _refuse_changed(self, planned: PlannedRecording) -> None:
        for held in self._held:
            if _overlap(planned, held) and _is_same_file(planned, held):
                msg = (
                    f"{planned.path} has changed since it was processed, or was not complete then; "
                    f"`surveil-reid remove --recording {held.sha256}` and process it again, or "
                    "give its start if it is of another time"
                )
                raise InputError(msg)


def _known_by(path: Path) -> tuple[MediaInfo, str]:
    """What tells a file from others, and how long it is.

    Raises:
        MediaError: when it is not usable.
    """
    _check_name(path)
    return probe(path), sha256_of(path)


def _is_laid_out(entry: RecordingSource) -> bool:
    """Whether its files lie end to end, whatever they say of themselves."""
    return entry.start is not None or entry.continues


def _is_same_file(planned: PlannedRecording, held: Recording) -> bool:
    # Resolving asks the disk, so it comes after what arithmetic can tell.
    return planned.path.resolve() == Path(held.path).resolve()


def _overlap(planned: PlannedRecording, held: Recording) -> bool:
    """Whether they share more than half of the shorter one's time.

    Recorders let one file begin some seconds before the one before ends; that is not meant.
    """
    shared = min(planned.end, held.end) - max(planned.start, held.start)
    return shared > min(planned.end - planned.start, held.end - held.start) / 2


def _check_name(path: Path) -> None:
    try:
        str(path.resolve()).encode("utf-8")
    except UnicodeEncodeError as error:
        msg = f"{path}: the name is not UTF-8, which a store cannot hold; rename it"
        raise MediaError(msg) from error


def _warn_of_unknown_times(
    found: Iterable[PlannedRecording], camera: str, progress: Progress
) -> None:
    unknown = [recording.path.name for recording in found if not recording.start_known]
    if unknown:
        progress.warn(
            f"camera {camera}: nothing says when {_and_more(unknown)} was recorded; "
            "nobody is followed from one such file into the next, this camera's travel times are "
            "left aside, and nothing found there has a date (give the start of the first with "
            "NAME=PATH@ISO-TIME, and the others follow it)"
        )


def _warn_of_kept_times(
    kept: Sequence[tuple[Recording, float]], camera: str, progress: Progress
) -> None:
    if kept:
        recording, late = kept[0]
        progress.warn(
            f"camera {camera}: {_and_more([known.path for known, _ in kept])} was processed with "
            f"another start or clock_offset and keeps its time, {abs(late):.3f} s "
            f"{'after' if late > 0 else 'before'} the one given now; to change that, "
            f"`surveil-reid remove --recording {recording.sha256}` and process it again"
        )


def _and_more(names: Sequence[str]) -> str:
    return names[0] + (f" and {len(names) - 1} more" if len(names) > 1 else "")
