"""Single pictures from users: read safely, upright, as RGB."""

import warnings
from pathlib import Path

import numpy as np
from PIL import Image as PillowImage
from PIL import ImageOps, UnidentifiedImageError

from surveil_reid.core import Image, MediaError

# A 100-megapixel picture takes 300 MB decoded; nobody's crop is larger, a hostile file may be.
LARGEST_PIXELS = 100_000_000


def read_picture(path: Path) -> Image:
    """Read one picture file.

    The size is checked before anything is decoded, so that a small file that unpacks to an enormous
    picture does no harm.

    Args:
        path: JPEG, PNG or whatever else Pillow reads.

    Returns:
        RGB uint8 `(height, width, 3)`, upright (EXIF orientation applied).

    Raises:
        MediaError: when the file is missing, no picture, damaged or too large.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PillowImage.DecompressionBombWarning)  # ours is below
            picture = PillowImage.open(path)
        with picture:
            if picture.width * picture.height > LARGEST_PIXELS:
                msg = (
                    f"{path}: {picture.width}x{picture.height} pixels are more than the "
                    f"{LARGEST_PIXELS:,} that a picture may have; cut out the person first"
                )
                raise MediaError(msg)
            upright = ImageOps.exif_transpose(picture).convert("RGB")
            return np.asarray(upright, np.uint8).copy()
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
