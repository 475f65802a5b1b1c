"""Detectors beside each other: average precision, false alarms in empty rooms, and time.

    python tests/benchmarks/detectors.py DATA --detector NAME=D [--detector NAME2=D2] --rendered DIR

AP50: of `footage/pets09-s2l1`, every n-th frame, by pycocotools, all sizes, IoU 0.5; the recall is
that of detections of confidence 0.5. False alarms: detections of confidence 0.25, and of 0.5, from
which tracking starts a person, in those frames of `footage/rooms` that show nobody
(`truth/rooms-empty.json`). Checked: 202 frames of `footage/rooms`, `indoor-walk` and `plaza`, at
even distances, whose boxes (`truth/checked-boxes.json`, xyxy) were proposed by the cut network at
1280 pixels, looked at one by one, and moved, added and struck out by hand; people of whom less than
about half can be seen are regions where nothing counts. Rendered: false alarms in pictures of
furnished rooms, coats on stands and yards that show nobody, made by
`python -m samples.render scenes --seed 91 --images 40 --people 20 --empty 1`. At equal recall:
false alarms from that confidence on from which a detector finds as many of the checked people as
the first detector does from 0.25 on. Time: of one frame at a time, all detectors in turn on the
same frame, as ratios to the first detector, since the machine may be busy: the median over the
frames and the quartiles. PETS and `rooms` are for measuring only; pictures of `indoor-walk` and
`plaza`, with labels of the detector's own, were trained on, and lent the int8 form its ranges.
Prints one JSON document, which belongs into `tests/benchmarks/results` as `detectors-NAME.json`.
"""

import argparse
import bisect
import contextlib
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

import surveil_reid
from surveil_reid.core import Detections, Floats, Image
from surveil_reid.pipeline import read_pictures
from surveil_reid.video import VideoOptions, read_frames

FAINTEST, SURE, FALSE_ALARMS = 0.01, 0.5, (0.25, 0.5)
TRUTH = Path(__file__).parent / "truth"


@dataclass(frozen=True, slots=True)
class Sample:
    """A frame and its true boxes.

    Attributes:
        image: the frame.
        people: float32 `(n, 4)`: left, top, width and height.
        ignored: of the same kind, where detections count neither for nor against.
    """

    image: Image
    people: Floats
    ignored: Floats


def read_pets(folder: Path, every: int) -> list[Sample]:
    """Every n-th frame with the boxes that count."""
    rows = np.loadtxt(folder / "gt.txt", delimiter=",")
    rows = rows[rows[:, 6] == 1]
    frames = read_frames(folder / "video.avi", VideoOptions(fps=None))
    return [
        Sample(
            frame.image,
            rows[rows[:, 0] == frame.number][:, 2:6].astype(np.float32),
            np.zeros((0, 4), np.float32),
        )
        for frame in frames
        if (frame.number - 1) % every == 0
    ]


def read_empty(folder: Path) -> list[Image]:
    """The frames of both rooms that show nobody."""
    truth = json.loads((TRUTH / "rooms-empty.json").read_text(encoding="utf-8"))
    return [
        frame.image
        for camera in ("cam1", "cam2")
        for frame in read_frames(folder / f"{camera}.mp4", VideoOptions(fps=None))
        if any(first <= frame.number <= last for first, last in truth[camera])
    ]


def read_checked(folder: Path) -> dict[str, list[Sample]]:
    """The frames that were checked by hand, by the folder of their footage."""
    checked: dict[str, list[Sample]] = {}
    for name, frames in json.loads((TRUTH / "checked-boxes.json").read_text("utf-8")).items():
        checked.setdefault(name.split("/")[0], []).extend(
            Sample(
                frame.image,
                sides(frames[str(frame.number)]["people"]),
                sides(frames[str(frame.number)]["ignored"]),
            )
            for frame in read_frames(folder / name, VideoOptions(fps=None))
            if str(frame.number) in frames
        )
    return checked


def sides(boxes: Sequence[Sequence[int]]) -> Floats:
    """Boxes xyxy as left, top, width and height, float32 `(n, 4)`."""
    corners = np.array(boxes, np.float32).reshape(-1, 4)
    return np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], axis=1)


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


def scores(samples: Sequence[Sample], found: Sequence[Detections]) -> dict[str, Any]:
    """AP50, and the recall of confident detections."""
    coco = _truth(samples)
    sure = _evaluate(coco, found, SURE)
    return {
        "frames": len(samples),
        "boxes": sum(len(sample.people) for sample in samples),
        "AP50": round(_precision(_evaluate(coco, found, FAINTEST)), 4),
        "recall_at_0.5": round(_recall(sure), 4),
    }


def checked_scores(
    checked: Mapping[str, Sequence[Sample]], found: Sequence[Detections]
) -> dict[str, Any]:
    """The same of all footage checked by hand, with false alarms, and the recall in each."""
    samples = [sample for part in checked.values() for sample in part]
    coco = _truth(samples)
    by_limit = {str(least): _evaluate(coco, found, least) for least in FALSE_ALARMS}
    result: dict[str, Any] = scores(samples, found)
    result["recall"] = {least: round(_recall(done), 4) for least, done in by_limit.items()}
    result["false_alarms"] = {least: _false_alarms(done) for least, done in by_limit.items()}
    result["recall_in"] = {}
    first = 0
    for name, part in checked.items():
        done = _evaluate(_truth(part), found[first : first + len(part)], SURE)
        result["recall_in"][name] = round(_recall(done), 4)
        first += len(part)
    return result


