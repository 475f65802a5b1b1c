"""Measuring a network while it learns and at the end: accuracy, and retrieval as always."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from surveil_reid.core import Floats, Integers
from surveil_reid.evaluation import (
    Features,
    RetrievalScores,
    evaluate_features,
    make_features,
    ranking_labels,
)
from training.augmentation import prepare
from training.objective import Objective
from training.picture_files import Bytes
from training.precision import Precision
from training.recipe import Size
from training.splits import Labelled, Retrieval

AT_ONCE = {"cpu": 32, "cuda": 256}


class Measure:
    """Embeds pictures of the cache and scores what comes out.

    Args:
        pictures: uint8 `(n, height, width, 3)`, all of the cache.
        size: height and width of the network's input.
        precision: to compute in.
        device: where the network is.
    """

    def __init__(
        self, pictures: Bytes, size: Size, precision: Precision, device: torch.device
    ) -> None:
        self._pictures = pictures
        self._size = size
        self._precision = precision
        self._device = device

    def embed(self, model: nn.Module, rows: Integers) -> Floats:
        """Features of pictures as they are, float32 `(n, dim)`, not normalised."""
        return self._over(model, rows, lambda feature: feature).numpy()

    def accuracy(self, model: nn.Module, objective: Objective, labelled: Labelled) -> float:
        """Share of pictures whose identity the classifier recognises."""
        predicted = self._over(model, labelled.rows, objective.predict).numpy()
        return float(np.mean(predicted == labelled.labels))

    def retrieve(self, model: nn.Module, retrieval: Retrieval) -> RetrievalScores:
        """Scores of queries in a gallery."""
        return evaluate_features(self.features(model, retrieval))

    def features(self, model: nn.Module, retrieval: Retrieval) -> Features:
        """Features of queries and a gallery, with their labels."""
        labels = ranking_labels(retrieval.split)
        return make_features(
            query=self.embed(model, retrieval.query),
            gallery=self.embed(model, retrieval.gallery),
            query_ids=labels.query_ids,
            gallery_ids=labels.gallery_ids,
            query_cameras=labels.query_cameras,
            gallery_cameras=labels.gallery_cameras,
        )

    @torch.inference_mode()
    def _over(self, model: nn.Module, rows: Integers, then: Callable[[Tensor], Tensor]) -> Tensor:
        model.eval()
        results = []
        for start in range(0, len(rows), AT_ONCE[self._device.type]):
            some = self._pictures[rows[start : start + AT_ONCE[self._device.type]]]
            images = prepare(torch.from_numpy(some).to(self._device), self._size)
            with self._precision.autocast():
                features = model(images)
            results.append(then(features.float()).cpu())
        return torch.cat(results)
