"""Our own way through a YOLO export finds what Ultralytics finds, without loading it or torch."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from surveil_reid.core import Detections, Image, WeightsError
from surveil_reid.detection import DetectionOptions, load_detector
from surveil_reid.detection.boxes import letterbox, persons_in, suppress
from surveil_reid.detection.exporting import export_detector
from surveil_reid.detection.openvino_yolo import OpenvinoDetector
from surveil_reid.detection.weights import check_weights
from surveil_reid.detection.yolo import YoloDetector
from surveil_reid.video import read_frames

SIDES = st.integers(1, 900)
FOOTAGE = ["pets09-s2l1/video.avi", "rooms/cam1.mp4", "plaza/cam1.mp4"]
PROGRAM = """
import json, sys
import numpy as np
from surveil_reid.detection import DetectionOptions, load_detector
detector = load_detector(sys.argv[1], DetectionOptions(confidence=0.0, image_size=64))
found = detector.detect([np.zeros((48, 64, 3), np.uint8)])
heavy = {"torch", "torchvision", "ultralytics"} & {*sys.modules}
print(json.dumps([len(found[0]), sorted(heavy)]))
"""


def equal(first: Detections, second: Detections) -> bool:
    boxes = np.array_equal(first.boxes, second.boxes)
    return boxes and np.array_equal(first.confidences, second.confidences)


@pytest.fixture(scope="module")
def exported(make_model: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The untrained network in OpenVINO, for pictures of any size."""
    out = tmp_path_factory.mktemp("exported") / "untrained_openvino_model"
    export_detector(make_model("person"), out, "openvino", trust_weights=True)
    return out


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no niceness of their own")
def test_looking_for_people_gives_way_and_nothing_else_does(exported: Path) -> None:
    before = os.nice(0)
    detector = load_detector(exported, DetectionOptions(image_size=64))
    detector.detect([np.zeros((48, 64, 3), np.uint8)] * 2)
    threads = [int(task.name) for task in Path("/proc/self/task").iterdir()]
    assert any(os.getpriority(os.PRIO_PROCESS, thread) > before for thread in threads)
    assert os.nice(0) == before
    with ThreadPoolExecutor(1) as later:
        assert later.submit(os.nice, 0).result() == before


@settings(deadline=None)
@given(height=SIDES, width=SIDES, stride=st.sampled_from([None, 32]), seed=st.integers(0, 99))
def test_pictures_lie_in_the_input_as_ultralytics_puts_them(
    height: int, width: int, stride: int | None, seed: int
) -> None:
    import_module("surveil_reid.detection.ultralytics_library")
    from ultralytics.data.augment import LetterBox  # noqa: PLC0415 (slow import)
    from ultralytics.utils.ops import scale_boxes  # noqa: PLC0415

    random = np.random.default_rng(seed)
    image = random.integers(0, 256, (height, width, 3), np.uint8)
    wanted = LetterBox((320, 320), auto=stride is not None)(image=image)
    placed = letterbox((height, width), (320, 320), stride)
    np.testing.assert_array_equal(placed.fill(image)[0], wanted)
    assert placed.size == wanted.shape[:2]
    above, _, left, _ = placed.pads
    whole = np.array([[left, above, left + placed.scaled[1], above + placed.scaled[0]]], np.float32)
    np.testing.assert_allclose(placed.back(whole), [[0, 0, width, height]], rtol=1e-6, atol=1e-4)
    # Ultralytics guesses from the input's size how far the picture was scaled. Of long pictures
    # without grey on two sides it guesses by the side that was rounded, and wrongly.
    guess = min(new / old for new, old in zip(placed.size, (height, width), strict=True))
    assume(placed.scaled == tuple(max(round(side * guess), 1) for side in (height, width)))
    # Inside the picture, since Ultralytics clips.
    corners = random.uniform(0.1, 0.9, (5, 2, 2)) * placed.scaled + placed.pads[::2]
    boxes = np.sort(corners, axis=1)[..., ::-1].reshape(-1, 4).astype(np.float32)
    expected = scale_boxes(placed.size, boxes.copy(), (height, width))
    np.testing.assert_allclose(placed.back(boxes), expected, rtol=1e-6, atol=1e-4)


