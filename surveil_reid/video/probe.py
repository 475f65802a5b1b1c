"""What a recording says about itself, without reading it through."""

from dataclasses import dataclass
from pathlib import Path

from surveil_reid.core import MediaError
from surveil_reid.video.decoding import Decoder
from surveil_reid.video.orientation import upright_size
from surveil_reid.video.recording import Recording, open_recording
from surveil_reid.video.starts import start_from_metadata


@dataclass(frozen=True, kw_only=True, slots=True)
class MediaInfo:
    """Facts about one recording.

    Attributes:
        width: of the upright picture, in pixels.
        height: of the upright picture, in pixels.
        fps: frames per second on average; 25 where the file does not tell.
        duration: seconds as declared, None where the file does not tell.
        frames: count of frames as declared by the container, None where it does not tell.
        start: UTC seconds since 1970 from the container's creation time, None where it has none.
    """

    width: int
    height: int
    fps: float
    duration: float | None
    frames: int | None
    start: float | None


def probe(path: Path) -> MediaInfo:
    """Open a recording, decode its first frame and say what it is.

    Raises:
        MediaError: when the file is missing, a folder, empty, not a video, without a video stream
            or without a single frame that can be decoded.
    """
    with open_recording(path) as recording:
        width, height = _first_size(recording)
        metadata = {**recording.stream.metadata, **recording.container.metadata}
        return MediaInfo(
            width=width,
            height=height,
            fps=recording.fps,
            duration=recording.duration,
            frames=recording.expected,
            start=start_from_metadata(metadata),
        )


def _first_size(recording: Recording) -> tuple[int, int]:
    for frame in Decoder(recording):
        return upright_size(frame.raw)
    msg = f"{recording.path} holds no frame that can be decoded; copy or export it again"
    raise MediaError(msg)
