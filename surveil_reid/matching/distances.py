"""Cosine similarity and Euclidean distance between L2-normalised vectors."""

from collections.abc import Iterator

import numpy as np

from surveil_reid.core import ArrayError, Floats

LENGTH_TOLERANCE = 1e-3
"""How far a length may be from 1: more than float16 rounding, less than a forgotten division."""

BLOCK_ROWS = 1024


def check_vectors(vectors: Floats, *, dim: int | None = None, name: str = "vectors") -> None:
    """Raise ArrayError unless `vectors` is finite, L2-normalised float32 `(n, dim)`.

    Args:
        vectors: what to check; n may be 0.
        dim: the length that each vector must have; None accepts any.
        name: what the error calls them.
    """
    if vectors.dtype != np.float32 or vectors.ndim != 2:
        msg = (
            f"{name} must be float32 of shape (n, dim); "
            f"got {vectors.dtype} of shape {vectors.shape}"
        )
        raise ArrayError(msg)
    if dim is not None and vectors.shape[1] != dim:
        msg = f"{name} must have {dim} dimensions; got {vectors.shape[1]}"
        raise ArrayError(msg)
    lengths = np.linalg.norm(vectors, axis=1)
    if not np.isfinite(lengths).all():
        msg = f"{name} must be finite; found NaN or infinity"
        raise ArrayError(msg)
    if (np.abs(lengths - 1) > LENGTH_TOLERANCE).any():
        msg = f"{name} must be L2-normalised; pass them through l2_normalise first"
        raise ArrayError(msg)


def similarity_blocks(
    first: Floats, second: Floats, *, rows: int = BLOCK_ROWS
) -> Iterator[tuple[slice, Floats]]:
    """Cosine similarities, a few rows at a time, to save memory.

    Args:
        first: float32 `(n, dim)`, L2-normalised.
        second: float32 `(m, dim)`, L2-normalised.
        rows: rows of `first` in one block.

    Yields:
        The rows of `first` that a block covers, and float32 `(rows, m)` in -1..1.

    Raises:
        ArrayError: when either is not finite, not normalised, or they differ in dimension.
    """
    check_vectors(first, name="the first vectors")
    check_vectors(second, dim=first.shape[1], name="the second vectors")
    for start in range(0, len(first), rows):
        part = slice(start, min(start + rows, len(first)))
        block = first[part] @ second.T
        yield part, np.clip(block, -1, 1, out=block)


def cosine_similarities(first: Floats, second: Floats) -> Floats:
    """Cosine similarity of every vector of `first` with every vector of `second`.

    Args:
        first: float32 `(n, dim)`, L2-normalised.
        second: float32 `(m, dim)`, L2-normalised.

    Returns:
        float32 `(n, m)` in -1..1, higher is more alike.

    Raises:
        ArrayError: as `similarity_blocks`.
    """
    out = np.empty((len(first), len(second)), np.float32)
    for rows, block in similarity_blocks(first, second):
        out[rows] = block
    return out


def euclidean_distances(first: Floats, second: Floats) -> Floats:
    """Euclidean distance of every vector of `first` from every vector of `second`.

    For vectors of length 1 it is √(2 - 2·cosine), which ranks exactly as the cosine does.

    Args:
        first: float32 `(n, dim)`, L2-normalised.
        second: float32 `(m, dim)`, L2-normalised.

    Returns:
        float32 `(n, m)` in 0..2, lower is more alike.

    Raises:
        ArrayError: as `similarity_blocks`.
    """
    out = np.empty((len(first), len(second)), np.float32)
    for rows, block in similarity_blocks(first, second):
        out[rows] = np.sqrt(2 - 2 * block)
    return out
