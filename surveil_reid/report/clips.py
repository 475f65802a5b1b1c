"""Clips of hits, cut from the recordings, with a box around the person."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from surveil_reid.core import Frame, MediaError, file_word, make_folder
from surveil_reid.pipeline import Hit, Progress
from surveil_reid.pipeline.footage import Footage
from surveil_reid.pipeline.progress import Quiet
from surveil_reid.report.canvas import writing
from surveil_reid.report.cuts import MARGIN, SECONDS, Cut, Marked, drawn_frames
from surveil_reid.store import Store
from surveil_reid.video import write_clip


@dataclass(frozen=True, slots=True)
class ClipReport:
    """The clips that were cut.

    Attributes:
        clips: path by tracklet.
        failed: a line for each recording that clips could not be cut from.
    """

    clips: Mapping[int, Path]
    failed: tuple[str, ...]


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
    watcher, footage = progress or Quiet(), Footage()
    cuts = [(place, hit, cut) for place, hit in enumerate(hits, 1) if (cut := _plan(store, hit))]
    clips: dict[int, Path] = {}
    failures: dict[str, list[int]] = {}
    watcher.begin("cutting clips", len(cuts))
    make_folder(folder, mode=0o700)
    if not store.read_only:
        shown = [hit.tracklet for hit in hits]
        store.log("clips", {"folder": str(folder.absolute()), "tracklets": shown})
    with writing(folder):
        for place, hit, cut in cuts:
            path = folder / f"{place:02d}_{file_word(hit.camera)}_{hit.tracklet}.mp4"
            try:
                write_clip(path, _frames(store, cut, footage), fps=cut.recording.fps)
                clips[hit.tracklet] = path
            except MediaError as error:
                said = f"camera {cut.recording.camera}: {error}"
                failures.setdefault(said, []).append(hit.tracklet)
            watcher.advance(1)
    watcher.end()
    lines = [f"{said} (no clip of {_listed(numbers)})" for said, numbers in failures.items()]
    return ClipReport(clips, tuple(lines))


def _listed(tracklets: Sequence[int]) -> str:
    return f"tracklet{'s' * (len(tracklets) > 1)} {', '.join(map(str, tracklets))}"


def _plan(store: Store, hit: Hit) -> Cut | None:
    best = max(store.tracklet(hit.tracklet).crops, key=lambda crop: crop.quality, default=None)
    if best is None:
        return None
    (recording,) = (r for r in store.recordings(hit.camera) if r.id == best.recording_id)
    track = store.box_tracks(recording.id)[hit.tracklet]
    times = track.times - recording.start
    middle = best.time - recording.start
    return Cut(
        recording=recording,
        people=[Marked(track=track)],
        start=max(float(times[0]), middle - SECONDS / 2) - MARGIN,
        end=min(float(times[-1]), middle + SECONDS / 2) + MARGIN,
    )


def _frames(store: Store, cut: Cut, footage: Footage) -> Iterator[Frame]:
    return (frame for frame, _ in drawn_frames(store, cut, footage))
