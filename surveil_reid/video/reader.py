"""Reading recordings: the frames worth analysing, in order, resumable."""

from collections.abc import Iterator
from math import floor
from pathlib import Path
from typing import Self

from surveil_reid.core import Frame, MediaError
from surveil_reid.video.decoding import Decoded, Decoder
from surveil_reid.video.options import VideoOptions
from surveil_reid.video.orientation import Orientation, orientation, upright
from surveil_reid.video.recording import Recording, open_recording
from surveil_reid.video.seeking import FrameMark, open_by_seeking, open_from_beginning

ROUNDING = 0.01
"""Share of a sampling interval by which a time stamp may fall short of its slot.

Containers round their stamps, some to milliseconds; a frame due at 0.2 s may say 0.199.
"""
WHOLE = 0.98
"""Share of the declared length that must have been decoded for a file not to have ended early."""


def sampling_slot(time: float, fps: float) -> int:
    """Which sampling interval a time in seconds falls into; one frame of each is analysed."""
    return floor(time * fps + ROUNDING)


class FrameReader:
    """Iterates once over the frames of a recording that are to be analysed.

    A frame is analysed if its sampling slot lies behind that of the frame analysed last, so what
    comes next depends on that frame alone. Every frame is decoded; only those analysed are
    converted to pictures. Damaged frames are counted and never analysed. The container is closed
    when iteration ends, when it fails, and on leaving the `with` block.

    Attributes:
        path: the recording.
        decoded: frames decoded so far, counted from the recording's beginning even when resumed.
        corrupt: packets and frames lost to damage so far, behind the mark if resumed. What a
            decoder drops without a word (HEVC does) shows only as `decoded` below `expected`.
        expected: frames as declared by the container, None where it does not tell.
        ended_early: whether the file turned out clearly shorter than it declares; known when
            iteration has ended.
    """

    def __init__(self, path: Path, options: VideoOptions, *, resume: FrameMark | None) -> None:
        self.path = path
        self.ended_early = False
        self._options = options
        self._last = resume
        self._orientation: Orientation | None = None
        self._sought = False
        self._recording, self._decoder = self._open(resume)
        self._known_corrupt = self._decoder.corrupt
        self.expected = self._recording.expected

    def _open(self, mark: FrameMark | None) -> tuple[Recording, Decoder]:
        threads = self._options.threads
        if mark is None:
            recording = open_recording(self.path, threads=threads)
            return recording, Decoder(recording)
        landed = open_by_seeking(self.path, mark, threads=threads)
        self._sought = landed is not None
        return landed or open_from_beginning(self.path, mark, threads=threads)

    @property
    def decoded(self) -> int:
        """Frames decoded so far, counted from the recording's beginning."""
        return self._decoder.number

    @property
    def corrupt(self) -> int:
        """Packets and frames lost to damage so far, behind the mark if resumed."""
        return self._decoder.corrupt - self._known_corrupt

    def close(self) -> None:
        """Close the container; closing twice does no harm."""
        self._recording.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Frame]:
        """Yield the frames to be analysed.

        Raises:
            MediaError: when no frame can be decoded.
        """
        try:
            yield from self._frames()
        finally:
            self.close()

    def _frames(self) -> Iterator[Frame]:
        for frame in self._decoded():
            if self._is_due(frame):
                self._last = FrameMark(frame.number, frame.time)
                self._orientation = self._orientation or orientation(frame.raw)
                yield Frame(frame.number, frame.time, upright(frame.raw, self._orientation))
        if self.decoded == 0:
            msg = f"{self.path} holds no frame that can be decoded; copy or export it again"
            raise MediaError(msg)
        self.ended_early = self._is_short()

    def _decoded(self) -> Iterator[Decoded]:
        """Every frame; should damage follow a seek, the file is read from its beginning after all.

        What a decoder makes of damage depends on what it has seen before.
        """
        last = self._last
        for frame in self._decoder:
            if self._sought and self._decoder.corrupt:
                break
            last = FrameMark(frame.number, frame.time)
            yield frame
        if self._sought and self._decoder.corrupt and last is not None:
            self.close()
            threads = self._options.threads
            self._recording, self._decoder = open_from_beginning(self.path, last, threads=threads)
            self._known_corrupt = self._decoder.corrupt
            yield from self._decoder

    def _is_due(self, frame: Decoded) -> bool:
        if frame.damaged:
            return False
        fps = self._options.fps
        if self._last is None or fps is None:
            return True
        return sampling_slot(frame.time, fps) > sampling_slot(self._last.time, fps)

    def _is_short(self) -> bool:
        end, duration = self._decoder.clock.time, self._recording.duration
        if end is not None and duration is not None:
            return end + 1 / self._recording.fps < WHOLE * duration
        return self.expected is not None and self.decoded + self.corrupt < WHOLE * self.expected


def read_frames(
    path: Path, options: VideoOptions | None = None, *, resume: FrameMark | None = None
) -> FrameReader:
    """Open a recording to iterate over the frames that are to be analysed.

    Args:
        path: the video file.
        options: the sampling; 5 frames per second by default.
        resume: the last frame already analysed; what follows is what an unbroken reading would
            have yielded behind it, to the last bit.

    Returns:
        An iterable context manager; it also tells how the decoding went.

    Raises:
        MediaError: when the file cannot be read, or is not the one that the mark was made in.
    """
    return FrameReader(path, options or VideoOptions(), resume=resume)
