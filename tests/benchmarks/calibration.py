"""Are the probabilities of open-set searches right, on people whom they were not fitted on?

    PYTHONPATH=. python tests/benchmarks/calibration.py FEATURES.npz --embedder E

FEATURES is what `surveil-reid evaluate market1501 --features` writes. Identities fall into two
halves, which share nobody, distractors included; within each, half of the query identities are
removed from the gallery. Each query's most alike picture is its top hit; pictures of the query's
person in the query's camera are junk. Probabilities and thresholds for one half are fitted on the
other: `DIR` is the share of searches for somebody present that report that person, at thresholds
chosen for a rate of false alarms (`FAR_reached` is what they come to). The calibration error is the
mean difference between probability and outcome over 15 bins of equally many searches; the skill
compares the Brier score with that of always giving the base rate. `shipped` are the model's own
probabilities as they stand in its file, on all searches, and once more on searches in
galleries thinned to so many strangers, as small sites have them. `decided` are the answers "match"
of `surveil-reid search` at its own thresholds, which know nothing of these people, in the same
galleries. Prints one JSON document for `tests/benchmarks/results`.
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from surveil_reid.core import Booleans, Calibration, Doubles, Integers, ModelInfo
from surveil_reid.embedding import load_embedder
from surveil_reid.evaluation import Features, read_features
from surveil_reid.identity import decide
from surveil_reid.identity.calibrating import KnownHits, fit_calibration

BINS = 15
RATES = (0.01, 0.1)
STRANGERS = (8, 64, 512)

Searches = list[tuple[KnownHits, Booleans]]
"""Top hits and whether the person was present, of either half."""


def digest_bit(identities: Integers, bit: int) -> Booleans:
    """A bit of a digest of each identity, the same whatever the order."""
    bits = {
        i: hashlib.sha256(str(i).encode()).digest()[0] >> bit & 1 for i in set(identities.tolist())
    }
    return np.array([bits[i] for i in identities.tolist()], np.bool_)


def searches(
    features: Features, half: bool, strangers: int | None = None
) -> tuple[KnownHits, Booleans]:
    """Top hits of one half's queries, and whether the person was present.

    Of strangers about as many are left in each query's gallery as asked; None leaves all.
    """
    queries = digest_bit(features.query_ids, 0) == half
    people = np.unique(features.query_ids)
    gone = set(people[digest_bit(people, 1)].tolist())
    in_query = np.isin(features.gallery_ids, people)
    # Distractors have one identity; by position they fall into halves that share no picture.
    place = np.arange(len(features.gallery_ids)) % 2 == int(half)
    mine = np.where(in_query, digest_bit(features.gallery_ids, 0) == half, place)
    mine &= ~np.isin(features.gallery_ids, list(gone))
    similar = features.query[queries] @ features.gallery[mine].T
    same = features.query_ids[queries][:, None] == features.gallery_ids[mine]
    junk = same & (features.query_cameras[queries][:, None] == features.gallery_cameras[mine])
    similar[junk] = -np.inf
    size = strangers or int(mine.sum())
    absent = np.random.default_rng(0).random(same.shape) >= size / mine.sum()
    similar[absent & ~same] = -np.inf
    hits = similar.argmax(axis=1)
    rows = np.arange(len(hits))
    present = (same & ~junk).any(axis=1)
    best = similar[rows, hits].astype(np.float64)
    rows = np.flatnonzero(np.isfinite(best))  # of few strangers none may be left
    found = KnownHits(best[rows], same[rows, hits[rows]], np.full(len(rows), size))
    return found, present[rows]


def calibration_error(probabilities: Doubles, outcomes: Booleans) -> float:
    """Mean difference of probability and outcome over bins of equally many searches."""
    order = np.argsort(probabilities, kind="stable")
    bins = np.array_split(order, BINS)
    gaps = [abs(probabilities[rows].mean() - outcomes[rows].mean()) * len(rows) for rows in bins]
    return float(sum(gaps) / len(order))


def quality(probabilities: Doubles, outcomes: Booleans) -> dict[str, float]:
    """How right probabilities are."""
    base = outcomes.mean()
    brier = float(((probabilities - outcomes) ** 2).mean())
    return {
        "searches": len(outcomes),
        "base_rate": round(float(base), 4),
        "expected_calibration_error": round(calibration_error(probabilities, outcomes), 4),
        "brier": round(brier, 4),
        "brier_skill": round(1 - brier / float(base * (1 - base)), 4),
    }


def agreement(calibration: Calibration, halves: Searches) -> dict[str, float]:
    """How right a calibration is on searches."""
    probabilities = [
        calibration.probability(hits.similarities, gallery_size=hits.gallery_sizes)
        for hits, _ in halves
    ]
    outcomes = np.concatenate([hits.same for hits, _ in halves])
    return quality(np.concatenate(probabilities), outcomes)


def shares(rate: float, alarms: list[Booleans], found: list[Booleans]) -> dict[str, float]:
    """Of searches for somebody absent those that report anybody, of the others the right ones."""
    return {
        "FAR_wanted": rate,
        "FAR_reached": round(float(np.concatenate(alarms).mean()), 4),
        "DIR": round(float(np.concatenate(found).mean()), 4),
    }


def detection(halves: Searches, rate: float) -> dict[str, float]:
    """Detection and identification at thresholds fitted on the other half."""
    alarms, found = [], []
    for (fit, fit_present), (hits, present) in (halves, halves[::-1]):
        strangers = np.sort(fit.similarities[~fit_present])[::-1]
        threshold = strangers[int(rate * len(strangers))]
        reported = hits.similarities > threshold
        alarms.append(reported[~present])
        found.append((reported & hits.same)[present])
    return shares(rate, alarms, found)


def decided(model: ModelInfo, halves: Searches, rate: float) -> dict[str, Any]:
    """False alarms and detections at the threshold that a search takes for a rate."""
    alarms, found, extrapolated = [], [], []
    for hits, present in halves:
        decision = decide(
            hits.similarities.astype(np.float32),
            info=model,
            gallery_size=int(hits.gallery_sizes[0]),
            false_alarm=rate,
        )
        alarms.append(decision.matches[~present])
        found.append((decision.matches & hits.same)[present])
        extrapolated.append(decision.extrapolated)
    return shares(rate, alarms, found) | {"extrapolated": any(extrapolated)}


def main() -> None:
    """Measure out of fold, and the shipped probabilities."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("features", type=Path)
    parser.add_argument("--embedder", required=True, help="that gave the features")
    given = parser.parse_args()
    features, embedder = read_features(given.features), load_embedder(given.embedder).info
    halves = [searches(features, half) for half in (False, True)]
    outcomes = np.concatenate([halves[1][0].same, halves[0][0].same])
    probabilities = np.concatenate(
        [
            fit_calibration(fit, "the other half").probability(hits.similarities)
            for (fit, _), (hits, _) in (halves, halves[::-1])
        ]
    )
    result: dict[str, Any] = {
        "model": embedder.name,
        "gallery": [int(hits.gallery_sizes[0]) for hits, _ in halves],
        "cross_fitted": quality(probabilities, outcomes),
        "detection": [detection(halves, rate) for rate in RATES],
    }
    small = {few: [searches(features, half, few) for half in (False, True)] for few in STRANGERS}
    if embedder.linking:
        result["decided"] = [
            {"strangers": few} | decided(embedder, some, rate)
            for few, some in {**small, max(result["gallery"]): halves}.items()
            for rate in RATES
        ]
    shipped = embedder.calibration
    if shipped is not None:
        result["shipped"] = agreement(shipped, halves) | {"fitted_on": shipped.fitted_on}
        result["shipped_in_small_galleries"] = [
            {"strangers": few} | agreement(shipped, some) for few, some in small.items()
        ]
    sys.stdout.write(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
