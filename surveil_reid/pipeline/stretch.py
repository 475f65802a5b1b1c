"""One camera's recordings that follow one another, processed segment by segment.

A segment's detections, tracklets, crops and progress mark commit in one transaction. A run that is
killed starts again after the last segment: the tracker is rebuilt by replaying the detections, the
tracklets in view come back from the store, and the rows end the same as of an unbroken run.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from surveil_reid.config import CameraSource, Settings
from surveil_reid.core import BusyError
from surveil_reid.detection import Detector
from surveil_reid.embedding import Embedder
from surveil_reid.pipeline.ahead import ahead
from surveil_reid.pipeline.begun import options_key, require_same
from surveil_reid.pipeline.finishing import Finisher, Span
from surveil_reid.pipeline.footage import analysed_rate
from surveil_reid.pipeline.growing import Follower, Growing, decoded, restored
from surveil_reid.pipeline.plan import PlannedRecording
from surveil_reid.pipeline.progress import Progress
from surveil_reid.pipeline.segment import Segment, batches, mark_of, update_of
from surveil_reid.pipeline.watching import Watcher
from surveil_reid.store import (
    NewRecording,
    Recording,
    SegmentCommit,
    Store,
    TrackletState,
)
from surveil_reid.tracking import build_tracker
from surveil_reid.video import FrameMark, FrameReader, MotionGate, read_frames

# Segments after which somebody who is always in view no longer keeps the tracker from being
# replaced: half an hour at five analysed frames a second, which are replayed in seconds.
LONGEST_REPLAY = 96

# Analysed in a second; with fewer, a walker's box does not meet the one of the frame before.
FEW_FRAMES = 2.0

# Batches that are decoded ahead of the detector, and looked at ahead of the tracker: one being made
# and one at hand while another is used. More only take memory.
AHEAD = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Workers:
    """What processing needs, wired once."""

    store: Store
    detector: Detector
    embedder: Embedder
    settings: Settings
    progress: Progress


class Stretch:
    """Processes the recordings of one stretch of time, in order.

    Args:
        workers: detector, embedder, store and settings.
        camera: whose recordings these are.
        before: recordings in the store that this stretch carries on, in order of time.
    """

    def __init__(self, workers: Workers, camera: CameraSource, before: Sequence[Recording]) -> None:
        settings = workers.settings
        self._workers = workers
        self.camera = camera
        self._before = list(before)
        self._watcher = Watcher(workers.detector, camera)
        self._finisher = Finisher(
            workers.store,
            workers.embedder,
            crops=settings.crops,
            rejoin=settings.rejoin,
            doubt=settings.doubt,
        )
        self._follower: Follower | None = None
        self._replay: tuple[int, int] = (0, 0)
        self._replayed = 0  # segments that a resumed run would have to replay

    def process(self, planned: PlannedRecording, *, last: bool) -> Recording:
        """Process one recording, or what is left of it.

        Args:
            planned: the recording; it follows those before.
            last: whether nothing of this stretch comes after it, so that everybody still in view
                is finished with it.

        Raises:
            MediaError: when it cannot be decoded.
            BusyError: when another process works on it.
            InputError: when it was begun with other options, or as another camera's.
        """
        mark = mark_of(planned.known) if planned.known else None
        # Opened first: what cannot be opened leaves no trace in the store.
        with read_frames(planned.path, self._workers.settings.video, resume=mark) as reader:
            recording = self._begin(planned)
            self._warn_of_few_frames(recording, planned.path)
            follower = self._follower = self._follower or self._resume(recording)
            self._workers.progress.advance(mark.number if mark else 0)
            recording = self._segments(reader, recording, follower, last=last)
        self._before.append(recording)
        return recording

    def _warn_of_few_frames(self, recording: Recording, path: Path) -> None:
        rate = analysed_rate(recording)
        if rate < FEW_FRAMES:
            self._workers.progress.warn(
                f"{path}: {rate:g} frames a second are few to follow people by; whoever walks will "
                "be in pieces"
            )

    def finish(self) -> None:
        """Finish whoever was left in view because the recording to come turned out unusable."""
        recording = self._before.pop()
        follower = self._resume(recording)
        self._commit(recording, None, follower, leaving=follower.people())

    def _begin(self, planned: PlannedRecording) -> Recording:
        workers = self._workers
        options = options_key(workers.detector, workers.settings, self.camera)
        known = planned.known
        if known is None:
            return workers.store.add_recording(
                NewRecording(
                    camera=self.camera.name,
                    path=str(planned.path.resolve()),
                    sha256=planned.sha256,
                    start=planned.start,
                    start_known=planned.start_known,
                    duration=planned.media.duration,
                    fps=planned.media.fps,
                    width=planned.media.width,
                    height=planned.media.height,
                    options=options,
                )
            )
        require_same(known, self.camera.name, options, path=planned.path)
        return known

    def _resume(self, recording: Recording) -> Follower:
        """A follower that stands where the last commit of this stretch left it."""
        store, settings = self._workers.store, self._workers.settings
        tracking = settings.tracking.at_rate(analysed_rate(recording))
        history = [*self._before, recording]
        past = [r.id for r in history]
        state = next((r.state for r in reversed(history) if r.state), None)
        # Where the recording that the tracker would be replayed from was removed, it starts afresh.
        if state is None or state["replay"][0] not in past:
            used = [r.state.get("highest", 0) for r in store.recordings(self.camera.name)]
            self._replay = (recording.id, 0)
            follower = Follower(tracking, settings.crops, offset=max(used, default=0))
            self._restore_live(follower, past)
            return follower
        follower = Follower(tracking, settings.crops, offset=state["offset"], clock=state["clock"])
        self._replay = (state["replay"][0], state["replay"][1])
        for known in history[past.index(self._replay[0]) :]:
            first = self._replay[1] if known.id == self._replay[0] else 0
            for segment in store.segments(known.id, first):
                follower.replay(segment, known.start)
                self._replayed += 1
        self._restore(follower, state, past)
        return follower

    def _restore(self, follower: Follower, state: dict[str, Any], past: Sequence[int]) -> None:
        self._restore_live(follower, past)
        store = self._workers.store
        self._finisher.recent = [
            self._restored(ended)
            for ended in store.tracklet_states(
                camera=self.camera.name,
                live=False,
                recordings=past,
                ended_within=self._spans(state),
            )
            if ended.descriptor is not None
        ]

    def _restore_live(self, follower: Follower, past: Sequence[int]) -> None:
        for live in self._workers.store.tracklet_states(
            camera=self.camera.name, live=True, recordings=past
        ):
            follower.restore(self._restored(live))

    def _restored(self, state: TrackletState) -> Growing:
        files = self._workers.store.crops
        crops = [decoded(crop, files.read(crop.file)) for crop in state.crops]
        return restored(state, crops, self._workers.settings.crops)

    def _segments(
        self, reader: FrameReader, recording: Recording, follower: Follower, *, last: bool
    ) -> Recording:
        segment = Segment()
        mark = mark_of(recording)
        done = mark.number if mark else 0
        corrupt_before = recording.state.get("corrupt", 0)
        # Its library takes a second to load: meanwhile the first pictures are looked at.
        threading.Thread(target=build_tracker).start()
        options = self._workers.settings.video
        gated = options.motion_gate and not self.camera.moving
        gate = MotionGate(options) if gated else None
        read = ahead(batches(reader, self._workers.detector.batch_size, gate), AHEAD)
        with closing(ahead(self._watcher.through(read), AHEAD)) as watched:
            for batch, found in watched:
                for frame, moved, people in zip(batch.frames, batch.moved, found, strict=True):
                    follower.feed(frame, people, recording.start + frame.time, gated=not moved)
                    segment.add(frame, people, gated=not moved)
                now = batch.frames[-1].number if batch.frames else done
                self._workers.progress.advance(now - done)
                done = now
                if batch.ends:
                    segment.ended(batch, corrupt_before, reader)
                    leaving = follower.people() if batch.final and last else iter(())
                    recording = self._commit(recording, segment, follower, leaving=leaving)
                    segment = Segment()
        return recording

    def _commit(
        self,
        recording: Recording,
        segment: Segment | None,
        follower: Follower,
        *,
        leaving: Iterator[Growing],
    ) -> Recording:
        store = self._workers.store
        number = recording.progress
        self._replayed += segment is not None
        if segment and segment.frames and not segment.final and self._replayed > LONGEST_REPLAY:
            follower.hand_over(segment.numbered(number), recording.start)
            self._replay, self._replayed = (recording.id, number), 1
        finished = self._finisher.finish(
            [*follower.take_ended(), *leaving], view=(recording.width, recording.height)
        )
        unfinished = [p for p in follower.people() if p.changed and p not in finished]
        changed = [*finished, *unfinished]
        if follower.settle():
            self._replay, self._replayed = (recording.id, number + (segment is not None)), 0
        state = self._state(recording, segment, follower)
        commit = SegmentCommit(
            recording_id=recording.id,
            detections=segment.numbered(number) if segment else None,
            frames=segment.decoded if segment else recording.frames,
            analysed=recording.analysed + (len(segment.frames) if segment else 0),
            complete=segment.final if segment else True,
            note=segment.note if segment else recording.note,
            state=state,
            updates=tuple(update_of(p) for p in changed),
            model=self._workers.embedder.info,
        )
        for person, id_ in zip(changed, store.commit_segment(commit), strict=True):
            person.committed(id_)
        self._finisher.forget(self._spans(state))
        found = store.find_recording(recording.sha256)
        if found is None:
            msg = f"{recording.path}: removed from the store while it was being processed"
            raise BusyError(msg)
        return found

    def _state(
        self, recording: Recording, segment: Segment | None, follower: Follower
    ) -> dict[str, Any]:
        """What a resumed run must know beside the rows; plain JSON."""
        mark = mark_of(recording)
        if segment and segment.frames:
            mark = FrameMark(segment.frames[-1], segment.times[-1])
        now = recording.start + (mark.time if mark else 0.0)
        return {
            "mark": [mark.number, mark.time] if mark else None,
            "after": self._before[-1].id if self._before else None,
            "replay": list(self._replay),
            "offset": follower.offset,
            "clock": follower.clock,
            "highest": follower.highest,
            "window": self._finisher.window(now),
            "starts": sorted(person.start for person in follower.people()),
            "corrupt": segment.corrupt if segment else recording.state.get("corrupt", 0),
        }

    def _spans(self, state: dict[str, Any]) -> list[Span]:
        # Earlier versions noted no starts, but a window that reaches back far enough without.
        return self._finisher.spans(state["window"], state.get("starts", ()))
