"""Pictures made worse as footage is: small, blurred, compressed, grey, too dark or too bright.

Each effect works on those pictures of a batch that chance chose, all at once, on any device; what
is drawn depends on the generator alone, which lives on the CPU.
"""

import math

import torch
from torch import Generator, Tensor
from torch.nn import functional

from training.augmentation import chosen_by
from training.jpeg import quantise_as_jpeg
from training.recipe import DegradationRecipe

SHARES = (0.25, 0.375, 0.5, 0.75)
"""Of height and width that a shrunk picture may have."""

LARGEST_SIGMA = 2.0
REACH = 6
"""Pixels to either side that a blur takes in: three of its largest standard deviations."""

QUALITIES = (20, 81)
LARGEST_CHANGE = 0.3
LUMINANCE = (0.299, 0.587, 0.114)  # ITU-R BT.601


def degrade(pictures: Tensor, recipe: DegradationRecipe, random: Generator) -> Tensor:
    """Make pictures worse, each effect by its own chance.

    Args:
        pictures: uint8 `(n, height, width, 3)`, RGB.
        recipe: the chances.
        random: a generator on the CPU.

    Returns:
        uint8 of the same shape, on the same device.
    """
    effects = (
        (recipe.light, change_light),
        (recipe.grey, drop_colour),
        (recipe.blur, blur),
        (recipe.scale, shrink),
        (recipe.jpeg, compress),
    )
    changed = pictures
    for chance, effect in effects:
        chosen = chosen_by(chance, len(pictures), random).nonzero()[:, 0]
        if len(chosen):
            where = chosen.to(pictures.device)
            planes = changed[where].permute(0, 3, 1, 2).float()
            worse = effect(planes, random).round().clamp(0, 255).to(torch.uint8)
            changed = changed.index_copy(0, where, worse.permute(0, 2, 3, 1))
    return changed


def change_light(planes: Tensor, random: Generator) -> Tensor:
    """Change contrast about each picture's mean, and brightness; float 0..255 `(n, 3, h, w)`."""
    draws = torch.rand(2, len(planes), 1, 1, 1, generator=random).to(planes.device)
    contrast, brightness = 1 + LARGEST_CHANGE * (2 * draws - 1)
    mean = planes.mean((1, 2, 3), keepdim=True)
    changed: Tensor = ((planes - mean) * contrast + mean) * brightness
    return changed


def drop_colour(planes: Tensor, random: Generator) -> Tensor:  # noqa: ARG001 - as all effects
    """Leave the luminance alone."""
    weights = torch.tensor(LUMINANCE, device=planes.device).view(1, 3, 1, 1)
    return (planes * weights).sum(1, keepdim=True).expand_as(planes)


def blur(planes: Tensor, random: Generator) -> Tensor:
    """Blur each picture by a Gaussian of its own width."""
    count, channels, height, width = planes.shape
    sigmas = torch.rand(count, 1, generator=random).to(planes.device) * LARGEST_SIGMA
    offsets = torch.arange(-REACH, REACH + 1, device=planes.device)
    kernels = torch.exp(-0.5 * (offsets / sigmas.clamp(min=0.1)).square())
    kernels = (kernels / kernels.sum(1, keepdim=True)).repeat_interleave(channels, 0)
    kernels = kernels.view(count * channels, 1, 1, -1)
    # Every plane is a channel with a kernel of its own.
    stacked = planes.reshape(1, count * channels, height, width)
    padded = functional.pad(stacked, (REACH,) * 4, mode="replicate")
    across = functional.conv2d(padded, kernels, groups=count * channels)
    down = functional.conv2d(across, kernels.transpose(2, 3), groups=count * channels)
    return down.view_as(planes)


def shrink(planes: Tensor, random: Generator) -> Tensor:
    """Shrink each picture to one of `SHARES` of its size and enlarge it again."""
    drawn = torch.randint(0, len(SHARES), (len(planes),), generator=random)
    size = planes.shape[2:]
    changed = planes.clone()
    for number, share in enumerate(SHARES):
        where = (drawn == number).nonzero()[:, 0].to(planes.device)
        if len(where):
            small = [max(1, math.floor(side * share)) for side in size]
            shrunk = functional.interpolate(planes[where], small, mode="area")
            changed[where] = functional.interpolate(
                shrunk, size, mode="bilinear", align_corners=False
            )
    return changed


def compress(planes: Tensor, random: Generator) -> Tensor:
    """Round as JPEG does, each picture at a quality of its own."""
    qualities = torch.randint(*QUALITIES, (len(planes),), generator=random)
    return quantise_as_jpeg(planes, qualities.to(planes.device))
