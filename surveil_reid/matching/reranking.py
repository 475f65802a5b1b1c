"""k-reciprocal re-ranking: two vectors are alike if their neighbourhoods are.

Zhong, Zheng, Cao, Li: "Re-ranking Person Re-identification with k-reciprocal Encoding", CVPR 2017,
arXiv:1701.08398. Where the paper leaves something open, this follows the authors' program, whose
figures everybody reports: a point is its own first neighbour and not counted among the k; k/2 is
rounded half to even; distances are squared Euclidean ones, divided by the largest in their row; the
weights of a row sum to 1; and a neighbour's set is taken over when it shares *more than* two thirds
(the paper writes "at least").

Every encoding has a few dozen entries in a row, so all of it is sparse: memory grows with the
number of vectors, not with its square, and nothing is approximated.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from surveil_reid.core import Doubles, Floats, InputError, Integers
from surveil_reid.matching.distances import check_vectors, similarity_blocks

PAIRS_AT_ONCE = 16_384

ORTHOGONAL = 2
"""Squared Euclidean distance of orthogonal vectors of length 1."""

ROWS_AT_ONCE = 512
"""Rows of similarities at a time; fewer make slower products of matrices."""

ROWS_COMPARED = 32
"""Rows compared at a time; blocks of a data set's size then fit a processor's cache."""

GROUPS_EACH = 8
"""Groups of columns for each neighbour sought; with more of them, fewer candidates are sorted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RerankOptions:
    """How far re-ranking looks, in the paper's letters.

    Attributes:
        k1: size of the neighbourhood that must be mutual.
        k2: how many of the nearest, itself included, a vector's encoding is averaged over.
        lambda_: weight of the plain distance beside the Jaccard distance, 0..1.

    Raises:
        InputError: when a value is out of range.
    """

    k1: int = 20
    k2: int = 6
    lambda_: float = 0.3

    def __post_init__(self) -> None:
        if self.k1 < 1 or self.k2 < 1:
            msg = f"k1 and k2 must be at least 1; got {self.k1} and {self.k2}"
            raise InputError(msg)
        if not 0 <= self.lambda_ <= 1:
            msg = f"lambda_ must lie in 0..1; got {self.lambda_}"
            raise InputError(msg)


def rerank(query: Floats, gallery: Floats, *, options: RerankOptions) -> Floats:
    """Re-ranked distances of queries from a gallery.

    The neighbourhoods are those of queries and gallery together, as in the paper.

    Args:
        query: float32 `(q, dim)`, L2-normalised.
        gallery: float32 `(g, dim)`, L2-normalised.
        options: how far to look.

    Returns:
        float32 `(q, g)` in 0..1, lower is more alike.

    Raises:
        ArrayError: when either is not finite, not normalised, or they differ in dimension.
    """
    check_vectors(query, name="queries")
    check_vectors(gallery, dim=query.shape[1], name="gallery vectors")
    together = np.concatenate([query, gallery])
    out = np.empty((len(query), len(gallery)), np.float32)
    neighbours, scale = _neighbours(together, max(options.k1 + 1, options.k2), out)
    encoding = _encode(together, neighbours, scale, options)
    _compare(out, encoding[: len(query)], encoding[len(query) :], scale, options)
    return out


def rerank_within(vectors: Floats, *, options: RerankOptions) -> Floats:
    """Re-ranked distances of vectors from one another, as linking uses them.

    The plain distance is divided by the largest in a row, so it is not symmetric by itself; here it
    is the mean of both directions.

    Args:
        vectors: float32 `(n, dim)`, L2-normalised.
        options: how far to look.

    Returns:
        float32 `(n, n)` in 0..1, symmetric, 0 on the diagonal.

    Raises:
        ArrayError: when the vectors are not finite or not normalised.
    """
    check_vectors(vectors)
    out = np.empty((len(vectors), len(vectors)), np.float32)
    neighbours, scale = _neighbours(vectors, max(options.k1 + 1, options.k2), out)
    encoding = _encode(vectors, neighbours, scale, options)
    _compare(out, encoding, encoding, scale, options)
    np.fill_diagonal(out, 0)
    both_ways: Floats = (out + out.T) / np.float32(2)
    return both_ways


