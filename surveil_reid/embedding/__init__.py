"""Embedding: pictures of people to vectors, from checkpoints, ONNX and OpenVINO files.

The networks themselves are in `model` and `checkpoint`, which import torch; this package does not.
"""

from surveil_reid.embedding.embedder import Embedder, EmbeddingOptions
from surveil_reid.embedding.loading import load_embedder

__all__ = ["Embedder", "EmbeddingOptions", "load_embedder"]
