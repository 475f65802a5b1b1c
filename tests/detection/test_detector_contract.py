"""What every detector promises, asked of the in-memory twin and of the real adapters."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from helpers.detectors import ColourDetector, picture_with
from surveil_reid.core import ArrayError, Detections, Image
from surveil_reid.detection import DetectionOptions, Detector, load_detector

REAL = {
    "torch-11": "yolo11n-rebuilt.pt",
    "torch-8": "yolov8n-rebuilt.pt",
    "openvino-11": "yolo11n_int8_openvino_model",
    "openvino-8": "yolov8n_int8_openvino_model",
}
# Small inputs, for speed; the exports keep their own size.
OPTIONS = DetectionOptions(device="cpu", batch_size=3, image_size=224)


@pytest.fixture(scope="module", params=["colour", "untrained", "onnx-any", "onnx-fixed", *REAL])
def detector(request: pytest.FixtureRequest) -> Detector:
    kind = request.param
    if kind == "colour":
        return ColourDetector()
    if kind == "untrained":
        make_model: Callable[..., Path] = request.getfixturevalue("make_model")
        # At confidence 0 an untrained network finds boxes everywhere, also outside the picture.
        options = DetectionOptions(device="cpu", batch_size=3, confidence=0.0, image_size=64)
        return load_detector(make_model("person"), options, trust_weights=True)
    if kind.startswith("onnx"):
        export_model: Callable[..., Path] = request.getfixturevalue("export_model")
        options = DetectionOptions(device="cpu", batch_size=3, confidence=0.0, image_size=64)
        return load_detector(export_model(dynamic=kind == "onnx-any"), options)
    real_data: Path = request.getfixturevalue("real_data")
    return load_detector(real_data / "weights/detectors" / REAL[kind], OPTIONS)


@pytest.fixture(scope="module")
def answers(detector: Detector) -> list[Detections]:
    return detector.detect(_pictures())


def _pictures() -> list[Image]:
    """Noise and colour in five sizes, the third one twice."""
    noise = np.random.default_rng(0)
    sizes = [(48, 64), (64, 48), (120, 160), (1, 1), (7, 300), (120, 160)]
    pictures = [noise.integers(0, 256, (*size, 3), np.uint8) for size in sizes]
    pictures[2] = picture_with(((10, 20, 40, 90), (255, 0, 0)), size=sizes[2])
    return pictures


def _same(first: Detections, second: Detections) -> bool:
    boxes = np.array_equal(first.boxes, second.boxes)
    return boxes and np.array_equal(first.confidences, second.confidences)


def test_says_who_it_is(detector: Detector) -> None:
    assert detector.name
    assert len(bytes.fromhex(detector.sha256)) == 32
    assert detector.batch_size >= 1


def test_no_pictures_no_answers(detector: Detector) -> None:
    assert detector.detect([]) == []


def test_one_answer_for_each_picture(answers: list[Detections]) -> None:
    assert len(answers) == len(_pictures())


def test_boxes_lie_in_their_picture(answers: list[Detections]) -> None:
    for picture, found in zip(_pictures(), answers, strict=True):
        height, width = picture.shape[:2]
        assert (found.boxes >= 0).all()
        assert (found.boxes <= [width, height, width, height]).all()


def test_same_pictures_same_bits(detector: Detector, answers: list[Detections]) -> None:
    pictures = _pictures()
    again = detector.detect(pictures)
    assert all(_same(first, second) for first, second in zip(again, answers, strict=True))
    # The pictures themselves are left as they were.
    assert all(np.array_equal(a, b) for a, b in zip(pictures, _pictures(), strict=True))


def test_a_picture_may_be_a_view(detector: Detector) -> None:
    wide = np.repeat(_pictures()[2], 2, axis=1)
    assert _same(*detector.detect([wide[:, ::2], wide[:, ::2].copy()]))


@pytest.mark.parametrize(
    "picture",
    [np.zeros((0, 10, 3), np.uint8), np.zeros((10, 10), np.uint8), np.zeros((10, 10, 3), float)],
)
def test_anything_but_a_picture_is_refused(detector: Detector, picture: Image) -> None:
    with pytest.raises(ArrayError):
        detector.detect([picture])


def test_the_untrained_network_does_find_boxes(make_model: Callable[..., Path]) -> None:
    """Otherwise the tests above would hold for it whatever the adapter did with boxes."""
    options = DetectionOptions(device="cpu", confidence=0.0, image_size=64)
    untrained = load_detector(make_model("person"), options, trust_weights=True)
    assert all(len(found) > 10 for found in untrained.detect(_pictures()[:3]))


def test_an_onnx_export_sees_what_the_network_sees(
    make_model: Callable[..., Path], export_model: Callable[..., Path]
) -> None:
    options = DetectionOptions(device="cpu", confidence=0.0, image_size=64)
    network = load_detector(make_model("person"), options, trust_weights=True)
    exported = load_detector(export_model(dynamic=True), options)
    pictures = _pictures()[:3]
    pairs = zip(network.detect(pictures), exported.detect(pictures), strict=True)
    for first, second in pairs:
        # Rounding may change the order of boxes that are equally unsure, so only the best count.
        assert min(len(first), len(second)) >= 5
        np.testing.assert_allclose(first.boxes[:5], second.boxes[:5], atol=0.5)


@pytest.mark.parametrize("name", REAL.values())
def test_nobody_in_the_dark(real_data: Path, name: str) -> None:
    real = load_detector(real_data / "weights/detectors" / name, OPTIONS)
    (found,) = real.detect([np.zeros((480, 640, 3), np.uint8)])
    assert len(found) == 0