@settings(deadline=None)
@given(
    count=st.integers(0, 60),
    classes=st.integers(1, 4),
    iou=st.sampled_from([0.0, 0.1, 0.5, 0.7, 1.0]),
    seed=st.integers(0, 10_000),
)
def test_persons_are_those_that_ultralytics_leaves(
    count: int, classes: int, iou: float, seed: int
) -> None:
    library = import_module("surveil_reid.detection.ultralytics_library")
    from ultralytics.utils.nms import non_max_suppression  # noqa: PLC0415 (slow import)

    random = np.random.default_rng(seed)
    person = seed % classes
    answer = np.concatenate(
        # Coarse values, so that scores and overlaps are often equal, to each other and to limits.
        [random.integers(0, 8, (4, count)) * 4, random.integers(0, 11, (classes, count)) / 10]
    ).astype(np.float32)
    found = persons_in(answer, person, 0.1, iou)
    # Six places would be taken for rows of boxes there; places without a score change nothing.
    padded = np.pad(answer, ((0, 0), (0, 7)))
    (wanted,) = non_max_suppression(
        library.torch.from_numpy(padded)[None], 0.1, iou, classes=[person]
    )
    # Boxes of other classes than the first are moved apart there, which rounds their overlaps.
    np.testing.assert_array_equal(found, wanted[:, :5].numpy())


@settings(deadline=None)
@given(count=st.integers(0, 50), seed=st.integers(0, 10_000), iou=st.floats(0, 1))
def test_suppression_is_that_of_torchvision(count: int, seed: int, iou: float) -> None:
    library = import_module("surveil_reid.detection.ultralytics_library")
    random = np.random.default_rng(seed)
    corners = random.uniform(0, 40, (count, 2))
    boxes = np.concatenate([corners, corners + random.uniform(0, 30, (count, 2))], axis=1)
    scores = random.integers(0, 9, count).astype(np.float32) / 8
    boxes = boxes.astype(np.float32)
    tensors = (library.torch.from_numpy(array) for array in (boxes, scores))
    wanted = library.torchvision.ops.nms(*tensors, iou)
    np.testing.assert_array_equal(suppress(boxes, scores, iou), wanted.numpy())


@pytest.mark.parametrize("size", [(48, 64), (64, 48), (200, 100), (1, 1)])
def test_an_export_finds_what_it_finds_in_ultralytics(
    exported: Path, size: tuple[int, int]
) -> None:
    options = DetectionOptions(device="cpu", confidence=0.0, image_size=64)
    checked = check_weights(exported, trust=False)
    pictures = list(np.random.default_rng(0).integers(0, 256, (2, *size, 3), np.uint8))
    ours = OpenvinoDetector(checked, options).detect(pictures)
    theirs = YoloDetector(checked, options).detect(pictures)
    for found, wanted in zip(ours, theirs, strict=True):
        # An untrained network is equally unsure of many boxes, which rounding may then reorder.
        assert len(found) > 0
        np.testing.assert_allclose(found.confidences[:5], wanted.confidences[:5], atol=1e-3)


def test_pictures_of_a_batch_do_not_touch_one_another(exported: Path) -> None:
    options = DetectionOptions(device="cpu", confidence=0.0, image_size=64, batch_size=3)
    detector = load_detector(exported, options)
    random = np.random.default_rng(0)
    pictures: list[Image] = [
        random.integers(0, 256, (40 + 20 * (i % 2), 64, 3), np.uint8) for i in range(7)
    ]
    together = detector.detect(pictures)
    for picture, found in zip(pictures, together, strict=True):
        assert equal(detector.detect([picture])[0], found)


def test_torch_and_ultralytics_are_not_loaded(exported: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(exported)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    boxes, heavy = json.loads(done.stdout)
    assert boxes > 0
    assert heavy == []


@pytest.mark.parametrize(
    ("content", "says"), [("names: [", "cannot be loaded"), ("names: {0: person}", "stride")]
)
def test_a_description_that_says_too_little_is_named(
    exported: Path, tmp_path: Path, content: str, says: str
) -> None:
    folder = tmp_path / "x_openvino_model"
    folder.mkdir()
    for file in exported.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    (folder / "metadata.yaml").write_text(content)
    with pytest.raises(WeightsError, match=says):
        load_detector(folder)


def test_an_export_cut_short_is_named(exported: Path, tmp_path: Path) -> None:
    folder = tmp_path / "x_openvino_model"
    folder.mkdir()
    for file in exported.iterdir():
        content = file.read_bytes()
        (folder / file.name).write_bytes(content[:1000] if file.suffix == ".bin" else content)
    with pytest.raises(WeightsError, match="cannot be loaded") as refused:
        load_detector(folder)
    assert str(folder) in str(refused.value)


@pytest.mark.parametrize("name", ["yolo11n_int8_openvino_model", "yolov8n_int8_openvino_model"])
def test_real_people_are_found_to_the_bit(real_data: Path, name: str) -> None:
    options = DetectionOptions(device="cpu")
    checked = check_weights(real_data / "weights/detectors" / name, trust=False)
    ours, theirs = OpenvinoDetector(checked, options), YoloDetector(checked, options)
    people = 0
    for path in FOOTAGE:
        with read_frames(real_data / "footage" / path) as reader:
            pictures = [frame.image for frame in islice(reader, 0, 12, 4)]
        for found, wanted in zip(ours.detect(pictures), theirs.detect(pictures), strict=True):
            assert equal(found, wanted)
            people += len(found)
    assert people > 20
