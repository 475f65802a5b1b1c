"""What a recording says about itself; it is read through only where it does not tell its length."""

from dataclasses import dataclass
from pathlib import Path

from surveil_reid.core import MediaError
from surveil_reid.video.clock import Clock
from surveil_reid.video.decoding import Decoder
from surveil_reid.video.orientation import upright_size
from surveil_reid.video.recording import Recording, open_recording
from surveil_reid.video.starts import start_from_metadata

UNINDEXED = frozenset({"mpegts", "mpeg", "flv"})
"""Formats that declare what lies between their first and last stamps: where a camera restarted, or
files were joined, stamps begin anew within, and that says nothing of how long the file lasts."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MediaInfo:
    """Facts about one recording.

    Attributes:
        width: of the upright picture, in pixels.
        height: of the upright picture, in pixels.
        fps: frames per second on average; 25 where the file does not tell.
        duration: seconds as declared; where the file does not tell, or tells what means nothing,
            what its packets last.
        frames: count of frames as declared by the container, None where it does not tell.
        start: UTC seconds since 1970 from the container's creation time, None where it has none.
    """

    width: int
    height: int
    fps: float
    duration: float
    frames: int | None
    start: float | None


def probe(path: Path) -> MediaInfo:
    """Open a recording, decode its first frame and say what it is.

    One that declares no duration to rely on (a bare stream, a recorder that was cut off, MPEG-TS)
    is read to its end, but not decoded.

    Raises:
        MediaError: when the file is missing, a folder, empty, not a video, without a video stream
            or without a single frame that can be decoded.
    """
    with open_recording(path) as recording:
        width, height = _first_size(recording)
        declared = None if recording.container.format.name in UNINDEXED else recording.duration
        metadata = {**recording.stream.metadata, **recording.container.metadata}
        return MediaInfo(
            width=width,
            height=height,
            fps=recording.fps,
            duration=declared or _measured_duration(path),
            frames=recording.expected,
            start=start_from_metadata(metadata),
        )


def _measured_duration(path: Path) -> float:
    """Seconds from the first packet to the end of the last one.

    Times of decoding rise from packet to packet and cover as long as those of presentation.
    """
    with open_recording(path) as recording:
        tick = recording.stream.time_base
        interval = 1 / recording.fps
        clock = Clock(interval)
        for packet in Decoder(recording).packets():
            clock.tell(None if packet.dts is None or tick is None else packet.dts * tick)
        return (clock.time or 0.0) + interval


def _first_size(recording: Recording) -> tuple[int, int]:
    for frame in Decoder(recording):
        return upright_size(frame.raw)
    msg = f"{recording.path} holds no frame that can be decoded; copy or export it again"
    raise MediaError(msg)
