"""Scores of a ranking: average precision by both definitions, CMC and mINP.

Sums run in the order of the ranks, one term after the other, so the scores equal those of a plain
loop over the definition bit for bit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surveil_reid.core import ArrayError, Doubles
from surveil_reid.evaluation.features import Features
from surveil_reid.evaluation.ranking import Ranking, rank

REPORTED_RANKS = (1, 5, 10)


@dataclass(frozen=True, kw_only=True, slots=True)
class RetrievalScores:
    """How well queries find their matches; means are over the valid queries.

    Attributes:
        mean_ap: mean of `average_precision`.
        mean_ap_trapezoidal: mean of `average_precision_trapezoidal`.
        cmc: by rank, share of queries with a true match at that rank or before.
        mean_inp: mean inverse negative penalty: true matches over the rank of the last of them (Ye
            et al., arXiv:2001.04193).
        queries: all queries.
        valid_queries: those with a true match that is not left out.
        gallery: gallery images, without junk.
        seconds: time spent on `"distances"` and on `"ranking"`.
    """

    mean_ap: float
    mean_ap_trapezoidal: float
    cmc: dict[int, float]
    mean_inp: float
    queries: int
    valid_queries: int
    gallery: int
    seconds: dict[str, float]

    def as_dict(self) -> dict[str, Any]:
        """The scores under the names of the literature, ready for JSON."""
        return {
            "mAP": self.mean_ap,
            "mAP_trapezoidal": self.mean_ap_trapezoidal,
            "cmc": {str(rank): share for rank, share in self.cmc.items()},
            "mINP": self.mean_inp,
            "queries": self.queries,
            "valid_queries": self.valid_queries,
            "gallery": self.gallery,
            "seconds": dict(self.seconds),
        }


def evaluate_features(
    features: Features,
    *,
    distances: NDArray[Any] | None = None,
    ranks: Sequence[int] = REPORTED_RANKS,
) -> RetrievalScores:
    """Rank a gallery and score the ranking.

    Args:
        features: queries and gallery.
        distances: real `(Q, G)`, lower is more alike, to rank by instead of the cosine.
        ranks: at which ranks to give the CMC.

    Raises:
        ArrayError: when no query is valid, a rank is below 1, or `distances` do not fit.
    """
    return score_ranking(rank(features, distances=distances), ranks=ranks)


def score_ranking(ranking: Ranking, *, ranks: Sequence[int] = REPORTED_RANKS) -> RetrievalScores:
    """Score a ranking that is there already.

    Raises:
        ArrayError: when no query is valid or a rank is below 1.
    """
    _check_valid(ranking)
    return RetrievalScores(
        mean_ap=_mean(average_precision(ranking)),
        mean_ap_trapezoidal=_mean(average_precision_trapezoidal(ranking)),
        cmc={at: cmc(ranking, at) for at in ranks},
        mean_inp=_mean(inverse_negative_penalty(ranking)),
        queries=ranking.queries,
        valid_queries=int(ranking.valid.sum()),
        gallery=ranking.gallery,
        seconds=ranking.seconds,
    )


def average_precision(ranking: Ranking) -> Doubles:
    """Rectangular average precision: the mean of the precisions at the true matches.

    With n matches at the ranks r₁ < r₂ < …, it is Σ (i / rᵢ) / n.

    Returns:
        float64 `(valid,)` in 0..1, one for each valid query.
    """
    precision = _order(ranking) / ranking.ranks
    return _sum_by_query(ranking, precision) / ranking.matches[ranking.valid]


def average_precision_trapezoidal(ranking: Ranking) -> Doubles:
    """Trapezoidal average precision, as Market-1501's and CUHK03-NP's own programs have it.

    Each step of the recall counts with the mean of the precision before and at it. Before the i-th
    match, at rank r, the precision was (i - 1) / (r - 1), and 1 at the very start.

    Returns:
        float64 `(valid,)` in 0..1, one for each valid query.
    """
    order, ranks = _order(ranking), ranking.ranks
    matches = ranking.matches[ranking.owners]
    before = np.where(ranks > 1, (order - 1) / np.maximum(ranks - 1, 1), 1.0)
    step = order / matches - (order - 1) / matches
    return _sum_by_query(ranking, step * ((before + order / ranks) / 2))


def inverse_negative_penalty(ranking: Ranking) -> Doubles:
    """True matches over the rank of the last one.

    Returns:
        float64 `(valid,)` in 0..1, one for each valid query.
    """
    return np.asarray(ranking.matches[ranking.valid] / ranking.last, np.float64)


def cmc(ranking: Ranking, at: int) -> float:
    """Cumulative match characteristic: share of valid queries whose first match is not after `at`.

    Raises:
        ArrayError: when no query is valid or `at` is below 1.
    """
    _check_valid(ranking)
    if at < 1:
        msg = f"ranks count from 1; got {at}"
        raise ArrayError(msg)
    return float(np.count_nonzero(ranking.first <= at) / len(ranking.first))


def _check_valid(ranking: Ranking) -> None:
    if len(ranking.ranks) == 0:
        msg = (
            f"none of the {ranking.queries} queries has a match in another camera; "
            "check the identities and cameras of query and gallery"
        )
        raise ArrayError(msg)


def _order(ranking: Ranking) -> Doubles:
    """float64 `(N,)`: 1 for a query's first match, 2 for its second, and so on."""
    matches = ranking.matches
    begins = np.cumsum(matches) - matches
    return np.arange(1.0, len(ranking.ranks) + 1) - begins[ranking.owners]


def _sum_by_query(ranking: Ranking, terms: Doubles) -> Doubles:
    sums = np.bincount(ranking.owners, weights=terms, minlength=ranking.queries)
    return np.asarray(sums[ranking.valid], np.float64)


def _mean(values: Doubles) -> float:
    """The mean, summed from the first to the last; `np.mean` sums in pairs."""
    return float(np.cumsum(values)[-1] / len(values))
