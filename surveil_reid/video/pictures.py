"""Single pictures from users: read safely, upright, as RGB."""

import warnings
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL import ImageOps, UnidentifiedImageError

from surveil_reid.core import Image, MediaError

# A 100-megapixel picture takes 300 MB decoded; nobody's crop is larger, a hostile file may be.
LARGEST_PIXELS = 100_000_000

# Under JPEG Pillow also opens MPO, which phones write.
FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF", "PPM")

MID_GREY = (128, 128, 128, 255)
DEEPEST = 65535  # white in 16 bits
SHADES = 257  # of those for each one of 8 bits


def read_picture(path: Path) -> Image:
    """Read one picture file.

    The size is checked before anything is decoded, so that a small file that unpacks to an enormous
    picture does no harm. The content says what the format is, whatever the file is called. Only
    formats that hold nothing but pictures are tried: an EPS file is a program, and would be run.

    Args:
        path: JPEG, PNG, BMP, GIF, WebP, TIFF or PPM; of several pictures, the first.

    Returns:
        RGB uint8 `(height, width, 3)`, upright (EXIF orientation applied). Grey of 16 bits is
        brought to 8, and what is transparent shows mid-grey.

    Raises:
        MediaError: when the file is missing, no picture, damaged, too large, or grey of values
            that are none of 16 bits.
    """
    try:
        # As a stream: given the path, Pillow garbles grey TIFF files that are to be turned.
        with path.open("rb") as stream, _open(stream) as picture:
            if picture.width * picture.height > LARGEST_PIXELS:
                msg = (
                    f"{path}: {picture.width}x{picture.height} pixels are more than the "
                    f"{LARGEST_PIXELS:,} that a picture may have; cut out the person first"
                )
                raise MediaError(msg)
            return _as_rgb(ImageOps.exif_transpose(picture), path)
    except UnidentifiedImageError as error:
        msg = f"{path}: not a picture in a known format; give a JPEG or PNG file"
        raise MediaError(msg) from error
    except PillowImage.DecompressionBombError as error:
        msg = f"{path}: more pixels than a picture may have; cut out the person first"
        raise MediaError(msg) from error
    except FileNotFoundError as error:
        msg = f"{path}: no such picture"
        raise MediaError(msg) from error
    except (OSError, SyntaxError, ValueError) as error:
        msg = f"{path}: the picture cannot be read ({error})"
        raise MediaError(msg) from error


def _open(stream: BinaryIO) -> PillowImage.Image:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PillowImage.DecompressionBombWarning)  # ours comes after
        return PillowImage.open(stream, formats=FORMATS)


def _as_rgb(picture: PillowImage.Image, path: Path) -> Image:
    if picture.mode == "F" or picture.mode.startswith("I"):
        return _from_deep_grey(np.asarray(picture), path)
    if picture.has_transparency_data:
        # What lies under transparent parts is whatever a program left there.
        ground = PillowImage.new("RGBA", picture.size, MID_GREY)
        picture = PillowImage.alpha_composite(ground, picture.convert("RGBA"))
    return np.asarray(picture.convert("RGB"), np.uint8).copy()


def _from_deep_grey(values: NDArray[Any], path: Path) -> Image:
    """RGB of grey of 16 bits, as thermal cameras write it, in whatever type Pillow gives it."""
    if values.dtype.kind == "f" or values.min() < 0 or values.max() > DEEPEST:
        msg = f"{path}: its values are no whole numbers of 16 bits; save it as grey of 8 or 16 bits"
        raise MediaError(msg)
    grey = ((values.astype(np.uint32) + SHADES // 2) // SHADES).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)
