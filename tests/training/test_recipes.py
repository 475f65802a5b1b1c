"""Recipes say what a run learns, and mistakes in them are named with their remedy."""

from pathlib import Path

import pytest
import yaml

from helpers.recipes import tiny_values
from surveil_reid.core import InputError
from training.grid import read_grid
from training.recipe import Recipe
from training.recipe_files import read_recipe
from training.strict import parse, plain

CONFIGS = Path(__file__).parents[2] / "configs"
RECIPES = sorted((CONFIGS / "recipes").glob("*.yaml"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_every_recipe_that_ships_is_read_and_says_what_it_is_for(path: Path) -> None:
    recipe = read_recipe(path)
    assert recipe.name == path.stem
    assert recipe.about
    assert parse(Recipe, plain(recipe), "itself") == recipe
    assert recipe.model.architecture.backbone == recipe.model.backbone


def test_what_the_paper_states_stands_in_its_recipes() -> None:
    as_is, tuned = (
        read_recipe(CONFIGS / "recipes" / f"{name}.yaml") for name in ("paper", "paper-fine-tuned")
    )
    assert (as_is.optimiser.kind, as_is.optimiser.rate) == ("adam", 1e-3)
    assert as_is.optimiser.weight_decay == 0
    assert (tuned.optimiser.kind, tuned.optimiser.rate) == ("adamw", 2e-4)
    assert tuned.optimiser.weight_decay == 0.015
    for recipe in (as_is, tuned):
        assert recipe.input.size == (256, 128)
        assert not recipe.model.bottleneck
        assert recipe.loss.triplet == recipe.loss.distillation == 0


def test_the_part_of_the_grid_for_lent_machines_counts_for_the_whole() -> None:
    whole = {recipe.name: recipe for recipe in read_grid(CONFIGS / "paper")}
    part = read_grid(CONFIGS / "gpu")
    assert len(part) == 16
    assert all(whole[recipe.name] == recipe for recipe in part)


def test_the_strong_recipe_is_what_its_sources_say() -> None:
    strong = read_recipe(CONFIGS / "recipes" / "strong.yaml")
    assert (strong.batch.size, strong.batch.per_identity) == (64, 4)  # P 16, K 4
    assert (strong.model.last_stride, strong.model.bottleneck) == (1, True)
    assert strong.loss.label_smoothing == 0.1
    assert strong.loss.triplet_margin is None
    assert strong.data.held_out == 100


def write(folder: Path, name: str, values: dict[str, object]) -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(values))
    return path


def test_a_recipe_stands_on_its_base_and_the_command_line_on_both(tmp_path: Path) -> None:
    write(tmp_path, "below", tiny_values())
    above = write(tmp_path, "above", {"base": "below.yaml", "batch": {"size": 4}, "seed": 3})
    changes = ["seed=5", "input.flip=0.25", "loss={triplet: 1}", "optimiser.rate=2e-4"]
    recipe = read_recipe(above, changes)
    assert recipe.optimiser.rate == 2e-4
    assert recipe.name == "above"
    assert recipe.batch.size == 4
    assert recipe.seed == 5
    assert recipe.input.flip == 0.25
    assert recipe.input.pad == 2
    assert recipe.loss.triplet == 1.0


def test_off_is_a_word_and_true_is_not(tmp_path: Path) -> None:
    path = write(tmp_path, "words", tiny_values())
    assert read_recipe(path, ["amp=off", "model.bottleneck=true"]).amp == "off"
    path.write_text(f"{path.read_text()}\namp: off\n")
    assert read_recipe(path).amp == "off"


def test_recipes_that_stand_on_one_another_in_a_circle_are_an_error(tmp_path: Path) -> None:
    write(tmp_path, "one", {"base": "two.yaml"})
    write(tmp_path, "two", {"base": "one.yaml"})
    with pytest.raises(InputError, match="base"):
        read_recipe(tmp_path / "one.yaml")


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"optimizer": {}}, "unknown key 'optimizer'; did you mean 'optimiser'?"),
        ({"loss": {"triplets": 1}}, "loss: unknown key 'triplets'; did you mean 'triplet'?"),
        ({"batch": {"size": "many"}}, "batch: size: must be a whole number"),
        ({"batch": {"size": 8, "per_identity": 3}}, "multiple of per_identity"),
        ({"model": {"backbone": "vgg"}}, "backbone must be one of resnet18"),
        ({"data": {"protocol": "paper-60"}}, "protocol must be one of official"),
        ({"data": {"protocol": "paper-80", "beside": ["own"]}}, "put them to the test too"),
        ({"data": {"beside": ["/own"]}}, "name folders within the folder of data, not /own"),
        ({"input": {"flip": 2}}, "flip must be at least 0 and at most 1; got 2"),
        ({"input": {"size": [0, 64]}}, "size must be a height and a width from 1"),
        ({"data": {"mixtures": -1}}, "mixtures must be at least 0; got -1"),
        ({"batch": {"mixtures": 8}}, "set data.mixtures and loss"),
        ({"batch": {"mixtures": 8}, "data": {"mixtures": 9}}, "set data.mixtures and loss"),
        ({"loss": {"cross_entropy": 0}}, "must have a weight over 0"),
        ({"loss": {"distillation": 1}}, "distillation needs a teacher"),
        ({"schedule": {"epochs": 0}}, "epochs must be at least 1"),
        ({"schedule": {"milestones": [3, 2]}}, "milestones must increase"),
        ({"amp": "fp8"}, "amp: must be one of auto, off, fp16, bf16"),
        ({"average": 1.5}, "average must be at least 0 and at most 1"),
        ({"name": "../out"}, "fit for a folder's name"),
        ({"seed": -1}, "seed must be at least 0"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, changed: dict[str, object], expected: str) -> None:
    path = write(tmp_path, "wrong", tiny_values(**changed))
    with pytest.raises(InputError) as caught:
        read_recipe(path)
    assert expected in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("change", ["seed", "=3", "a..b=1", "seed=[1"])
def test_changes_that_change_nothing_are_named(tmp_path: Path, change: str) -> None:
    path = write(tmp_path, "tiny", tiny_values())
    with pytest.raises(InputError) as caught:
        read_recipe(path, [change])
    assert repr(change) in str(caught.value)


@pytest.mark.parametrize("text", ["- a\n- b\n", "a: [1\n", "just words"])
def test_what_is_no_recipe_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "odd.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=r"odd\.yaml"):
        read_recipe(path)
