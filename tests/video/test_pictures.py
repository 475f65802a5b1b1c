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


@pytest.mark.parametrize("mode", ["L", "I;16", "RGBA", "RGB"])
@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_the_orientation_is_applied_whatever_the_mode(
    tmp_path: Path, mode: str, suffix: str
) -> None:
    path = tmp_path / f"turned.{suffix}"
    exif = PillowImage.Exif()
    exif[0x0112] = 6
    shades = np.arange(0, 120, 10, dtype=np.uint8).reshape(3, 4)
    picture = (
        PillowImage.fromarray(shades.astype(np.uint16) * 257)
        if mode == "I;16"
        else PillowImage.fromarray(shades).convert(mode)
    )
    picture.save(path, exif=exif)
    assert (read_picture(path) == np.rot90(shades, -1)[:, :, None]).all()


@pytest.mark.parametrize("name", ["thermal.png", "thermal.tif", "thermal.pgm"])
def test_grey_of_16_bits_becomes_grey_of_8(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    shades = np.arange(256, dtype=np.uint16).reshape(16, 16)
    PillowImage.fromarray(shades * 257).save(path)
    assert (read_picture(path) == shades[:, :, None]).all()


def test_grey_of_16_bits_of_the_other_byte_order_becomes_grey_of_8(tmp_path: Path) -> None:
    path = tmp_path / "thermal.tif"
    shades = np.array([[0, 1, 100, 255]], np.uint16)
    header = struct.pack(">2sHIH", b"MM", 42, 8, 8)
    tags = [(256, 4), (257, 1), (258, 16), (259, 1), (262, 1), (273, 110), (278, 1), (279, 8)]
    entries = b"".join(struct.pack(">HHIHH", tag, 3, 1, value, 0) for tag, value in tags)
    path.write_bytes(header + entries + bytes(4) + (shades * 257).astype(">u2").tobytes())
    assert (read_picture(path) == shades[:, :, None]).all()


@pytest.mark.parametrize("values", [np.ones((4, 4), np.float32), np.full((4, 4), 70_000, np.int32)])
def test_grey_whose_range_is_not_known_is_refused(
    tmp_path: Path, values: np.typing.NDArray[np.number]
) -> None:
    path = tmp_path / "measured.tif"
    PillowImage.fromarray(values).save(path)
    with pytest.raises(MediaError, match="save it as grey of 8 or 16 bits") as caught:
        read_picture(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_nothing_hidden_under_transparent_parts_is_shown(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("picture.tif" if mode == "PA" else "picture.png")
    picture = PillowImage.fromarray(np.array([[102], [204]], np.uint8)).convert("RGB")
    picture = picture.convert("P").convert("PA") if mode == "PA" else picture.convert(mode)
    picture.putalpha(PillowImage.fromarray(np.array([[0], [255]], np.uint8)))
    picture.save(path)
    assert read_picture(path)[:, 0].tolist() == [[128] * 3, [204] * 3]


@pytest.mark.parametrize(
    ("mode", "suffix"), [("P", "png"), ("L", "png"), ("RGB", "png"), ("P", "gif"), ("L", "gif")]
)
def test_a_colour_that_stands_for_transparent_is_not_shown(
    tmp_path: Path, mode: str, suffix: str
) -> None:
    path = tmp_path / f"picture.{suffix}"
    picture = PillowImage.fromarray(np.array([[102], [204]], np.uint8)).convert("RGB").convert(mode)
    picture.save(path, transparency=picture.getpixel((0, 0)))
    assert read_picture(path)[:, 0].tolist() == [[128] * 3, [204] * 3]


def test_half_transparent_parts_are_mixed_with_grey(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    PillowImage.new("RGBA", (2, 2), (228, 28, 128, 128)).save(path)
    np.testing.assert_allclose(read_picture(path)[0, 0], (178, 78, 128), atol=1)


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


def test_a_program_by_the_name_of_a_picture_is_refused_and_not_looked_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "person.jpg"
    PillowImage.new("RGB", (4, 6)).save(path, format="EPS")
    PillowImage.init()
    asked: list[object] = []
    accept = PillowImage.OPEN["EPS"][1]
    monkeypatch.setitem(PillowImage.OPEN, "EPS", (lambda *given: asked.append(given), accept))
    with pytest.raises(MediaError, match="give a JPEG or PNG file") as caught:
        read_picture(path)
    assert not asked
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("kind", ["JPEG", "MPO", "PNG", "BMP", "GIF", "WEBP", "TIFF", "PPM"])
def test_pictures_are_read_whatever_they_are_called(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "picture.jpg"
    picture = PillowImage.new("RGB", (4, 6), (200, 200, 200))
    several = {"save_all": True, "append_images": [picture]} if kind == "MPO" else {}
    picture.save(path, format=kind, **several)
    with PillowImage.open(path) as written:
        assert written.format == kind
    np.testing.assert_allclose(read_picture(path), np.full((6, 4, 3), 200), atol=1)


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
