"""A short clip of each camera at its busiest, with everybody's identity drawn."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from surveil_reid.core import BoxTrack, Frame, Image, MediaError, file_word
from surveil_reid.pipeline import Progress
from surveil_reid.pipeline.footage import Footage
from surveil_reid.pipeline.progress import Quiet
from surveil_reid.report.canvas import writing
from surveil_reid.report.cuts import (
    MARGIN,
    SECONDS,
    Cut,
    Marked,
    drawn_frames,
    identity_colour,
)
from surveil_reid.store import Recording, Store
from surveil_reid.video import write_clip

WIDEST: Final = 960
"""Pixels; wider pictures are made smaller, for a page is not a cinema."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Scene:
    """A clip of one camera.

    Attributes:
        camera: name.
        start: UTC seconds since 1970.
        end: likewise.
        identities: who is in view, ascending.
        path: H.264 in MP4.
        poster: its picture with the most people, RGB uint8 `(height, width, 3)`.
    """

    camera: str
    start: float
    end: float
    identities: tuple[int, ...]
    path: Path
    poster: Image


@dataclass(frozen=True, slots=True)
class SceneReport:
    """The scenes, and a line for each camera that has none although somebody was seen there."""

    scenes: tuple[Scene, ...]
    failed: tuple[str, ...]


class _Poster:
    """Frames that pass through; remembers the one with the most people."""

    def __init__(self, frames: Iterator[tuple[Frame, int]]) -> None:
        self._frames = frames
        self._most = -1
        self.image: Image = np.zeros((2, 2, 3), np.uint8)

    def __iter__(self) -> Iterator[Frame]:
        for frame, people in self._frames:
            if people > self._most:
                self._most, self.image = people, frame.image
            yield frame


def write_scenes(
    store: Store, folder: Path, *, most: int, progress: Progress | None = None
) -> SceneReport:
    """Cut a clip out of each camera's recordings where most identities are in view.

    Args:
        store: where the tracklets are.
        folder: for files named scene_NUMBER_CAMERA.mp4.
        most: cameras at most, in order of their names.
        progress: told of each clip.

    Raises:
        InputError: when the folder cannot be written.
    """
    watcher = progress or Quiet()
    people = store.memberships()
    cameras = store.cameras()[:most]
    scenes: list[Scene] = []
    failed: list[str] = []
    watcher.begin("cutting clips", len(cameras))
    with writing(folder):
        for place, camera in enumerate(cameras, start=1):
            path = folder / f"scene_{place:02d}_{file_word(camera)}.mp4"
            try:
                scenes += _write_scene(store, camera, people, path)
            except MediaError as error:
                failed.append(f"camera {camera}: {error}")
            watcher.advance(1)
    watcher.end()
    return SceneReport(tuple(scenes), tuple(failed))


def _write_scene(
    store: Store, camera: str, people: Mapping[int, int], path: Path
) -> tuple[Scene, ...]:
    """The camera's scene; none where nobody with an identity was seen."""
    footage = Footage()
    recording = _busiest(store, camera, footage)
    if recording is None:
        return ()
    marked = {
        tracklet: Marked(
            track=track,
            label=f"#{people[tracklet]}",
            colour=identity_colour(people[tracklet]),
        )
        for tracklet, track in store.box_tracks(recording.id).items()
        if tracklet in people and len(track)
    }
    if not marked:
        return ()
    start, end, present = _stretch(recording, {n: person.track for n, person in marked.items()})
    cut = Cut(
        recording=recording,
        people=[marked[tracklet] for tracklet in present],
        start=start,
        end=end,
        widest=WIDEST,
    )
    frames = _Poster(drawn_frames(store, cut, footage))
    write_clip(path, frames, fps=recording.fps)
    return (
        Scene(
            camera=camera,
            start=recording.start + max(start, 0),
            end=recording.start + end,
            identities=tuple(sorted({people[tracklet] for tracklet in present})),
            path=path,
            poster=frames.image,
        ),
    )


def _busiest(store: Store, camera: str, footage: Footage) -> Recording | None:
    """Of the recordings that are still there, the one in which most tracklets began."""
    counted = [(store.tracklet_count(r.id), r) for r in store.recordings(camera)]
    seen = [pair for pair in counted if pair[0]]
    problem: MediaError | None = None
    for _, recording in sorted(seen, key=lambda pair: -pair[0]):
        try:
            footage.file(recording)
        except MediaError as error:
            problem = problem or error
        else:
            return recording
    if problem is not None:
        msg = f"its recordings are no longer where they were, so no clip: {problem}"
        raise MediaError(msg)
    return None


def _stretch(
    recording: Recording, tracks: Mapping[int, BoxTrack]
) -> tuple[float, float, tuple[int, ...]]:
    """Where the scene starts and ends, in seconds of the recording, and the tracklets in view."""
    numbers = np.array(sorted(tracks))
    firsts = np.array([tracks[n].times[0] for n in numbers]) - recording.start
    lasts = np.array([tracks[n].times[-1] for n in numbers]) - recording.start
    begun = np.searchsorted(np.sort(firsts), firsts + SECONDS, side="right")
    ended = np.searchsorted(np.sort(lasts), firsts, side="left")
    start = float(firsts[np.argmax(begun - ended)])
    end = min(start + SECONDS, float(lasts.max()))
    present = numbers[(firsts <= end) & (lasts >= start)]
    return start - MARGIN, end + MARGIN, tuple(present.tolist())
