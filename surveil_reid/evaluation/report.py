"""Everything that is reported of one set of features."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from surveil_reid.core import ArrayError, Floats, l2_normalise
from surveil_reid.evaluation.bootstrap import BootstrapOptions, Interval, bootstrap_mean
from surveil_reid.evaluation.camera_pairs import CameraPair, score_camera_pairs
from surveil_reid.evaluation.features import Features
from surveil_reid.evaluation.open_set import OpenSet, detect_open_set
from surveil_reid.evaluation.ranking import Ranking, rank
from surveil_reid.evaluation.retrieval import RetrievalScores, average_precision, score_ranking
from surveil_reid.evaluation.verification import Verification, verify
from surveil_reid.matching import RerankOptions, rerank

Measured = TypeVar("Measured")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Evaluation:
    """The scores of one set of features.

    Attributes:
        ranking: the lists that were scored; of the re-ranked distances where that was asked for.
        distances: float32 `(Q, G)`, the re-ranked ones; None where lists go by cosine similarity.
        retrieval: mAP, CMC and mINP; of the re-ranked lists where that was asked for.
        mean_ap_interval: of the mAP, by resampling identities.
        verification: over pairs, by cosine similarity; not re-ranked. None where there are no
            strangers.
        open_set: searches for somebody who may not be there, likewise.
        camera_pairs: by query camera and gallery camera, likewise.
        notes: what is left out and why.
    """

    ranking: Ranking
    distances: Floats | None
    retrieval: RetrievalScores
    mean_ap_interval: Interval
    verification: Verification | None
    open_set: OpenSet | None
    camera_pairs: tuple[CameraPair, ...]
    notes: tuple[str, ...] = ()

    @property
    def reranked(self) -> bool:
        """Whether lists were re-ranked."""
        return self.distances is not None

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON, the retrieval scores on top."""
        return self.retrieval.as_dict() | {
            "mAP_interval": [self.mean_ap_interval.low, self.mean_ap_interval.high],
            "reranked": self.reranked,
            "verification": None if self.verification is None else self.verification.as_dict(),
            "open_set": None if self.open_set is None else self.open_set.as_dict(),
            "camera_pairs": [pair.as_dict() for pair in self.camera_pairs],
            "notes": list(self.notes),
        }


def evaluate(
    features: Features, *, reranking: RerankOptions | None = None, seed: int = 0
) -> Evaluation:
    """Score features in every way that is reported.

    Args:
        features: queries and gallery.
        reranking: re-rank with these values before the lists are scored; None does not.
        seed: of the resampling behind the interval.

    Raises:
        ArrayError: when no query has a match that counts.
    """
    distances, seconds = None, 0.0
    if reranking is not None:
        began = time.perf_counter()
        query, gallery = l2_normalise(features.query), l2_normalise(features.gallery)
        distances = rerank(query, gallery, options=reranking)
        seconds = time.perf_counter() - began
    ranking = rank(features, distances=distances)
    retrieval = score_ranking(ranking)
    retrieval.seconds["distances"] += seconds
    interval = bootstrap_mean(
        np.asarray(average_precision(ranking)),
        features.query_ids[ranking.valid],
        options=BootstrapOptions(seed=seed),
    )
    notes: list[str] = []
    return Evaluation(
        ranking=ranking,
        distances=distances,
        retrieval=retrieval,
        mean_ap_interval=interval,
        verification=_where_strangers(verify, features, notes),
        open_set=_where_strangers(detect_open_set, features, notes),
        camera_pairs=score_camera_pairs(features),
        notes=tuple(notes),
    )


def _where_strangers(
    measure: Callable[[Features], Measured], features: Features, notes: list[str]
) -> Measured | None:
    # That features are sound and a query has a match is known by now.
    try:
        return measure(features)
    except ArrayError as error:
        notes.append(f"left out: {error}")
        return None
