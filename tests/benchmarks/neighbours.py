"""What inverted lists miss of the nearest neighbours, by how many of them are looked into.

    PYTHONPATH=. python tests/benchmarks/neighbours.py FEATURES.npz

FEATURES are those of Market-1501's training pictures (`names` and `features`, as
`training.thresholds` reads them); who is who plays no part. `recall` is the share of each picture's
nearest, itself left out, that is found. Prints one JSON document for `tests/benchmarks/results`.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np

from surveil_reid.core import Integers
from surveil_reid.identity.evidence import EvidenceOptions
from surveil_reid.matching.neighbours import LIST_LENGTH, PROBED, nearest_neighbours
from training.thresholds import read_features

LISTS = (8, 16, 32, 64)


def recall(found: Integers, exact: Integers) -> float:
    """The share of the exact neighbours that is found."""
    return float(
        np.mean([np.isin(one, other).mean() for one, other in zip(exact, found, strict=True)])
    )


def main() -> None:
    """Measure each number of lists."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("features", type=Path)
    given = parser.parse_args()
    _, vectors = read_features(given.features)
    count = EvidenceOptions().neighbours
    _, exact = nearest_neighbours(vectors, count, exact_up_to=len(vectors))
    runs = []
    for probed in LISTS:
        began = time.process_time()
        _, found = nearest_neighbours(vectors, count, exact_up_to=0, probed=probed)
        seconds = time.process_time() - began
        share = recall(found[:, 1:], exact[:, 1:])
        runs.append({"probed": probed, "recall": round(share, 4), "cpu_seconds": round(seconds, 2)})
    result = {
        "features": given.features.stem,
        "vectors": len(vectors),
        "neighbours": count,
        "list_length": LIST_LENGTH,
        "probed_in_use": PROBED,
        "runs": runs,
    }
    sys.stdout.write(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