def neighbourhood_overlaps(
    vectors: Floats, neighbours: Integers, pairs: Integers, *, options: RerankOptions
) -> Doubles:
    """How much the k-reciprocal neighbourhoods of some pairs overlap: 1 less the Jaccard distance.

    Unlike `rerank_within` it needs no more than the nearest neighbours, so that its cost does not
    grow with the square of n. For the largest squared distance in a row, which nobody knows then,
    stands that of orthogonal vectors.

    Args:
        vectors: float32 `(n, dim)`, L2-normalised.
        neighbours: int64 `(n, k)`, nearest first, each vector first in its own row, -1 where there
            are none; k above k1 for the paper's neighbourhoods.
        pairs: int64 `(p, 2)`, positions.
        options: how far to look; `lambda_` means nothing here.

    Returns:
        float64 `(p,)` in 0..1; pairs whose neighbourhoods have nothing in common have 0.
    """
    scale = np.full(len(vectors), ORTHOGONAL, np.float32)
    encoding = _encode(vectors, neighbours, scale, options)
    shared = np.empty(len(pairs), np.float64)
    for start in range(0, len(pairs), PAIRS_AT_ONCE):
        part = slice(start, start + PAIRS_AT_ONCE)
        first, second = encoding[pairs[part, 0]], encoding[pairs[part, 1]]
        shared[part] = first.minimum(second).sum(axis=1)
    overlaps: Doubles = shared / (2 - shared)
    return overlaps


def _compare(
    similarities: Floats,
    first: sparse.csr_array,
    second: sparse.csr_array,
    scale: Floats,
    options: RerankOptions,
) -> None:
    """Equation 8, the Jaccard distance with a share of the plain one, in place of similarities.

    Args:
        similarities: float32 `(n, m)`, overwritten with the distances.
        first: the encodings of the n.
        second: those of the m.
        scale: float32, at least `(n,)`: the largest squared distance from each of the n.
        options: the shares.
    """
    inverted = second.tocsc()
    for start in range(0, len(similarities), ROWS_COMPARED):
        rows = slice(start, start + ROWS_COMPARED)
        block = similarities[rows]
        plain = (2 - 2 * block) / scale[: len(similarities)][rows, None]
        jaccard = _jaccard_distances(first[rows], inverted)
        block[:] = (1 - options.lambda_) * jaccard + options.lambda_ * plain


def _neighbours(vectors: Floats, count: int, kept: Floats) -> tuple[Integers, Floats]:
    """Each vector's nearest, and the largest squared distance from it.

    Args:
        vectors: float32 `(n, dim)`, L2-normalised.
        count: how many neighbours.
        kept: float32 `(a, b)`, filled with the cosine similarities of the first a vectors with the
            last b, so that nobody computes them again.

    Returns:
        int64 `(n, min(count, n))`, nearest first, itself before all others and ties by position;
        float32 `(n,)`, the largest squared distance in each row, 1 where all are 0.
    """
    count = min(count, len(vectors))
    nearest = np.empty((len(vectors), count), np.int64)
    scale = np.empty(len(vectors), np.float32)
    for rows, block in similarity_blocks(vectors, vectors, rows=ROWS_AT_ONCE):
        wanted = kept[rows]
        wanted[:] = block[: len(wanted), len(vectors) - kept.shape[1] :]
        scale[rows] = 2 - 2 * block.min(axis=1)
        block[np.arange(len(block)), np.arange(rows.start, rows.stop)] = np.inf
        nearest[rows] = _largest(block, count)
    scale[scale <= 0] = 1
    return nearest, scale


def _largest(values: Floats, count: int) -> Integers:
    """Columns of the `count` largest values of each row, largest first, ties by column."""
    columns = np.empty((len(values), count), np.int64)
    for row, (line, bound) in enumerate(zip(values, _bounds(values, count), strict=True)):
        candidates = np.flatnonzero(line >= bound)
        order = np.argsort(-line[candidates], kind="stable")
        columns[row] = candidates[order[:count]]
    return columns


