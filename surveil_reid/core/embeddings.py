"""Embeddings, descriptors and the facts about the model that made them."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from surveil_reid.core.arrays import Floats
from surveil_reid.core.calibration import Calibration
from surveil_reid.core.errors import ArrayError


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """Where a similarity starts to mean "the same person", and what that costs.

    Attributes:
        similarity: cosine similarity, -1..1; a pair at or above it counts as one person.
        false_alarm: share of pairs of different people at or above it; `training.thresholds` takes
            the similarity that keeps the rate with 95 % confidence over who was looked at.
        detection: share of pairs of one person at or above it, as measured.
        fitted_on: the data that it was measured on, in words.
    """

    similarity: float
    false_alarm: float
    detection: float
    fitted_on: str


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What identifies an embedder, and what must be known to compare its embeddings.

    Attributes:
        name: for people to read.
        sha256: of the weights, in hexadecimal; two models are the same if this and the
            preprocessing are.
        dim: length of an embedding.
        preprocessing: plain JSON values: input size, colour order, scale, mean and the like, and of
            a described file the output that is taken.
        linking: the operating points known for this model, by increasing false-alarm rate.
        linking_similarity: mean cosine similarity from which tracklets are linked into one
            identity, fitted on data; None where nobody has fitted it.
        calibration: how its similarities become probabilities; None where nobody has fitted it.
        source: where the weights were loaded from, so that a later search can find them again.
    """

    name: str
    sha256: str
    dim: int
    preprocessing: dict[str, Any] = field(default_factory=dict, hash=False)
    linking: tuple[OperatingPoint, ...] = ()
    linking_similarity: float | None = None
    calibration: Calibration | None = None
    source: str = field(default="", compare=False)


def l2_normalise(vectors: Floats) -> Floats:
    """Scale each row to length 1.

    Args:
        vectors: float `(n, dim)`.

    Returns:
        float32 `(n, dim)`.

    Raises:
        ArrayError: when a row holds NaN or infinity or has no length.
    """
    wide = np.asarray(vectors, np.float64)
    lengths = np.linalg.norm(wide, axis=-1, keepdims=True)
    if not np.isfinite(wide).all() or not (lengths > 0).all():
        msg = "an embedding must be finite and not all zeros"
        raise ArrayError(msg)
    unit: Floats = (wide / lengths).astype(np.float32)
    return unit


def describe(embeddings: Floats, qualities: Floats) -> Floats:
    """One descriptor for a tracklet: the quality-weighted mean of its crops' embeddings.

    Args:
        embeddings: float32 `(n, dim)`, L2-normalised, n ≥ 1.
        qualities: `(n,)`, not negative; all zero counts as all equal.

    Returns:
        float32 `(dim,)`, L2-normalised.

    Raises:
        ArrayError: when there is nothing to describe or the embeddings cancel out.
    """
    if len(embeddings) == 0 or len(embeddings) != len(qualities):
        msg = f"{len(embeddings)} embeddings with {len(qualities)} qualities make no descriptor"
        raise ArrayError(msg)
    weights = np.asarray(qualities, np.float64)
    weights = weights if weights.any() else np.ones_like(weights)
    mean = weights @ np.asarray(embeddings, np.float64) / weights.sum()
    descriptor: Floats = l2_normalise(mean[None])[0]
    return descriptor
