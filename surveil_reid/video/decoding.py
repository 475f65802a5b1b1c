"""Decoding: every frame of a recording in order of display, damaged places skipped."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import av
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from surveil_reid.video.clock import Clock
from surveil_reid.video.recording import Recording

DEMUX_RETRIES = 3
"""Read errors in a row, with no packet between them, after which a recording counts as over."""


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """One decoded frame, not yet converted.

    Attributes:
        number: the recording's own count of decoded frames, from 1.
        time: seconds after the recording's first frame, strictly increasing.
        damaged: whether the frame is not as it was recorded, or may not be.
        raw: the frame in the codec's own pixel format.
    """

    number: int
    time: float
    damaged: bool
    raw: VideoFrame


@dataclass(frozen=True, slots=True)
class Taint:
    """Damage that spoils what follows, up to the next keyframe.

    Attributes:
        pts: presentation stamp of what was damaged, None if that is not known.
    """

    pts: int | None

    def ends_at(self, pts: int | None) -> bool:
        """Whether the damage is over with a keyframe, which may be shown late, of this stamp."""
        return self.pts is None or pts is None or pts > self.pts


class Decoder(Iterator[Decoded]):
    """A recording's decoded frames, from where its container stands; all errors are counted.

    Frames between damage and the next keyframe are built on what was lost. What a decoder makes up
    for it depends even on the state of its memory, so they all count as damaged.

    Attributes:
        number: of the last frame decoded.
        corrupt: packets that could not be read or decoded, and damaged frames.
        clock: tells the frames' times.
    """

    def __init__(
        self, recording: Recording, *, number: int = 0, origin: Fraction | None = None
    ) -> None:
        """Prepare to decode.

        Args:
            recording: open; its container stands at the beginning or on a keyframe.
            number: of the frame before the first one that will be decoded.
            origin: time stamp in seconds of the recording's first frame; None takes the first met.
        """
        self.number = number
        self.corrupt = 0
        self.clock = Clock(1 / recording.fps, origin)
        self._recording = recording
        self._frames = self._read()
        self._held: VideoFrame | None = None
        self._taint: Taint | None = None

    def __next__(self) -> Decoded:
        # What a decoder leaves in a damaged frame depends on which of its buffers are free. So one
        # frame is held while the next is decoded, whatever the caller does with it.
        self._held = raw = next(self._frames)
        self.number += 1
        time = self.clock.tell(stamp(raw, self._recording))
        damaged = self._is_damaged(raw)
        self.corrupt += damaged
        return Decoded(self.number, time, damaged, raw)

    def _is_damaged(self, raw: VideoFrame) -> bool:
        if raw.is_corrupt:
            self._taint = Taint(raw.pts)
        elif self._taint is not None and raw.key_frame and self._taint.ends_at(raw.pts):
            self._taint = None
        return self._taint is not None

    def _read(self) -> Iterator[VideoFrame]:
        for packet in self.packets():
            yield from self._decode(packet)
        yield from self._decode(None)

    def _decode(self, packet: "Packet[VideoStream] | None") -> list[VideoFrame]:
        try:
            return self._recording.stream.codec_context.decode(packet)
        except av.EOFError:
            return []
        except av.FFmpegError:
            self.corrupt += 1
            self._taint = Taint(packet.pts if packet else None)
            return []

    def packets(self) -> "Iterator[Packet[VideoStream]]":
        """The packets with data left; reading goes on behind a place that cannot be read."""
        failures = 0
        while failures < DEMUX_RETRIES:
            try:
                for packet in self._recording.container.demux(self._recording.stream):
                    failures = 0
                    if packet.size:
                        yield packet
            except av.FFmpegError:
                failures += 1
                self.corrupt += failures == 1
                self._taint = Taint(None)
            else:
                return


def stamp(raw: VideoFrame, recording: Recording) -> Fraction | None:
    """A frame's time stamp in seconds, None where it has none.

    AVI stores no times of presentation. Those that are guessed for it are wrong for H.264 with
    B-frames, while the times of decoding are even, and a constant delay cancels out.
    """
    ticks = raw.dts if recording.container.format.name == "avi" else raw.pts
    tick = recording.stream.time_base
    return None if ticks is None or tick is None else ticks * tick
