"""Pictures made worse in ways of footage, each by a stated amount, for `robustness.py`.

Every function takes and gives RGB uint8 `(height, width, 3)`, and nothing is random but the noise
of the night, which depends on the picture alone.
"""

import io
import zlib
from collections.abc import Callable
from fractions import Fraction
from functools import partial

import av
import cv2
import numpy as np
from av.video.frame import PictureType

from surveil_reid.core import Image
from training.degradation import LUMINANCE

HEIGHTS = (40, 64, 96, 192, 400)
JPEG_QUALITIES = (30, 10)
CRF = 35
DARKNESS, NOISE = 0.25, 6.0
"""Of the night: the share of the light that is left, and the noise's standard deviation."""
CUT = 0.15
"""Of the height that a badly placed box misses."""


def rescale(picture: Image, height: int) -> Image:
    """To a height in pixels, with the width in proportion, as a person nearer or farther away."""
    width = max(1, round(picture.shape[1] * height / picture.shape[0]))
    way = cv2.INTER_AREA if height < picture.shape[0] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, (width, height), interpolation=way), np.uint8)


def jpeg(picture: Image, quality: int) -> Image:
    """Through JPEG at a quality of 1..100."""
    _, data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1])


def h264(picture: Image, crf: int) -> Image:
    """Through H.264 as the third frame of a still scene, so that it is predicted from others."""
    height, width = (side + side % 2 for side in picture.shape[:2])
    even = cv2.copyMakeBorder(
        picture, 0, height - picture.shape[0], 0, width - picture.shape[1], cv2.BORDER_REPLICATE
    )
    memory = io.BytesIO()
    with av.open(memory, "w", format="mp4") as film:
        stream = film.add_stream("libx264", rate=25, options={"crf": str(crf)})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(3):
            frame = av.VideoFrame.from_ndarray(even)
            frame.pts, frame.time_base = number, Fraction(1, 25)
            frame.pict_type = PictureType.I if number == 0 else PictureType.P
            film.mux(stream.encode(frame))
        film.mux(stream.encode())
    memory.seek(0)
    with av.open(memory) as film:
        *_, last = (frame.to_ndarray(format="rgb24") for frame in film.decode(video=0))
    return np.ascontiguousarray(last[: picture.shape[0], : picture.shape[1]])


def grey(picture: Image) -> Image:
    """The luminance alone."""
    light = picture.astype(np.float32) @ np.array(LUMINANCE, np.float32)
    return np.repeat(light.round().clip(0, 255).astype(np.uint8)[..., None], 3, axis=2)


def night(picture: Image) -> Image:
    """Little light, and the noise of a sensor that makes the most of it."""
    random = np.random.default_rng(zlib.crc32(picture.tobytes()))
    dark = picture * DARKNESS + random.normal(0, NOISE, picture.shape)
    return dark.round().clip(0, 255).astype(np.uint8)


def cut(picture: Image, *, top: float = 0, bottom: float = 0) -> Image:
    """Without shares of the height, as a box that misses the head or the feet."""
    height = len(picture)
    return picture[round(height * top) : height - round(height * bottom)]


def shift(picture: Image, share: float) -> Image:
    """The right and lower part, as a box that is off to a side: less of the person."""
    height, width = picture.shape[:2]
    return picture[round(height * share) :, round(width * share) :]


DAMAGES: dict[str, Callable[[Image], Image]] = {
    **{f"height {height}": partial(rescale, height=height) for height in HEIGHTS},
    **{f"JPEG quality {quality}": partial(jpeg, quality=quality) for quality in JPEG_QUALITIES},
    f"H.264 crf {CRF}": partial(h264, crf=CRF),
    "grey": grey,
    "night": night,
    f"top {CUT:.0%} cut": partial(cut, top=CUT),
    f"bottom {CUT:.0%} cut": partial(cut, bottom=CUT),
    f"shifted {CUT:.0%}": partial(shift, share=CUT),
}
