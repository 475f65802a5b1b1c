"""Writing short clips that any player shows: H.264 in MP4."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Final

import av

from surveil_reid.core import Frame, MediaError, replaced_whole

_TICK: Final = Fraction(1, 90_000)  # MPEG's clock, which the usual frame rates divide


def write_clip(path: Path, frames: Iterable[Frame], *, fps: float) -> int:
    """Write frames as a video that appears whole or not at all.

    Args:
        path: an MP4 file in a folder that exists; an older one is replaced.
        frames: of one size, in order of time; their times are kept, the first becomes 0. An odd
            last row or column is cut off, which H.264 cannot hold.
        fps: nominal frames per second.

    Returns:
        How many frames were written.

    Raises:
        MediaError: when there is no frame.
        OSError: when it cannot be written.
    """
    count = 0
    with replaced_whole(path) as stream, av.open(stream, "w", format="mp4") as container:
        video = container.add_stream("libx264", rate=Fraction(fps).limit_denominator(1001))
        video.pix_fmt = "yuv420p"
        video.codec_context.time_base = _TICK
        start = 0.0
        for frame in frames:
            height, width = (side // 2 * 2 for side in frame.image.shape[:2])
            if count == 0:
                video.width, video.height, start = width, height, frame.time
            picture = av.VideoFrame.from_ndarray(frame.image[:height, :width], format="rgb24")
            picture.pts, picture.time_base = round((frame.time - start) / _TICK), _TICK
            container.mux(video.encode(picture))
            count += 1
        if count == 0:
            msg = f"{path}: there is no frame to make a clip of"
            raise MediaError(msg)
        container.mux(video.encode())
    return count
