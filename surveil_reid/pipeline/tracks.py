"""Box tracks of processed recordings as MOT text, for scoring and for other tools."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np

from surveil_reid.core import file_word, make_folder
from surveil_reid.pipeline.footage import analysed_rate
from surveil_reid.store import Recording, Store
from surveil_reid.tracking import MotTracks, TrackingOptions, fill_gaps, write_mot


def write_box_tracks(
    store: Store,
    recordings: Sequence[Recording],
    folder: Path,
    *,
    options: TrackingOptions | None = None,
    identities: bool = False,
) -> tuple[Path, ...]:
    """Write one MOT text file per recording, beside the list of its analysed frames.

    The ids are the store's tracklet ids, or identities, which are the same in every camera and
    which `score_cameras` scores over all of them; of two tracklets of one identity in one frame the
    surer box is written. Short gaps are filled linearly, with confidence
    0; what is doubtful is left out, as it is from linking and search.

    Args:
        store: where the tracklets are.
        recordings: which to write.
        folder: made if need be. A file is named for its camera, and for the recording too where a
            camera has several of these; where that is not enough to tell two apart, the second
            carries the store's number of its recording as well.
        options: how long a gap may be to be filled.
        identities: number people by their identities.

    Returns:
        The files, in the order of the recordings.

    Raises:
        InputError: when the folder or a file in it cannot be written.
    """
    make_folder(folder)
    tracking = options or TrackingOptions()
    people = store.memberships() if identities else None
    paths = tuple(folder / f"{name}.txt" for name in _names(recordings))
    for recording, path in zip(recordings, paths, strict=True):
        max_gap = tracking.at_rate(analysed_rate(recording)).lost_seconds
        write_mot(path, recording_tracks(store, recording, max_gap=max_gap, people=people))
    return paths


def _names(recordings: Sequence[Recording]) -> list[str]:
    """A name for each recording's file, no two alike."""
    cameras = [recording.camera for recording in recordings]
    names: list[str] = []
    for recording in recordings:
        name = _file_name(recording.camera)
        if cameras.count(recording.camera) > 1:
            name += f"-{Path(recording.path).stem}"
        while name in names:
            name += f"-{recording.id}"
        names.append(name)
    return names


def _file_name(camera: str) -> str:
    """The camera's name as it is where a file can have it, for scoring matches files by it."""
    usable = camera == Path(camera).name and camera.isprintable() and not camera.startswith(".")
    return camera if usable else file_word(camera)


def recording_tracks(
    store: Store, recording: Recording, *, max_gap: float, people: Mapping[int, int] | None = None
) -> MotTracks:
    """The box tracks of one recording.

    Args:
        store: where the tracklets are.
        recording: whose.
        max_gap: seconds of the longest gap that is filled.
        people: identity by tracklet, to number boxes by; None numbers them by tracklet.
    """
    segments = list(store.segments(recording.id))
    frames = np.concatenate([np.zeros(0, np.int64), *(s.frames for s in segments)])
    times = np.concatenate([np.zeros(0), *(s.times + recording.start for s in segments)])
    tracks = {
        id_: fill_gaps(track, frames, times, max_gap=max_gap)
        for id_, track in store.box_tracks(recording.id, doubtful=False).items()
    }
    rows = [
        (frame, id_ if people is None else people[id_], box, confidence)
        for id_, track in tracks.items()
        if people is None or id_ in people
        for frame, box, confidence in zip(track.frames, track.boxes, track.confidences, strict=True)
    ]
    # Where a reviewer has put two tracklets of one moment together, the surer box stands for both.
    rows.sort(key=lambda row: (*row[:2], -row[3]))
    rows = [next(same) for _, same in groupby(rows, key=lambda row: row[:2])]
    return MotTracks(
        frames=np.array([row[0] for row in rows], np.int64),
        ids=np.array([row[1] for row in rows], np.int64),
        boxes=np.array([row[2] for row in rows], np.float32).reshape(-1, 4),
        confidences=np.array([row[3] for row in rows], np.float64),
        analysed=frozenset(frames.tolist()),
    )
