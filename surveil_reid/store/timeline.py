"""Which recording of a camera was running at a moment."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveil_reid.core import BoxTrack
from surveil_reid.store.schema import RecordingRow


@dataclass(frozen=True, slots=True)
class Timeline:
    """A camera's recordings up to the one at work, in order of start.

    A person who crosses from one file into the next may be reported, with boxes and crops of both,
    while the second is at work; each of them belongs to the file that it was seen in.
    """

    starts: tuple[float, ...]
    recordings: tuple[int, ...]

    @classmethod
    def of(cls, session: Session, recording: RecordingRow) -> "Timeline":
        """The timeline that ends with `recording`."""
        query = (
            select(RecordingRow.start, RecordingRow.id)
            .where(RecordingRow.camera_id == recording.camera_id)
            .where(RecordingRow.start < recording.start)
            .order_by(RecordingRow.start, RecordingRow.id)
        )
        rows = [*session.execute(query), (recording.start, recording.id)]
        return cls(tuple(start for start, _ in rows), tuple(number for _, number in rows))

    def at(self, time: float) -> int:
        """The recording that was running at `time`; the one at work when none was."""
        place = bisect_right(self.starts, time) - 1
        return self.recordings[place]  # place -1, before all of them: the last, at work

    def split(self, track: BoxTrack) -> Iterator[tuple[int, BoxTrack]]:
        """Pieces of the track, each with the recording that it lies in; of no rows, nothing."""
        if len(track) == 0:
            return
        places = np.searchsorted(self.starts, track.times, side="right")
        cuts = np.flatnonzero(np.diff(places)) + 1
        for rows in np.split(np.arange(len(track)), cuts):
            piece = BoxTrack(
                frames=track.frames[rows],
                times=track.times[rows],
                boxes=track.boxes[rows],
                confidences=track.confidences[rows],
            )
            yield self.at(float(piece.times[0])), piece
