"""Cutting people out of frames, and the JPEG form in which the pictures are stored."""

import cv2
import numpy as np

from surveil_reid.core import ArrayError, Floats, Image, MediaError, check_boxes, check_image


def cut_crop(image: Image, box: Floats, margin: float = 0.0) -> Image:
    """Cut a box out of a frame, as far as the frame reaches.

    Args:
        image: RGB uint8 `(height, width, 3)`.
        box: float32 `(4,)`, xyxy in pixels; every pixel that it touches is cut out.
        margin: added on every side, as a share of the box's width and height.

    Returns:
        RGB uint8 `(height, width, 3)`, at least one pixel; a view of `image`, not a copy.

    Raises:
        ArrayError: when the picture or the box is malformed, or they do not overlap.
    """
    check_image(image)
    check_boxes(box[None])
    height, width = image.shape[:2]
    grown = box.astype(np.float64)
    extra = margin * (grown[2:] - grown[:2])
    left, top = np.floor(np.clip(grown[:2] - extra, 0, None)).astype(int)
    right, bottom = np.ceil(np.clip(grown[2:] + extra, None, (width, height))).astype(int)
    if left >= right or top >= bottom:
        msg = f"the box {box.tolist()} lies outside the {width} by {height} frame"
        raise ArrayError(msg)
    return image[top:bottom, left:right]


def encode_jpeg(image: Image, quality: int = 90) -> bytes:
    """Encode a picture; equal pictures give equal bytes.

    Args:
        image: RGB uint8 `(height, width, 3)`.
        quality: 1..100.

    Raises:
        ArrayError: when the picture is malformed or too large for JPEG.
    """
    check_image(image)
    done, encoded = cv2.imencode(
        ".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality]
    )
    if not done:
        msg = f"a picture of shape {image.shape} cannot be encoded as JPEG; its sides reach 65500"
        raise ArrayError(msg)
    return encoded.tobytes()


def decode_jpeg(content: bytes) -> Image:
    """Decode a picture.

    Returns:
        RGB uint8 `(height, width, 3)`.

    Raises:
        MediaError: when the bytes are no picture.
    """
    decoded = None
    if content:
        flags = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
        decoded = cv2.imdecode(np.frombuffer(content, np.uint8), flags)
    if decoded is None:
        msg = f"{len(content)} bytes that should be a JPEG picture are damaged"
        raise MediaError(msg)
    return np.asarray(decoded, np.uint8)
