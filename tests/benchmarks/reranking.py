"""Time, peak memory and ranks of re-ranking, beside the same equations on dense matrices.

    PYTHONPATH=tests python tests/benchmarks/reranking.py FEATURES.npz [--threads N] [--rounds 3]

`dense` follows the paper (arXiv:1701.08398) as programs in plain NumPy do: all distances, all of
them sorted, an encoding with a column for everyone, loops over rows. Like the authors' program it
divides columns by their largest and goes on with the transpose, so that rows are scattered in
memory. `dense_rows` is the same with rows in one piece, and `reference` is that in float64; its
order of the gallery counts as the right one. Each part runs in a process of its own, one after the
other, in several rounds; costs and ratios are medians over the rounds, with the smallest and the
largest ratio beside them. Memory is the largest resident set that the operating system saw,
interpreter and features included. The reference takes 8 GB for Market-1501 and runs once. Prints
one JSON document, which belongs into `tests/benchmarks/results`.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray
from turns import spread

from surveil_reid.core import Integers
from surveil_reid.evaluation import Features, evaluate_features, make_features
from surveil_reid.matching import RerankOptions, rerank

ARRAYS = ("query", "gallery", "query_ids", "gallery_ids", "query_cameras", "gallery_cameras")
RIVALS = ("dense", "dense_rows")
PARTS = ("ours", *RIVALS, "reference")
COSTS = ("seconds", "cpu_seconds", "peak_mb")
TOP = 10

Matrix = NDArray[Any]


def load(path: str) -> Features:
    """Features from a file."""
    with np.load(path) as file:
        return make_features(**{name: file[name] for name in ARRAYS})


def dense(
    features: Features, options: RerankOptions, *, dtype: DTypeLike, transposed: bool
) -> Matrix:
    """Re-ranked distances `(Q, G)`, by dense matrices of a type, `transposed` in memory or not."""
    queries = len(features.query)
    vectors = np.concatenate([features.query, features.gallery]).astype(dtype)
    plain = plain_distances(vectors, transposed=transposed)
    order = np.argsort(plain, axis=1).astype(np.int32)
    encoding = encode(plain, order, options.k1)
    plain = plain[:queries, queries:].copy()  # the rest is not needed again
    encoding = average(encoding, order, options.k2)
    jaccard = jaccard_distances(encoding, queries)
    return (1 - options.lambda_) * jaccard + options.lambda_ * plain


def plain_distances(vectors: Matrix, *, transposed: bool) -> Matrix:
    """Squared Euclidean distances `(n, n)`, divided by the largest in their row.

    Matrices made in the likeness of a transposed one (`np.zeros_like`) lie in memory as it does.
    """
    lengths = (vectors**2).sum(axis=1)
    # OpenBLAS has a product of its own for a matrix and its transpose, which can crash in float64
    # at this size; a copy goes around it.
    squared = vectors @ (vectors.T if vectors.dtype == np.float32 else vectors.T.copy())
    squared *= -2
    squared += lengths
    squared += lengths[:, None]
    np.maximum(squared, 0, out=squared)
    np.fill_diagonal(squared, 0)
    if transposed:
        squared /= squared.max(axis=0)
        return squared.T
    squared /= squared.max(axis=1, keepdims=True)
    return squared


def mutual(order: Matrix, row: int, k: int) -> Integers:
    """The paper's R(p, k), equation 2: those among whose k nearest `row` is, among its own."""
    near = order[row, : k + 1]
    found: Integers = near[(order[near, : k + 1] == row).any(axis=1)]
    return found


def encode(plain: Matrix, order: Matrix, k1: int) -> Matrix:
    """The paper's V `(n, n)`, equations 3 and 5, each row summing to 1."""
    encoding = np.zeros_like(plain)
    for row in range(len(plain)):
        own = mutual(order, row, k1)
        expanded = own
        for candidate in own:
            others = mutual(order, candidate, round(k1 / 2))
            if 3 * len(np.intersect1d(own, others)) > 2 * len(others):
                expanded = np.append(expanded, others)
        expanded = np.unique(expanded)
        weights = np.exp(-plain[row, expanded])
        encoding[row, expanded] = weights / weights.sum()
    return encoding


def average(encoding: Matrix, order: Matrix, k2: int) -> Matrix:
    """Each row's mean over its `k2` nearest, equation 7."""
    averaged = np.zeros_like(encoding)
    for row in range(len(encoding)):
        averaged[row] = encoding[order[row, :k2]].mean(axis=0)
    return averaged


