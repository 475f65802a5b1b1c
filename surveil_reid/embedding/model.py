"""The project's own embedder network: a torchvision backbone under a small head.

The head is that of "Bag of Tricks and a Strong Baseline for Deep Person Re-identification" (Luo et
al., 2019): metric losses see the feature before batch normalisation (the BNNeck), the classifier
and the embedding the one after it. Without the BNNeck all of them see the one feature.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torchvision.models import resnet18, resnet34, resnet50, resnext50_32x4d
from torchvision.models.resnet import ResNet

from surveil_reid.embedding.architecture import BACKBONES, POOLING_FLOOR, ArchitectureOptions

_MAKERS: dict[str, Callable[[], ResNet]] = dict(
    zip(BACKBONES, (resnet18, resnet34, resnet50, resnext50_32x4d), strict=True)
)


class GeneralisedMean(nn.Module):
    """Pooling by (mean xᵖ)^(1/p), p learned (Radenović et al., arXiv:1711.02512).

    Attributes:
        exponent: p, `(1,)`; 1 would be the mean, infinity the maximum.
    """

    def __init__(self, exponent: float = 3.0) -> None:
        super().__init__()
        self.exponent = nn.Parameter(torch.tensor([exponent]))

    def forward(self, maps: Tensor) -> Tensor:
        """Maps `(n, c, h, w)` to `(n, c, 1, 1)`; in float32, since powers outgrow half of it."""
        powers = maps.float().clamp(min=POOLING_FLOOR).pow(self.exponent)
        return powers.mean((2, 3), keepdim=True).pow(1 / self.exponent)


class ReidModel(nn.Module):
    """Pictures to features; input float32 `(n, 3, height, width)`, RGB, normalised for ImageNet.

    Attributes:
        architecture: what it was built from.
        backbone: torchvision's network with its pooling and without its classifier.
        reduce: to the embedding's width.
        bottleneck: the BNNeck, if there is one; its bias stays 0, so that the classifier's planes
            pass the origin.
    """

    def __init__(self, architecture: ArchitectureOptions) -> None:
        super().__init__()
        self.architecture = architecture
        self.backbone = _MAKERS[architecture.backbone]()
        features = self.backbone.fc.in_features
        self.backbone.fc = nn.Identity()
        if architecture.last_stride == 1:
            keep_resolution(self.backbone)
        if architecture.pooling == "generalised-mean":
            self.backbone.avgpool = GeneralisedMean()
        same = features == architecture.width
        self.reduce = nn.Identity() if same else nn.Linear(features, architecture.width)
        self.bottleneck: nn.Module = nn.Identity()
        if architecture.bottleneck:
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
        """The feature after the bottleneck, `(n, dim)`; L2-normalised, it is the embedding."""
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
