"""A detector learns from pictures, holds on to what it knew, and goes on where it was killed."""

import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import scipy.special
import scipy.stats
import torch

from surveil_reid.core import InputError, WeightsError
from surveil_reid.detection import DetectionOptions, load_detector
from surveil_reid.detection.ultralytics_library import load_network
from training.detector_pictures import yolo_lines
from training.detector_tuning import Trainer, TuningOptions, divergence, main, tune

SHIPPED = Path("surveil_reid/assets/weights/pedestrian-yolo11n.pt")
SIZE = 96
BOX = (30, 20, 60, 80)
QUICK = TuningOptions(epochs=2, rate=1e-3, batch=2, size=SIZE, held=0.0, mosaic=0.0)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Orange bars that are called people: no detector knows them."""
    folder = tmp_path_factory.mktemp("pictures")
    (folder / "images").mkdir()
    (folder / "labels").mkdir()
    for number in range(4):
        image = np.full((SIZE, SIZE, 3), 60 + 20 * number, np.uint8)
        left, top, right, bottom = BOX
        image[top:bottom, left:right] = (20, 120, 240)
        cv2.imwrite(str(folder / f"images/{number}.png"), image)
        boxes = np.array([BOX], np.float32)
        (folder / f"labels/{number}.txt").write_text(yolo_lines(boxes, SIZE, SIZE))
    return folder


def score(weights: Path, pictures: Path) -> float:
    """How sure a detector is of somebody around the bars, the mean over the pictures."""
    network = load_network(weights)
    images = [cv2.imread(str(path))[..., ::-1].copy() for path in (pictures / "images").iterdir()]
    batch = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float() / 255
    with torch.inference_mode():
        return float(network(batch)[0][:, 4].amax(1).mean())


def test_it_learns_and_the_file_is_a_detector(tmp_path: Path, pictures: Path) -> None:
    out = tmp_path / "tuned.pt"
    options = TuningOptions(epochs=6, rate=2e-3, batch=2, size=SIZE, held=0.0, mosaic=0.0)
    tune(SHIPPED, [pictures], out, options)
    assert score(out, pictures) > score(SHIPPED, pictures) + 0.1
    detector = load_detector(out, DetectionOptions(device="cpu"), trust_weights=True)
    assert detector.detect([np.zeros((64, 64, 3), np.uint8)])
    network = load_network(out)
    assert network.names == {0: "person"}
    earlier, later = load_network(SHIPPED).state_dict(), network.state_dict()
    first, last = "model.0.conv.weight", "model.22.cv2.conv.weight"
    assert torch.equal(earlier[first], later[first])  # by default the first layers stay
    assert not torch.equal(earlier[last], later[last])
    assert str(tmp_path).encode() not in out.read_bytes()  # Ultralytics' own settings have paths
    assert abs(out.stat().st_size / SHIPPED.stat().st_size - 1) < 0.01


def test_what_it_knew_holds_it_back(tmp_path: Path, pictures: Path) -> None:
    free, held = tmp_path / "free.pt", tmp_path / "held.pt"
    for out, weight in ((free, 0.0), (held, 50.0)):
        options = TuningOptions(epochs=3, rate=2e-3, batch=2, size=SIZE, held=weight, mosaic=0.0)
        tune(SHIPPED, [pictures], out, options)
    before = score(SHIPPED, pictures)
    assert abs(score(held, pictures) - before) < 0.5 * abs(score(free, pictures) - before)


def test_a_run_that_was_killed_goes_on(
    tmp_path: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, epochs = tmp_path / "tuned.pt", []

    def dying(trainer: Trainer) -> None:
        epochs.append(trainer.epoch)
        if len(epochs) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr("training.detector_tuning._tell", dying)
    with pytest.raises(KeyboardInterrupt):
        tune(SHIPPED, [pictures], out, QUICK)
    assert not out.exists()
    tune(SHIPPED, [pictures], out, QUICK)
    assert epochs == [0, 1, 1]
    out.unlink()
    tune(SHIPPED, [pictures], out, QUICK)  # all epochs are there: only the file is missing
    assert epochs == [0, 1, 1]
    assert out.exists()


def test_a_run_that_was_begun_otherwise_does_not_go_on(tmp_path: Path, pictures: Path) -> None:
    out, own = tmp_path / "tuned.pt", tmp_path / "pictures"
    shutil.copytree(pictures, own)
    once = replace(QUICK, epochs=1)
    tune(SHIPPED, [own], out, once)
    before = out.read_bytes()
    with pytest.raises(InputError, match="begun with other epochs, rate; delete it or choose a"):
        tune(SHIPPED, [own], out, replace(QUICK, rate=1e-4))
    other = tmp_path / "other.pt"
    other.write_bytes(before)
    with pytest.raises(InputError, match="begun with other weights;"):
        tune(other, [own], out, once, trust_weights=True)
    label = own / "labels/0.txt"
    label.write_text(label.read_text().replace("0 ", "0 0", 1))
    with pytest.raises(InputError, match="begun with other pictures;"):
        tune(SHIPPED, [own], out, once)
    assert out.read_bytes() == before


def test_divergence_is_that_of_scipy() -> None:
    random = np.random.default_rng(0)
    bins, places = 4, 7
    now, before = (
        {
            "scores": random.normal(0, 2, (2, 1, places)),
            "boxes": random.normal(0, 2, (2, 4 * bins, places)),
        }
        for _ in range(2)
    )
    p, q = (scipy.special.expit(some["scores"]) for some in (before, now))
    scores = scipy.stats.entropy([p, 1 - p], [q, 1 - q]).sum()
    sides = [
        scipy.special.softmax(some["boxes"].reshape(2, 4, bins, places), axis=2)
        for some in (before, now)
    ]
    moved = scipy.stats.entropy(*sides, axis=2).mean(axis=1, keepdims=True)
    expected = (scores + (moved * p).sum()) / p.sum()
    tensors = [{k: torch.from_numpy(v) for k, v in some.items()} for some in (now, before)]
    assert float(divergence(*tensors, bins)) == pytest.approx(expected)
    assert float(divergence(tensors[0], tensors[0], bins)) == pytest.approx(0, abs=1e-9)


def test_detectors_of_several_classes_and_empty_folders_are_refused(
    tmp_path: Path, pictures: Path
) -> None:
    network, several = load_network(SHIPPED), tmp_path / "several.pt"
    network.names = {0: "cat", 1: "person"}
    torch.save({"model": network, "train_args": {}}, several)
    with pytest.raises(WeightsError, match=r"knows 2 classes; cut it"):
        tune(several, [pictures], tmp_path / "a.pt", QUICK, trust_weights=True)
    with pytest.raises(InputError, match=r"no pictures in .*images"):
        tune(SHIPPED, [tmp_path], tmp_path / "b.pt", QUICK)


def test_the_command_trains(
    tmp_path: Path, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [str(SHIPPED), str(pictures), "--name", "mine", "--out", str(tmp_path)]
    assert main([*given, "--epochs", "1", "--size", str(SIZE), "--batch", "2"]) == 0
    assert (tmp_path / "mine.pt").exists()
    assert "epoch 1 of 1: box_loss" in capsys.readouterr().err
    assert main([str(tmp_path / "missing.pt"), *given[1:]]) == 1
    assert capsys.readouterr().err.startswith("error: ")
