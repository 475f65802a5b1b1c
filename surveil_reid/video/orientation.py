"""Upright pictures: what a container's display matrix asks for, done to the pixels.

Phones and some cameras store frames as the sensor lies and say beside them how to turn them. The
matrix maps a stored pixel (x, y) to the shown one: x' = a x + c y, y' = b x + d y, kept as
[a, b, u, c, d, v, x, y, w] in 32-bit fixed point (ISO/IEC 14496-12, track header box). Only the
eight ways in which a picture can stand on a screen are used; any other angle is rounded to them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
from av.buffer import Buffer
from av.sidedata.sidedata import Type
from av.video.frame import VideoFrame

from surveil_reid.core import Image


@dataclass(frozen=True, slots=True)
class Orientation:
    """Swap rows with columns first, then mirror left-right and top-bottom."""

    transposed: bool = False
    mirrored: bool = False
    flipped: bool = False


def orientation(raw: VideoFrame) -> Orientation:
    """What has to be done to a recording's frames so that they stand upright.

    Ask one frame of a recording only: asking ties a frame and its side data in a circle, so that
    its memory waits for the garbage collector.
    """
    # PyAV's annotation knows of motion vectors only.
    matrix = cast("Mapping[Type, Buffer]", raw.side_data).get(Type.DISPLAYMATRIX)
    if matrix is None:
        return Orientation()
    a, b, _, c, d = (int(v) for v in np.frombuffer(bytes(matrix), np.int32)[:5])
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return Orientation(mirrored=a < 0, flipped=d < 0)
    return Orientation(transposed=True, mirrored=c < 0, flipped=b < 0)


def upright_size(raw: VideoFrame) -> tuple[int, int]:
    """Width and height in pixels of the upright picture."""
    if orientation(raw).transposed:
        return raw.height, raw.width
    return raw.width, raw.height


def upright(raw: VideoFrame, asked: Orientation) -> Image:
    """Convert a decoded frame to an upright picture.

    Args:
        raw: as decoded.
        asked: the recording's orientation.

    Returns:
        RGB uint8 `(height, width, 3)`, C-contiguous. Pixels that are not square stay as they are.
    """
    image = np.asarray(raw.to_ndarray(format="rgb24"), np.uint8)
    if asked.transposed:
        image = image.swapaxes(0, 1)
    if asked.mirrored:
        image = image[:, ::-1]
    if asked.flipped:
        image = image[::-1]
    return np.ascontiguousarray(image)
