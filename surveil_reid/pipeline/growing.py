"""Tracklets while they grow, and the tracker that makes them grow."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from surveil_reid.core import BoxTrack, Crop, Detections, Floats, Frame
from surveil_reid.crops import CropKeeper, CropOptions
from surveil_reid.store import SegmentDetections, StoredCrop, TrackletState
from surveil_reid.tracking import Tracked, Tracker, TrackingOptions, build_tracker


@dataclass(slots=True, eq=False)
class Growing:
    """One tracklet that is not finished, or was finished so lately that it may be re-joined.

    Attributes:
        id: the store's number, None before the first commit.
        number: the tracker's number for the person.
        keeper: the best crops so far.
        start: UTC seconds since 1970 of the first box.
        end: UTC seconds since 1970 of the last box.
        rows: frame, time, box and confidence of each box since the last commit.
        absorbs: tracklets in the store that turned out to be part of this one.
        embeddings: of crops already embedded, by their JPEG bytes.
        descriptor: once it is finished.
        track: all its boxes, once it is finished and was looked at.
        doubtful: whether it looks like furniture.
        live: whether the person is still in view.
        changed: whether the store must be told.
    """

    id: int | None
    number: int
    keeper: CropKeeper
    start: float
    end: float
    rows: list[tuple[int, float, Floats, float]] = field(default_factory=list)
    absorbs: list[int] = field(default_factory=list)
    embeddings: dict[bytes, Floats] = field(default_factory=dict)
    descriptor: Floats | None = None
    track: BoxTrack | None = None
    doubtful: bool = False
    live: bool = True
    changed: bool = True

    @property
    def crops(self) -> tuple[Crop, ...]:
        """The crops kept so far, in order of time."""
        return self.keeper.kept

    def new_track(self) -> BoxTrack:
        """The boxes since the last commit."""
        if not self.rows:
            return BoxTrack.join([])
        frames, times, boxes, confidences = zip(*self.rows, strict=True)
        return BoxTrack(
            frames=np.array(frames, np.int64),
            times=np.array(times, np.float64),
            boxes=np.stack(boxes),
            confidences=np.array(confidences, np.float32),
        )

    def committed(self, id_: int) -> None:
        """The store has everything up to now."""
        self.id = id_
        self.rows = []
        self.absorbs = []
        self.changed = False


def restored(state: TrackletState, crops: Iterable[Crop], options: CropOptions) -> Growing:
    """A tracklet of the store, ready to grow on as if it had never stopped."""
    pairs = list(zip(state.crops, crops, strict=True))
    live = state.live is not None
    return Growing(
        id=state.id,
        number=state.live or 0,
        keeper=CropKeeper.restore(options, tuple(crop for _, crop in pairs)),
        start=state.start,
        end=state.end,
        embeddings={
            crop.jpeg: stored.embedding for stored, crop in pairs if stored.embedding is not None
        },
        # Whoever is carried on gains crops and is described anew at the end: until then the store
        # keeps the descriptor that the end of an earlier run gave them.
        descriptor=None if live else state.descriptor,
        doubtful=state.doubtful,
        live=live,
        changed=False,
    )


def decoded(crop: StoredCrop, jpeg: bytes) -> Crop:
    """The crop that was stored."""
    return Crop(frame=crop.frame, time=crop.time, box=crop.box, quality=crop.quality, jpeg=jpeg)


class Follower:
    """Turns the detections of one stretch of time into growing tracklets.

    The tracker is replaced by a fresh one whenever nobody is in view at the end of a segment, or
    when that has not been so for long, so that a resumed run has to replay few detections.
    """

    def __init__(
        self,
        tracking: TrackingOptions,
        crops: CropOptions,
        *,
        offset: int,
        clock: float | None = None,
    ) -> None:
        """Begin with nobody in view.

        Args:
            tracking: how people are followed.
            crops: which crops are kept.
            offset: the highest number that this camera's trackers have used.
            clock: UTC seconds since 1970 of the frame before the first, if there was one.
        """
        self._tracking = tracking
        self._crops = crops
        self._tracker: Tracker | None = None  # a fresh one, not built before it is needed
        self._now = clock
        self._border = clock  # where the segment at work begins
        self._last: Tracked | None = None
        self.offset = offset
        self.clock = clock
        self.highest = offset
        self.growing: dict[int, Growing] = {}
        self._ended: list[Growing] = []

    def replay(self, segment: SegmentDetections, start: float) -> None:
        """Feed detections of the past to the tracker alone."""
        for time, detections in zip(segment.times, segment.detections, strict=True):
            self._last = self._track(detections, self._tell(start + float(time)))
            for number in self._last.numbers:
                self.highest = max(self.highest, self.offset + int(number))
        self._border = self._now

    def restore(self, person: Growing) -> None:
        """Somebody who was in view; of whom the tracker knows nothing any more, they ended."""
        if person.number > self.offset:
            self.growing[person.number] = person
        else:
            self._ended.append(person)

    def feed(self, frame: Frame, detections: Detections, time: float, *, gated: bool) -> None:
        """Follow the people of one frame; a gated frame's picture adds no crop.

        Args:
            frame: the picture.
            detections: the people in it.
            time: UTC seconds since 1970; a file that begins before the last one ended, as clocks
                and rounded lengths have it, stands still until it has caught up.
            gated: whether the detections are repeated from the frame before.
        """
        time = self._tell(time)
        tracked = self._last = self._track(detections, time)
        for row, number in enumerate(tracked.numbers):
            person = self._person(self.offset + int(number), time)
            box, confidence = tracked.boxes[row], float(tracked.confidences[row])
            person.rows.append((frame.number, time, box, confidence))
            person.end = time
            person.changed = True
            if not gated:
                others = np.delete(detections.boxes, tracked.detections[row], axis=0)
                person.keeper.offer(
                    frame=frame.number,
                    time=time,
                    image=frame.image,
                    box=box,
                    confidence=confidence,
                    others=others,
                )
        for number in tracked.ended:
            person_gone = self.growing.pop(self.offset + number, None)
            if person_gone is not None:
                self._ended.append(person_gone)

    def take_ended(self) -> list[Growing]:
        """The tracklets that ended since the last call, none of which will be fed again."""
        ended, self._ended = self._ended, []
        for person in ended:
            person.live = False
            person.changed = True
        return ended

    def hand_over(self, segment: SegmentDetections, start: float) -> None:
        """Go on with a fresh tracker that has seen nothing but the segment at work.

        Whoever both trackers follow in its last frame is one person, by another number; the others
        were out of sight, and end here.

        Args:
            segment: whose frames were fed last, all of them.
            start: UTC seconds since 1970 at which its recording begins.
        """
        before, offset, people = self._last, self.offset, self.growing
        self._tracker, self._last = None, None
        self._now = self.clock = self._border
        self.offset = self.highest
        self.replay(segment, start)
        numbers = _same_rows(before, self._last)
        self.growing = {}
        for number, person in people.items():
            follows = numbers.get(number - offset)
            if follows is None:
                self._ended.append(person)
            else:
                person.number, person.changed = self.offset + follows, True
                self.growing[person.number] = person

    def settle(self) -> bool:
        """Start afresh if nobody is in view; whether that was so."""
        self._border = self._now
        if self._tracker is not None and not self._tracker.idle:
            return False
        self._tracker = None
        self.offset = self.highest
        self.clock = self._now
        return True

    def _track(self, detections: Detections, time: float) -> Tracked:
        if self._tracker is None:
            self._tracker = build_tracker(self._tracking)
        return self._tracker.update(detections, time)

    def _tell(self, time: float) -> float:
        self._now = time if self._now is None else max(self._now, time)
        return self._now

    def _person(self, number: int, time: float) -> Growing:
        if number not in self.growing:
            self.highest = max(self.highest, number)
            self.growing[number] = Growing(
                id=None, number=number, keeper=CropKeeper(self._crops), start=time, end=time
            )
        return self.growing[number]

    def people(self) -> Iterator[Growing]:
        """Everybody still in view."""
        yield from self.growing.values()


def _same_rows(one: Tracked | None, other: Tracked | None) -> dict[int, int]:
    """Of two trackers' answers to one frame, whose numbers stand for the same detection."""
    if one is None or other is None:
        return {}
    theirs = dict(zip(other.detections.tolist(), other.numbers.tolist(), strict=True))
    pairs = zip(one.detections.tolist(), one.numbers.tolist(), strict=True)
    return {number: theirs[row] for row, number in pairs if row in theirs}
