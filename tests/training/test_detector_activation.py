"""A detector is given another activation, learns to answer as before, and goes on where killed."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import nn

from surveil_reid.core import InputError, WeightsError
from surveil_reid.detection import DetectionOptions, load_detector
from surveil_reid.detection.cutting import saved_network
from surveil_reid.detection.ultralytics_library import load_network
from surveil_reid.video import VideoOptions, read_frames, read_picture
from training.detector_activation import ActivationOptions, Pupil, main, set_activation, teach, view

SHIPPED = Path("surveil_reid/assets/weights/pedestrian-yolo11n.pt")
CORRIDOR = Path("samples/site/footage/corridor.mp4")
SIZE = 128
QUICK = ActivationOptions(activation="silu", epochs=2, rate=1e-3, batch=2, size=SIZE)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Frames of the sample site."""
    folder = tmp_path_factory.mktemp("pictures")
    (folder / "images").mkdir()
    for frame in read_frames(CORRIDOR, VideoOptions(fps=0.5)):
        cv2.imwrite(str(folder / f"images/{frame.number:04}.png"), frame.image[..., ::-1])
    return folder


def answers(weights: Path, pictures: Path) -> np.ndarray:
    """Scores of a person at all places of the pictures at a quarter of their size."""
    network = load_network(weights).float().eval()
    some = []
    for path in sorted((pictures / "images").iterdir()):
        image = cv2.resize(read_picture(path), (320, 192))
        batch = torch.from_numpy(image).permute(2, 0, 1)[None].float() / 255
        with torch.inference_mode():
            some.append(network(batch)[0][0, 4].numpy())
    return np.stack(some)


def test_it_learns_to_answer_as_before(tmp_path: Path, pictures: Path) -> None:
    untaught, taught = tmp_path / "untaught.pt", tmp_path / "taught.pt"
    network = load_network(SHIPPED)
    set_activation(network, "silu")
    untaught.write_bytes(saved_network(network))
    options = ActivationOptions(activation="silu", epochs=6, rate=1e-4, batch=4, size=192)
    teach(SHIPPED, [pictures], taught, options)
    before = answers(SHIPPED, pictures)
    far, near = (np.abs(answers(path, pictures) - before).mean() for path in (untaught, taught))
    assert near < 0.6 * far
    kinds = {type(m) for m in load_network(taught).modules()}
    assert nn.SiLU in kinds
    assert nn.Hardswish not in kinds
    detector = load_detector(taught, DetectionOptions(device="cpu"), trust_weights=True)
    assert detector.detect([np.zeros((64, 64, 3), np.uint8)])


def test_the_same_activation_has_nothing_to_learn(pictures: Path) -> None:
    pupil = Pupil(load_network(SHIPPED), ActivationOptions(activation="hardswish"), 16)
    rng = np.random.default_rng(0)
    image = read_picture(min((pictures / "images").iterdir()))
    batch = torch.from_numpy(view(image, SIZE, rng)).permute(2, 0, 1)[None].float() / 255
    assert [part.item() for part in pupil.loss(batch)] == pytest.approx([0.0, 0.0], abs=1e-6)


def test_a_run_that_was_killed_goes_on(
    tmp_path: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, broken = tmp_path / "whole.pt", tmp_path / "broken.pt"
    teach(SHIPPED, [pictures], whole, QUICK)
    learn, passes = Pupil.learn, []

    def dying(pupil: Pupil, paths: list[Path]) -> tuple[float, float]:
        passes.append(pupil.epoch)
        if passes == [0, 1]:
            raise KeyboardInterrupt
        return learn(pupil, paths)

    monkeypatch.setattr(Pupil, "learn", dying)
    with pytest.raises(KeyboardInterrupt):
        teach(SHIPPED, [pictures], broken, QUICK)
    assert not broken.exists()
    teach(SHIPPED, [pictures], broken, QUICK)
    assert passes == [0, 1, 1]
    one, other = (load_network(path).state_dict() for path in (whole, broken))
    assert all(torch.equal(one[name], other[name]) for name in one)
    with pytest.raises(InputError, match="was begun with other epochs, rate; delete it"):
        teach(SHIPPED, [pictures], broken, replace(QUICK, epochs=3, rate=1e-4))
    others = tmp_path / "others/images"
    others.mkdir(parents=True)
    for path in (pictures / "images").iterdir():
        cv2.imwrite(str(others / path.name), cv2.imread(str(path))[:, ::-1])
    with pytest.raises(InputError, match="was begun with other pictures; delete it"):
        teach(SHIPPED, [others.parent], broken, QUICK)


@pytest.mark.parametrize("shape", [(60, 90), (900, 300), (432, 768)])
def test_a_view_is_a_square_of_the_picture(shape: tuple[int, int]) -> None:
    image = np.full((*shape, 3), (200, 100, 50), np.uint8)
    for seed in range(5):
        seen = view(image, SIZE, np.random.default_rng(seed))
        assert seen.shape == (SIZE, SIZE, 3)
        assert seen.dtype == np.uint8
        assert seen.flags.c_contiguous


def test_a_view_is_drawn_anew_and_the_same_of_the_same_seed() -> None:
    image = np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)
    one, two, other = (view(image, SIZE, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(one, two)
    assert not np.array_equal(one, other)


def test_what_cannot_be_taught_is_refused(
    tmp_path: Path, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.pt"
    with pytest.raises(InputError, match="'swish' is unknown; choose of silu, hardswish, relu"):
        teach(SHIPPED, [pictures], out, ActivationOptions(activation="swish"))
    with pytest.raises(InputError, match=r"0 pictures in .*; a batch has 16"):
        teach(SHIPPED, [tmp_path], out)
    with pytest.raises(WeightsError, match="no detector weights at"):
        teach(tmp_path / "none.pt", [pictures], out, QUICK)
    exported = SHIPPED.with_name(f"{SHIPPED.stem}_openvino_model")
    with pytest.raises(WeightsError, match=r"is no \.pt file; name the \.pt"):
        teach(exported, [pictures], out, QUICK)
    command = [str(SHIPPED), str(tmp_path), "--out", str(tmp_path), "--name", "out"]
    assert main(command) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert not out.exists()
