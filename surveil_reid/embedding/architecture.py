"""What must be known to build the project's own network, whatever is to run it."""

from dataclasses import dataclass
from typing import Literal

from surveil_reid.core import InputError

BACKBONES = ("resnet18", "resnet34", "resnet50", "resnext50_32x4d")
"""Torchvision's names."""

HEADER_KEY = "surveil_reid"
"""The one metadata key of a checkpoint; safetensors writes several in no fixed order, and hashes
would change."""

POOLING_FLOOR = 1e-6
"""Of activations under a power: that of a smaller one has no finite gradient."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ArchitectureOptions:
    """What must be known to build the network that a checkpoint's tensors fit.

    Attributes:
        backbone: one of `BACKBONES`.
        width: length of the embedding. Where the backbone's features are as wide, they are the
            embedding and there is no linear layer.
        last_stride: of the backbone's last stage; 1 doubles the height and width of its map.
        pooling: of that map: its mean, or its generalised mean with a learned exponent.
        bottleneck: whether there is a BNNeck.
    """

    backbone: str = "resnet50"
    width: int = 512
    last_stride: int = 1
    pooling: Literal["average", "generalised-mean"] = "average"
    bottleneck: bool = True

    def __post_init__(self) -> None:
        if self.backbone not in BACKBONES:
            msg = f"backbone must be one of {', '.join(BACKBONES)}; got {self.backbone!r}"
            raise InputError(msg)
        if self.width < 1:
            msg = f"width must be 1 or more; got {self.width}"
            raise InputError(msg)
        if self.last_stride not in {1, 2}:
            msg = f"last_stride must be 1 or 2; got {self.last_stride}"
            raise InputError(msg)
        if self.pooling not in {"average", "generalised-mean"}:
            msg = f"pooling must be average or generalised-mean; got {self.pooling!r}"
            raise InputError(msg)

    def __str__(self) -> str:
        neck = "" if self.bottleneck else ", no bottleneck"
        pooling = "" if self.pooling == "average" else f", {self.pooling} pooling"
        size = f"{self.backbone}, width {self.width}, last stride {self.last_stride}"
        return f"{size}{pooling}{neck}"
