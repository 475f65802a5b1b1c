"""What mistakes in a protocol make of features, beside the protocol as it is.

    python tests/benchmarks/protocol.py NAME=FEATURES.npz...

`FEATURES.npz` are what `surveil-reid evaluate … --features` keeps. The mistakes: images of the
query's own camera are left in; identities are numbered from 0 on among the queries and among the
gallery each, where distractors are one more; and the order is random, of which the mean of ten is
given. Prints one JSON document, which belongs into `tests/benchmarks/results`.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from surveil_reid.core import Integers
from surveil_reid.evaluation import read_features
from surveil_reid.evaluation.features import UNKNOWN_CAMERA, Features
from surveil_reid.evaluation.retrieval import evaluate_features

ORDERS = 10


def scores(features: Features, seed: int | None = None) -> dict[str, Any]:
    """Our scores, of a random order if there is a seed."""
    distances = None
    if seed is not None:
        shape = (len(features.query), len(features.gallery))
        distances = np.random.default_rng(seed).random(shape, np.float32)
    document = evaluate_features(features, distances=distances).as_dict()
    del document["seconds"]
    return document


def mean(documents: list[dict[str, Any]]) -> dict[str, Any]:
    """The mean of each score; counts are the same in all."""
    first = documents[0]
    return {
        key: mean([document[key] for document in documents])
        if isinstance(value, dict)
        else type(value)(np.mean([document[key] for document in documents]))
        for key, value in first.items()
    }


def numbered(ids: Integers) -> Integers:
    """Identities by their place among those that there are, from 1."""
    return np.unique(ids, return_inverse=True)[1].astype(np.int64) + 1


def measure(path: Path) -> dict[str, Any]:
    """One set of features, in every way."""
    features = read_features(path)
    blind = replace(
        features,
        query_cameras=np.full_like(features.query_cameras, UNKNOWN_CAMERA),
        gallery_cameras=np.full_like(features.gallery_cameras, UNKNOWN_CAMERA),
    )
    apart = replace(
        features,
        query_ids=numbered(features.query_ids),
        gallery_ids=numbered(features.gallery_ids),
    )
    return {
        "as it is": scores(features),
        "own camera left in": scores(blind),
        "numbered apart": scores(apart),
        "random order": mean([scores(features, seed) for seed in range(ORDERS)])
        | {"orders": ORDERS},
    }


def main() -> None:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("features", nargs="+", metavar="NAME=FEATURES.npz")
    named = [item.partition("=") for item in parser.parse_args().features]
    print(json.dumps({name: measure(Path(path)) for name, _, path in named}, indent=2))


if __name__ == "__main__":
    main()
