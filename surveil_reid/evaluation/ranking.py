"""Exact ranking of a gallery for every query, a block of queries at a time.

Metrics need the ranks of the true matches alone, so nothing is sorted that they do not ask for:
images less alike than a query's last true match are never looked at twice.

Left out of a query's ranking are the images of its own identity in its own camera (Zheng et al.,
"Scalable Person Re-identification", ICCV 2015). Equal scores rank by their place in the gallery.
"""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from surveil_reid.core import ArrayError, Booleans, Integers
from surveil_reid.evaluation.features import Features, unit

Item = TypeVar("Item")

BLOCK_BYTES = 2**25
"""Size of a block of similarities; larger ones leave the processor's cache and save nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Search:
    """One query's scores.

    Attributes:
        query: its row.
        scores: `(G,)`, higher is more alike; -infinity where an image is left out. A view into a
            block that whoever reads it may overwrite.
        matches: int64, places of the true matches in the gallery, increasing; may be empty.
    """

    query: int
    scores: NDArray[Any]
    matches: Integers


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Ranking:
    """Where the true matches of every query ended up.

    Attributes:
        ranks: int64 `(N,)`, from 1, of the true matches, query after query, increasing in each.
        owners: int64 `(N,)`, the query of each, increasing.
        queries: number of queries.
        gallery: number of gallery images, without junk.
        seconds: time spent on `"distances"` and on `"ranking"`.
    """

    ranks: Integers
    owners: Integers
    queries: int
    gallery: int
    seconds: dict[str, float]

    @property
    def matches(self) -> Integers:
        """int64 `(Q,)`: true matches of each query; queries with none are not valid."""
        return np.bincount(self.owners, minlength=self.queries)

    @property
    def valid(self) -> Booleans:
        """Which queries have a match that is not left out: bool `(Q,)`."""
        return np.asarray(self.matches > 0)

    @property
    def first(self) -> Integers:
        """int64 `(valid,)`: rank of the first true match of each valid query."""
        matches = self.matches[self.valid]
        firsts: Integers = self.ranks[np.cumsum(matches) - matches]
        return firsts

    @property
    def last(self) -> Integers:
        """int64 `(valid,)`: rank of the last true match of each valid query."""
        lasts: Integers = self.ranks[np.cumsum(self.matches[self.valid]) - 1]
        return lasts


def rank(features: Features, *, distances: NDArray[Any] | None = None) -> Ranking:
    """Rank the true matches of every query among the gallery.

    The order is that of the cosine similarity, computed exactly (see `unit`). Euclidean distance of
    normalised vectors, √(2 - 2·cosine), gives the same lists; computing it could only let rounding
    merge neighbours.

    Args:
        features: queries and gallery.
        distances: real `(Q, G)`, lower is more alike, to rank by instead (re-ranked ones, say).

    Raises:
        ArrayError: when `distances` is of another shape or not finite.
    """
    began = time.perf_counter()
    watch = _Stopwatch()
    blocks = watch.laps(score_blocks(features, distances=distances))
    found = [_ranks(search.scores, search.matches) for search in searches(features, blocks)]
    total = time.perf_counter() - began
    return Ranking(
        ranks=np.concatenate(found),
        owners=np.repeat(np.arange(len(found)), [len(ranks) for ranks in found]),
        queries=len(found),
        gallery=len(features.gallery),
        seconds={"distances": watch.seconds, "ranking": total - watch.seconds},
    )


def rank_list(features: Features, query: int, *, top: int | None = None) -> Integers:
    """Places in the gallery, the most alike first, of what a query is compared with.

    Args:
        features: queries and gallery.
        query: row of the query.
        top: how many at most; None lists all.
    """
    scores = unit(features.query[query : query + 1]) @ unit(features.gallery).T
    own = features.gallery_ids == features.query_ids[query]
    own &= features.gallery_cameras == features.query_cameras[query]
    left_out = own & (features.query_cameras[query] >= 0)
    order = np.argsort(-scores[0], kind="stable")
    listed: Integers = order[~left_out[order]][:top]
    return listed


def score_blocks(
    features: Features, *, distances: NDArray[Any] | None = None
) -> Iterator[tuple[int, NDArray[Any]]]:
    """Scores of a few queries at a time, higher is more alike.

    Args:
        features: queries and gallery.
        distances: real `(Q, G)`, whose negatives are the scores; None takes cosine similarities.

    Yields:
        The first query of a block, and `(rows, G)`, which may be overwritten.

    Raises:
        ArrayError: when `distances` is of another shape or not finite.
    """
    shape = len(features.query), len(features.gallery)
    rows = max(1, BLOCK_BYTES // (8 * shape[1]))
    if distances is None:
        query, gallery = unit(features.query), unit(features.gallery).T
        for start in range(0, shape[0], rows):
            yield start, query[start : start + rows] @ gallery
        return
    if distances.shape != shape or distances.dtype.kind != "f":
        msg = f"distances must be real of shape {shape}; got {distances.dtype} {distances.shape}"
        raise ArrayError(msg)
    for start in range(0, shape[0], rows):
        block = -distances[start : start + rows]
        if not np.isfinite(block).all():
            msg = "distances must be finite; found NaN or infinity"
            raise ArrayError(msg)
        yield start, block


def searches(
    features: Features, blocks: Iterable[tuple[int, NDArray[Any]]] | None = None
) -> Iterator[Search]:
    """Each query's scores, with those images left out that must not be ranked.

    Args:
        features: queries and gallery.
        blocks: as of `score_blocks`; None takes those of the cosine similarity.
    """
    by_identity = np.argsort(features.gallery_ids, kind="stable")
    ids = features.gallery_ids[by_identity]
    begins = np.searchsorted(ids, features.query_ids, side="left")
    ends = np.searchsorted(ids, features.query_ids, side="right")
    for start, block in score_blocks(features) if blocks is None else blocks:
        for query, scores in enumerate(block, start):
            own = by_identity[begins[query] : ends[query]]
            camera = features.query_cameras[query]
            same_camera = (features.gallery_cameras[own] == camera) & (camera >= 0)
            scores[own[same_camera]] = -np.inf
            yield Search(query, scores, own[~same_camera])


def _ranks(scores: NDArray[Any], matches: Integers) -> Integers:
    """Ranks from 1, increasing, of the images at `matches`."""
    if len(matches) == 0:
        return matches
    candidates = np.flatnonzero(scores >= scores[matches].min())
    order = np.argsort(-scores[candidates], kind="stable")
    places = np.empty_like(order)
    places[order] = np.arange(1, len(order) + 1)
    return np.sort(places[np.searchsorted(candidates, matches)])


class _Stopwatch:
    """Adds up the time that an iterator takes to give its items."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def laps(self, items: Iterable[Item]) -> Iterator[Item]:
        """The same items."""
        iterator = iter(items)
        began = time.perf_counter()
        for item in iterator:
            self.seconds += time.perf_counter() - began
            yield item
            began = time.perf_counter()
