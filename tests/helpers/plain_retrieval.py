"""Retrieval scores by plain loops over the definitions, to hold the fast ones against."""

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray


@dataclass
class PlainScores:
    mean_ap: float
    mean_ap_trapezoidal: float
    cmc: dict[int, float]
    mean_inp: float
    valid_queries: int


def plain_order(
    scores: list[float],
    identity: int,
    camera: int,
    gallery_ids: list[int],
    gallery_cameras: list[int],
) -> list[int]:
    """The gallery from the most to the least alike, without what must be left out."""
    kept = []
    for place in range(len(scores)):
        junk = gallery_ids[place] == -1
        same = gallery_ids[place] == identity and gallery_cameras[place] == camera and camera != -1
        if not junk and not same:
            kept.append(place)
    return sorted(kept, key=lambda place: (-scores[place], place))


def plain_average_precisions(hits: list[bool]) -> tuple[float, float]:
    """Rectangular and trapezoidal, walking down the list as the data sets' own programs do."""
    matches = sum(hits)
    rectangular = trapezoidal = 0.0
    found, old_recall, old_precision = 0, 0.0, 1.0
    for place, hit in enumerate(hits):
        if hit:
            found += 1
            rectangular += found / (place + 1)
        recall, precision = found / matches, found / (place + 1)
        trapezoidal += (recall - old_recall) * ((old_precision + precision) / 2)
        old_recall, old_precision = recall, precision
    return rectangular / matches, trapezoidal


def plain_scores(
    scores: NDArray[Any],
    query_ids: list[int],
    query_cameras: list[int],
    gallery_ids: list[int],
    gallery_cameras: list[int],
    ranks: tuple[int, ...] = (1, 5, 10),
) -> PlainScores | None:
    """All scores, or None where no query has a match that is not left out."""
    total = trapezoidal_total = penalty_total = 0.0
    hits_at = dict.fromkeys(ranks, 0)
    valid = 0
    for query in range(len(query_ids)):
        order = plain_order(
            scores[query].tolist(),
            query_ids[query],
            query_cameras[query],
            gallery_ids,
            gallery_cameras,
        )
        hits = [gallery_ids[place] == query_ids[query] for place in order]
        if not any(hits):
            continue
        valid += 1
        rectangular, trapezoidal = plain_average_precisions(hits)
        total += rectangular
        trapezoidal_total += trapezoidal
        last = max(place for place, hit in enumerate(hits) if hit)
        penalty_total += sum(hits) / (last + 1)
        for at in ranks:
            hits_at[at] += any(hits[:at])
    if not valid:
        return None
    return PlainScores(
        total / valid,
        trapezoidal_total / valid,
        {at: count / valid for at, count in hits_at.items()},
        penalty_total / valid,
        valid,
    )
