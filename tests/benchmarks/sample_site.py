"""How hard the sample site is: recall of detectors, and an embedder across cameras.

    python tests/benchmarks/sample_site.py samples/site --embedder E --detector D [--detector D2]

Recall: true boxes at least 60 pixels high and 0.6 visible, in every n-th frame, found by a
detection of confidence 0.25 with an overlap (IoU) of 0.5. The embedder sees crops of such boxes and
is scored by the evaluator's protocol, each crop a query, and with the whole of the query's camera
left out. Prints one JSON document, which belongs into `tests/benchmarks/results`.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

import surveil_reid
from surveil_reid.core import Floats, Image, box_iou
from surveil_reid.evaluation import evaluate_features, make_features
from surveil_reid.video import VideoOptions, read_frames

HEIGHT, VISIBILITY, CONFIDENCE, OVERLAP = 60, 0.6, 0.25, 0.5

Sample = tuple[str, Image, Floats, Floats]
"""Camera, frame, and its true boxes: all of them `(n, 4)`, and their id and visibility `(n, 2)`."""


def read_samples(site: Path, every: int) -> list[Sample]:
    """Every n-th frame of each camera with its truth."""
    samples = []
    for path in sorted((site / "truth").glob("*.txt")):
        rows = np.loadtxt(path, delimiter=",", ndmin=2)
        frames = read_frames(site / "footage" / f"{path.stem}.mp4", VideoOptions(fps=None))
        for number, frame in enumerate(frames, start=1):
            if (number - 1) % every == 0:
                mine = rows[(rows[:, 0] == number) & (rows[:, 6] == 1)]
                boxes = np.concatenate([mine[:, 2:4], mine[:, 2:4] + mine[:, 4:6]], axis=1)
                samples.append((path.stem, frame.image, boxes.astype(np.float32), mine[:, [1, 8]]))
    return samples


def plain(boxes: Floats, labels: Floats) -> Any:  # noqa: ANN401 - a mask
    """Which boxes are large and visible enough to be asked for."""
    return (boxes[:, 3] - boxes[:, 1] >= HEIGHT) & (labels[:, 1] >= VISIBILITY)


def measure_recall(samples: Sequence[Sample], detector: surveil_reid.Detector) -> dict[str, Any]:
    """Share of the plain boxes that are found, over all and by camera."""
    asked: Counter[str] = Counter()
    found: Counter[str] = Counter()
    wrong = 0
    for camera, image, boxes, labels in samples:
        (detections,) = detector.detect([image])
        kept = detections.boxes[detections.confidences >= CONFIDENCE]
        overlap = box_iou(boxes, kept)
        pairs = np.stack(linear_sum_assignment(overlap, maximize=True), axis=1)
        hit = np.zeros(len(boxes), bool)
        hit[[t for t, p in pairs if overlap[t, p] >= OVERLAP]] = True
        wanted = plain(boxes, labels)
        asked[camera] += int(wanted.sum())
        found[camera] += int((hit & wanted).sum())
        wrong += len(kept) - int(hit.sum())
    return {
        "detector": detector.name,
        "recall": round(found.total() / asked.total(), 4),
        "boxes": asked.total(),
        "by_camera": {camera: round(found[camera] / asked[camera], 4) for camera in sorted(asked)},
        "false_detections": wrong,
    }


def measure_embedder(samples: Sequence[Sample], embedder: surveil_reid.Embedder) -> dict[str, Any]:
    """Scores of the crops of plain boxes, each against all others."""
    crops, ids, cameras = [], [], []
    for camera, image, boxes, labels in samples:
        for box, (identity, _) in zip(
            boxes[plain(boxes, labels)], labels[plain(boxes, labels)], strict=True
        ):
            crops.append(surveil_reid.cut_crop(image, box))
            ids.append(int(identity))
            cameras.append(camera)
    vectors, who, where = embedder.embed(crops), np.array(ids), np.array(cameras)
    scores = evaluate_features(
        make_features(
            query=vectors,
            gallery=vectors,
            query_ids=who,
            gallery_ids=who,
            query_cameras=where,
            gallery_cameras=where,
        )
    )
    return {
        "embedder": embedder.info.name,
        "crops": len(crops),
        "identities": len(set(ids)),
        "queries": scores.valid_queries,
        "rank_1": round(scores.cmc[1], 4),
        "mAP": round(scores.mean_ap, 4),
        "rank_1_other_cameras": round(_rank_1_elsewhere(vectors, who, where), 4),
    }


def _rank_1_elsewhere(vectors: Floats, who: Any, where: Any) -> float:  # noqa: ANN401
    """Rank-1 with the whole of the query's own camera left out of the gallery."""
    similarity = np.where(where[:, None] == where, -2, vectors @ vectors.T)
    findable = ((who[:, None] == who) & (where[:, None] != where)).any(1)
    return float((who[similarity.argmax(1)] == who)[findable].mean())


def main() -> None:
    """Measure the detectors and the embedder given."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("site", type=Path)
    parser.add_argument("--detector", action="append", required=True)
    parser.add_argument("--embedder", required=True)
    parser.add_argument("--every", type=int, default=5)
    given = parser.parse_args()
    samples = read_samples(given.site, given.every)
    detectors = [surveil_reid.load_detector(detector) for detector in given.detector]
    document = {
        "site": given.site.name,
        "every": given.every,
        "detection": [measure_recall(samples, detector) for detector in detectors],
        "embedding": measure_embedder(samples, surveil_reid.load_embedder(given.embedder)),
    }
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
