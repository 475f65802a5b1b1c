"""What JPEG takes away from a picture, in batches: ISO/IEC 10918-1, without chroma subsampling."""

import math

import torch
from torch import Tensor
from torch.nn import functional

SIDE = 8
LUMINANCE = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
CHROMINANCE = (
    (17, 18, 24, 47, 99, 99, 99, 99),
    (18, 21, 26, 66, 99, 99, 99, 99),
    (24, 26, 56, 99, 99, 99, 99, 99),
    (47, 66, 99, 99, 99, 99, 99, 99),
    *((99,) * SIDE,) * 4,
)
"""Quantisation tables of Annex K, at quality 50."""

TO_YCBCR = (
    (0.299, 0.587, 0.114),
    (-0.168736, -0.331264, 0.5),
    (0.5, -0.418688, -0.081312),
)


def quantise_as_jpeg(planes: Tensor, qualities: Tensor) -> Tensor:
    """Encode and decode pictures, but for the lossless part.

    Args:
        planes: float32 0..255 `(n, 3, height, width)`, RGB.
        qualities: int64 `(n,)`, 1..100, as libjpeg has them.

    Returns:
        float32 0..255 of the same shape.
    """
    height, width = planes.shape[2:]
    matrix = torch.tensor(TO_YCBCR, device=planes.device)
    colours = torch.einsum("ij,njhw->nihw", matrix, planes)
    colours[:, 0] -= 128
    padded = functional.pad(colours, (0, -width % SIDE, 0, -height % SIDE), mode="replicate")
    rounded = _quantise(padded, _tables(qualities))[:, :, :height, :width]
    rounded[:, 0] += 128
    back = torch.einsum("ij,njhw->nihw", torch.linalg.inv(matrix), rounded)
    return back.round().clamp(0, 255)


def _quantise(planes: Tensor, tables: Tensor) -> Tensor:
    """Round the cosine transform of every 8 by 8 block to multiples of a table's entries."""
    count, channels, height, width = planes.shape
    blocks = planes.view(count, channels, height // SIDE, SIDE, width // SIDE, SIDE)
    cosines = _cosines(planes.device)
    transformed = torch.einsum("ui,ncaibj,vj->ncabuv", cosines, blocks, cosines)
    steps = tables.view(count, channels, 1, 1, SIDE, SIDE)
    rounded = (transformed / steps).round() * steps
    restored = torch.einsum("ui,ncabuv,vj->ncaibj", cosines, rounded, cosines)
    return restored.reshape(planes.shape)


def _tables(qualities: Tensor) -> Tensor:
    """Tables of luminance and twice chrominance at each quality, `(n, 3, 8, 8)`, as libjpeg's."""
    at_50 = torch.tensor((LUMINANCE, CHROMINANCE, CHROMINANCE), device=qualities.device)
    scales = torch.where(qualities < 50, 5000 // qualities, 200 - 2 * qualities)
    scaled = (at_50 * scales.view(-1, 1, 1, 1) + 50) // 100
    return scaled.clamp(1, 255).float()


def _cosines(device: torch.device) -> Tensor:
    """The orthonormal cosine transform, one basis vector a row."""
    places = torch.arange(SIDE, device=device)
    angles = math.pi * (2 * places + 1) * places.unsqueeze(1) / (2 * SIDE)
    rows = torch.cos(angles) * math.sqrt(2 / SIDE)
    rows[0] /= math.sqrt(2)
    return rows
