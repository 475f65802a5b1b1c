import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from surveil_reid.core import InputError
from training.grid import read_grid
from training.paper_figures import read_paper
from training.recipe_files import read_recipe

CONFIGS = Path(__file__).parents[2] / "configs"
GRID = CONFIGS / "paper"
AXES = {
    "model": [{"cell": "ResNet-18", "name": "small"}],
    "dataset": [{"cell": "MARKET-1501", "name": "market"}],
    "train_test": [{"cell": "80:20", "name": "80"}],
    "fine_tuned": [{"cell": False, "name": "transfer"}],
    "amp": [{"cell": True, "name": "amp"}],
}
BACKBONES = {
    "ResNet-18": "resnet18",
    "ResNet-34": "resnet34",
    "ResNet-50": "resnet50",
    "ResNeXt-50 32x4d": "resnext50_32x4d",
}
SETS = {"CUHK03-NP": "cuhk03-np", "MARKET-1501": "market1501", "Combined": "combined"}


def test_there_is_one_recipe_for_each_cell_of_the_papers_tables() -> None:
    recipes = read_grid(GRID)
    assert {recipe.cell for recipe in recipes} == set(read_paper())
    assert len({recipe.name for recipe in recipes}) == len(recipes) == 72


def test_every_recipe_does_what_its_cell_says() -> None:
    for recipe in read_grid(GRID):
        cell = recipe.cell
        assert cell is not None
        assert recipe.model.backbone == BACKBONES[cell.model]
        assert recipe.data.set == SETS[cell.dataset]
        assert recipe.data.protocol == {"50:50": "paper-50", "80:20": "paper-80"}[cell.train_test]
        assert recipe.amp == ("auto" if cell.amp else "off")
        assert recipe.optimiser.kind == ("adamw" if cell.fine_tuned else "adam")
        expected = (2e-4, 0.015) if cell.fine_tuned else (1e-3, 0.0)
        assert (recipe.optimiser.rate, recipe.optimiser.weight_decay) == expected
        assert recipe.input.size == (256, 128)


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("resnet18-market1501-80-transfer-amp", "paper"),
        ("resnet18-market1501-80-fine-tuned-amp", "paper-fine-tuned"),
    ],
)
def test_the_grid_and_the_papers_recipes_agree(name: str, file: str) -> None:
    (of_grid,) = read_grid(GRID, name)
    alone = read_recipe(CONFIGS / "recipes" / f"{file}.yaml")
    assert replace(of_grid, name=alone.name, cell=alone.cell) == alone


def test_names_are_chosen_by_pattern_and_values_changed_in_all() -> None:
    chosen = read_grid(GRID, "resnet18-*-80-*-amp", ["schedule.epochs=3"])
    assert len(chosen) == 6
    assert {recipe.schedule.epochs for recipe in chosen} == {3}
    (other,) = read_grid(GRID, "resnet18-cuhk03-50-transfer-amp", ["name=other", "cell=null"])
    assert (other.name, other.cell, other.data.protocol) == ("other", None, "paper-50")
    with pytest.raises(InputError, match="two experiments are called other; --only"):
        read_grid(GRID, "resnet18-cuhk03-50-*", ["name=other"])
    with pytest.raises(InputError, match=r"none of the 72 experiments in .* fits 'vgg"):
        read_grid(GRID, "vgg*")


def write(folder: Path, name: str = "grid.yaml", **changed: object) -> None:
    values = {"schedule": {"epochs": 1}, "axes": AXES} | changed
    (folder / name).write_text(yaml.safe_dump(values))


def test_what_is_chosen_changes_the_recipe_key_by_key(tmp_path: Path) -> None:
    small = {"cell": "ResNet-18", "name": "small", "recipe": {"model": {"width": 64}}}
    write(tmp_path, model={"weights": "random"}, axes=AXES | {"model": [small]})
    (recipe,) = read_grid(tmp_path)
    assert recipe.name == "small-market-80-transfer-amp"
    assert (recipe.model.weights, recipe.model.width) == ("random", 64)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"axes": {}}, "axes: the key 'model' is missing"),
        ({"axes": AXES | {"models": []}}, "axes: unknown key 'models'; did you mean 'model'?"),
        (
            {"axes": AXES | {"model": [{"cell": "VGG", "name": "vgg"}]}},
            "vgg-market-80-transfer-amp: cell: model: must be one of ResNet-18",
        ),
        ({"optimizer": {}}, "unknown key 'optimizer'; did you mean 'optimiser'?"),
        (
            {"axes": AXES | {"model": AXES["model"] * 2}},
            "two experiments are called small-market-80-transfer-amp",
        ),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, changed: dict[str, object], said: str) -> None:
    write(tmp_path, **changed)
    with pytest.raises(InputError, match=re.escape(said)):
        read_grid(tmp_path)


def test_a_folder_without_a_grid_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no grid file"):
        read_grid(tmp_path)
