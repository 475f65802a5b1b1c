"""Convolutions of 3 by 3 at a quarter of the multiplications, for training on CPUs without AVX-512.

Winograd's minimal filtering F(4x4, 3x3), as Lavin and Gray have it ("Fast Algorithms for
Convolutional Neural Networks", arXiv:1509.09308): tiles of 6 by 6 and filters are each taken to 36
numbers, multiplied there, and taken back to 4 by 4 results. oneDNN computes gradients of wide
convolutions on small maps at half of what such a processor can do; here all three passes are 36
products of matrices. In float32 results differ from the direct ones by about 1e-5 of their size.
"""

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.stand_ins import StandIn

TILE = 4
REACH = TILE + 2
FEWEST_CHANNELS = 128
"""With fewer, taking tiles there and back costs what is saved."""

_TILES_THERE = (
    (4, 0, -5, 0, 1, 0),
    (0, -4, -4, 1, 1, 0),
    (0, 4, -4, -1, 1, 0),
    (0, -2, -1, 2, 1, 0),
    (0, 2, -1, -2, 1, 0),
    (0, 4, 0, -5, 0, 1),
)
_FILTERS_THERE = (
    (1 / 4, 0, 0),
    (-1 / 6, -1 / 6, -1 / 6),
    (-1 / 6, 1 / 6, -1 / 6),
    (1 / 24, 1 / 12, 1 / 6),
    (1 / 24, -1 / 12, 1 / 6),
    (0, 0, 1),
)
_BACK = ((1, 1, 1, 1, 1, 0), (0, 1, -1, 2, -2, 0), (0, 1, 1, 4, 4, 0), (0, 1, -1, 8, -8, 1))


def _both_ways(rows: tuple[tuple[float, ...], ...]) -> Tensor:
    """The matrix that does to flattened tiles what this one does to their columns and rows."""
    matrix = torch.tensor(rows, dtype=torch.float64)
    return torch.kron(matrix, matrix).float()


TILES_THERE, FILTERS_THERE, BACK = map(_both_ways, (_TILES_THERE, _FILTERS_THERE, _BACK))


def winograd_pays() -> bool:
    """Whether this processor is one that these are faster on: one with AVX2 and no more."""
    return torch.backends.cpu.get_cpu_capability() == "AVX2"


class WinogradConv2d(StandIn):
    """A convolution that trains so in float32; measuring is left to the direct way."""

    @staticmethod
    def fits(layer: nn.Conv2d) -> bool:
        """Whether a convolution is one that these can stand for, and are faster than."""
        wide = min(layer.in_channels, layer.out_channels) >= FEWEST_CHANNELS
        return wide and StandIn.fits(layer) and layer.stride == (1, 1)

    def forward(self, maps: Tensor) -> Tensor:
        """Maps `(n, c, height, width)` to as large ones; directly where tiles do not fill them."""
        tiled = maps.shape[2] % TILE == 0 and maps.shape[3] % TILE == 0
        if self.training and tiled and maps.dtype == torch.float32:
            return cast(Tensor, convolve(maps, self.weight))
        return super().forward(maps)


class _Convolution(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, maps: Tensor, filters: Tensor) -> Tensor:  # noqa: ANN401
        count, channels, height, width = maps.shape
        down, across, wide = height // TILE, width // TILE, len(filters)
        padded = functional.pad(maps.permute(0, 2, 3, 1), (0, 0, 1, 1, 1, 1))
        overlapping = padded.unfold(1, REACH, TILE).unfold(2, REACH, TILE)
        tiles = overlapping.permute(4, 5, 0, 1, 2, 3).reshape(REACH * REACH, -1)
        there = (TILES_THERE @ tiles).view(REACH * REACH, -1, channels)
        by_place = filters.permute(2, 3, 1, 0).reshape(9, -1)
        weights = (FILTERS_THERE @ by_place).view(REACH * REACH, channels, wide)
        back = BACK @ torch.bmm(there, weights).view(REACH * REACH, -1)
        ctx.save_for_backward(there, weights)
        ctx.shape = count, channels, down, across, wide
        results = back.view(TILE, TILE, count, down, across, wide).permute(2, 3, 0, 4, 1, 5)
        return results.reshape(count, height, width, wide).permute(0, 3, 1, 2)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor]:  # noqa: ANN401
        there, weights = ctx.saved_tensors
        count, channels, down, across, wide = ctx.shape
        tiled = gradient.permute(0, 2, 3, 1).reshape(count, down, TILE, across, TILE, wide)
        tiles = tiled.permute(2, 4, 0, 1, 3, 5).reshape(TILE * TILE, -1)
        products = (BACK.T @ tiles).view(REACH * REACH, -1, wide)
        of_weights = torch.bmm(there.transpose(1, 2), products).view(REACH * REACH, -1)
        of_filters = (FILTERS_THERE.T @ of_weights).view(3, 3, channels, wide).permute(3, 2, 0, 1)
        of_tiles = TILES_THERE.T @ torch.bmm(products, weights.transpose(1, 2)).view(
            REACH * REACH, -1
        )
        parts = of_tiles.view(REACH, REACH, count, down, across, channels)
        height, width = TILE * down, TILE * across
        of_maps = gradient.new_zeros(count, height + 2, width + 2, channels)
        for row in range(REACH):
            for column in range(REACH):  # tiles overlap by two
                own = of_maps[:, row : row + height : TILE, column : column + width : TILE]
                own += parts[row, column]
        return of_maps[:, 1:-1, 1:-1].permute(0, 3, 1, 2), of_filters


convolve = _Convolution.apply
