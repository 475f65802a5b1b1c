"""Opening a recording, with one clear error for everything that can be wrong with a file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from surveil_reid.core import MediaError

USUAL_FPS = 25.0
"""Assumed where neither container nor codec tells a frame rate."""

STRICT = {"err_detect": "explode"}
"""Options of a decoder that fails on everything that is not as the standard says."""


@dataclass(frozen=True, slots=True)
class Recording:
    """An open container and the video stream that is read from it."""

    path: Path
    container: InputContainer
    stream: VideoStream

    @property
    def fps(self) -> float:
        """Frames per second on average, as declared."""
        rate = self.stream.average_rate or self.stream.guessed_rate
        return float(rate) if rate else USUAL_FPS

    @property
    def expected(self) -> int | None:
        """Frames as declared by the container, if it does."""
        return self.stream.frames or None

    @property
    def duration(self) -> float | None:
        """Seconds as declared; an edit list makes the container's figure the shorter one."""
        whole, own, tick = self.container.duration, self.stream.duration, self.stream.time_base
        declared = [whole / av.time_base] if whole else []
        declared += [float(own * tick)] if own and tick else []
        return min(declared, default=None)

    def close(self) -> None:
        """Close the container; closing twice does no harm."""
        self.container.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_recording(path: Path, *, threads: int = 1, strict: bool = False) -> Recording:
    """Open a video file for decoding.

    Args:
        path: the file.
        threads: decoding threads, 0 for one per core.
        strict: whether the decoder gives up a frame rather than patch up small damage.

    Raises:
        MediaError: when there is no such file, or it is a folder, empty, unreadable, not a video,
            or holds no video stream that can be decoded.
    """
    _check_file(path)
    try:
        # An absolute path cannot be taken for a protocol ("http:…"), and a playlist that poses as
        # a recording must not reach the network.
        container = av.open(
            str(path.resolve()),
            options={"protocol_whitelist": "file"},
            metadata_errors="replace",  # cameras write what they like; names are not our business
        )
    except PermissionError as error:
        msg = f"{path} may not be read; change its permissions"
        raise MediaError(msg) from error
    except (av.FFmpegError, ValueError) as error:
        msg = f"{path} is not a video, or is damaged beyond reading; copy or export it again"
        raise MediaError(msg) from error
    try:
        stream = _video_stream(path, container)
    except MediaError:
        container.close()
        raise
    stream.codec_context.thread_count = threads
    stream.codec_context.thread_type = "AUTO"
    if strict:
        stream.codec_context.options = STRICT
    return Recording(path, container, stream)


def _check_file(path: Path) -> None:
    try:
        _check_kind(path)
    except OSError as error:
        msg = f"{path} cannot be read ({error.strerror}); check the path and its permissions"
        raise MediaError(msg) from error


def _check_kind(path: Path) -> None:
    if not path.exists():
        msg = f"{path} does not exist; check the path"
        raise MediaError(msg)
    if path.is_dir():
        msg = f"{path} is a folder; name a video file in it"
        raise MediaError(msg)
    if path.stat().st_size == 0:
        msg = f"{path} is empty (0 bytes); copy or export it again"
        raise MediaError(msg)


def _video_stream(path: Path, container: InputContainer) -> VideoStream:
    """The first video stream that is not the cover picture of a sound file."""
    streams = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not streams:
        msg = f"{path} holds no video (sound only?); give a recording with pictures"
        raise MediaError(msg)
    stream = streams[0]
    # The annotation leaves it out, but a stream of an unknown codec has no codec context.
    context: object = stream.codec_context
    if context is None:
        msg = f"{path} uses a video codec that cannot be decoded here; convert it to H.264"
        raise MediaError(msg)
    return stream
