"""Which convolutions a network trains with on the CPU."""

from torch import nn

from training.memory import keep_memory
from training.products import ProductConv2d
from training.stand_ins import exchange
from training.winograd import WinogradConv2d, winograd_pays


def prepare_for_cpu(model: nn.Module, precision: str) -> None:
    """Exchange, in place, a network's convolutions for those that train faster on this processor.

    Args:
        model: keeps its parameters and their names.
        precision: `fp32` or `bf16`.
    """
    keep_memory()
    if precision == "bf16":
        exchange(model, ProductConv2d)
    elif winograd_pays():
        exchange(model, WinogradConv2d)
