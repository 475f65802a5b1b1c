"""Batch norm of weights that were rebuilt or folded, estimated anew before anything is learned."""

from collections.abc import Iterable
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

PLAIN = {"weight": 1.0, "running_mean": 0.0, "running_var": 1.0}
"""A norm that was folded into the convolution before it has these values, and scales nothing; its
bias is the shift, where the convolution has none to take it."""

SAME = 2e-3  # the weight may be sqrt(1 + eps), in half precision


@torch.no_grad()
def estimate_norms(model: nn.Module, batches: Iterable[Tensor]) -> None:
    """Estimate the statistics of every batch norm, in place.

    Where all norms were folded, each is given what it measures, and a scale and shift that undo it:
    the network computes what it did, and can be trained. Otherwise statistics alone change.

    Args:
        model: on the batches' device; stays in the mode that it is in.
        batches: float32 `(n, 3, height, width)`, prepared.
    """
    mode = model.training
    if folded := folded_norms(model):
        _unfold(model.eval(), folded, batches)
    else:
        _renew(model.train(), batches)
    model.train(mode)


def is_folded(norm: _BatchNorm) -> bool:
    """Whether a norm scales nothing, as one does that was folded away; a fresh one is the same."""
    values = ((getattr(norm, name), value) for name, value in PLAIN.items())
    return all(bool((tensor - value).abs().max() < SAME) for tensor, value in values)


def folded_norms(model: nn.Module) -> list[_BatchNorm]:
    """Batch norms of a network that were folded away."""
    return [norm for norm in _norms(model) if is_folded(norm)]


def _norms(model: nn.Module) -> list[_BatchNorm]:
    return [module for module in model.modules() if isinstance(module, _BatchNorm)]


def _renew(model: nn.Module, batches: Iterable[Tensor]) -> None:
    norms = _norms(model)
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the plain mean over all batches
    for images in batches:
        model(images)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum


def _unfold(model: nn.Module, norms: list[_BatchNorm], batches: Iterable[Tensor]) -> None:
    sums = {norm: torch.zeros(3, norm.num_features, dtype=torch.float64) for norm in norms}

    def measure(norm: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        values = inputs[0].double().transpose(0, 1).flatten(1).cpu()
        count = torch.full_like(values[:, 0], values.shape[1])
        sums[norm] += torch.stack([count, values.sum(1), values.square().sum(1)])  # type: ignore[index]

    handles = [norm.register_forward_pre_hook(measure) for norm in norms]
    for images in batches:
        model(images)
    for handle in handles:
        handle.remove()
    for norm, (count, total, squares) in sums.items():
        mean = total / count
        variance = (squares / count - mean.square()).clamp(min=0)
        mean, variance = mean.to(norm.bias), variance.to(norm.bias)  # its device and type
        before, spread = cast(Tensor, norm.running_mean), cast(Tensor, norm.running_var)
        scale = norm.weight / (spread + norm.eps).sqrt()
        norm.bias.add_(scale * (mean - before))
        norm.weight.copy_(scale * (variance + norm.eps).sqrt())
        before.copy_(mean)
        spread.copy_(variance)
