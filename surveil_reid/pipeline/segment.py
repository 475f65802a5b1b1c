"""Segments: what is committed at once, and what a resumed run finds in the store."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from surveil_reid.core import Detections, Frame
from surveil_reid.pipeline.finishing import embeddings_of
from surveil_reid.pipeline.growing import Growing
from surveil_reid.store import Recording, SegmentDetections, TrackletUpdate
from surveil_reid.video import FrameMark, FrameReader


@dataclass(slots=True)
class Segment:
    """The analysed frames since the last commit, without their pictures.

    Attributes:
        frames: the recording's own frame numbers, from 1.
        times: seconds after the recording's first frame.
        gated: whether the motion gate spared the detector.
        detections: the people in each.
        corrupt: broken frames in the recording so far.
    """

    frames: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    gated: list[bool] = field(default_factory=list)
    detections: list[Detections] = field(default_factory=list)
    corrupt: int = 0

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
