"""How well tracklets of known people are linked, at a threshold fitted on other people.

    python tests/benchmarks/linking.py MARKET FEATURES.npz

MARKET is Market-1501 as it is unpacked, FEATURES what `surveil-reid evaluate market1501 --features`
wrote for it. The gallery's pictures of its 750 people are cut into tracklets (one person, camera
and sequence, gaps of at most 200 frames) and linked all together at each of many thresholds. People
fall into two halves; each half is scored at the threshold that is best for the other one, so no
figure is chosen by the score that it reports. With distractors, their pictures are tracklets of one
crop each, which are linked along and not scored. `times_withheld` links the same tracklets as if
nothing were known of when they were. Prints one JSON document for `tests/benchmarks/results`.
"""

import argparse
import hashlib
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from surveil_reid.core import Booleans, Doubles, Floats
from surveil_reid.evaluation import read_data_set, read_features, split
from surveil_reid.identity import LinkOptions, link
from training.labelled_tracklets import Labelled, cut_tracklets

NOBODY = -1
FAR_APART = 1e9
"""Seconds between tracklets whose times are withheld."""


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """BCubed precision and recall of each tracklet at one threshold."""

    similarity: float
    precision: Doubles
    recall: Doubles
    identities: int

    def f1(self, rows: Booleans) -> float:
        """F1 over some of the tracklets."""
        precision, recall = self.precision[rows].mean(), self.recall[rows].mean()
        return float(2 * precision * recall / (precision + recall))


def market(root: Path, features: Path) -> tuple[list[Labelled], list[Labelled]]:
    """The tracklets of people in the gallery, and the distractors' pictures, one crop each."""
    vectors = read_features(features).gallery
    paths = [
        image.path.name for image in split(read_data_set("market1501", root), "official").gallery
    ]
    people = cut_tracklets(paths, vectors)
    rows = [row for row, name in enumerate(paths) if name.startswith("0000")]
    alone = [distractor(len(people) + n, paths[row], vectors[row]) for n, row in enumerate(rows)]
    return people, alone


def distractor(number: int, name: str, vector: Floats) -> Labelled:
    """One picture of nobody as a tracklet, timed by its name as the others are."""
    somebody = cut_tracklets([f"0001{name[4:]}"], vector[None])[0].tracklet
    return Labelled(replace(somebody, id=number), NOBODY)


def score(labelled: Sequence[Labelled], similarity: float) -> Scores:
    """Link everybody and score those that are somebody."""
    groups = link([item.tracklet for item in labelled], LinkOptions(similarity=similarity))
    group_of = {member: number for number, group in enumerate(groups) for member in group.members}
    known = [item for item in labelled if item.person != NOBODY]
    pairs = [(item.person, group_of[item.tracklet.id]) for item in known]
    both, people = Counter(pairs), Counter(person for person, _ in pairs)
    return Scores(
        similarity=similarity,
        precision=np.array([both[pair] / len(groups[pair[1]].members) for pair in pairs]),
        recall=np.array([both[pair] / people[pair[0]] for pair in pairs]),
        identities=len(groups),
    )


def half_of(person: int) -> bool:
    """Which half a person falls into, by a digest that no order of files changes."""
    return bool(hashlib.sha256(str(person).encode()).digest()[0] & 1)


def cross_fitted(labelled: Sequence[Labelled], thresholds: Sequence[float]) -> dict[str, Any]:
    """Each half at the other's best threshold, and all at the one that is best in hindsight."""
    began = time.perf_counter()
    scores = [score(labelled, similarity) for similarity in thresholds]
    seconds = (time.perf_counter() - began) / len(scores)
    people = [item.person for item in labelled if item.person != NOBODY]
    first = np.array([half_of(person) for person in people])
    precision, recall = np.empty(len(people)), np.empty(len(people))
    fitted = []
    for measured in (first, ~first):
        best = max(scores, key=lambda one: one.f1(~measured))
        fitted.append(round(best.similarity, 4))
        precision[measured], recall[measured] = best.precision[measured], best.recall[measured]
    everybody = np.ones(len(people), np.bool_)
    hindsight = max(scores, key=lambda one: one.f1(everybody))
    together = Scores(0.0, precision, recall, 0)
    return {
        "tracklets": len(labelled),
        "people": len(set(people)),
        "thresholds_fitted": fitted,
        "bcubed_f1": round(together.f1(everybody), 4),
        "bcubed_precision": round(float(precision.mean()), 4),
        "bcubed_recall": round(float(recall.mean()), 4),
        "f1_of_each_half": [round(together.f1(half), 4) for half in (first, ~first)],
        "hindsight": {
            "threshold": round(hindsight.similarity, 4),
            "bcubed_f1": round(hindsight.f1(everybody), 4),
            "identities": hindsight.identities,
        },
        "seconds_for_linking_once": round(seconds, 2),
    }


def withheld(labelled: Sequence[Labelled]) -> list[Labelled]:
    """The same tracklets, so far apart in time, and in no order, that it says nothing."""
    moments = FAR_APART * np.random.default_rng(0).permutation(len(labelled))
    return [
        Labelled(replace(item.tracklet, start=moment, end=moment + 1), item.person)
        for item, moment in zip(labelled, moments.tolist(), strict=True)
    ]


def main() -> None:
    """Measure with and without times, with and without distractors."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("market", type=Path)
    parser.add_argument("features", type=Path)
    parser.add_argument("--low", type=float, default=0.40)
    parser.add_argument("--high", type=float, default=0.58)
    parser.add_argument("--step", type=float, default=0.01)
    given = parser.parse_args()
    people, alone = market(given.market, given.features)
    thresholds = np.arange(given.low, given.high + given.step / 2, given.step).tolist()
    plain = cross_fitted(people, thresholds)
    crowded = cross_fitted([*people, *alone], thresholds)
    result = {
        "market1501": plain,
        "market1501_with_distractors": crowded
        | {"f1_lost": round(plain["bcubed_f1"] - crowded["bcubed_f1"], 4)},
        "market1501_times_withheld": cross_fitted(withheld(people), thresholds),
    }
    sys.stdout.write(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
