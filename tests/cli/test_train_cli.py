"""`surveil-reid train`, from the command line to a checkpoint."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from data.people import write_people
from helpers.recipes import tiny_values

Run = Callable[..., tuple[int, str, str]]

CHOICES = {
    "model": {"cell": "ResNet-18", "name": "r18", "recipe": {"model": {"backbone": "resnet18"}}},
    "dataset": {"cell": "MARKET-1501", "name": "market"},
    "train_test": {"cell": "50:50", "name": "50"},
    "fine_tuned": {"cell": False, "name": "transfer"},
    "amp": {"cell": False, "name": "fp32"},
}


@pytest.fixture
def places(tmp_path: Path) -> list[str]:
    people = write_people(tmp_path / "data" / "market1501").parent
    out, cache = tmp_path / "runs", tmp_path / "cache"
    given = ["--data", people, "--out", out, "--cache", cache, "--device", "cpu", "--threads", 1]
    return [str(argument) for argument in given]


def write_grid(folder: Path) -> Path:
    """A grid of two runs, of one epoch each."""
    values = {key: value for key, value in tiny_values().items() if key != "name"}
    sizes = [
        {"cell": "50:50", "name": "50"},
        {"cell": "80:20", "name": "80", "recipe": {"data": {"protocol": "paper-80"}}},
    ]
    axes = {axis: [choice] for axis, choice in CHOICES.items()} | {"train_test": sizes}
    folder.mkdir()
    text = yaml.safe_dump({**values, "schedule": {"epochs": 1}, "axes": axes})
    (folder / "grid.yaml").write_text(text)
    return folder


def test_a_grid_runs_what_is_missing(run: Run, places: list[str], tmp_path: Path) -> None:
    grid = write_grid(tmp_path / "grid")

    def train(*more: object) -> tuple[list[Any], str]:
        status, out, err = run("train", "--grid", grid, *places, *more, "--json")
        assert status == 0, err
        return [entry["record"] for entry in json.loads(out)["runs"]], err

    (only,), _ = train("--only", "*-80-*")
    assert only["state"] == "finished"
    assert only["cell"]["train_test"] == "80:20"
    assert (tmp_path / "runs" / only["name"] / "best.safetensors").is_file()
    both, err = train()
    assert {record["name"] for record in both} == {"r18-market-50-transfer-fp32", only["name"]}
    assert both[[record["name"] for record in both].index(only["name"])] == only
    assert err.count("finished already") == 1


def test_a_run_that_fails_does_not_stop_the_others(
    run: Run, places: list[str], tmp_path: Path
) -> None:
    grid = write_grid(tmp_path / "grid")
    values = yaml.safe_load((grid / "grid.yaml").read_text())
    values["axes"]["train_test"][0]["recipe"] = {"batch": {"size": 500}}
    (grid / "grid.yaml").write_text(yaml.safe_dump(values))
    status, out, err = run("train", "--grid", grid, *places, "--json")
    assert status == 1
    said = json.loads(out)
    assert [entry["record"]["state"] for entry in said["runs"]] == ["finished"]
    (failed,) = said["failed"]
    assert failed["name"] == "r18-market-50-transfer-fp32"
    assert "batch.size" in failed["error"]
    assert f"error: {failed['name']}: {failed['error']}" in err.splitlines()


def test_a_run_stops_in_time_and_goes_on(run: Run, places: list[str], tmp_path: Path) -> None:
    recipe = tmp_path / "short.yaml"
    recipe.write_text(yaml.safe_dump(tiny_values(name="short")))
    given = ("train", recipe, *places, "--tensorboard", "--json")
    status, out, err = run(*given, "--minutes", 1e-6)
    assert status == 0, err
    (stopped,) = json.loads(out)["runs"]
    assert (stopped["record"]["state"], stopped["record"]["steps"]) == ("running", 1)
    status, out, err = run(*given)
    (ended,) = json.loads(out)["runs"]
    assert ended["record"]["state"] == "finished"
    assert "going on after step 1 of" in err
    assert list((tmp_path / "runs" / "short" / "tensorboard").iterdir())


def test_people_see_a_table(run: Run, places: list[str], tmp_path: Path) -> None:
    recipe = tmp_path / "tiny.yaml"
    recipe.write_text(yaml.safe_dump(tiny_values(schedule={"epochs": 1})))
    status, out, _ = run("train", recipe, *places)
    assert status == 0
    assert "rank-1" in out
    assert "finished" in out


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["none.yaml"], "cannot read the recipe none.yaml"),
        (["--grid", "none"], "holds no grid file"),
    ],
)
def test_mistakes_end_in_one_line(run: Run, arguments: list[str], expected: str) -> None:
    status, out, err = run("train", *arguments)
    assert status == 1
    assert out == ""
    assert expected in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("arguments", [[], ["a.yaml", "--grid", "b"]])
def test_a_recipe_or_a_grid_has_to_be_named(run: Run, arguments: list[str]) -> None:
    status, out, err = run("train", *arguments)
    assert (status, out) == (2, "")
    assert "name a recipe, or a folder of grid files" in err
