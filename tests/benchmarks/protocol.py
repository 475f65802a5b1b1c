"""What mistakes in a protocol make of features, beside the protocol as it is.

    python tests/benchmarks/protocol.py NAME=FEATURES.npz...
    python tests/benchmarks/protocol.py --draws MARKET

`FEATURES.npz` are what `surveil-reid evaluate … --features` keeps. The mistakes: images of the
query's own camera are left in; identities are numbered from 0 on among the queries and among the
gallery each, where distractors are one more; and the order is random, of which the mean of ten is
given. With `--draws`, for how many queries of 80:20 draws of Market-1501 (the folder MARKET) the
second of these gives the right identity. Prints one JSON document, which belongs into
`tests/benchmarks/results`.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surveil_reid.core import Integers
from surveil_reid.evaluation import (
    DataSet,
    ranking_labels,
    read_data_set,
    read_features,
    split,
)
from surveil_reid.evaluation.features import Features
from surveil_reid.evaluation.retrieval import evaluate_features

ORDERS = 10
DRAWS = 12


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


def numbered(ids: NDArray[Any]) -> Integers:
    """Identities by their place among those that there are, from 1."""
    return np.unique(ids, return_inverse=True)[1].astype(np.int64) + 1


def measure(path: Path) -> dict[str, Any]:
    """One set of features, in every way."""
    features = read_features(path)
    apart = replace(
        features,
        query_ids=numbered(features.query_ids),
        gallery_ids=numbered(features.gallery_ids),
    )
    return {
        "as it is": scores(features),
        "own camera left in": scores(features.own_camera_left_in()),
        "numbered apart": scores(apart),
        "numbered apart, own camera left in": scores(apart.own_camera_left_in()),
        "random order": mean([scores(features, seed) for seed in range(ORDERS)])
        | {"orders": ORDERS},
    }


def agreeing(market: DataSet, seed: int) -> dict[str, int]:
    """Of a draw of 80:20, the queries, and those whose number is also that in the gallery."""
    labels = ranking_labels(split(market, "paper-80", seed))
    asked, there = labels.query_ids, labels.gallery_ids[labels.gallery_ids != "-1"]
    among_queries = dict(zip(asked.tolist(), numbered(asked).tolist(), strict=True))
    in_gallery = dict(zip(there.tolist(), numbered(there).tolist(), strict=True))
    right = [among_queries[who] == in_gallery.get(who) for who in asked.tolist()]
    return {"seed": seed, "agreeing": sum(right), "queries": len(right)}


def main() -> None:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("features", nargs="*", metavar="NAME=FEATURES.npz")
    parser.add_argument("--draws", metavar="MARKET", type=Path)
    given = parser.parse_args()
    if given.draws is not None:
        market = read_data_set("market1501", given.draws)
        print(json.dumps({"draws": [agreeing(market, seed) for seed in range(DRAWS)]}, indent=2))
        return
    named = [item.partition("=") for item in given.features]
    print(json.dumps({name: measure(Path(path)) for name, _, path in named}, indent=2))


if __name__ == "__main__":
    main()
