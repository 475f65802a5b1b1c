"""Time and peak memory of ranking, beside a plain Python loop, and of a large gallery in blocks.

    PYTHONPATH=tests python tests/benchmarks/ranking.py FEATURES.npz [--gallery 200000] [--dim 512]

Each part runs in a process of its own; memory is the largest resident set that the operating
system saw, the loading of the features included. The loop is handed its similarities and is timed
without them. Scores of the two are compared bit for bit. Prints one JSON document, which belongs
into `tests/benchmarks/results`.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from helpers.plain_retrieval import plain_scores
from surveil_reid.evaluation.features import Features, make_features, unit
from surveil_reid.evaluation.retrieval import evaluate_features

QUERIES = 3_368
PEOPLE = 1_500
ARRAYS = ("query", "gallery", "query_ids", "gallery_ids", "query_cameras", "gallery_cameras")


def load(path: str) -> Features:
    """Features from a file."""
    with np.load(path) as file:
        return make_features(**{name: file[name] for name in ARRAYS})


def invent(gallery: int, dim: int) -> Features:
    """Noisy images of people in six cameras; made in pieces, so as not to be the peak itself."""
    generator = np.random.default_rng(0)
    centres = generator.normal(size=(PEOPLE + 1, dim)).astype(np.float32)
    ids = {"query": generator.integers(1, PEOPLE + 1, QUERIES)}
    ids["gallery"] = np.where(
        generator.random(gallery) < 0.9, 0, generator.integers(1, PEOPLE + 1, gallery)
    )
    arrays: dict[str, Any] = {}
    for name, people in ids.items():
        vectors = np.empty((len(people), dim), np.float32)
        for start in range(0, len(people), 4096):
            part = people[start : start + 4096]
            noise = generator.normal(scale=3, size=(len(part), dim))
            vectors[start : start + 4096] = noise + centres[part] * (part > 0)[:, None]
        arrays |= {name: vectors, f"{name}_ids": people}
        arrays[f"{name}_cameras"] = generator.integers(1, 7, len(people))
    return make_features(**arrays)


def evaluate(features: Features) -> dict[str, Any]:
    """Our scores."""
    return evaluate_features(features).as_dict()


def loop(features: Features) -> dict[str, Any]:
    """The plain loop's scores."""
    scores = unit(features.query) @ unit(features.gallery).T
    began = time.perf_counter()
    plain = plain_scores(
        scores,
        features.query_ids.tolist(),
        features.query_cameras.tolist(),
        features.gallery_ids.tolist(),
        features.gallery_cameras.tolist(),
    )
    seconds = time.perf_counter() - began
    if plain is None:
        sys.exit("no query has a match")
    return {
        "mAP": plain.mean_ap,
        "mAP_trapezoidal": plain.mean_ap_trapezoidal,
        "cmc": {str(at): share for at, share in plain.cmc.items()},
        "mINP": plain.mean_inp,
        "valid_queries": plain.valid_queries,
        "seconds": {"ranking": seconds},
    }


def in_own_process(arguments: list[str], part: str) -> dict[str, Any]:
    """What a part prints, run by itself."""
    command = [sys.executable, str(Path(__file__)), *arguments, "--part", part]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def run(given: argparse.Namespace) -> dict[str, Any]:
    """One part, with the memory that it took."""
    features = invent(given.gallery, given.dim) if given.part == "large" else load(given.features)
    result = loop(features) if given.part == "loop" else evaluate(features)
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return result | {"peak_megabytes": round(megabytes)}


def compare(arguments: list[str]) -> dict[str, Any]:
    """All parts, one after the other, and their ratios."""
    ours, plain, large = (in_own_process(arguments, part) for part in ("ours", "loop", "large"))
    seconds = plain["seconds"]["ranking"]
    scores = plain.keys() - {"seconds", "peak_megabytes"}
    return {
        "ours": ours,
        "loop": plain,
        "large": large,
        "bit_identical": all(ours[name] == plain[name] for name in scores),
        "loop_by_ranking": round(seconds / ours["seconds"]["ranking"], 1),
        "loop_by_ranking_with_distances": round(seconds / sum(ours["seconds"].values()), 1),
    }


def main() -> None:
    """Run one part, or compare all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("features")
    parser.add_argument("--gallery", type=int, default=200_000)
    parser.add_argument("--dim", type=int, default=512)
    parser.add_argument("--part", choices=["ours", "loop", "large"])
    given = parser.parse_args()
    result = run(given) if given.part else compare(sys.argv[1:])
    sys.stdout.write(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