def jaccard_distances(encoding: Matrix, queries: int) -> Matrix:
    """Equation 6 between the first `queries` rows and the others `(queries, n - queries)`."""
    holders = [np.flatnonzero(encoding[:, column]) for column in range(len(encoding))]
    distances = np.zeros((queries, len(encoding) - queries), encoding.dtype)
    for row in range(queries):
        shared = np.zeros(len(encoding), encoding.dtype)
        for column in np.flatnonzero(encoding[row]):
            rows = holders[column]
            shared[rows] += np.minimum(encoding[row, column], encoding[rows, column])
        distances[row] = (1 - shared / (2 - shared))[queries:]
    return distances


def run(part: str, features: Features, lists: Path) -> dict[str, Any]:
    """One part's time, memory and scores; the places of its nearest go to a file."""
    options = RerankOptions()
    began, cpu_began = time.perf_counter(), time.process_time()
    if part == "ours":
        distances: Matrix = rerank(features.query, features.gallery, options=options)
    else:
        dtype = np.float64 if part == "reference" else np.float32
        distances = dense(features, options, dtype=dtype, transposed=part == "dense")
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu_began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    np.save(lists, nearest(distances))
    scores = evaluate_features(features, distances=distances)
    return {
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu_seconds, 2),
        "peak_mb": round(peak),
        "mAP": round(scores.mean_ap, 6),
        "rank1": round(scores.cmc[1], 6),
    }


def nearest(distances: Matrix) -> Integers:
    """Places in the gallery of each query's nearest `(Q, TOP)`, ties by place."""
    rows = [np.argsort(row, kind="stable")[:TOP] for row in distances]
    return np.array(rows, np.int64)


def in_own_process(features: str, part: str, lists: Path, threads: int) -> dict[str, Any]:
    """What a part prints, run by itself; NumPy's products of matrices take so many threads."""
    options = ["--part", part, "--lists", str(lists)]
    command = [sys.executable, str(Path(__file__)), features, *options]
    variables = os.environ | {"OPENBLAS_NUM_THREADS": str(threads)}
    done = subprocess.run(command, env=variables, stdout=subprocess.PIPE, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def compare(features: str, threads: int, rounds: int) -> dict[str, Any]:
    """All parts, round after round, and how they differ."""
    with tempfile.TemporaryDirectory() as folder:
        files = {part: Path(folder) / f"{part}.npy" for part in PARTS}
        runs = [
            {part: in_own_process(features, part, files[part], threads) for part in PARTS[:-1]}
            for _ in range(rounds)
        ]
        reference = in_own_process(features, "reference", files["reference"], threads)
        lists = {part: np.load(file) for part, file in files.items()}
    loaded = load(features)
    before = evaluate_features(loaded)
    return {
        "vectors": len(loaded.query) + len(loaded.gallery),
        "queries": len(loaded.query),
        "threads": threads,
        "rounds": rounds,
        "before": {"mAP": round(before.mean_ap, 6), "rank1": round(before.cmc[1], 6)},
        **{part: median_of([one[part] for one in runs]) for part in PARTS[:-1]},
        "reference": reference,
        "by_ours": {part: ratios([(one[part], one["ours"]) for one in runs]) for part in RIVALS},
        "unlike_reference": {part: unlike(lists[part], lists["reference"]) for part in PARTS[:-1]},
    }


def median_of(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """A part's costs over the rounds; its scores are the same in each."""
    return runs[0] | {name: statistics.median(run[name] for run in runs) for name in COSTS}


def ratios(pairs: list[tuple[dict[str, Any], dict[str, Any]]]) -> dict[str, dict[str, float]]:
    """How many times what ours takes another part takes in the same round."""
    found: dict[str, dict[str, float]] = {}
    for name in COSTS:
        each = [other[name] / ours[name] for other, ours in pairs]
        found[name] = spread(each, 1)
    return found


def unlike(found: Integers, wanted: Integers) -> dict[str, int]:
    """The number of queries whose nearest, and whose order of the nearest ones, is another."""
    other = found != wanted
    return {"top1": int(other[:, 0].sum()), f"top{TOP}": int(other.any(axis=1).sum())}


def main() -> None:
    """Run one part, or compare all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("features")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--part", choices=PARTS)
    parser.add_argument("--lists", type=Path, default=Path("lists.npy"))
    given = parser.parse_args()
    if given.part:
        result = run(given.part, load(given.features), given.lists)
    else:
        result = compare(given.features, given.threads, given.rounds)
    sys.stdout.write(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
