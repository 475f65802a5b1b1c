"""Convolutions of 3 by 3 that stand for a network's own while it learns."""

from torch import nn


class StandIn(nn.Conv2d):
    """A convolution that shares another's weight, and computes what that one does in its own way.

    Args:
        layer: one that fits.
    """

    def __init__(self, layer: nn.Conv2d) -> None:
        super().__init__(
            layer.in_channels,
            layer.out_channels,
            3,
            stride=layer.stride[0],
            padding=1,
            bias=False,
            device="meta",
        )
        self.weight = layer.weight

    @staticmethod
    def fits(layer: nn.Conv2d) -> bool:
        """Whether these can stand for a convolution, and are faster than it."""
        shape = layer.kernel_size, layer.padding, layer.dilation, layer.groups
        plain = layer.bias is None and layer.stride[0] == layer.stride[1]
        return plain and shape == ((3, 3), (1, 1), (1, 1), 1)


def exchange(model: nn.Module, kind: type[StandIn]) -> None:
    """Exchange a network's convolutions that are fit for it, in place; the rest stays."""
    for parent in list(model.modules()):
        for name, child in parent.named_children():
            if type(child) is nn.Conv2d and kind.fits(child):
                setattr(parent, name, kind(child))
