"""Pictures as part of a page: small JPEGs in data URIs, as long as there is room."""

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from surveil_reid.core import Image, MediaError
from surveil_reid.crops import decode_jpeg, encode_jpeg

ROOM: Final = 6_000_000
"""Bytes of JPEG on a page; in base64 they are a third more."""

_QUALITY = 82


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as HTML has it; sizes in pixels."""

    uri: str
    width: int
    height: int


class Pictures:
    """Makes the pictures of one page.

    Attributes:
        left_out: pictures that found no room.
        missing: crops whose file is gone or damaged.
    """

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self.left_out = 0
        self.missing = 0

    def of(self, image: Image, tallest: int) -> Picture | None:
        """A picture, made smaller where it is taller; None where there is no room for it.

        Args:
            image: RGB uint8 `(height, width, 3)`.
            tallest: pixels.
        """
        jpeg = encode_jpeg(_shrunk(image, tallest), _QUALITY)
        if len(jpeg) > self._room:
            self.left_out += 1
            return None
        self._room -= len(jpeg)
        height, width = image.shape[:2]
        scale = min(1.0, tallest / height)
        return Picture(
            data_uri("image/jpeg", jpeg), max(1, round(width * scale)), round(height * scale)
        )

    def of_file(self, path: Path, tallest: int) -> Picture | None:
        """A stored crop; None where its file is gone or damaged, or there is no room for it."""
        try:
            return self.of(decode_jpeg(path.read_bytes()), tallest)
        except (OSError, MediaError):
            self.missing += 1
            return None


def data_uri(kind: str, content: bytes) -> str:
    """Content as an address that needs no file."""
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


def _shrunk(image: Image, tallest: int) -> Image:
    height, width = image.shape[:2]
    if height <= tallest:
        return image
    size = (max(1, round(width * tallest / height)), tallest)
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
