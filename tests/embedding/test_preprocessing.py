"""Every runtime sees pictures as its network was taught to see them."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torchvision.transforms import functional

from surveil_reid.assets import Preprocessing
from surveil_reid.core import ArrayError, Image
from surveil_reid.embedding.preprocessing import preprocess


def picture(height: int, width: int, seed: int = 0) -> Image:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def test_at_the_right_size_it_is_what_torchvision_does() -> None:
    image = picture(256, 128)
    how = Preprocessing.imagenet((256, 128))
    theirs = functional.normalize(functional.to_tensor(image), list(how.mean), list(how.std))
    ours = preprocess([image], how)
    assert ours.dtype == np.float32
    assert ours.flags.c_contiguous
    np.testing.assert_allclose(ours[0], theirs.numpy(), atol=1e-5)


def test_enlarging_is_the_bilinear_interpolation_that_torch_does() -> None:
    image = picture(64, 32)
    tensor = torch.from_numpy(image).permute(2, 0, 1)[None].float()
    theirs = torch.nn.functional.interpolate(tensor, (256, 128), mode="bilinear")[0].numpy()
    ours = preprocess([image], Preprocessing(size=(256, 128)))[0]
    assert np.abs(ours - theirs).max() <= 1  # OpenCV rounds to whole pixel values


@pytest.mark.parametrize("factor", [2, 3, 5])
def test_shrinking_is_the_mean_of_the_pixels_that_fall_together(factor: int) -> None:
    image = picture(16 * factor, 8 * factor)
    blocks = image.reshape(16, factor, 8, factor, 3).astype(float).mean(axis=(1, 3))
    ours = preprocess([image], Preprocessing(size=(16, 8), layout="NHWC"))[0]
    assert np.abs(ours - blocks).max() <= 0.51


@given(
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    pixel=st.tuples(*[st.integers(0, 255)] * 3),
    colour=st.sampled_from(["RGB", "BGR"]),
    layout=st.sampled_from(["NCHW", "NHWC"]),
)
def test_a_plain_picture_becomes_its_prepared_pixel(
    height: int, width: int, pixel: tuple[int, int, int], colour: str, layout: str
) -> None:
    how = Preprocessing.model_validate(
        {
            "size": (6, 5),
            "colour": colour,
            "layout": layout,
            "scale": 2.0,
            "mean": (1.0, 2.0, 3.0),
            "std": (4.0, 5.0, 6.0),
        }
    )
    image = np.full((height, width, 3), pixel, np.uint8)
    batch = preprocess([image, image], how)
    assert batch.shape == ((2, 3, 6, 5) if layout == "NCHW" else (2, 6, 5, 3))
    channels = batch if layout == "NHWC" else np.moveaxis(batch, 1, -1)
    ordered = pixel if colour == "RGB" else pixel[::-1]
    for index in range(3):
        expected = (ordered[index] / 2.0 - (1.0, 2.0, 3.0)[index]) / (4.0, 5.0, 6.0)[index]
        np.testing.assert_allclose(channels[..., index], expected, atol=1e-4)


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((0, 4, 3), np.uint8),
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4, 3), np.float32),
    ],
)
def test_what_is_no_rgb_picture_is_refused(image: Image) -> None:
    with pytest.raises(ArrayError, match="uint8"):
        preprocess([image], Preprocessing(size=(8, 4)))
