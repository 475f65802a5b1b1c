"""The adapter on real pictures of people, against hand-drawn boxes and against itself."""

import csv
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np
import pytest

from surveil_reid.core import Detections, Floats, Image, box_iou
from surveil_reid.detection import DetectionOptions, Detector, load_detector

NAMES = {
    "torch": "yolo11n-rebuilt.pt",
    "openvino": "yolo11n_int8_openvino_model",
}
OPTIONS = DetectionOptions(device="cpu")


@pytest.fixture(scope="module")
def detectors(real_data: Path) -> dict[str, Detector]:
    folder = real_data / "weights/detectors"
    return {kind: load_detector(folder / name, OPTIONS) for kind, name in NAMES.items()}


@pytest.fixture(scope="module")
def truth(real_data: Path) -> dict[str, Floats]:
    """Hand-drawn xyxy boxes by picture; there are more people than boxes."""
    boxes = defaultdict(list)
    with (real_data / "prw-samples/gt_boxes_from_market_gt_bbox.csv").open() as stream:
        for row in csv.DictReader(stream):
            left, top, width, height = (float(row[k]) for k in ("x", "y", "w", "h"))
            boxes[row["frame"]].append((left, top, left + width, top + height))
    return {name: np.array(rows, np.float32) for name, rows in boxes.items()}


@pytest.fixture(scope="module")
def pictures(real_data: Path, truth: dict[str, Floats]) -> list[Image]:
    folder = real_data / "prw-samples/data/samples"
    files = [cv2.imread(str(next(folder.rglob(f"{name}*")))) for name in truth]
    return [cv2.cvtColor(picture, cv2.COLOR_BGR2RGB) for picture in files]


@pytest.fixture(scope="module", params=NAMES)
def detector(request: pytest.FixtureRequest, detectors: dict[str, Detector]) -> Detector:
    return detectors[request.param]


def _confident(found: Detections, least: float) -> Floats:
    return found.boxes[found.confidences >= least]


def _covered(wanted: Floats, found: Floats, iou: float) -> int:
    """How many of the wanted boxes overlap a found one."""
    return int((box_iou(wanted, found) >= iou).any(axis=1).sum()) if len(found) else 0


def test_hand_drawn_people_are_found(
    detector: Detector, pictures: list[Image], truth: dict[str, Floats]
) -> None:
    found = detector.detect(pictures)
    pairs = zip(truth.values(), found, strict=True)
    hits = sum(_covered(boxes, seen.boxes, 0.5) for boxes, seen in pairs)
    assert hits >= 0.85 * sum(map(len, truth.values()))


def test_float_and_int8_agree_on_confident_boxes(
    detectors: dict[str, Detector], pictures: list[Image]
) -> None:
    found = zip(*(detectors[kind].detect(pictures) for kind in NAMES), strict=True)
    confident = [(_confident(a, 0.5), b.boxes) for a, b in found]
    total = sum(len(boxes) for boxes, _ in confident)
    assert total >= 20
    assert sum(_covered(a, b, 0.7) for a, b in confident) >= 0.9 * total


def test_alone_or_in_a_batch(detector: Detector, pictures: list[Image]) -> None:
    few = pictures[:3]
    for alone, together in zip(
        (detector.detect([p])[0] for p in few), detector.detect(few), strict=True
    ):
        # Other kernels may run for another batch size, which moves the last digits.
        np.testing.assert_allclose(alone.boxes, together.boxes, atol=0.1)
        np.testing.assert_allclose(alone.confidences, together.confidences, atol=1e-3)


def test_neighbours_of_another_size_change_nothing(
    detector: Detector, pictures: list[Image]
) -> None:
    picture = pictures[0]
    (alone,) = detector.detect([picture])
    small = np.zeros((100, 50, 3), np.uint8)
    _, among, _ = detector.detect([small, picture, small])
    np.testing.assert_array_equal(alone.boxes, among.boxes)
    np.testing.assert_array_equal(alone.confidences, among.confidences)


def test_colour_order_matters(detector: Detector, pictures: list[Image]) -> None:
    """Swapped, it is another picture; which order is right, Ultralytics itself tells below."""
    (right,) = detector.detect(pictures[:1])
    (swapped,) = detector.detect([np.ascontiguousarray(pictures[0][..., ::-1])])
    assert not np.array_equal(right.confidences, swapped.confidences)


@pytest.mark.parametrize("kind", NAMES)
def test_agrees_with_ultralytics_itself_and_keeps_only_persons(
    detectors: dict[str, Detector], real_data: Path, pictures: list[Image], kind: str
) -> None:
    from ultralytics import YOLO  # noqa: PLC0415 (slow import)

    model = YOLO(real_data / "weights/detectors" / NAMES[kind], task="detect")
    bgr = np.ascontiguousarray(pictures[0][..., ::-1])
    (raw,) = model.predict(bgr, conf=0.1, device="cpu", verbose=False)
    names = [raw.names[int(number)] for number in raw.boxes.cls]
    assert set(names) > {"person"}
    wanted = raw.boxes.xyxy.numpy()[[name == "person" for name in names]]
    (found,) = detectors[kind].detect(pictures[:1])
    np.testing.assert_allclose(found.boxes, wanted, atol=0.1)
