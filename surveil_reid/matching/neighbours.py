"""The nearest neighbours of every vector among all of them."""

import faiss
import numpy as np

from surveil_reid.core import Floats, Integers
from surveil_reid.matching.distances import check_vectors, similarity_blocks

EXACT_UP_TO = 8_000
"""Vectors above which inverted lists replace the comparison of all with all."""

LIST_LENGTH = 200
"""Vectors in an inverted list, about, however many there are."""

PROBED = 32
"""Inverted lists that are looked into for each vector.

What they miss is measured by `tests/benchmarks/neighbours.py`, without knowing who is who.
"""

TRAINING_VECTORS = 20
"""For each list; more make no better lists."""

CANDIDATES_EACH = 5
"""Vectors for each one sought that are compared in full, after a comparison of coarse codes."""

QUERIES_AT_ONCE = 4096


def nearest_neighbours(
    vectors: Floats, count: int, *, exact_up_to: int = EXACT_UP_TO, probed: int = PROBED
) -> tuple[Floats, Integers]:
    """Each vector's nearest by cosine similarity, itself always first.

    Exact up to so many vectors. Beyond, inverted lists of constant length miss a few of the
    nearest; inside of them, coarse codes (4 bits for two dimensions) say who is compared in full.
    What then grows with n² is only finding the lists to look into, one for 200 vectors.

    Args:
        vectors: float32 `(n, dim)`, L2-normalised.
        count: how many for each, itself included, at least 1.
        exact_up_to: vectors above which inverted lists replace the comparison of all with all.
        probed: inverted lists that are looked into for each vector, at least 1.

    Returns:
        Similarities float32 `(n, min(count, n))`, descending after the first, and positions int64
        of the same shape; where too few are found, the rest is -1 at similarity -1.

    Raises:
        ArrayError: when the vectors are not finite or not normalised.
    """
    check_vectors(vectors)
    if len(vectors) == 0:
        return np.zeros((0, 0), np.float32), np.zeros((0, 0), np.int64)
    count = min(count, len(vectors))
    if len(vectors) <= exact_up_to:
        similarities, positions = _exact(vectors, count)
    else:
        similarities, positions = _inverted(vectors, count, probed)
    return _with_self_first(similarities, positions)


def _exact(vectors: Floats, count: int) -> tuple[Floats, Integers]:
    similarities = np.empty((len(vectors), count), np.float32)
    positions = np.empty((len(vectors), count), np.int64)
    for rows, block in similarity_blocks(vectors, vectors):
        found = np.argpartition(-block, count - 1, axis=1)[:, :count]
        near = np.take_along_axis(block, found, axis=1)
        order = np.lexsort((found, -near), axis=1)
        positions[rows] = np.take_along_axis(found, order, axis=1)
        similarities[rows] = np.take_along_axis(near, order, axis=1)
    return similarities, positions


def _inverted(vectors: Floats, count: int, probed: int) -> tuple[Floats, Integers]:
    count_all, dim = vectors.shape
    lists, pieces = max(1, count_all // LIST_LENGTH), max(1, dim // 2)
    padded = np.pad(vectors, ((0, 0), (0, 2 * pieces - dim))) if dim != 2 * pieces else vectors
    index = faiss.index_factory(
        2 * pieces, f"IVF{lists},PQ{pieces}x4fs,RFlat", faiss.METRIC_INNER_PRODUCT
    )
    index.k_factor = CANDIDATES_EACH
    inner = faiss.extract_index_ivf(faiss.downcast_index(index.base_index))
    inner.cp.spherical = True  # centres of length 1, as the vectors are
    inner.cp.niter = 6
    inner.cp.max_points_per_centroid = inner.cp.min_points_per_centroid = TRAINING_VECTORS
    inner.nprobe = min(probed, lists)
    index.train(padded)
    index.add(padded)
    found = [
        index.search(padded[start : start + QUERIES_AT_ONCE], count)
        for start in range(0, count_all, QUERIES_AT_ONCE)
    ]
    positions = np.concatenate([part for _, part in found])
    similarities = np.concatenate([part for part, _ in found])
    similarities[positions < 0] = -1
    return np.clip(similarities, -1, 1), positions


def _with_self_first(similarities: Floats, positions: Integers) -> tuple[Floats, Integers]:
    """Put each vector first in its own list, where copies of it may stand, or none of it at all."""
    own = np.arange(len(positions))[:, None]
    places = np.where((positions == own).any(axis=1), (positions == own).argmax(axis=1), -1)
    order = np.tile(np.arange(positions.shape[1]), (len(positions), 1))
    order = np.where(order == places[:, None], -1, order)
    order = np.argsort(order, axis=1, kind="stable")
    positions = np.take_along_axis(positions, order, axis=1)
    similarities = np.take_along_axis(similarities, order, axis=1)
    positions[places < 0, 1:] = positions[places < 0, :-1]
    similarities[places < 0, 1:] = similarities[places < 0, :-1]
    positions[:, 0], similarities[:, 0] = own[:, 0], 1
    return similarities, positions