def _bounds(values: Floats, count: int) -> Floats:
    """Of each row a value that `count` values or more, but not many more, reach: `(rows,)`.

    It is the `count`-th largest of the largest values of some groups of columns, which takes a
    fraction of the time that partitioning all columns does.
    """
    groups = GROUPS_EACH * count
    depth = values.shape[1] // groups
    if depth > 1:
        values = values[:, : depth * groups].reshape(len(values), depth, groups).max(axis=1)
    bounds: Floats = np.partition(values, -count, axis=1)[:, -count]
    return bounds


def _encode(
    vectors: Floats, neighbours: Integers, scale: Floats, options: RerankOptions
) -> sparse.csr_array:
    """The paper's V (equations 3, 5 and 7): sparse float64 `(n, n)`, each row summing to 1."""
    members = _expanded_sets(neighbours, options.k1).tocoo()
    squared = _squared_distances(vectors, members.row, members.col)
    weights = np.exp(-squared / scale[members.row])
    encoding = sparse.csr_array((weights, (members.row, members.col)), shape=members.shape)
    encoding = sparse.diags_array(1 / encoding.sum(axis=1)) @ encoding
    nearest = _as_sets(neighbours[:, : options.k2])
    expanded: sparse.csr_array = (nearest / max(1, min(options.k2, len(vectors)))) @ encoding
    return expanded


def _expanded_sets(neighbours: Integers, k1: int) -> sparse.csr_array:
    """The paper's R* (equation 3) as rows of a sparse 0/1 matrix `(n, n)`."""
    mutual = _mutual(neighbours, k1)
    half = _mutual(neighbours, round(k1 / 2))
    # For each q in R(p): the share of R(q, k/2) that lies in R(p) as well.
    shared = mutual.multiply(mutual @ half.T).tocoo()
    sizes = half.sum(axis=1)
    taken = 3 * shared.data > 2 * sizes[shared.col]
    additions = sparse.csr_array(
        (np.ones(taken.sum()), (shared.row[taken], shared.col[taken])), shape=mutual.shape
    )
    return (mutual + additions @ half).sign()


def _mutual(neighbours: Integers, k: int) -> sparse.csr_array:
    """The paper's R(p, k) (equation 2): each is among the other's k nearest."""
    near = _as_sets(neighbours[:, : k + 1])
    return near.multiply(near.T).tocsr()


def _as_sets(neighbours: Integers) -> sparse.csr_array:
    """Rows of a sparse 0/1 matrix `(n, n)`; -1 is nobody."""
    count = len(neighbours)
    there = neighbours >= 0
    starts = np.concatenate([[0], np.cumsum(there.sum(axis=1))])
    ones = np.ones(starts[-1])
    return sparse.csr_array((ones, neighbours[there], starts), shape=(count, count))


def _squared_distances(vectors: Floats, first: Integers, second: Integers) -> Doubles:
    """Squared Euclidean distance of each pair, float64, some pairs at a time."""
    out = np.empty(len(first), np.float64)
    for start in range(0, len(first), PAIRS_AT_ONCE):
        part = slice(start, start + PAIRS_AT_ONCE)
        cosines = np.einsum("ij,ij->i", vectors[first[part]], vectors[second[part]])
        out[part] = 2 - 2 * np.clip(cosines, -1, 1)
    return out


def _jaccard_distances(encoding: sparse.csr_array, inverted: sparse.csc_array) -> Doubles:
    """Jaccard distance (equation 6) of each encoding `(n, all)` from each of `(m, all)`: `(n, m)`.

    Rows sum to 1, so the maxima of two rows sum to 2 less the sum of their minima.
    """
    n, m = encoding.shape[0], inverted.shape[0]
    columns = inverted[:, encoding.indices]
    repeats = np.diff(columns.indptr)
    owners = np.repeat(np.arange(n), np.diff(encoding.indptr))
    smaller = np.minimum(columns.data, np.repeat(encoding.data, repeats))
    pairs = np.repeat(owners * m, repeats) + columns.indices
    shared = np.bincount(pairs, weights=smaller, minlength=n * m).reshape(n, m)
    return 1 - shared / (2 - shared)
