"""Embedding: pictures of people to vectors, from checkpoints, ONNX and OpenVINO files.

The networks themselves are in `model` and `checkpoint`, which import torch; this package does not.
Its names are imported when they are first used, so that training can take the networks on a machine
that has little more than torch.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from surveil_reid.embedding.embedder import Embedder, EmbeddingOptions
    from surveil_reid.embedding.loading import load_embedder

__all__ = ["Embedder", "EmbeddingOptions", "load_embedder"]


def __getattr__(name: str) -> Any:  # noqa: ANN401  the names have as many types as there are
    if name not in __all__:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    module = "loading" if name == "load_embedder" else "embedder"
    value = getattr(importlib.import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value
