"""Which convolutions a network trains with on the CPU."""

from collections.abc import Callable

from torch import nn

from training.memory import keep_memory
from training.products import ProductConv2d, fits_products
from training.winograd import WinogradConv2d, fits_winograd, winograd_pays


def prepare_for_cpu(model: nn.Module, precision: str) -> None:
    """Exchange, in place, a network's convolutions for those that train faster on this processor.

    Args:
        model: keeps its parameters and their names.
        precision: `fp32` or `bf16`.
    """
    keep_memory()
    if precision == "bf16":
        exchange(model, fits_products, ProductConv2d)
    elif winograd_pays():
        exchange(model, fits_winograd, WinogradConv2d)


def exchange(
    model: nn.Module, fits: Callable[[nn.Conv2d], bool], make: Callable[[nn.Conv2d], nn.Conv2d]
) -> None:
    """Exchange all plain convolutions that are fit for it, in place."""
    for parent in list(model.modules()):
        for name, child in parent.named_children():
            if type(child) is nn.Conv2d and fits(child):
                setattr(parent, name, make(child))
