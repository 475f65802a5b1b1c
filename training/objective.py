"""The losses of a recipe together, with the layers that only training needs."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.losses import CircleSoftmax, batch_hard_triplet, cosine_distillation
from training.recipe import LossRecipe


@dataclass(frozen=True, slots=True, eq=False)
class Losses:
    """What a batch cost.

    Attributes:
        total: the weighted sum, a scalar with a gradient.
        parts: by name, unweighted, without gradient.
        right: pictures whose class was recognised, a scalar.
    """

    total: Tensor
    parts: dict[str, Tensor]
    right: Tensor


class Objective(nn.Module):
    """Features to losses.

    Attributes:
        classifier: over the training identities.
        translate: from embeddings to the teacher's, where there is one.
    """

    def __init__(self, recipe: LossRecipe, dim: int, classes: int, teacher_dim: int | None) -> None:
        super().__init__()
        self._recipe = recipe
        self.classifier: nn.Linear | CircleSoftmax
        if recipe.classifier == "circle":
            self.classifier = CircleSoftmax(
                dim, classes, scale=recipe.circle_scale, margin=recipe.circle_margin
            )
        else:
            self.classifier = nn.Linear(dim, classes)
            nn.init.normal_(self.classifier.weight, std=0.001)
            nn.init.zeros_(self.classifier.bias)
        # With a bias: a teacher's embeddings have a mean, which features after the BNNeck lack.
        self.translate = None if teacher_dim is None else nn.Linear(dim, teacher_dim)

    def forward(
        self,
        pooled: Tensor,
        embedded: Tensor,
        labels: Tensor,
        targets: Tensor | None,
    ) -> Losses:
        """The losses of a batch.

        Args:
            pooled: features before the BNNeck `(n, dim)`, for the triplets.
            embedded: after it `(n, dim)`, for everything else.
            labels: int64 `(m,)`, of the first; the rest has none, and is the teacher's alone.
            targets: float32 `(n, teacher's dim)`, where there is a teacher.
        """
        # Of the features alone may be half; what follows costs next to nothing.
        with torch.autocast(pooled.device.type, enabled=False):
            pooled, embedded = pooled.float(), embedded.float()
            known = embedded[: len(labels)]
            parts = {"cross_entropy": self._classify(known, labels)}
            if self._recipe.triplet:
                margin = self._recipe.triplet_margin
                parts["triplet"] = batch_hard_triplet(pooled[: len(labels)], labels, margin)
            if self.translate is not None and targets is not None:
                parts["distillation"] = cosine_distillation(self.translate(embedded), targets)
            weighted = [getattr(self._recipe, name) * loss for name, loss in parts.items()]
            right = (self.predict(known) == labels).sum()
        held = {name: loss.detach() for name, loss in parts.items()}
        return Losses(torch.stack(weighted).sum(), held, right)

    @torch.no_grad()
    def predict(self, embedded: Tensor) -> Tensor:
        """The most likely class of each feature: int64 `(n,)`."""
        if isinstance(self.classifier, CircleSoftmax):
            return self.classifier.predict(embedded)
        return self.classifier(embedded).argmax(1)  # type: ignore[no-any-return]

    def _classify(self, embedded: Tensor, labels: Tensor) -> Tensor:
        if isinstance(self.classifier, CircleSoftmax):
            logits = self.classifier(embedded, labels)
        else:
            logits = self.classifier(embedded)
        return functional.cross_entropy(
            logits, labels, label_smoothing=self._recipe.label_smoothing
        )
