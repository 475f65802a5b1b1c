"""Cut-outs lie where their boxes say, and come back from JPEG in the right colours."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveil_reid.core import ArrayError, Image, InputError, MediaError
from surveil_reid.crops import CropOptions, cut_crop, decode_jpeg, encode_jpeg

HEIGHT, WIDTH = 40, 60


def coordinates() -> Image:
    """A frame whose pixels hold their own column and row."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    return np.stack([columns, rows, np.zeros_like(rows)], axis=-1).astype(np.uint8)


@given(
    left=st.floats(-20, WIDTH - 1, width=32),
    top=st.floats(-20, HEIGHT - 1, width=32),
    width=st.floats(0.125, 90, width=32),
    height=st.floats(0.125, 90, width=32),
    margin=st.sampled_from([0.0, 0.1, 0.5]),
)
def test_a_cut_out_is_every_pixel_of_the_frame_that_the_box_touches(
    left: float, top: float, width: float, height: float, margin: float
) -> None:
    box = np.array([left, top, left + width, top + height], np.float32)
    low_x, high_x = float(box[0]) - margin * float(box[2] - box[0]), float(box[2])
    high_x += margin * float(box[2] - box[0])
    low_y, high_y = float(box[1]) - margin * float(box[3] - box[1]), float(box[3])
    high_y += margin * float(box[3] - box[1])
    columns = [x for x in range(WIDTH) if x + 1 > low_x and x < high_x]
    rows = [y for y in range(HEIGHT) if y + 1 > low_y and y < high_y]
    if not columns or not rows:
        with pytest.raises(ArrayError, match="outside the 60 by 40 frame"):
            cut_crop(coordinates(), box, margin)
        return
    cut = cut_crop(coordinates(), box, margin)
    assert cut[0, :, 0].tolist() == columns
    assert cut[:, 0, 1].tolist() == rows


def test_a_malformed_box_or_picture_is_refused() -> None:
    box = np.array([1, 1, 5, 5], np.float32)
    with pytest.raises(ArrayError, match="x2 > x1"):
        cut_crop(coordinates(), box[::-1].copy())
    with pytest.raises(ArrayError, match="uint8"):
        cut_crop(coordinates()[..., 0], box)


@pytest.mark.parametrize("colour", [(255, 0, 0), (0, 255, 0), (0, 0, 255), (20, 90, 200)])
def test_colours_survive_jpeg_in_rgb_order(colour: tuple[int, int, int]) -> None:
    picture = np.full((32, 16, 3), colour, np.uint8)
    back = decode_jpeg(encode_jpeg(picture))
    assert back.shape == picture.shape
    assert np.abs(back.astype(int) - picture).max() <= 3


@given(height=st.integers(1, 40), width=st.integers(1, 40), seed=st.integers(0, 9))
def test_jpeg_keeps_the_shape_and_is_the_same_every_time(
    height: int, width: int, seed: int
) -> None:
    picture = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    content = encode_jpeg(picture, 80)
    assert content == encode_jpeg(picture.copy(), 80)
    assert content.startswith(b"\xff\xd8")
    assert decode_jpeg(content).shape == picture.shape


def test_a_view_into_a_frame_is_encoded_like_a_copy() -> None:
    view = cut_crop(coordinates(), np.array([3, 4, 30, 30], np.float32))
    assert encode_jpeg(view) == encode_jpeg(view.copy())


@pytest.mark.parametrize("content", [b"", b"no picture", b"\xff\xd8\xff\xe0"])
def test_damaged_pictures_are_refused(content: bytes) -> None:
    with pytest.raises(MediaError, match="damaged"):
        decode_jpeg(content)


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"keep": 0}, "keep must be 1 or more"),
        ({"margin": -0.1}, "margin"),
        ({"jpeg_quality": 101}, "jpeg_quality"),
        ({"min_height": -1.0}, "min_height"),
        ({"min_height": float("nan")}, "min_height"),
    ],
)
def test_options_out_of_range_are_refused(wrong: dict[str, float], expected: str) -> None:
    with pytest.raises(InputError, match=expected):
        CropOptions(**wrong)  # type: ignore[arg-type]
