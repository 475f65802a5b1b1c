"""Every command of the README runs, in its order, on a cut of the sample site with real weights."""

import io
import shlex
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from data.people import write_people
from helpers.demo_site import cut_sample_site
from helpers.readme import README, read_blocks
from surveil_reid.assets import find_shipped
from surveil_reid.cli import main
from surveil_reid.core import Image
from surveil_reid.video import VideoOptions, read_frames

ROOT = README.parent
SECONDS = 16
SEEN = 0.9  # of a person

TINY = shlex.split(
    "--steps 2 --threads 1 --set model.backbone=resnet18 --set model.weights=random"
    " --set input.size=[64,48] --set data.stored=[64,48] --set data.held_out=0"
)
"""Training that takes seconds; everything else runs as it stands."""

SHORTER = {
    "surveil-reid demo": ["--site", "samples/site/site.yaml"],
    "surveil-reid train configs": TINY,
    "surveil-reid train --grid": [*TINY, "--only", "resnet18-market1501-80-transfer-amp"],
}


def commands() -> list[str]:
    """In the order of the page."""
    blocks = read_blocks(README.read_text(encoding="utf-8"))
    return [command for block in blocks for command in block.commands]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with whatever the page's commands name."""
    made = tmp_path_factory.mktemp("readme")
    site = made / "samples/site"
    cut_sample_site(site, seconds=SECONDS)
    (made / "configs").symlink_to(ROOT / "configs")
    other = made / "other"  # another recording by its content, since none is processed twice
    cut_sample_site(other, seconds=4)
    (made / "footage/yard").mkdir(parents=True)
    shutil.move(other / "footage/gate.mp4", made / "gate.mp4")
    shutil.move(other / "footage/yard.mp4", made / "footage/yard/2026-03-02T01-00-00.mp4")
    shutil.copy(site / "footage/yard.mp4", made / "video.avi")
    shutil.copy(site / "truth/yard.txt", made / "gt.txt")
    write_people(made / "DATA/Market-1501-v15.09.15", learned=20, tested=6, each=4)
    write_pictures(site / "footage/gate.mp4", site / "truth/gate.txt", made)
    return made


def write_pictures(video: Path, truth: Path, folder: Path) -> None:
    """The frame with most people, one of them, and the same one in another frame."""
    rows = np.loadtxt(truth, delimiter=",")
    shown = rows[(rows[:, 6] == 1) & (rows[:, 8] > SEEN)]
    numbers, counts = np.unique(shown[:, 0], return_counts=True)
    fullest = int(numbers[counts.argmax()])
    who = shown[shown[:, 0] == fullest][0, 1]
    second = int(shown[(shown[:, 1] == who) & (shown[:, 0] != fullest)][0, 0])
    frames = {frame.number: frame.image for frame in read_frames(video, VideoOptions(fps=None))}
    save(folder / "frame.jpg", frames[fullest])
    for name, number in (("person", fullest), ("another", second)):
        (row,) = shown[(shown[:, 0] == number) & (shown[:, 1] == who)]
        left, top, width, height = row[2:6].round().clip(0).astype(int)
        save(
            folder / f"{name}.jpg",
            frames[number][top : top + height, left : left + width],
        )


def save(path: Path, image: Image) -> None:
    assert cv2.imwrite(str(path), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))


def test_every_command_runs(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setattr("sys.stdin", io.StringIO())  # at a question: no answer
    for name in ("STORE", "DETECTOR", "DATA"):
        monkeypatch.delenv(f"SURVEIL_REID_{name}", raising=False)
    for command in commands():
        program, *words = shlex.split(command)
        if program == "export":
            monkeypatch.setenv(*words[0].split("=", 1))
            continue
        assert program == "surveil-reid", command
        added = [more for start, more in SHORTER.items() if command.startswith(start)]
        with pytest.raises(SystemExit) as ended:
            main([*words, *(word for more in added for word in more)])
        said = capsys.readouterr()
        if command.startswith("surveil-reid train configs"):  # two steps leave no checkpoint
            shutil.copy(find_shipped(None, "embedder", "cpu"), "runs/strong/best.safetensors")
        assert not ended.value.code, f"{command}\n{said.err or said.out}"
