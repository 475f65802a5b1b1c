"""Detectors beside each other: average precision, false alarms in empty rooms, and time.

    python tests/benchmarks/detectors.py DATA --detector NAME=D [--detector NAME2=D2]

AP50: of `footage/pets09-s2l1`, every n-th frame, by pycocotools, all sizes, IoU 0.5; the recall is
that of detections of confidence 0.5. False alarms: detections of confidence 0.25, and of 0.5, from
which tracking starts a person, in those frames of `footage/rooms` that show nobody
(`truth/rooms-empty.json`). Time: of one frame at a time, all detectors in turn on the same frame,
as ratios to the first detector, since the machine may be busy: the median over the frames and the
quartiles. Both sequences are for measuring only. Prints one JSON document, which belongs into
`tests/benchmarks/results` as `detectors-NAME.json`.
"""

import argparse
import contextlib
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

import surveil_reid
from surveil_reid.core import Detections, Floats, Image
from surveil_reid.video import VideoOptions, read_frames

FAINTEST, SURE, FALSE_ALARMS = 0.01, 0.5, (0.25, 0.5)
EMPTY = Path(__file__).parent / "truth/rooms-empty.json"

Sample = tuple[Image, Floats]
"""A frame and its true boxes `(n, 4)`, left, top, width and height."""


def read_pets(folder: Path, every: int) -> list[Sample]:
    """Every n-th frame with the boxes that count."""
    rows = np.loadtxt(folder / "gt.txt", delimiter=",")
    rows = rows[rows[:, 6] == 1]
    frames = read_frames(folder / "video.avi", VideoOptions(fps=None))
    return [
        (frame.image, rows[rows[:, 0] == frame.number][:, 2:6].astype(np.float32))
        for frame in frames
        if (frame.number - 1) % every == 0
    ]


def read_empty(folder: Path) -> list[Image]:
    """The frames of both rooms that show nobody."""
    truth = json.loads(EMPTY.read_text(encoding="utf-8"))
    return [
        frame.image
        for camera in ("cam1", "cam2")
        for frame in read_frames(folder / f"{camera}.mp4", VideoOptions(fps=None))
        if any(first <= frame.number <= last for first, last in truth[camera])
    ]


def detect_in_turn(
    detectors: Sequence[surveil_reid.Detector], images: Sequence[Image]
) -> tuple[list[list[Detections]], Floats]:
    """Detections by detector and frame, and the seconds they took `(frames, detectors)`."""
    for detector in detectors:
        detector.detect(images[:2])  # compiles
    found: list[list[Detections]] = [[] for _ in detectors]
    seconds = np.zeros((len(images), len(detectors)), np.float32)
    for number, image in enumerate(images):
        for place in np.roll(np.arange(len(detectors)), number):
            began = time.perf_counter()
            found[place] += detectors[place].detect([image])
            seconds[number, place] = time.perf_counter() - began
        sys.stderr.write(f"\r{number + 1} of {len(images)} frames")
    return found, seconds


def average_precision(samples: Sequence[Sample], found: Sequence[Detections]) -> dict[str, Any]:
    """AP50, and the recall of confident detections."""
    boxes = [(number, box) for number, (_, true) in enumerate(samples) for box in true]
    truth = {
        "info": {},
        "images": [{"id": number} for number in range(len(samples))],
        "categories": [{"id": 1, "name": "person"}],
        "annotations": [
            {"id": place, "image_id": number, "category_id": 1, "bbox": box.tolist(),
             "area": float(box[2] * box[3]), "iscrowd": 0}
            for place, (number, box) in enumerate(boxes, start=1)
        ],
    }  # fmt: skip
    with contextlib.redirect_stdout(sys.stderr):
        coco = COCO()
        coco.dataset = truth
        coco.createIndex()
        return {
            "frames": len(samples),
            "boxes": len(boxes),
            "AP50": round(_evaluate(coco, found, FAINTEST)["precision"], 4),
            "recall_at_0.5": round(_evaluate(coco, found, SURE)["recall"], 4),
        }


def _evaluate(coco: COCO, found: Sequence[Detections], least: float) -> dict[str, float]:
    results = [
        {"image_id": number, "category_id": 1, "score": float(score),
         "bbox": [*map(float, box[:2]), float(box[2] - box[0]), float(box[3] - box[1])]}
        for number, detections in enumerate(found)
        for box, score in zip(detections.boxes, detections.confidences, strict=True)
        if score >= least
    ]  # fmt: skip
    scoring = COCOeval(coco, coco.loadRes(results), "bbox")
    scoring.params.iouThrs = np.array([0.5])
    scoring.evaluate()
    scoring.accumulate()
    # Axes: IoU, recall, class, size of boxes (0: all), detections a picture (2: up to 100).
    return {
        "precision": float(scoring.eval["precision"][0, :, 0, 0, 2].mean()),
        "recall": float(scoring.eval["recall"][0, 0, 0, 2]),
    }


def main() -> None:
    """Measure the detectors given."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", type=Path)
    parser.add_argument("--detector", action="append", required=True, metavar="NAME=D")
    parser.add_argument("--every", type=int, default=5)
    parser.add_argument("--trust-weights", action="store_true")
    given = parser.parse_args()
    wanted = surveil_reid.DetectionOptions(confidence=FAINTEST, device="cpu", batch_size=1)
    named = dict(item.split("=", 1) for item in given.detector)
    detectors = [
        surveil_reid.load_detector(weights, wanted, trust_weights=given.trust_weights)
        for weights in named.values()
    ]
    samples = read_pets(given.data / "footage/pets09-s2l1", given.every)
    empty = read_empty(given.data / "footage/rooms")
    found, seconds = detect_in_turn(detectors, [image for image, _ in samples])
    in_empty, _ = detect_in_turn(detectors, empty)
    ratios = np.quantile(seconds / seconds[:, :1], (0.25, 0.5, 0.75), axis=0)
    rows = [
        {
            "name": name,
            "sha256": detector.sha256,
            "pets09": average_precision(samples, found[place]),
            "empty": {
                "frames": len(empty),
                "false_alarms": {
                    str(least): sum(
                        int((seen.confidences >= least).sum()) for seen in in_empty[place]
                    )
                    for least in FALSE_ALARMS
                },
            },
            "time_ratio": {
                key: round(float(ratios[at, place]), 3)
                for at, key in enumerate(("low", "median", "high"))
            },
        }
        for place, (name, detector) in enumerate(zip(named, detectors, strict=True))
    ]
    load = {"cores": os.cpu_count(), "load_average": round(os.getloadavg()[0], 1)}
    document = {"every": given.every, "machine": load, "detectors": rows}
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
