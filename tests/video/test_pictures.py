"""Pictures from users: read upright as RGB, and refused in one line when they cannot be."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from surveil_reid.core import MediaError
from surveil_reid.video import read_picture


def png_that_claims(width: int, height: int) -> bytes:
    """A tiny PNG file whose header promises this many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def test_colours_come_in_the_order_red_green_blue(tmp_path: Path) -> None:
    path = tmp_path / "red.png"
    PillowImage.new("RGB", (3, 5), (250, 10, 20)).save(path)
    picture = read_picture(path)
    assert picture.shape == (5, 3, 3)
    assert picture.dtype == np.uint8
    assert (picture == (250, 10, 20)).all()


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK", "1"])
def test_every_colour_mode_becomes_rgb(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("picture.tif" if mode == "CMYK" else "picture.png")
    PillowImage.new(mode, (4, 6)).save(path)
    assert read_picture(path).shape == (6, 4, 3)


def test_the_camera_s_orientation_is_applied(tmp_path: Path) -> None:
    path = tmp_path / "turned.jpg"
    exif = PillowImage.Exif()
    exif[0x0112] = 6  # the camera was held a quarter turn to the left
    PillowImage.new("RGB", (40, 20)).save(path, exif=exif)
    assert read_picture(path).shape == (40, 20, 3)


@pytest.mark.parametrize("size", [(20_000, 10_000), (2**31 - 1, 2**31 - 1)])
def test_an_enormous_picture_is_refused_before_it_is_decoded(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(png_that_claims(*size))
    with pytest.raises(MediaError, match="pixels"):
        read_picture(path)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "not a picture"),
        (b"hello", "not a picture"),
        (png_that_claims(4, 4), "cannot be read"),
    ],
)
def test_what_is_no_picture_is_refused(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "picture.jpg"
    path.write_bytes(content)
    with pytest.raises(MediaError, match=says) as caught:
        read_picture(path)
    assert str(path) in str(caught.value)


def test_a_cut_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cut.jpg"
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    PillowImage.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[:900])
    with pytest.raises(MediaError, match="cannot be read"):
        read_picture(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="no such picture"):
        read_picture(tmp_path / "none.jpg")
    with pytest.raises(MediaError, match="cannot be read"):
        read_picture(tmp_path)
