"""A detector cut to persons sees them where and as sure as before, in Ultralytics' own format."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from surveil_reid.core import WeightsError
from surveil_reid.detection import DetectionOptions, load_detector
from surveil_reid.detection.cutting import cut_to_persons
from surveil_reid.video import VideoOptions, read_frames

CLASSES = ("bicycle", "person", "car", "cat", "dog")


def predictions(path: Path, seed: int = 0) -> np.ndarray:
    """What a network says of noise, `(4 + classes, places)`: boxes, and scores of the classes."""
    library = import_module("surveil_reid.detection.ultralytics_library")
    network = library.load_network(path)
    noise = np.random.default_rng(seed).random((1, 3, 96, 160), np.float32)
    with library.torch.inference_mode():
        return network(library.torch.from_numpy(noise))[0][0].numpy()


def sure_model(untrained: Path, out: Path) -> Path:
    """The network with classes that differ in their scores, which untrained ones hardly do."""
    library = import_module("surveil_reid.detection.ultralytics_library")
    network = library.load_network(untrained)
    for branch in network.model[-1].cv3:
        branch[-1].bias.data = library.torch.linspace(-2, 2, len(CLASSES))
    library.torch.save({"model": network.half(), "train_args": {}}, out)
    return out


def test_boxes_and_scores_of_persons_stay(make_model: Callable[..., Path], tmp_path: Path) -> None:
    source, cut = sure_model(make_model(*CLASSES), tmp_path / "all.pt"), tmp_path / "cut.pt"
    cut_to_persons(source, cut, trust_weights=True)
    before, after = predictions(source), predictions(cut)
    assert before.shape[0] == 4 + len(CLASSES)
    np.testing.assert_allclose(after, before[[0, 1, 2, 3, 4 + 1]], rtol=1e-4, atol=1e-4)
    others = [before[4 + number] for number in range(len(CLASSES)) if number != 1]
    assert all(np.abs(after[4] - other).max() > 0.1 for other in others)


def test_ultralytics_and_the_adapter_load_it(
    make_model: Callable[..., Path], tmp_path: Path
) -> None:
    cut = tmp_path / "cut.pt"
    cut_to_persons(make_model(*CLASSES), cut, trust_weights=True)
    library = import_module("surveil_reid.detection.ultralytics_library")
    with library.contained():
        network = library.YOLO(cut)
        assert (network.names, network.task) == ({0: "person"}, "detect")
    options = DetectionOptions(device="cpu", confidence=0.0)
    detector = load_detector(cut, options, trust_weights=True)
    assert len(detector.detect([np.zeros((64, 64, 3), np.uint8)])[0]) > 0
    assert cut.stat().st_size < make_model(*CLASSES).stat().st_size * 1.01


def test_cutting_twice_changes_nothing(make_model: Callable[..., Path], tmp_path: Path) -> None:
    once, twice = tmp_path / "once.pt", tmp_path / "twice.pt"
    cut_to_persons(make_model(*CLASSES), once, trust_weights=True)
    cut_to_persons(once, twice, trust_weights=True)
    np.testing.assert_array_equal(predictions(once), predictions(twice))


@pytest.mark.parametrize(
    ("names", "task", "says"),
    [(("cat", "dog"), "detect", "finds no 'person'"), (("person",), "segment", "segment")],
)
def test_what_cannot_be_cut_is_named_and_nothing_written(
    make_model: Callable[..., Path], tmp_path: Path, names: tuple[str, ...], task: str, says: str
) -> None:
    with pytest.raises(WeightsError, match=says):
        cut_to_persons(make_model(*names, task=task), tmp_path / "cut.pt", trust_weights=True)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_pickle_is_not_loaded(make_model: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="--trust-weights"):
        cut_to_persons(make_model(*CLASSES), tmp_path / "cut.pt")


def test_real_people_are_found_as_before(real_data: Path, tmp_path: Path) -> None:
    source, cut = real_data / "weights/detectors/yolo11n-rebuilt.pt", tmp_path / "cut.pt"
    cut_to_persons(source, cut)
    frames = read_frames(real_data / "footage/pets09-s2l1/video.avi", VideoOptions(fps=0.1))
    pictures = [frame.image for frame in frames][:3]
    options = DetectionOptions(device="cpu", confidence=0.5)
    before = load_detector(source, options).detect(pictures)
    after = load_detector(cut, options, trust_weights=True).detect(pictures)
    assert sum(map(len, before)) >= 9
    for old, new in zip(before, after, strict=True):
        np.testing.assert_allclose(new.boxes, old.boxes, atol=0.5)
        np.testing.assert_allclose(new.confidences, old.confidences, atol=0.01)  # half precision
