"""Degradations do what their names say, to the pictures that chance chose and to no others."""

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from training.degradation import blur, change_light, compress, degrade, drop_colour, shrink
from training.jpeg import quantise_as_jpeg
from training.recipe import DegradationRecipe


def photograph(height: int = 48, width: int = 32) -> Tensor:
    """Something smooth with edges and a little noise: float32 0..255 `(1, 3, h, w)`."""
    rows, columns = np.mgrid[:height, :width]
    picture = np.stack([rows * 4, columns * 6, 255 - rows * 2 - columns], 2) % 256
    picture[10:20, 8:24] = (200, 40, 60)
    noisy = picture + np.random.default_rng(0).normal(0, 3, picture.shape)
    rounded = noisy.clip(0, 255).round().astype(np.float32)
    return torch.from_numpy(rounded).permute(2, 0, 1).unsqueeze(0)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("quality", [10, 30, 50, 75, 95])
@pytest.mark.parametrize("size", [(48, 32), (45, 27)])
def test_jpeg_is_what_opencv_writes_and_reads(quality: int, size: tuple[int, int]) -> None:
    planes = photograph(*size)
    found = quantise_as_jpeg(planes, torch.tensor([quality]))[0].permute(1, 2, 0).numpy()
    picture = planes[0].permute(1, 2, 0).numpy().astype(np.uint8)
    full_chroma = [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, *full_chroma]
    _, encoded = cv2.imencode(".jpg", picture[..., ::-1], options)
    expected = cv2.imdecode(encoded, cv2.IMREAD_COLOR_RGB).astype(np.float32)
    # Both differ from the picture by far more than from one another.
    assert np.abs(found - expected).mean() < 0.25 * np.abs(expected - picture).mean() + 0.5


def test_each_picture_is_compressed_at_its_own_quality() -> None:
    planes = photograph().repeat(2, 1, 1, 1)
    both = quantise_as_jpeg(planes, torch.tensor([20, 90]))
    for row, quality in enumerate([20, 90]):
        alone = quantise_as_jpeg(planes[:1], torch.tensor([quality]))
        torch.testing.assert_close(both[row], alone[0])


def test_blur_is_a_gaussian() -> None:
    point = torch.zeros(20, 3, 25, 25)
    point[:, :, 12, 12] = 1.0
    blurred = blur(point, seeded())
    torch.testing.assert_close(blurred.sum((2, 3)), torch.ones(20, 3))
    offsets = torch.arange(25) - 12.0
    for kernel in blurred[:, 0]:
        variance = (kernel.sum(1) * offsets.square()).sum()
        expected = torch.exp(-0.5 * offsets.square() / variance.clamp(min=1e-3))
        expected = torch.outer(expected, expected) / expected.sum() ** 2
        assert (kernel - expected).abs().max() < 0.05


def test_shrinking_loses_detail_and_keeps_the_mean() -> None:
    planes = photograph(32, 16).repeat(40, 1, 1, 1)
    shrunk = shrink(planes, seeded())
    assert (shrunk.mean((1, 2, 3)) - planes.mean((1, 2, 3))).abs().max() < 3
    rough = (planes.diff(dim=3)).abs().mean((1, 2, 3))
    assert ((shrunk.diff(dim=3)).abs().mean((1, 2, 3)) < rough).all()


def test_grey_has_no_colour_and_keeps_the_luminance() -> None:
    planes = photograph()
    grey = drop_colour(planes, seeded())
    assert torch.equal(grey[:, 0], grey[:, 2])
    picture = planes[0].permute(1, 2, 0).numpy().astype(np.uint8)
    expected = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    assert np.abs(grey[0, 0].numpy() - expected).max() <= 1


def test_light_changes_by_a_third_at_most() -> None:
    planes = photograph().repeat(50, 1, 1, 1)
    shares = change_light(planes, seeded()).mean((1, 2, 3)) / planes.mean((1, 2, 3))
    assert 0.69 < shares.min() < 0.8
    assert 1.2 < shares.max() < 1.31


def test_only_the_chosen_change() -> None:
    batch = photograph().permute(0, 2, 3, 1).to(torch.uint8).repeat(200, 1, 1, 1)
    changed = degrade(batch, DegradationRecipe(jpeg=0.3), seeded())
    touched = (changed != batch).flatten(1).any(1)
    assert 30 < touched.sum() < 90
    assert torch.equal(degrade(batch, DegradationRecipe(), seeded()), batch)


def test_all_at_once_stay_pictures() -> None:
    batch = photograph().permute(0, 2, 3, 1).to(torch.uint8).repeat(8, 1, 1, 1)
    recipe = DegradationRecipe(scale=1, blur=1, jpeg=1, grey=1, light=1)
    changed = degrade(batch, recipe, seeded())
    assert changed.shape == batch.shape
    assert changed.dtype == torch.uint8
    assert torch.equal(changed, degrade(batch, recipe, seeded()))
    assert compress(photograph(), seeded()).shape == (1, 3, 48, 32)
