"""Embedding: pictures of people to vectors, from checkpoints, ONNX and OpenVINO files.

The networks themselves are in `model` and `checkpoint`, which import torch; this package does not.
Its names are imported when they are first used, so that training can take the networks on a machine
that has little more than torch.
"""

from typing import TYPE_CHECKING

from surveil_reid.core import imported_late

if TYPE_CHECKING:
    from surveil_reid.embedding.embedder import Embedder, EmbeddingOptions
    from surveil_reid.embedding.loading import load_embedder

__all__ = ["Embedder", "EmbeddingOptions", "load_embedder"]

__getattr__ = imported_late(
    __name__, {"Embedder": "embedder", "EmbeddingOptions": "embedder", "load_embedder": "loading"}
)
