"""What a convolution computes: its result and both gradients, as they are and exactly."""

import torch
from torch import Tensor, nn
from torch.nn import functional


def passes(outcome: Tensor, inputs: tuple[Tensor, ...], pull: Tensor) -> list[Tensor]:
    """A result, and the gradients of what it was computed of."""
    return [outcome.detach(), *torch.autograd.grad(outcome, inputs, pull)]


def exact_passes(layer: nn.Conv2d, maps: Tensor, pull: Tensor) -> list[Tensor]:
    """The same of a layer without bias and with a padding of 1, by torch in double precision."""
    inputs = (
        maps.detach().double().requires_grad_(),
        layer.weight.detach().double().requires_grad_(),
    )
    direct = functional.conv2d(*inputs, stride=layer.stride, padding=1)
    return passes(direct, inputs, pull.double())
