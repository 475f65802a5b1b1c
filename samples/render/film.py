"""Pictures to H.264, and pictures to files, whole or not at all."""

import os
from collections.abc import Iterable
from pathlib import Path

import av
import cv2
import numpy as np

from samples.render.visibility import Picture


def write_film(path: Path, pictures: Iterable[Picture], *, fps: int, crf: int) -> None:
    """Encode pictures as an MP4 file.

    Args:
        path: to write.
        pictures: RGB uint8 `(height, width, 3)`, all of one even size.
        fps: frames in a second.
        crf: constant rate factor; higher is smaller and worse.
    """
    part = path.with_suffix(".part.mp4")
    with av.open(str(part), "w") as container:
        stream = container.add_stream("libx264", rate=fps)
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": str(crf), "preset": "medium", "g": str(5 * fps), "threads": "1"}
        for number, picture in enumerate(pictures):
            if number == 0:
                stream.height, stream.width = picture.shape[:2]
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    part.replace(path)


def write_picture(path: Path, picture: Picture, *, quality: int = 90) -> None:
    """Write RGB uint8 as JPEG or PNG, by the name's ending."""
    part = path.with_name(f".part-{os.getpid()}-{path.name}")
    settings = [cv2.IMWRITE_JPEG_QUALITY, quality] if path.suffix == ".jpg" else []
    if not cv2.imwrite(str(part), np.ascontiguousarray(picture[:, :, ::-1]), settings):
        msg = f"{path}: cannot be written"
        raise OSError(msg)
    part.replace(path)


def read_picture(path: Path) -> Picture:
    """Read a picture as RGB uint8 `(height, width, 3)`."""
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        msg = f"{path}: cannot be read"
        raise OSError(msg)
    return np.ascontiguousarray(picture[:, :, ::-1])
