"""What training minimises; each loss is the mean over the batch, in float32.

Sources: Szegedy et al., arXiv:1512.00567 (label smoothing); Hermans et al., arXiv:1703.07737
(batch-hard and soft-margin triplets); Sun et al., arXiv:2002.10857 (circle loss).
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

SMALLEST = 1e-12
"""Squared distances below this count as this: the square root has no finite gradient at 0."""


class CircleSoftmax(nn.Module):
    """A classifier over cosines whose logits carry the circle loss's weights and margins.

    With the cosine s to each class, own classes have the logit g·[1 + m - s]₊·(s - (1 - m)) and
    others g·[s + m]₊·(s - m); the weights in brackets carry no gradient.

    Attributes:
        weight: one vector for each class, `(classes, dim)`, of any length.
        scale: g.
        margin: m.
    """

    def __init__(self, dim: int, classes: int, *, scale: float, margin: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(classes, dim))
        nn.init.normal_(self.weight, std=0.01)
        self.scale = scale
        self.margin = margin

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        """Logits.

        Args:
            features: float32 `(n, dim)`, of any length.
            labels: int64 `(n,)`, own classes.

        Returns:
            `(n, classes)`.
        """
        cosines = functional.linear(
            functional.normalize(features), functional.normalize(self.weight)
        )
        held = cosines.detach()
        own = (1 + self.margin - held).clamp(min=0) * (cosines - (1 - self.margin))
        other = (held + self.margin).clamp(min=0) * (cosines - self.margin)
        mine = functional.one_hot(labels, len(self.weight)).bool()
        return self.scale * torch.where(mine, own, other)

    def predict(self, features: Tensor) -> Tensor:
        """The class whose vector is most alike: int64 `(n,)`."""
        return functional.linear(features, functional.normalize(self.weight)).argmax(1)


def batch_hard_triplet(features: Tensor, labels: Tensor, margin: float | None) -> Tensor:
    """Each picture's farthest match should be nearer than the nearest picture of anybody else.

    With these two Euclidean distances p and n, the loss of a picture is [p - n + margin]₊, or
    log(1 + exp(p - n)) with the soft margin.

    Args:
        features: float32 `(n, dim)`, not normalised.
        labels: int64 `(n,)`, of at least two identities.
        margin: None takes the soft margin.
    """
    distances = euclidean(features)
    same = labels.unsqueeze(0) == labels.unsqueeze(1)
    farthest = distances.masked_fill(~same, -torch.inf).amax(1)
    nearest = distances.masked_fill(same, torch.inf).amin(1)
    gap = farthest - nearest
    return (functional.softplus(gap) if margin is None else (gap + margin).clamp(min=0)).mean()


def euclidean(features: Tensor) -> Tensor:
    """All distances between float32 features `(n, dim)`: `(n, n)`."""
    # Products of bf16 would lose what tells near neighbours apart.
    with torch.autocast(features.device.type, enabled=False):
        squares = features.square().sum(1)
        products = features @ features.T
        distances = squares.unsqueeze(0) + squares.unsqueeze(1) - 2 * products
        return distances.clamp(min=SMALLEST).sqrt()


def cosine_distillation(features: Tensor, targets: Tensor) -> Tensor:
    """How far features are turned away from a teacher's: mean of 1 - cosine.

    Args:
        features: float32 `(n, dim)`.
        targets: float32 `(n, dim)`, the teacher's.
    """
    return 1 - functional.cosine_similarity(features, targets).mean()