def alarms(found: Sequence[Detections], least: float) -> int:
    """Detections of at least a confidence."""
    return sum(int((seen.confidences >= least).sum()) for seen in found)


def at_recall(
    coco: COCO,
    found: Sequence[Detections],
    recall: float,
    nobody: Mapping[str, Sequence[Detections]],
) -> dict[str, Any] | None:
    """False alarms from the highest confidence on from which so many people are found.

    Args:
        coco: the people that were checked.
        found: what a detector found there.
        recall: share of the people.
        nobody: what it found where nobody is.

    Returns:
        The confidence and the false alarms; None where it never finds as many.
    """
    steps = np.unique(np.concatenate([seen.confidences for seen in found]))
    enough = bisect.bisect(
        steps, -recall, key=lambda least: -_recall(_evaluate(coco, found, float(least)))
    )
    if not enough:
        return None
    least = float(steps[enough - 1])
    return {
        "confidence": round(least, 4),
        "checked": _false_alarms(_evaluate(coco, found, least)),
        **{scene: alarms(some, least) for scene, some in nobody.items()},
    }


def _truth(samples: Sequence[Sample]) -> COCO:
    boxes = [
        (number, box, crowd)
        for number, sample in enumerate(samples)
        for crowd, some in enumerate((sample.people, sample.ignored))
        for box in some
    ]
    with contextlib.redirect_stdout(sys.stderr):
        coco = COCO()
        coco.dataset = {
            "info": {},
            "images": [{"id": number} for number in range(len(samples))],
            "categories": [{"id": 1, "name": "person"}],
            "annotations": [
                {"id": place, "image_id": number, "category_id": 1, "bbox": box.tolist(),
                 "area": float(box[2] * box[3]), "iscrowd": crowd}
                for place, (number, box, crowd) in enumerate(boxes, start=1)
            ],
        }  # fmt: skip
        coco.createIndex()
    return coco


def _evaluate(coco: COCO, found: Sequence[Detections], least: float) -> COCOeval:
    results = [
        {"image_id": number, "category_id": 1, "score": float(score),
         "bbox": [*map(float, box[:2]), float(box[2] - box[0]), float(box[3] - box[1])]}
        for number, detections in enumerate(found)
        for box, score in zip(detections.boxes, detections.confidences, strict=True)
        if score >= least
    ]  # fmt: skip
    with contextlib.redirect_stdout(sys.stderr):
        done = COCOeval(coco, coco.loadRes(results), "bbox")
        done.params.iouThrs = np.array([0.5])
        done.evaluate()
        done.accumulate()
    return done


# Axes: IoU, recall, class, size of boxes (0: all), detections a picture (2: up to 100).


def _precision(done: COCOeval) -> float:
    return float(done.eval["precision"][0, :, 0, 0, 2].mean())


def _recall(done: COCOeval) -> float:
    return float(done.eval["recall"][0, 0, 0, 2])


def _false_alarms(done: COCOeval) -> int:
    """Detections that are nobody and lie in no region that is ignored."""
    pictures = [seen for seen in done.evalImgs[: len(done.params.imgIds)] if seen is not None]
    return sum(
        int(((seen["dtMatches"] == 0) & ~seen["dtIgnore"].astype(bool)).sum()) for seen in pictures
    )


def main() -> None:
    """Measure the detectors given."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", type=Path)
    parser.add_argument("--detector", action="append", required=True, metavar="NAME=D")
    parser.add_argument("--rendered", type=Path, required=True, metavar="DIR")
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
    checked = read_checked(given.data / "footage")
    looked_at = [sample for part in checked.values() for sample in part]
    found, seconds = detect_in_turn(detectors, [sample.image for sample in samples])
    in_checked, _ = detect_in_turn(detectors, [sample.image for sample in looked_at])
    nobody = {
        "empty": read_empty(given.data / "footage/rooms"),
        "rendered": read_pictures([given.rendered / "images"]),
    }
    in_nobody = {name: detect_in_turn(detectors, some)[0] for name, some in nobody.items()}
    ratios = np.quantile(seconds / seconds[:, :1], (0.25, 0.5, 0.75), axis=0)
    coco = _truth(looked_at)
    recall = _recall(_evaluate(coco, in_checked[0], min(FALSE_ALARMS)))
    rows = []
    for place, (name, detector) in enumerate(zip(named, detectors, strict=True)):
        row = {
            "name": name,
            "sha256": detector.sha256,
            "pets09": scores(samples, found[place]),
            "checked": checked_scores(checked, in_checked[place]),
        }
        for scene, images in nobody.items():
            counts = {str(least): alarms(in_nobody[scene][place], least) for least in FALSE_ALARMS}
            row[scene] = {"frames": len(images), "false_alarms": counts}
        seen_in_nobody = {scene: some[place] for scene, some in in_nobody.items()}
        row["at_equal_recall"] = at_recall(coco, in_checked[place], recall, seen_in_nobody)
        row["time_ratio"] = {
            key: round(float(ratios[at, place]), 3)
            for at, key in enumerate(("low", "median", "high"))
        }
        rows.append(row)
    load = {"cores": os.cpu_count(), "load_average": round(os.getloadavg()[0], 1)}
    document = {"every": given.every, "machine": load, "detectors": rows}
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
