"""`surveil-reid export` on the command line, and the pictures that it takes."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as PillowImage

from surveil_reid.assets import Preprocessing
from surveil_reid.core import InputError
from surveil_reid.embedding.architecture import ArchitectureOptions
from surveil_reid.embedding.checkpoint import save_checkpoint
from surveil_reid.embedding.header import CheckpointMeta
from surveil_reid.embedding.model import build_model
from surveil_reid.pipeline import read_pictures

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    model = build_model(ArchitectureOptions(backbone="resnet18", width=32))
    save_checkpoint(
        path, model, CheckpointMeta(name="tiny", preprocessing=Preprocessing.imagenet((64, 32)))
    )
    return path


def test_export_says_how_like_the_original_it_is(
    run: Run, checkpoint: Path, tmp_path: Path
) -> None:
    out = tmp_path / "new" / "half.safetensors"
    words = ("export", checkpoint, "--format", "safetensors", "--precision", "fp16", "--out", out)
    status, printed, err = run(*words, "--json")
    assert status == 0, err
    document = json.loads(printed)
    assert (document["kind"], document["path"]) == ("embedder", str(out))
    assert document["likeness"] >= 0.999
    assert out.is_file()
    status, _, err = run(*words)
    assert status == 1
    assert f"{out} is there already" in err


@pytest.mark.parametrize(
    ("weights", "words", "status", "says"),
    [
        ("none.safetensors", ("--format", "onnx", "--out", "a.onnx"), 1, "no weights at none.safe"),
        ("README.md", ("--format", "onnx", "--out", "a.onnx"), 1, "neither an embedder"),
        ("a.safetensors", ("--format", "h5", "--out", "a.h5"), 2, "h5"),
    ],
)
def test_mistakes_are_named(
    run: Run, weights: str, words: tuple[str, ...], status: int, says: str
) -> None:
    found, _, err = run("export", weights, *words)
    assert found == status
    assert says in err


def test_pictures_come_from_folders_files_and_recordings(
    tmp_path: Path, site: dict[str, Path]
) -> None:
    for number in range(10):
        path = tmp_path / "people" / f"{number % 2}" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        PillowImage.fromarray(np.full((8, 4, 3), number, np.uint8)).save(path)
    one = tmp_path / "people/0/0.png"
    shown = read_pictures([tmp_path / "people", one, site["gate"]], 12)
    folder, single, film = shown[:4], shown[4:5], shown[5:]
    assert len({int(picture[0, 0, 0]) for picture in folder}) == 4
    assert single[0].max() == 0
    assert len(film) == 4
    assert len({picture.tobytes() for picture in film}) == 4
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no pictures in"):
        read_pictures([tmp_path / "empty"])
