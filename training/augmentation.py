"""Training pictures changed at random, whole batches at a time, on whatever device they are.

Geometry works on uint8 at the size that pictures are stored at, where it is cheapest; the batch
is enlarged, scaled and normalised afterwards. What is drawn depends on the generator alone, which
lives on the CPU, so that every device draws the same.
"""

import math

import torch
from torch import Generator, Tensor
from torch.nn import functional

from surveil_reid.core import IMAGENET_MEAN, IMAGENET_STD
from training.recipe import InputRecipe, Size

AREA = (0.02, 0.4)
ASPECT = (0.3, 1 / 0.3)
TRIES = 10
"""Rectangles drawn for each picture, of which the first that fits is taken."""


def augment(pictures: Tensor, recipe: InputRecipe, random: Generator) -> Tensor:
    """Mirror, move and paint over pictures.

    Args:
        pictures: uint8 `(n, height, width, 3)`, RGB.
        recipe: chances and sizes; `pad` is scaled from the input's height to the pictures'.
        random: a generator on the CPU.

    Returns:
        uint8 of the same shape, on the same device.
    """
    changed = flip(pictures, recipe.flip, random)
    pad = round(recipe.pad * pictures.shape[1] / recipe.size[0])
    changed = crop_padded(changed, pad, random)
    return erase(changed, recipe.erasing, random)


def prepare(pictures: Tensor, size: Size) -> Tensor:
    """Make a network's input of pictures.

    Args:
        pictures: uint8 or float32 0..255 `(n, height, width, 3)`, RGB.
        size: height and width of the result; stretched bilinearly where it is another.

    Returns:
        float32 `(n, 3, *size)`, channels last in memory, normalised for ImageNet.
    """
    planes = pictures.permute(0, 3, 1, 2).float()
    if planes.shape[2:] != size:
        planes = functional.interpolate(planes, size, mode="bilinear", align_corners=False)
    mean = torch.tensor(IMAGENET_MEAN, device=planes.device).view(1, 3, 1, 1)
    std = torch.tensor(IMAGENET_STD, device=planes.device).view(1, 3, 1, 1)
    return (planes - mean * 255).div_(std * 255)


def flip(pictures: Tensor, chance: float, random: Generator) -> Tensor:
    """Mirror each picture left to right, by chance."""
    chosen = chosen_by(chance, len(pictures), random).to(pictures.device)
    return torch.where(chosen.view(-1, 1, 1, 1), pictures.flip(2), pictures)


def crop_padded(pictures: Tensor, pad: int, random: Generator) -> Tensor:
    """Put black pixels around each picture and cut a window of its size out at random."""
    if pad == 0:
        return pictures
    count, height, width, _ = pictures.shape
    padded = functional.pad(pictures, (0, 0, pad, pad, pad, pad))
    tops, lefts = torch.randint(0, 2 * pad + 1, (2, count), generator=random).to(pictures.device)
    rows = tops.view(-1, 1) + torch.arange(height, device=pictures.device)
    columns = lefts.view(-1, 1) + torch.arange(width, device=pictures.device)
    each = torch.arange(count, device=pictures.device).view(-1, 1, 1)
    return padded[each, rows.unsqueeze(2), columns.unsqueeze(1)]


def erase(pictures: Tensor, chance: float, random: Generator) -> Tensor:
    """Paint ImageNet's mean colour over a rectangle of each picture, by chance.

    Zhong et al., "Random Erasing Data Augmentation", arXiv:1708.04896, with areas of 0.02 to 0.4 of
    the picture and aspects of 0.3 to 1 / 0.3.
    """
    if chance == 0:
        return pictures
    count, height, width, _ = pictures.shape
    chosen = chosen_by(chance, count, random)
    top, bottom, left, right = _rectangles(count, height, width, random).to(pictures.device)
    rows = torch.arange(height, device=pictures.device)
    columns = torch.arange(width, device=pictures.device)
    inside_rows = (rows >= top.unsqueeze(1)) & (rows < bottom.unsqueeze(1))
    inside_columns = (columns >= left.unsqueeze(1)) & (columns < right.unsqueeze(1))
    inside_rows &= chosen.to(pictures.device).unsqueeze(1)
    inside = inside_rows.view(count, height, 1, 1) & inside_columns.view(count, 1, width, 1)
    colour = torch.tensor([round(255 * mean) for mean in IMAGENET_MEAN], dtype=torch.uint8)
    return torch.where(inside, colour.to(pictures.device), pictures)


def chosen_by(chance: float, count: int, random: Generator) -> Tensor:
    """Draw who is chosen: bool `(count,)`."""
    return torch.rand(count, generator=random) < chance


def _rectangles(count: int, height: int, width: int, random: Generator) -> Tensor:
    """Top, bottom, left and right, int64 `(4, count)`; empty where no rectangle fitted."""
    drawn = torch.rand(4, count, TRIES, generator=random)
    area = height * width * (AREA[0] + drawn[0] * (AREA[1] - AREA[0]))
    low, high = math.log(ASPECT[0]), math.log(ASPECT[1])
    aspect = torch.exp(low + drawn[1] * (high - low))
    heights = torch.sqrt(area * aspect).round().long()
    widths = torch.sqrt(area / aspect).round().long()
    fits = (heights < height) & (widths < width)
    first = fits.int().argmax(1, keepdim=True)
    heights, widths = heights.gather(1, first)[:, 0], widths.gather(1, first)[:, 0]
    heights = heights * fits.any(1)
    tops = (drawn[2, :, 0] * (height - heights + 1)).long()
    lefts = (drawn[3, :, 0] * (width - widths + 1)).long()
    return torch.stack([tops, tops + heights, lefts, lefts + widths])
