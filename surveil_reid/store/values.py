"""What goes into the store and what comes out of it; plain frozen values.

Times are UTC seconds since 1970 except where a field says otherwise.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from surveil_reid.core import (
    ArrayError,
    Booleans,
    BoxTrack,
    Crop,
    Detections,
    Doubles,
    Floats,
    Integers,
    ModelInfo,
    ReviewDecision,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class NewRecording:
    """A video file about to be processed.

    Attributes:
        camera: name of its camera; a new name makes a new camera.
        path: where the file lies; absolute, so that it means the same from everywhere.
        sha256: of the file's bytes, in hexadecimal; the store holds each file once.
        start: UTC seconds since 1970 of the first frame, the camera's clock offset applied.
        start_known: False when nothing tells the start and `start` is an assumption.
        duration: seconds, or None when nobody knows; then its frames tell once they are counted.
        fps: nominal frames per second of the file.
        width: of a frame, upright, in pixels.
        height: of a frame, upright, in pixels.
        options: plain JSON values: what the recording is processed with.
    """

    camera: str
    path: str | Path
    sha256: str
    start: float
    start_known: bool
    duration: float | None
    fps: float
    width: int
    height: int
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Recording:
    """A recording in the store and how far it has been processed.

    Attributes beyond those of `NewRecording`:
        id: the store's number for it.
        frames: decoded so far.
        analysed: of those, how many went through the detector or were gated as empty.
        progress: segments committed, hence the number of the next one.
        complete: nothing is left to process.
        state: plain JSON values that the pipeline needs to resume.
        note: what went wrong with it, if anything, in words.
    """

    id: int
    camera: str
    path: str
    sha256: str
    start: float
    start_known: bool
    duration: float | None
    fps: float
    width: int
    height: int
    options: dict[str, Any]
    frames: int
    analysed: int
    progress: int
    complete: bool
    state: dict[str, Any]
    note: str | None

    @property
    def end(self) -> float:
        """UTC seconds since 1970 at which the camera's next recording would have to begin."""
        return self.start + (self.duration or self.frames / self.fps)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SegmentDetections:
    """What the detector saw in the analysed frames of one segment.

    Attributes:
        number: of the segment in its recording, from 0.
        frames: int64 `(n,)`, the recording's own frame numbers, from 1.
        times: float64 `(n,)`, seconds after the recording's first frame.
        gated: bool `(n,)`, True where the motion gate spared the detector.
        detections: n of them, one for each frame.

    Raises:
        ArrayError: when a shape or type is wrong.
    """

    number: int
    frames: Integers
    times: Doubles
    gated: Booleans
    detections: tuple[Detections, ...]

    def __post_init__(self) -> None:
        count = (len(self.detections),)
        for name, array, dtype in (
            ("frames", self.frames, np.int64),
            ("times", self.times, np.float64),
            ("gated", self.gated, np.bool_),
        ):
            if array.dtype != dtype or array.shape != count:
                msg = (
                    f"{name} must be {np.dtype(dtype)} of shape {count}; "
                    f"got {array.dtype} of shape {array.shape}"
                )
                raise ArrayError(msg)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TrackletUpdate:
    """What one segment adds to one tracklet.

    Attributes:
        id: the store's number, or None for a new tracklet.
        track: rows to append; may be empty. Rows before the recording's start belong to the
            camera's recording that was running then.
        crops: the complete new list of kept crops, or None for no change. A crop already stored
            keeps its row and its embedding.
        embeddings: float32 `(len(crops), dim)`, L2-normalised; None leaves those stored.
        descriptor: float32 `(dim,)`, L2-normalised; None leaves the one stored, unless `crops`
            is empty: a tracklet without crops has no descriptor.
        doubtful: whether search and linking pass it over.
        live: the tracker's number while the person is still in view.
        absorbs: tracklets that turn out to be this one. They vanish; their box tracks come here,
            their crops only where listed in `crops`.

    Raises:
        ArrayError: when embeddings do not go with the crops, a new tracklet has no box, or a
            tracklet absorbs itself or another one twice.
    """

    id: int | None = None
    track: BoxTrack
    crops: tuple[Crop, ...] | None = None
    embeddings: Floats | None = None
    descriptor: Floats | None = None
    doubtful: bool = False
    live: int | None = None
    absorbs: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        crops = 0 if self.crops is None else len(self.crops)
        if self.embeddings is not None and len(self.embeddings) != crops:
            msg = f"{len(self.embeddings)} embeddings for {crops} crops"
            raise ArrayError(msg)
        if self.id is None and len(self.track) == 0 and not self.absorbs:
            msg = "a new tracklet needs at least one box"
            raise ArrayError(msg)
        if self.id in self.absorbs or len(set(self.absorbs)) < len(self.absorbs):
            msg = f"tracklet {self.id} cannot absorb {self.absorbs}"
            raise ArrayError(msg)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SegmentCommit:
    """One segment's results, to be stored all together or not at all.

    Attributes:
        recording_id: the recording.
        detections: of the segment; None for a closing commit, which advances no progress.
        frames: decoded in the recording so far, this segment included.
        analysed: analysed in the recording so far, this segment included.
        complete: whether the recording is finished.
        note: replaces the recording's note.
        state: replaces the recording's state; plain JSON values.
        updates: the tracklets that changed.
        model: the embedder in use.
    """

    recording_id: int
    detections: SegmentDetections | None
    frames: int
    analysed: int
    complete: bool = False
    note: str | None = None
    state: dict[str, Any] = field(default_factory=dict)
    updates: tuple[TrackletUpdate, ...] = ()
    model: ModelInfo


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class StoredCrop:
    """A kept crop.

    Attributes:
        id: the store's number for it.
        tracklet_id: its tracklet.
        recording_id: the recording that it was cut from.
        frame: that recording's own frame number, from 1.
        time: UTC seconds since 1970.
        box: float32 `(4,)`, xyxy in pixels of the frame.
        quality: 0..1.
        file: name for `Store.crops`.
        embedding: float32 `(dim,)`, L2-normalised, or None.
    """

    id: int
    tracklet_id: int
    recording_id: int
    frame: int
    time: float
    box: Floats
    quality: float
    file: str
    embedding: Floats | None


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TrackletState:
    """All about a tracklet except its box track.

    Attributes:
        id: the store's number for it.
        camera: name of its camera.
        recording_id: the recording in which it began.
        start: UTC seconds since 1970 of the first box.
        end: UTC seconds since 1970 of the last box.
        live: the tracker's number while still in view, or None.
        doubtful: whether search and linking pass it over.
        descriptor: float32 `(dim,)`, L2-normalised, or None.
        crops: in order of time.
    """

    id: int
    camera: str
    recording_id: int
    start: float
    end: float
    live: int | None
    doubtful: bool
    descriptor: Floats | None
    crops: tuple[StoredCrop, ...]


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody, as the system or a reviewer sees it.

    Attributes:
        id: never given to anybody else.
        tracklet_ids: in order of time.
        scores: of the memberships, parallel to `tracklet_ids`.
        cameras: names, each once, in order of first appearance.
        first: UTC seconds since 1970 of the first box.
        last: UTC seconds since 1970 of the last box.
    """

    id: int
    tracklet_ids: tuple[int, ...]
    scores: tuple[float, ...]
    cameras: tuple[str, ...]
    first: float
    last: float


@dataclass(frozen=True, slots=True)
class IdentityGroup:
    """Tracklets to be held for one person.

    Attributes:
        identity: a number that the store gave, or None for a new one.
        members: tracklets, at least one.
        scores: how surely each belongs, parallel to `members`.
        by: who says so.

    Raises:
        ArrayError: when there are no members or not as many scores.
    """

    identity: int | None
    members: tuple[int, ...]
    scores: tuple[float, ...]
    by: Literal["system", "reviewer"] = "system"

    def __post_init__(self) -> None:
        if not self.members or len(self.members) != len(self.scores):
            msg = f"an identity of {len(self.members)} members with {len(self.scores)} scores"
            raise ArrayError(msg)


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkingBasis:
    """What linking goes by beside the tracklets, all of one moment.

    Attributes:
        model: of the descriptors, None while there are none.
        decisions: those that stand, the oldest first.
        memberships: the identity of each tracklet that has one.
        options: what linking was told when it made the identities; empty where nobody said.
    """

    model: ModelInfo | None
    decisions: tuple[ReviewDecision, ...]
    memberships: dict[int, int]
    options: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Removed:
    """How many of each a removal took out; crops of trimmed tracklets count."""

    recordings: int
    tracklets: int
    crops: int


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the log: when (UTC seconds since 1970), who, what, and plain JSON details."""

    id: int
    at: float
    who: str | None
    kind: str
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class CameraCounts:
    """What the store holds of one camera; `frames` are those decoded."""

    camera: str
    recordings: int
    complete: int
    frames: int
    tracklets: int
    doubtful: int
    crops: int


@dataclass(frozen=True, slots=True)
class StoreCounts:
    """What the store holds; `bytes_on_disk` counts the database file and the store's folder."""

    cameras: tuple[CameraCounts, ...]
    identities: int
    models: tuple[ModelInfo, ...]
    bytes_on_disk: int
