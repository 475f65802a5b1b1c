"""Segments: what is committed at once, and what a resumed run finds in the store."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field

import numpy as np

from surveil_reid.core import Detections, Frame
from surveil_reid.pipeline.finishing import embeddings_of
from surveil_reid.pipeline.growing import Growing
from surveil_reid.store import Recording, SegmentDetections, TrackletUpdate
from surveil_reid.video import FrameMark, FrameReader, MotionGate

# Analysed frames between two commits: what a killed run may lose, and the delay before results
# show. Rows depend on it, since the motion gate and the tracker start afresh at these borders.
SEGMENT_FRAMES = 96

# A batch has at most so many times as many frames as the detector is to see of it: while nothing
# moves their pictures only take memory.
GATED_SHARE = 4


@dataclass(slots=True)
class Segment:
    """The analysed frames since the last commit, without their pictures.

    Attributes:
        frames: the recording's own frame numbers, from 1.
        times: seconds after the recording's first frame.
        gated: whether the motion gate spared the detector.
        detections: the people in each.
        decoded: frames of the recording decoded so far.
        corrupt: broken ones among them.
        final: whether the recording ends with it.
        note: what the recording did not give, None if nothing or not known before its end.
    """

    frames: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    gated: list[bool] = field(default_factory=list)
    detections: list[Detections] = field(default_factory=list)
    decoded: int = 0
    corrupt: int = 0
    final: bool = False
    note: str | None = None

    def add(self, frame: Frame, detections: Detections, *, gated: bool) -> None:
        """One more analysed frame."""
        self.frames.append(frame.number)
        self.times.append(frame.time)
        self.gated.append(gated)
        self.detections.append(detections)

    def ended(self, batch: "Batch", corrupt_before: int, reader: FrameReader) -> None:
        """It ends with this batch; `corrupt_before` frames were broken before reading began."""
        self.decoded = batch.decoded
        self.corrupt = corrupt_before + batch.corrupt
        self.final = batch.final
        self.note = note_of(reader, self.corrupt) if batch.final else None

    def numbered(self, number: int) -> SegmentDetections:
        """The same, as segment `number` of the recording."""
        return SegmentDetections(
            number=number,
            frames=np.array(self.frames, np.int64),
            times=np.array(self.times, np.float64),
            gated=np.array(self.gated, np.bool_),
            detections=tuple(self.detections),
        )


def mark_of(recording: Recording) -> FrameMark | None:
    """The last frame that was analysed, None before the first."""
    mark = recording.state.get("mark")
    return FrameMark(*mark) if mark else None


def with_last(reader: FrameReader) -> Iterator[tuple[Frame | None, bool, int]]:
    """Each frame, whether it is the last, and how many broken ones came before it.

    Of no frames, one last nothing.
    """
    held: Frame | None = None
    corrupt = 0
    for frame in reader:
        if held is not None:
            yield held, False, corrupt
        held, corrupt = frame, reader.corrupt
    yield held, True, reader.corrupt


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Frames of which the detector sees some together.

    Attributes:
        frames: in order of time; none of a recording that has none left.
        moved: of each frame, whether the detector is to see it.
        ends: whether its segment ends with it.
        final: whether the recording does.
        decoded: frames of the recording decoded so far.
        corrupt: broken frames before the last one, since reading began.
    """

    frames: tuple[Frame, ...]
    moved: tuple[bool, ...]
    ends: bool
    final: bool
    decoded: int
    corrupt: int


def batches(
    reader: FrameReader, size: int, gate: MotionGate | None
) -> Generator[Batch, None, None]:
    """A recording's frames in batches, the last of which is final.

    Args:
        reader: of the frames to be analysed.
        size: frames of a batch that the detector is to see; fewer where a segment ends, or little
            moves.
        gate: says which; None for all. Every segment begins anew with it.
    """
    frames: list[Frame] = []
    moved: list[bool] = []
    before = 0
    for frame, final, corrupt in with_last(reader):
        if frame is not None:
            frames.append(frame)
            moved.append(gate is None or gate.open(frame.image))
        ends = final or before + len(frames) == SEGMENT_FRAMES
        if ends or sum(moved) == size or len(frames) == GATED_SHARE * size:
            yield Batch(tuple(frames), tuple(moved), ends, final, reader.decoded, corrupt)
            before = 0 if ends else before + len(frames)
            frames, moved = [], []
        if ends and gate is not None:
            gate.reset()


def note_of(reader: FrameReader, corrupt: int) -> str | None:
    """In one line what a recording did not give, None if it gave everything.

    Args:
        reader: at its end.
        corrupt: broken frames, those before a resumption included.
    """
    parts = []
    if reader.ended_early:
        parts.append(f"ends early: {reader.decoded} of {reader.expected} frames decoded")
    if corrupt:
        parts.append(f"{corrupt} broken frames left out")
    return "; ".join(parts) or None


def update_of(person: Growing) -> TrackletUpdate:
    """What the store must be told of a tracklet."""
    done = person.descriptor is not None
    return TrackletUpdate(
        id=person.id,
        track=person.new_track(),
        crops=person.crops,
        embeddings=embeddings_of(person) if done else None,
        descriptor=person.descriptor,
        doubtful=person.doubtful,
        live=person.number if person.live else None,
        absorbs=tuple(person.absorbs),
    )
