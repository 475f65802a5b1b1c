"""Coarse codes of vectors: a bit for each dimension, all of which every search compares.

RaBitQ (Gao and Long, SIGMOD 2024) keeps the signs of a vector that was turned at random, and two
numbers with which they give an unbiased estimate of a similarity. Nothing is learned but the mean,
so that codes can be added at any time, and nothing is left out of a search, so that a filter
changes what is compared and never how well.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise

import faiss
import numpy as np

from surveil_reid.core import Booleans, Floats, Integers

QUERY_BITS = 4
"""For each number of a turned query; more cost time and find no more."""

TURN = 1
"""The seed of the random turn."""


def train(vectors: Floats) -> faiss.Index:
    """An empty index of codes around the mean of some vectors, float32 `(n, dim)`, n ≥ 1."""
    dim = vectors.shape[1]
    turn = faiss.RandomRotationMatrix(dim, dim)
    turn.init(TURN)
    index = faiss.IndexPreTransform(turn, faiss.IndexRaBitQ(dim, faiss.METRIC_INNER_PRODUCT))
    index.train(vectors)
    return index


def is_coarse(index: faiss.Index) -> bool:
    """Whether an index is one of codes."""
    return isinstance(index, faiss.IndexPreTransform)


def scan(index: faiss.Index, queries: Floats, count: int, chosen: Booleans | None) -> Integers:
    """Where the vectors that seem most similar stand.

    Args:
        index: of codes.
        queries: float32 `(q, dim)`.
        count: how many to find for each query.
        chosen: bool `(n,)`, which vectors to look at; None looks at all.

    Returns:
        Positions int64 `(q, count)`, in no order that means anything; -1 where there are too few.
    """
    threads = faiss.omp_get_max_threads()
    if threads == 1 or len(queries) >= threads:  # FAISS gives each thread queries of its own
        return np.asarray(index.search(queries, count, params=_parameters(chosen))[1], np.int64)
    edges = np.linspace(0, index.ntotal, threads + 1).astype(int).tolist()
    ranges = [faiss.IDSelectorRange(*ends) for ends in pairwise(edges)]
    search = partial(_search, index, queries, count, chosen)
    # Threads of FAISS within those would only wait for one another.
    with ThreadPoolExecutor(threads, initializer=faiss.omp_set_num_threads, initargs=(1,)) as pool:
        parts = list(pool.map(search, ranges))
    near = np.concatenate([part[0] for part in parts], axis=1)
    positions = np.concatenate([part[1] for part in parts], axis=1)
    best = np.argsort(-near, axis=1, kind="stable")[:, :count]
    return np.take_along_axis(positions, best, axis=1)


def _search(
    index: faiss.Index,
    queries: Floats,
    count: int,
    chosen: Booleans | None,
    among: faiss.IDSelector,
) -> tuple[Floats, Integers]:
    similarities, positions = index.search(queries, count, params=_parameters(chosen, among))
    return similarities, np.asarray(positions, np.int64)


def _parameters(
    chosen: Booleans | None, among: faiss.IDSelector | None = None
) -> faiss.SearchParameters:
    if chosen is not None:
        among = (
            chosen_only(chosen)
            if among is None
            else faiss.IDSelectorAnd(among, chosen_only(chosen))
        )
    return faiss.RaBitQSearchParameters(sel=among, qb=QUERY_BITS)


def chosen_only(chosen: Booleans) -> faiss.IDSelector:
    """What tells FAISS to look at some of the vectors only: bool `(n,)`, by position."""
    return faiss.IDSelectorBitmap(np.packbits(chosen, bitorder="little"))
