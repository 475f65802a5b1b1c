"""A run's checkpoint becomes one that ships: smaller, named, and with thresholds of strangers."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from data.people import write_people
from helpers.recipes import tiny_values
from surveil_reid.core import InputError
from surveil_reid.embedding import EmbeddingOptions, load_embedder
from surveil_reid.embedding.architecture import ArchitectureOptions
from surveil_reid.embedding.checkpoint import load_checkpoint, save_checkpoint
from surveil_reid.embedding.header import CheckpointMeta
from surveil_reid.embedding.model import build_model
from surveil_reid.video.pictures import read_picture
from training.shipping import ship

HELD_OUT = 24


def checkpoint(folder: Path, held_out: int, **data: object) -> Path:
    """An untrained network, as a run with this recipe would leave it."""
    torch.manual_seed(0)
    recipe = tiny_values(
        data={"held_out": held_out, "split_seed": 0, "protocol": "official", **data}
    )
    meta = CheckpointMeta(name="tiny", training={"recipe": recipe})
    path = folder / f"best-{held_out}.safetensors"
    save_checkpoint(path, build_model(ArchitectureOptions(backbone="resnet18")), meta)
    return path


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_people(tmp_path_factory.mktemp("market"), learned=30, cameras=3, each=2)


def test_it_is_the_same_network_in_half_the_bytes_with_thresholds(
    tmp_path: Path, market: Path
) -> None:
    best, out = checkpoint(tmp_path, HELD_OUT), tmp_path / "weights/walker.safetensors"
    ship(best, out, licence="CC0-1.0", market=market)
    assert {tensor.dtype for tensor in load_file(out).values()} <= {torch.float16, torch.int64}
    assert out.stat().st_size < 0.51 * best.stat().st_size
    fp32, int8 = (EmbeddingOptions(device="cpu", precision=kind) for kind in ("fp32", "int8"))
    before, after = (load_embedder(path, fp32) for path in (best, out))
    assert (after.info.name, load_checkpoint(out).meta.licence) == ("walker", "CC0-1.0")
    assert after.info.linking_similarity is not None
    assert f"{HELD_OUT} people, {3 * HELD_OUT} tracklets" in after.info.linking[0].fitted_on
    assert after.info.calibration is not None
    pictures = [read_picture(path) for path in sorted((market / "query").iterdir())]
    likeness = (before.embed(pictures) * after.embed(pictures)).sum(axis=1)
    assert likeness == pytest.approx(np.ones(len(pictures)), abs=1e-3)
    narrow = load_embedder(out, int8).embed(pictures)
    assert (before.embed(pictures) * narrow).sum(axis=1).min() > 0.98


def test_a_model_that_has_learned_everybody_is_refused_and_nothing_written(
    tmp_path: Path, market: Path
) -> None:
    out = tmp_path / "weights/walker.safetensors"
    with pytest.raises(InputError, match="held nobody out"):
        ship(checkpoint(tmp_path, 0), out, licence="CC0-1.0", market=market)
    assert not out.exists()


@pytest.mark.parametrize(
    "data",
    [
        {"split_seed": 1},
        {"protocol": "paper-80"},
        {"set": "combined"},
        {"set": "folder"},
        {"beside": ["rendered"]},
    ],
)
def test_people_who_were_drawn_otherwise_are_refused_since_others_would_be_fitted_on(
    tmp_path: Path, market: Path, data: dict[str, object]
) -> None:
    out = tmp_path / "weights/walker.safetensors"
    with pytest.raises(InputError, match="held out identities of"):
        ship(checkpoint(tmp_path, HELD_OUT, **data), out, licence="CC0-1.0", market=market)
    assert not out.exists()
