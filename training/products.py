"""Weight gradients of convolutions as one product of matrices, for training in bf16 on CPUs.

oneDNN takes four times as long for the weights' gradient of a wide convolution on small maps as for
its result, though both are as many multiplications. Here the neighbourhoods of all places are laid
out as the rows of a matrix, and one product with the results' gradient gives the weights' own. The
other two passes are oneDNN's.
"""

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.grad import conv2d_input

from training.stand_ins import StandIn

FEWEST_CHANNELS = 256
"""With fewer coming in, laying neighbourhoods out costs what is saved."""


class ProductConv2d(StandIn):
    """A convolution that trains so in bf16; float32 and measuring are left to the direct way."""

    @staticmethod
    def fits(layer: nn.Conv2d) -> bool:
        """Whether a convolution is one that these can stand for, and are faster than."""
        return StandIn.fits(layer) and layer.in_channels >= FEWEST_CHANNELS

    def forward(self, maps: Tensor) -> Tensor:
        """Maps `(n, c, height, width)` to as many or, with a stride, smaller ones."""
        if self.training and torch.is_autocast_enabled("cpu"):
            kind = torch.get_autocast_dtype("cpu")
            product = convolve(maps.to(kind), self.weight.to(kind), self.stride[0])
            return cast(Tensor, product)
        return super().forward(maps)


class _Convolution(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, maps: Tensor, filters: Tensor, stride: int) -> Tensor:  # noqa: ANN401
        ctx.save_for_backward(maps, filters)
        ctx.stride = stride
        return functional.conv2d(maps, filters, stride=stride, padding=1)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor, None]:  # noqa: ANN401
        maps, filters = ctx.saved_tensors
        stride, of_maps = ctx.stride, None
        if ctx.needs_input_grad[0]:
            of_maps = conv2d_input(  # type: ignore[no-untyped-call]
                maps.shape, filters, gradient, stride=stride, padding=1
            )
        padded = functional.pad(maps.permute(0, 2, 3, 1), (0, 0, 1, 1, 1, 1))
        around = padded.unfold(1, 3, stride).unfold(2, 3, stride).permute(0, 1, 2, 4, 5, 3)
        results = gradient.permute(0, 2, 3, 1).reshape(-1, len(filters))
        of_filters = results.T @ around.reshape(len(results), -1)
        shaped = of_filters.view(len(filters), 3, 3, maps.shape[1]).permute(0, 3, 1, 2)
        return of_maps, shaped, None


convolve = _Convolution.apply
