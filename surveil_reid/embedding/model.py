"""The project's own embedder network: a torchvision backbone under a BNNeck head.

The head is that of "Bag of Tricks and a Strong Baseline for Deep Person Re-identification" (Luo et
al., 2019): metric losses see the feature before batch normalisation, the classifier and the
embedding the one after it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torchvision.models import resnet18, resnet34, resnet50, resnext50_32x4d
from torchvision.models.resnet import ResNet

from surveil_reid.core import InputError

BACKBONES: dict[str, Callable[[], ResNet]] = {
    "resnet18": resnet18,
    "resnet34": resnet34,
    "resnet50": resnet50,
    "resnext50_32x4d": resnext50_32x4d,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class ArchitectureOptions:
    """What must be known to build the network that a checkpoint's tensors fit.

    Attributes:
        backbone: a key of `BACKBONES`.
        width: length of the embedding. Where the backbone's features are as wide, they are the
            embedding and there is no linear layer.
        last_stride: of the backbone's last stage; 1 doubles the height and width of its map.
    """

    backbone: str = "resnet50"
    width: int = 512
    last_stride: int = 1

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

    def __str__(self) -> str:
        return f"{self.backbone}, width {self.width}, last stride {self.last_stride}"


class ReidModel(nn.Module):
    """Pictures to features; input float32 `(n, 3, height, width)`, RGB, normalised for ImageNet.

    Attributes:
        architecture: what it was built from.
        backbone: torchvision's network with global average pooling and without its classifier.
        reduce: to the embedding's width.
        bottleneck: the BNNeck; its bias stays 0, so that the classifier's planes pass the origin.
    """

    def __init__(self, architecture: ArchitectureOptions) -> None:
        super().__init__()
        self.architecture = architecture
        self.backbone = BACKBONES[architecture.backbone]()
        features = self.backbone.fc.in_features
        self.backbone.fc = nn.Identity()
        if architecture.last_stride == 1:
            keep_resolution(self.backbone)
        same = features == architecture.width
        self.reduce = nn.Identity() if same else nn.Linear(features, architecture.width)
        self.bottleneck = nn.BatchNorm1d(architecture.width)
        self.bottleneck.bias.requires_grad = False

    @property
    def dim(self) -> int:
        """Length of an embedding."""
        return self.architecture.width

    def pooled(self, images: Tensor) -> Tensor:
        """The feature before batch normalisation, `(n, dim)`: the one for metric losses."""
        feature: Tensor = self.reduce(self.backbone(images))
        return feature

    def forward(self, images: Tensor) -> Tensor:
        """The feature after batch normalisation, `(n, dim)`; L2-normalised, it is the embedding."""
        feature: Tensor = self.bottleneck(self.pooled(images))
        return feature


def build_model(architecture: ArchitectureOptions) -> ReidModel:
    """Build the network with random weights."""
    return ReidModel(architecture)


def build_skeleton(architecture: ArchitectureOptions) -> ReidModel:
    """Build the network without memory for its weights, to learn the names and shapes of them."""
    with torch.device("meta"):
        return ReidModel(architecture)


def keep_resolution(backbone: ResNet) -> None:
    """Set the stride of a ResNet's last stage to 1, in place."""
    first = backbone.layer4[0]
    convolutions = [block for block in first.modules() if isinstance(block, nn.Conv2d)]
    for convolution in convolutions:
        convolution.stride = (1, 1)
