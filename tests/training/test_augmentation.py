"""What augmentation does to pictures, seen from outside."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Generator, Tensor

from surveil_reid.assets import Preprocessing
from surveil_reid.embedding.preprocessing import preprocess
from training.augmentation import augment, crop_padded, erase, flip, prepare
from training.recipe import InputRecipe

MEAN = [124, 116, 104]


def pictures(count: int = 32, height: int = 16, width: int = 8) -> Tensor:
    random = np.random.default_rng(0)
    return torch.from_numpy(random.integers(130, 256, (count, height, width, 3), np.uint8))


def seeded(seed: int = 0) -> Generator:
    return torch.Generator().manual_seed(seed)


def test_no_chance_changes_nothing() -> None:
    recipe = InputRecipe(size=(16, 8), flip=0, pad=0, erasing=0)
    assert torch.equal(augment(pictures(), recipe, seeded()), pictures())


def test_flip_mirrors_about_as_many_as_it_should() -> None:
    given_, changed = pictures(400), flip(pictures(400), 0.25, seeded())
    mirrored = given_.flip(2)
    same = [torch.equal(a, b) for a, b in zip(changed, given_, strict=True)]
    turned = [torch.equal(a, b) for a, b in zip(changed, mirrored, strict=True)]
    assert all(a != b for a, b in zip(same, turned, strict=True))
    assert 60 < sum(turned) < 140


@given(st.integers(1, 6), st.integers(0, 5))
def test_a_crop_is_a_window_of_the_padded_picture(pad: int, seed: int) -> None:
    given_ = pictures(4)
    changed = crop_padded(given_, pad, seeded(seed))
    for before, after in zip(given_.numpy(), changed.numpy(), strict=True):
        padded = np.pad(before, ((pad, pad), (pad, pad), (0, 0)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, after.shape)
        assert (windows == after).all((-3, -2, -1)).any()


@given(st.integers(0, 20))
def test_erasing_paints_one_rectangle_of_the_stated_area_and_shape(seed: int) -> None:
    given_ = pictures(8, 64, 32)
    changed = erase(given_, 1.0, seeded(seed))
    for before, after in zip(given_.numpy(), changed.numpy(), strict=True):
        painted = (after != before).any(2)
        rows, columns = np.flatnonzero(painted.any(1)), np.flatnonzero(painted.any(0))
        height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
        assert painted.sum() == height * width  # a rectangle, without holes
        assert (after[painted] == MEAN).all()
        assert 0.015 < height * width / painted.size < 0.42  # sides are whole pixels
        assert 0.2 < height / width < 5


def test_erasing_spares_those_that_chance_spares() -> None:
    changed = erase(pictures(400), 0.5, seeded())
    spared = (changed == pictures(400)).all(3).all(2).all(1)
    assert 140 < spared.sum() < 260


def test_a_step_draws_the_same_again_and_another_seed_draws_others() -> None:
    recipe = InputRecipe(size=(16, 8), pad=2, erasing=0.5)
    one, again = (augment(pictures(), recipe, seeded(3)) for _ in range(2))
    assert torch.equal(one, again)
    assert not torch.equal(one, augment(pictures(), recipe, seeded(4)))


def test_the_pad_is_meant_at_the_inputs_size() -> None:
    bright = torch.full((200, 16, 8, 3), 255, dtype=torch.uint8)
    recipe = InputRecipe(size=(64, 32), flip=0, pad=8)  # two pixels of the stored picture
    changed = augment(bright, recipe, seeded())
    black_rows = (changed == 0).all(3).all(2).sum(1)
    assert black_rows.max() == 2


@pytest.mark.parametrize("size", [(16, 8), (32, 16), (24, 20)])
def test_preparing_is_what_the_embedder_does_before_its_network(size: tuple[int, int]) -> None:
    given_ = pictures(4)
    found = prepare(given_, size)
    expected = preprocess(list(given_.numpy()), Preprocessing.imagenet(size))
    # The embedder rounds a stretched picture to whole colours; one of 255 is 0.018 after scaling.
    assert np.abs(found.numpy() - expected).max() < 0.019
    assert found.is_contiguous(memory_format=torch.channels_last)
