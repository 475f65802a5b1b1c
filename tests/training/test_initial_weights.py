"""First weights come from where the recipe says, and the record says from where they came."""

import hashlib
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torchvision.models import resnet18

from surveil_reid.assets import find_shipped
from surveil_reid.core import InputError, WeightsError
from surveil_reid.embedding.architecture import ArchitectureOptions
from surveil_reid.embedding.checkpoint import load_checkpoint
from surveil_reid.embedding.model import ReidModel, build_model
from surveil_reid.embedding.tensors import write_model
from training import initial_weights
from training.initial_weights import start_from
from training.recipe_files import read_recipe
from training.records import Weights

CONFIGS = Path(__file__).parents[2] / "configs"
SMALL = ArchitectureOptions(backbone="resnet18", width=16, pooling="generalised-mean")


@pytest.fixture(autouse=True)
def _nothing_cached_and_offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.hub, "_hub_dir", str(tmp_path / "hub"))
    # A host that no name server knows, as it is offline.
    monkeypatch.setattr(initial_weights, "_url", lambda _: "https://download.invalid/weights.pth")


def imagenet(folder: Path) -> Path:
    torch.manual_seed(1)
    path = folder / "resnet18-imagenet.safetensors"
    folder.mkdir(exist_ok=True)
    save_file(resnet18().state_dict(), path)
    return path


def starts_as(model: ReidModel, path_state: dict[str, torch.Tensor]) -> bool:
    own = model.backbone.state_dict()
    shared = own.keys() & path_state.keys()
    return len(shared) > 100 and all(torch.equal(own[name], path_state[name]) for name in shared)


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_chance(tmp_path: Path) -> None:
    model = build_model(SMALL)
    before = model.backbone.conv1.weight.clone()
    assert start_from(model, "random", tmp_path) == Weights(source="random")
    assert torch.equal(model.backbone.conv1.weight, before)


def test_offline_the_local_file_is_taken_and_the_head_left_alone(tmp_path: Path) -> None:
    path = imagenet(tmp_path / "weights")
    model = build_model(SMALL)
    head = model.bottleneck.weight.clone()
    found = start_from(model, "imagenet", tmp_path / "weights")
    assert found == Weights(source="file", sha256=sha256(path), name=path.name)
    torch.manual_seed(1)
    assert starts_as(model, resnet18().state_dict())
    assert torch.equal(model.bottleneck.weight, head)


def test_torchvisions_download_goes_before_a_local_file(tmp_path: Path) -> None:
    imagenet(tmp_path / "weights")
    torch.manual_seed(2)
    state = resnet18().state_dict()
    downloaded = tmp_path / "hub" / "checkpoints" / "weights.pth"
    downloaded.parent.mkdir(parents=True)
    torch.save(state, downloaded)
    model = build_model(SMALL)
    found = start_from(model, "imagenet", tmp_path / "weights")
    assert found == Weights(source="torchvision", sha256=sha256(downloaded), name="weights.pth")
    assert starts_as(model, state)


def test_neither_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"go online once.*--weights.*model\.weights=random"):
        start_from(build_model(SMALL), "imagenet", tmp_path)


def test_a_checkpoint_is_gone_on_from_with_its_head(tmp_path: Path) -> None:
    torch.manual_seed(3)
    first = build_model(SMALL)
    torch.nn.init.uniform_(first.bottleneck.weight)
    write_model(tmp_path / "first.safetensors", first, {})
    model = build_model(SMALL)
    said: list[str] = []
    found = start_from(model, str(tmp_path / "first.safetensors"), None, said.append)
    assert found.source == "file"
    assert not said
    ours, theirs = model.state_dict(), first.state_dict()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


@pytest.mark.parametrize(
    "head",
    [
        {"width": 32, "pooling": "generalised-mean"},  # the same names, but other shapes
        {"width": 512, "pooling": "average"},
        {"width": 16, "pooling": "generalised-mean", "bottleneck": False},
    ],
)
def test_of_a_checkpoint_with_another_head_the_backbone_is_taken(
    tmp_path: Path, head: dict[str, Any]
) -> None:
    torch.manual_seed(3)
    first = build_model(ArchitectureOptions(backbone="resnet18", **head))
    write_model(tmp_path / "first.safetensors", first, {})
    model = build_model(SMALL)
    own = model.reduce.weight.clone()
    said: list[str] = []
    start_from(model, str(tmp_path / "first.safetensors"), None, said.append)
    assert said == [
        "began with the backbone of first.safetensors alone; the layers behind it are new"
    ]
    assert starts_as(model, first.backbone.state_dict())
    assert torch.equal(model.reduce.weight, own)


def test_weights_of_another_architecture_are_refused(tmp_path: Path) -> None:
    path = imagenet(tmp_path)
    write_model(tmp_path / "first.safetensors", build_model(SMALL), {})
    other = build_model(ArchitectureOptions(backbone="resnet34", width=16))
    for weights in (path, tmp_path / "first.safetensors"):
        with pytest.raises(WeightsError, match=r"does not fit torchvision's resnet34.*resnet18"):
            start_from(other, str(weights), None)


def test_the_recipe_for_own_cameras_goes_on_from_the_embedder_that_ships() -> None:
    recipe = read_recipe(CONFIGS / "recipes" / "own_cameras.yaml")
    shipped = load_checkpoint(find_shipped(None, "embedder", "cpu"))
    assert recipe.model.architecture == shipped.model.architecture
    assert recipe.input.size == recipe.data.stored == shipped.meta.preprocessing.size
    model = build_model(recipe.model.architecture)
    assert start_from(model, recipe.model.weights, None).name == "person-resnet18.safetensors"
    ours, theirs = model.state_dict(), shipped.model.state_dict()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_a_name_that_does_not_ship_is_refused() -> None:
    with pytest.raises(WeightsError, match="no embedder called person-resnet ships; did you mean"):
        start_from(build_model(SMALL), "person-resnet", None)


def test_another_embedder_is_gone_on_from_as_the_recipe_for_own_cameras_says() -> None:
    """The changes that its comment gives lead to the network of strong.yaml."""
    path = CONFIGS / "recipes" / "own_cameras.yaml"
    changes = re.findall(r"--set '?([^\s']+)", path.read_text())
    strong, recipe = read_recipe(path.with_name("strong.yaml")), read_recipe(path, changes)
    assert recipe.model.architecture == strong.model.architecture
    assert recipe.input.size == recipe.data.stored == strong.input.size


def test_weights_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    state = resnet18().state_dict()
    state["layer1.0.conv1.weight"][0, 0, 0, 0] = torch.nan
    save_file(state, tmp_path / "nan.safetensors")
    with pytest.raises(WeightsError, match="holds NaN or infinity"):
        start_from(build_model(SMALL), str(tmp_path / "nan.safetensors"), None)


def test_the_address_is_torchvisions_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    names = ("resnet18", "resnet34", "resnet50", "resnext50_32x4d")
    urls = [initial_weights._url(name) for name in names]
    assert all(url.startswith("https://download.pytorch.org/models/") for url in urls)
    assert [url.rsplit("/", 1)[1].split("-")[0] for url in urls] == list(names)
