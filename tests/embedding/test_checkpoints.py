"""Checkpoints come back as they went in, or say in one line what is wrong with them."""

import json
from pathlib import Path

import pytest
import torch
import torchvision
from safetensors.torch import load_file, save_file

from surveil_reid.assets import Preprocessing
from surveil_reid.core import OperatingPoint, WeightsError
from surveil_reid.embedding.architecture import BACKBONES, ArchitectureOptions
from surveil_reid.embedding.checkpoint import load_checkpoint, save_checkpoint
from surveil_reid.embedding.header import CheckpointMeta
from surveil_reid.embedding.model import ReidModel, build_model
from surveil_reid.embedding.tensors import load_backbone

SMALL = ArchitectureOptions(backbone="resnet18", width=16, last_stride=1)
META = CheckpointMeta(
    name="tiny",
    preprocessing=Preprocessing.imagenet((64, 32)),
    training={"data": ["a", "b"], "epochs": 3, "mAP": 0.5, "seed": None},
    linking=(OperatingPoint(0.7, 0.001, 0.9, "validation"),),
    linking_similarity=0.55,
    licence="AGPL-3.0-or-later",
)


def random_model(architecture: ArchitectureOptions = SMALL) -> ReidModel:
    torch.manual_seed(0)
    model = build_model(architecture)
    model.bottleneck.running_mean.normal_()
    return model


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("checkpoints") / "tiny.safetensors"
    save_checkpoint(path, random_model(), META)
    return path


def test_a_checkpoint_comes_back_as_it_went_in(checkpoint: Path) -> None:
    loaded = load_checkpoint(checkpoint)
    assert loaded.meta == META
    assert loaded.model.architecture == SMALL
    assert not loaded.model.training
    before, after = random_model().state_dict(), loaded.model.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_the_header_can_be_read_by_any_safetensors_reader(checkpoint: Path) -> None:
    content = checkpoint.read_bytes()
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    said = json.loads(header["__metadata__"]["surveil_reid"])
    assert said["architecture"] == {
        "backbone": "resnet18",
        "width": 16,
        "last_stride": 1,
        "pooling": "average",
        "bottleneck": True,
    }
    assert said["dim"] == 16
    assert said["meta"]["training"]["epochs"] == 3
    assert len(load_file(checkpoint)) == len(random_model().state_dict())


def test_equal_models_give_equal_files(checkpoint: Path, tmp_path: Path) -> None:
    # Metadata of several keys would be written in an order that changes from save to save.
    contents = {checkpoint.read_bytes()}
    for count in range(5):
        again = tmp_path / f"{count}.safetensors"
        save_checkpoint(again, random_model(), META)
        contents.add(again.read_bytes())
    assert len(contents) == 1


def test_a_file_that_cannot_be_written_leaves_the_old_one_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "taken.safetensors"
    (folder / "inside").mkdir(parents=True)
    with pytest.raises(WeightsError, match="cannot write"):
        save_checkpoint(folder, random_model(), META)
    assert [entry.name for entry in tmp_path.iterdir()] == ["taken.safetensors"]
    assert (folder / "inside").is_dir()


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999])
def test_a_truncated_checkpoint_is_refused(checkpoint: Path, tmp_path: Path, share: float) -> None:
    content = checkpoint.read_bytes()
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(WeightsError, match="damaged") as caught:
        load_checkpoint(cut)
    assert str(cut) in str(caught.value)


def test_a_missing_checkpoint_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"no weights at .*none\.safetensors"):
        load_checkpoint(tmp_path / "none.safetensors")


def test_another_architecture_than_expected_is_named_with_the_expected_one(
    checkpoint: Path,
) -> None:
    expected = ArchitectureOptions(backbone="resnet50", width=512, last_stride=2)
    with pytest.raises(WeightsError) as caught:
        load_checkpoint(checkpoint, expected)
    assert "resnet18, width 16, last stride 1" in str(caught.value)
    assert "resnet50, width 512, last stride 2" in str(caught.value)
    assert load_checkpoint(checkpoint, SMALL).model.architecture == SMALL


def rewrite(checkpoint: Path, target: Path, header: dict[str, object], drop: str = "") -> Path:
    tensors = {name: value for name, value in load_file(checkpoint).items() if name != drop}
    save_file(tensors, target, metadata={"surveil_reid": json.dumps(header)})
    return target


def header_of(checkpoint: Path) -> dict[str, dict[str, object]]:
    content = checkpoint.read_bytes()
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    said: dict[str, dict[str, object]] = json.loads(header["__metadata__"]["surveil_reid"])
    return said


def test_tensors_of_another_architecture_than_the_header_says(
    checkpoint: Path, tmp_path: Path
) -> None:
    header = header_of(checkpoint)
    header["architecture"]["backbone"] = "resnet34"
    lying = rewrite(checkpoint, tmp_path / "lying.safetensors", header)
    with pytest.raises(WeightsError) as caught:
        load_checkpoint(lying)
    assert "does not fit resnet34, width 16" in str(caught.value)
    assert "its tensors are resnet18, width 16" in str(caught.value)


def test_a_missing_tensor_is_noticed(checkpoint: Path, tmp_path: Path) -> None:
    lacking = rewrite(checkpoint, tmp_path / "a.safetensors", header_of(checkpoint), "reduce.bias")
    with pytest.raises(WeightsError, match="does not fit resnet18"):
        load_checkpoint(lacking)


@pytest.mark.parametrize(
    ("where", "key", "value", "expected"),
    [
        ("architecture", "backbone", "vit", "backbone must be one of"),
        ("architecture", "depth", 18, "unknown key 'architecture.depth'"),
        ("meta", "preprocessing", {}, "meta.preprocessing.size"),
    ],
)
def test_a_header_that_cannot_be_understood_is_refused(
    checkpoint: Path, tmp_path: Path, where: str, key: str, value: object, expected: str
) -> None:
    header = header_of(checkpoint)
    header[where][key] = value
    strange = rewrite(checkpoint, tmp_path / "strange.safetensors", header)
    with pytest.raises(WeightsError) as caught:
        load_checkpoint(strange)
    assert expected in str(caught.value)
    assert "strange.safetensors" in str(caught.value)


@pytest.mark.parametrize("name", BACKBONES)
def test_plain_torchvision_weights_are_a_backbone_to_train_from(name: str, tmp_path: Path) -> None:
    plain = getattr(torchvision.models, name)()
    path = tmp_path / "plain.safetensors"
    save_file({key: value.half() for key, value in plain.state_dict().items()}, path)
    with pytest.raises(WeightsError) as caught:
        load_checkpoint(path)
    assert f"a {name} backbone to train from, not an embedder" in str(caught.value)
    model = build_model(ArchitectureOptions(backbone=name))
    load_backbone(model, path)
    torch.testing.assert_close(
        model.backbone.conv1.weight, plain.conv1.weight, atol=1e-3, rtol=1e-3
    )
    assert model.backbone.conv1.weight.dtype == torch.float32


def test_a_backbone_of_another_architecture_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "plain.safetensors"
    save_file(torchvision.models.resnet34().state_dict(), path)
    with pytest.raises(WeightsError, match=r"torchvision's resnet18.*torchvision's resnet34"):
        load_backbone(build_model(SMALL), path)


def test_tensors_of_something_else_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "else.safetensors"
    save_file({"a": torch.zeros(3)}, path)
    with pytest.raises(WeightsError, match="holds no embedder"):
        load_checkpoint(path)
    with pytest.raises(WeightsError, match="1 of no known architecture"):
        load_backbone(build_model(SMALL), path)
