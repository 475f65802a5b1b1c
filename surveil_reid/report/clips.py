"""Clips of hits, cut from the recordings, with a box around the person."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np

from surveil_reid.core import BoxTrack, Floats, Frame, Image, MediaError
from surveil_reid.pipeline import Hit, Progress
from surveil_reid.pipeline.progress import Quiet
from surveil_reid.report.canvas import writing
from surveil_reid.store import Recording, Store
from surveil_reid.tracking import TrackingOptions
from surveil_reid.video import FrameMark, VideoOptions, read_frames, write_clip

SECONDS = 8.0
"""Length of a clip at most; it is cut around the moment of the best crop."""

MARGIN = 0.5
"""Seconds shown before the person is there, and after."""

_COLOUR = (255, 200, 0)


@dataclass(frozen=True, slots=True)
class ClipReport:
    """The clips that were cut.

    Attributes:
        clips: path by tracklet.
        failed: a line for each recording that clips could not be cut from.
    """

    clips: Mapping[int, Path]
    failed: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Cut:
    """A stretch of a recording, in seconds after its first frame, with the person's boxes."""

    hit: Hit
    recording: Recording
    track: BoxTrack
    start: float
    end: float
    path: Path


def write_clips(
    store: Store, hits: Sequence[Hit], folder: Path, *, progress: Progress | None = None
) -> ClipReport:
    """Cut a clip of each hit out of its recording, around its best crop.

    Args:
        store: where the hits are from.
        hits: in their order, by which the files are numbered.
        folder: made if need be; files are named NUMBER_CAMERA_TRACKLET.mp4.
        progress: told of each clip.

    Returns:
        The clips, and what is to be said about recordings that are no longer where they were, or
        cannot be read; the clips of all others are there.

    Raises:
        InputError: when the folder cannot be written.
    """
    watcher = progress or Quiet()
    cuts = [cut for place, hit in enumerate(hits, 1) if (cut := _plan(store, place, hit, folder))]
    clips: dict[int, Path] = {}
    failures: dict[str, list[int]] = {}
    watcher.begin("cutting clips", len(cuts))
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for cut in cuts:
            try:
                write_clip(cut.path, _drawn(store, cut), fps=cut.recording.fps)
                clips[cut.hit.tracklet] = cut.path
            except MediaError as error:
                said = f"camera {cut.recording.camera}: {error}"
                failures.setdefault(said, []).append(cut.hit.tracklet)
            watcher.advance(1)
    watcher.end()
    lines = [f"{said} (no clip of {_listed(numbers)})" for said, numbers in failures.items()]
    return ClipReport(clips, tuple(lines))


def _listed(tracklets: Sequence[int]) -> str:
    return f"tracklet{'s' * (len(tracklets) > 1)} {', '.join(map(str, tracklets))}"


def _plan(store: Store, place: int, hit: Hit, folder: Path) -> _Cut | None:
    best = max(store.tracklet(hit.tracklet).crops, key=lambda crop: crop.quality, default=None)
    if best is None:
        return None
    (recording,) = (r for r in store.recordings(hit.camera) if r.id == best.recording_id)
    track = store.box_tracks(recording.id)[hit.tracklet]
    times = track.times - recording.start
    middle = best.time - recording.start
    name = re.sub(r"[^\w-]+", "_", hit.camera)
    return _Cut(
        hit=hit,
        recording=recording,
        track=track,
        start=max(float(times[0]), middle - SECONDS / 2) - MARGIN,
        end=min(float(times[-1]), middle + SECONDS / 2) + MARGIN,
        path=folder / f"{place:02d}_{name}_{hit.tracklet}.mp4",
    )


def _drawn(store: Store, cut: _Cut) -> Iterator[Frame]:
    mark = _mark_before(store, cut)
    options = VideoOptions(fps=None)
    with read_frames(Path(cut.recording.path), options, resume=mark) as frames:
        for frame in frames:
            if frame.time > cut.end:
                return
            if frame.time >= cut.start:
                yield replace(frame, image=_draw(frame, cut))


def _mark_before(store: Store, cut: _Cut) -> FrameMark | None:
    """The last analysed frame before a cut, from which reading can resume."""
    mark: FrameMark | None = None
    for segment in store.segments(cut.recording.id):
        before = int(np.searchsorted(segment.times, cut.start))
        if before:
            mark = FrameMark(int(segment.frames[before - 1]), float(segment.times[before - 1]))
        if before < len(segment.times):
            break
    return mark


def _draw(frame: Frame, cut: _Cut) -> Image:
    image = frame.image.copy()
    height = len(image)
    box = _box_at(cut.track, frame.number)
    if box is not None:
        left, top, right, bottom = (round(float(side)) for side in box)
        cv2.rectangle(image, (left, top), (right, bottom), _COLOUR, max(2, height // 240))
    moment = datetime.fromtimestamp(cut.recording.start + frame.time, UTC)
    words = f"{cut.hit.camera} {moment:%Y-%m-%d %H:%M:%S}Z"
    size = max(0.35, height / 700)
    image[: round(40 * size)] //= 3  # a dark strip, on which white is read over any picture
    place = (4, round(29 * size))
    cv2.putText(image, words, place, cv2.FONT_HERSHEY_SIMPLEX, size, (255, 255, 255))
    return image


def _box_at(track: BoxTrack, frame: int) -> Floats | None:
    """The box in a frame, float32 `(4,)`; straight on between two that are near in time."""
    place = int(np.searchsorted(track.frames, frame))
    if place < len(track) and track.frames[place] == frame:
        found: Floats = track.boxes[place]
        return found
    if place in {0, len(track)}:
        return None
    if track.times[place] - track.times[place - 1] > TrackingOptions().lost_seconds:
        return None
    share = (frame - track.frames[place - 1]) / (track.frames[place] - track.frames[place - 1])
    between: Floats = (1 - share) * track.boxes[place - 1] + share * track.boxes[place]
    return between
