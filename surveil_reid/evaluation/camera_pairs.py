"""Scores of each pair of cameras: where a network is weak, and whether the cameras are to blame."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from surveil_reid.evaluation.features import UNKNOWN_CAMERA, Features
from surveil_reid.evaluation.ranking import rank
from surveil_reid.evaluation.retrieval import score_ranking


@dataclass(frozen=True, kw_only=True, slots=True)
class CameraPair:
    """Scores of one camera's queries in another camera's gallery.

    Attributes:
        query_camera: name of the queries' camera.
        gallery_camera: name of the gallery's camera.
        mean_ap: rectangular; None where no query is valid.
        rank1: share of valid queries whose most alike image is a true match; None likewise.
        queries: queries of the one camera.
        valid_queries: those with a true match in the other.
    """

    query_camera: str
    gallery_camera: str
    mean_ap: float | None
    rank1: float | None
    queries: int
    valid_queries: int

    def as_dict(self) -> dict[str, Any]:
        """The scores under the names of the literature, ready for JSON."""
        return {
            "query_camera": self.query_camera,
            "gallery_camera": self.gallery_camera,
            "mAP": self.mean_ap,
            "rank1": self.rank1,
            "queries": self.queries,
            "valid_queries": self.valid_queries,
        }


def score_camera_pairs(features: Features) -> tuple[CameraPair, ...]:
    """Score every ordered pair of two cameras, as if the gallery held the second camera alone.

    A camera is not paired with itself, since its own images are left out; unknown cameras are.
    """
    return tuple(
        _score_pair(features, int(here), int(there))
        for here in np.unique(features.query_cameras)
        for there in np.unique(features.gallery_cameras)
        if here != there or here == UNKNOWN_CAMERA
    )


def _score_pair(features: Features, here: int, there: int) -> CameraPair:
    ranking = rank(
        features.subset(features.query_cameras == here, features.gallery_cameras == there)
    )
    valid = int(ranking.valid.sum())
    scores = score_ranking(ranking, ranks=[1]) if valid else None
    return CameraPair(
        query_camera=features.camera_name(here),
        gallery_camera=features.camera_name(there),
        mean_ap=scores.mean_ap if scores else None,
        rank1=scores.cmc[1] if scores else None,
        queries=ranking.queries,
        valid_queries=valid,
    )
