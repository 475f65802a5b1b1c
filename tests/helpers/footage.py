"""Tiny real videos, made on the spot by PyAV; the same arguments give the same file."""

import random
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream

from surveil_reid.core import Image

MILLISECONDS = Fraction(1, 1000)


def moving_square(count: int, *, width: int = 96, height: int = 64, seed: int = 0) -> list[Image]:
    """A bright square that crosses a smooth background, with a little noise that differs each time.

    Returns:
        `count` pictures, RGB uint8 `(height, width, 3)`.
    """
    rng = np.random.default_rng(seed)
    background = cv2.GaussianBlur(rng.integers(60, 160, (height, width, 3), np.uint8), (0, 0), 6)
    images = []
    for i in range(count):
        noise = rng.integers(-2, 3, background.shape)
        image = np.clip(background.astype(np.int64) + noise, 0, 255).astype(np.uint8)
        left = (3 * i) % (width - 16)
        image[height // 4 : height // 4 + 16, left : left + 16] = (230, 40, 30)
        images.append(image)
    return images


def corner_card(width: int = 96, height: int = 64) -> Image:
    """A picture whose four corners differ, to tell every turn and mirroring from every other.

    Returns:
        RGB uint8 `(height, width, 3)`: red top left, green top right, blue bottom left, grey else.
    """
    image = np.full((height, width, 3), 128, np.uint8)
    half = height // 2
    image[:half, :half] = (255, 0, 0)
    image[:half, -half:] = (0, 255, 0)
    image[-half:, :half] = (0, 0, 255)
    return image


def write_video(
    path: Path,
    images: Sequence[Image],
    *,
    fps: float = 10,
    times: Sequence[float] | None = None,
    codec: str = "libx264",
    codec_options: dict[str, str] | None = None,
    gop: int = 12,
    rotation: float = 0,
    mirrored: bool = False,
    audio: bool = False,
    metadata: dict[str, str] | None = None,
    faststart: bool = False,
) -> Path:
    """Write pictures as a video; the container follows from the path's suffix.

    Args:
        path: file to write.
        images: RGB uint8 `(height, width, 3)`, all of one even size; none make an empty video.
        fps: declared rate, and the true one unless `times` is given.
        times: presentation times in seconds, rounded to milliseconds, for a variable rate.
        codec: an encoder of FFmpeg, such as `libx264`, `mpeg4`, `mjpeg`.
        codec_options: the encoder's own options.
        gop: frames from one keyframe to the next at most.
        rotation: degrees by which a player is to turn the frames counter-clockwise.
        mirrored: whether a player is to mirror them left-right after that.
        audio: whether to add a second of silence.
        metadata: of the container, such as `creation_time`.
        faststart: put the index of an MP4 before the data, so that a truncated file still opens.

    Returns:
        `path`.
    """
    if codec == "libx264":
        # With its rate control, x264 encodes very small pictures differently from run to run.
        codec_options = {"qp": "20", **(codec_options or {})}
    rate = Fraction(fps).limit_denominator(1001)
    options = {"movflags": "+faststart"} if faststart else {}
    with av.open(str(path), "w", container_options=options) as container:
        container.metadata.update(metadata or {})
        video = container.add_stream(codec, rate=rate, options=codec_options)
        video.codec_context.thread_count = 1  # several threads encode as they happen to meet
        video.height, video.width = images[0].shape[:2] if images else (64, 96)
        video.codec_context.gop_size = gop
        video.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        if not codec.startswith("libx26"):
            video.codec_context.bit_rate = 2_000_000  # the others' default makes mush
        if times is not None:
            video.codec_context.time_base = MILLISECONDS
        if rotation or mirrored:
            video.set_display_rotation(rotation, hflip=mirrored)
        sound = container.add_stream("aac", rate=8000) if audio else None
        _encode(container, video, images, times)
        if sound is not None:
            _encode_silence(container, sound)
    return path


class _Pipe:
    """What FFmpeg cannot go back in, to write down a length at the end."""

    def __init__(self) -> None:
        self.written = bytearray()

    def write(self, data: bytes) -> int:
        self.written += data
        return len(data)


def write_cut_off(path: Path, images: Sequence[Image], *, fps: int = 10) -> Path:
    """Write pictures as a recorder does that is cut off: an MKV that tells no length.

    Args:
        path: file to write.
        images: RGB uint8 `(height, width, 3)`, all of one even size, at least one.
        fps: declared and true rate.

    Returns:
        `path`.
    """
    pipe = _Pipe()
    with av.open(pipe, "w", format="matroska") as container:
        video = container.add_stream("libx264", rate=fps, options={"qp": "20"})
        video.codec_context.thread_count = 1
        video.height, video.width = images[0].shape[:2]
        video.pix_fmt = "yuv420p"
        _encode(container, video, images, None)
    path.write_bytes(pipe.written)
    return path


def corrupt_packets(path: Path, numbers: Iterable[int], *, seed: int = 0) -> None:
    """Overwrite the data of some video packets of a file with random bytes, in place.

    Args:
        path: an MP4 whose packets stand in it as they are; its index stays whole.
        numbers: packets in order of decoding, from 0.
        seed: of the random bytes.
    """
    with av.open(str(path)) as container:
        places = [(p.pos, p.size) for p in container.demux(video=0) if p.size]
    data = bytearray(path.read_bytes())
    rng = random.Random(seed)  # noqa: S311 - reproducible, nothing secret
    for number in numbers:
        start, size = places[number]
        # The length in front of an H.264 unit stays, so that the damage is inside the unit.
        data[start + 5 : start + size] = rng.randbytes(size - 5)
    path.write_bytes(data)


def _encode(
    container: OutputContainer,
    video: VideoStream,
    images: Sequence[Image],
    times: Sequence[float] | None,
) -> None:
    for i, image in enumerate(images):
        frame = av.VideoFrame.from_ndarray(image, format="rgb24")
        if times is not None:
            frame.pts, frame.time_base = round(times[i] * 1000), MILLISECONDS
        container.mux(video.encode(frame))
    container.mux(video.encode())


def _encode_silence(container: OutputContainer, sound: AudioStream) -> None:
    silence = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.float32), "fltp", "mono")
    silence.sample_rate = 8000
    container.mux(sound.encode(silence))
    container.mux(sound.encode())


def write_sound(path: Path) -> Path:
    """Write a file with a second of silence and no pictures."""
    with av.open(str(path), "w") as container:
        _encode_silence(container, container.add_stream("aac", rate=8000))
    return path
