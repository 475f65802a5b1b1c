"""What an embedder loses on Market-1501 where pictures are worse: small, compressed, dark, cut.

    python tests/benchmarks/robustness.py DATA --embedder E [--limit IDENTITIES] [--only PATTERN]

Official protocol, single query. Each damage of `damage.py` is done to the queries alone, as when a
bad picture is searched for among good ones, and to queries and gallery both. `--limit` takes that
many test identities, spread over all, and the same share of the distractors; figures are then
higher than the official ones and compare with each other alone. Prints one JSON document, which
belongs into `tests/benchmarks/results` as `robustness-NAME.json`.
"""

import argparse
import fnmatch
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import damage
import numpy as np

import surveil_reid
from surveil_reid.core import Floats, Image
from surveil_reid.evaluation import LabelledImage, Split, make_features, ranking_labels
from surveil_reid.evaluation.retrieval import evaluate_features

AT_ONCE = 64


def limited(whole: Split, limit: int | None) -> Split:
    """Some of the test identities, and as large a share of the distractors."""
    people = sorted({image.identity for image in whole.query})
    if limit is None or limit >= len(people):
        return whole
    step = len(people) / limit
    kept = {people[int(number * step)] for number in range(limit)}
    distractors = [image for image in whole.gallery if image.distractor]
    few = set(distractors[:: max(1, round(step))])
    return Split(
        train=(),
        validation=(),
        query=tuple(image for image in whole.query if image.identity in kept),
        gallery=tuple(i for i in whole.gallery if i.identity in kept or i in few),
    )


def embed(
    images: tuple[LabelledImage, ...],
    embedder: surveil_reid.Embedder,
    harm: Callable[[Image], Image] = lambda picture: picture,
) -> Floats:
    """Embeddings of damaged pictures, `(n, dim)`."""
    parts = [
        embedder.embed(
            [harm(surveil_reid.read_picture(image.path)) for image in images[at : at + AT_ONCE]]
        )
        for at in range(0, len(images), AT_ONCE)
    ]
    return np.concatenate(parts)


def main() -> None:
    """Measure the embedder given."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", type=Path, help="Market-1501, or the folder that holds it")
    parser.add_argument("--embedder", help="the one that ships if not given")
    parser.add_argument("--limit", type=int, metavar="IDENTITIES")
    parser.add_argument("--only", default="*", metavar="PATTERN", help="of the damages' names")
    given = parser.parse_args()
    whole = surveil_reid.split(surveil_reid.read_data_set("market1501", given.data), "official", 0)
    parts, embedder = limited(whole, given.limit), surveil_reid.load_embedder(given.embedder)
    labels = ranking_labels(parts)
    rows: list[dict[str, Any]] = []

    def score(harm: str, applied_to: str, query: Floats, gallery: Floats) -> None:
        scores = evaluate_features(
            make_features(
                query=query,
                gallery=gallery,
                query_ids=labels.query_ids,
                gallery_ids=labels.gallery_ids,
                query_cameras=labels.query_cameras,
                gallery_cameras=labels.gallery_cameras,
            )
        )
        facts = {"mAP": round(scores.mean_ap, 4), "rank_1": round(scores.cmc[1], 4)}
        rows.append({"damage": harm, "applied_to": applied_to, **facts})
        sys.stderr.write(f"{rows[-1]}\n")

    query, gallery = (embed(images, embedder) for images in (parts.query, parts.gallery))
    score("none", "none", query, gallery)
    for name, harm in damage.DAMAGES.items():
        if fnmatch.fnmatch(name, given.only):
            worse = embed(parts.query, embedder, harm)
            score(name, "queries", worse, gallery)
            score(name, "queries and gallery", worse, embed(parts.gallery, embedder, harm))
    document = {
        "embedder": embedder.info.name,
        "sha256": embedder.info.sha256,
        "identities": len({image.identity for image in parts.query}),
        "queries": len(parts.query),
        "gallery": len(parts.gallery),
        "results": rows,
    }
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
