"""Recordings become pictures to train a detector on: the followed are labelled, doubts grey."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

from helpers.demo_site import cut_sample_site
from helpers.detectors import ScriptedDetector, detections_of, picture_with
from helpers.footage import write_video
from surveil_reid.core import Detections, InputError, box_iou
from surveil_reid.tracking import read_mot
from training.detector_pictures import GREY, main, write_pictures

WIDTH, HEIGHT, FRAMES = 160, 120, 10
FLICKER = (100.0, 20.0, 120.0, 70.0)


def walker(frame: int) -> tuple[float, float, float, float]:
    return (10.0 + 3 * frame, 40.0, 30.0 + 3 * frame, 100.0)


def together(*some: Detections) -> Detections:
    return Detections(
        boxes=np.concatenate([one.boxes for one in some]),
        confidences=np.concatenate([one.confidences for one in some]),
    )


def write_out(folder: Path, script: Sequence[Detections]) -> Path:
    """The pictures of a recording of 5 frames a second in which these are detected."""
    video, out = folder / "walk.mp4", folder / "out"
    picture = picture_with((tuple(map(int, FLICKER)), (250, 20, 20)), size=(HEIGHT, WIDTH))
    write_video(video, [picture] * len(script), fps=5)
    write_pictures([video], ScriptedDetector(script), out, every=1)
    return out


def boxes_of(label: Path, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """Corners of a label file's boxes, read as Ultralytics' documentation has them."""
    rows = np.array([line.split() for line in label.read_text().splitlines()], float)
    if not len(rows):
        return np.zeros((0, 4))
    assert set(rows[:, 0]) == {0.0}
    centres, halves = rows[:, 1:3], rows[:, 3:] / 2
    return np.concatenate([centres - halves, centres + halves], axis=1) * (
        [width, height, width, height]
    )


def test_who_is_followed_is_labelled_where_hardly_seen_as_well(tmp_path: Path) -> None:
    sure = [0.9, 0.9, 0.12, 0.15, 0.9, 0.9, 0.2, 0.9, 0.9, 0.9]
    script = [detections_of(walker(n), confidence=sure[n]) for n in range(FRAMES)]
    script[5] = detections_of()  # and where not seen at all
    out = write_out(tmp_path, script)
    labels = sorted((out / "labels").iterdir())
    assert [label.stem for label in labels] == [p.stem for p in sorted((out / "images").iterdir())]
    assert len(labels) == FRAMES
    for number, label in enumerate(labels):
        np.testing.assert_allclose(boxes_of(label), [walker(number)], atol=0.01)
    index = yaml.safe_load((out / "data.yaml").read_text())
    assert (index["train"], index["names"]) == ("images", {0: "person"})


def test_what_was_noticed_and_not_followed_is_painted_over(tmp_path: Path) -> None:
    script = [detections_of(walker(n)) for n in range(FRAMES)]
    script[4] = together(script[4], detections_of(FLICKER, confidence=0.3))
    script[5] = together(script[5], detections_of(FLICKER, confidence=0.2))
    out = write_out(tmp_path, script)
    pictures = [cv2.imread(str(path)) for path in sorted((out / "images").iterdir())]
    inside = [picture[21:70, 101:120].astype(int) for picture in pictures]
    assert [bool((part == GREY).all()) for part in inside] == [n == 4 for n in range(FRAMES)]
    assert all(part[..., 2].mean() > 200 for n, part in enumerate(inside) if n != 4)  # red in BGR
    assert (pictures[4][90:, :20] == pictures[3][90:, :20]).all()
    assert all(len(boxes_of(label)) == 1 for label in (out / "labels").iterdir())


def test_frames_in_which_a_doubt_touches_somebody_are_left_out(tmp_path: Path) -> None:
    script = [detections_of(walker(n)) for n in range(FRAMES)]
    touching = (walker(6)[2] - 2, 30.0, walker(6)[2] + 30, 90.0)
    script[6] = together(script[6], detections_of(touching, confidence=0.3))
    out = write_out(tmp_path, script)
    assert len(list((out / "images").iterdir())) == FRAMES - 1
    assert not list((out / "images").glob("*000007.png"))


def test_empty_frames_are_pictures_too(tmp_path: Path) -> None:
    out = write_out(tmp_path, [detections_of()] * 3)
    assert [label.read_text() for label in (out / "labels").iterdir()] == [""] * 3


def test_a_folder_that_exists_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(InputError, match="is there already"):
        write_out(tmp_path, [detections_of()])


def test_the_detector_that_ships_labels_the_people_of_the_sample(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = tmp_path / "site"
    cut_sample_site(site, seconds=3)
    weights = "surveil_reid/assets/weights/pedestrian-yolo11n.pt"
    out = tmp_path / "pictures"
    given = [weights, str(site / "footage/gate.mp4"), "--out", str(out), "--size", "640"]
    assert main([*given, "--every", "3"]) == 0
    made = sorted((out / "labels").iterdir())
    assert capsys.readouterr().out == f"{len(made)} pictures in {out}\n"
    truth = read_mot(site / "truth/gate.txt", truth=True)
    assert len(made) >= 3
    for label in made:
        boxes = boxes_of(label, 640, 480).astype(np.float32)
        own = truth.boxes[truth.frames == int(label.stem.rsplit("-", 1)[1])]
        assert len(boxes)
        assert (box_iou(boxes, own).max(axis=1) > 0.5).all()


def test_errors_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = str(tmp_path / "missing.mp4")
    weights = "surveil_reid/assets/weights/pedestrian-yolo11n.pt"
    assert main([weights, missing, "--out", str(tmp_path / "out")]) == 1
    message = capsys.readouterr().err
    assert missing in message
    assert message.count("\n") == 1
