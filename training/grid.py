"""The grid of experiments: a recipe that many share, and the axes along which they differ.

A grid file is a recipe with the further key `axes`, which lists the choices along each:

    axes:
      model:
        - {cell: ResNet-18, name: resnet18, recipe: {model: {backbone: resnet18}}}
        - {cell: ResNet-34, name: resnet34, recipe: {model: {backbone: resnet34}}}

`cell` is the choice in the paper's tables, `name` its part of the run's name, and `recipe` what it
changes. There is one run for each combination.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from functools import reduce
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from surveil_reid.core import InputError
from training.recipe import Recipe
from training.recipe_files import merge, parse_change, read_values
from training.strict import parse


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """One choice along an axis.

    Attributes:
        cell: as the paper's tables have it.
        name: its part of a run's name.
        recipe: what it changes in the recipe.
    """

    cell: str | bool
    name: str
    recipe: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Axes:
    """What a run's cell is made of, in the order in which it names the run."""

    model: tuple[Choice, ...]
    dataset: tuple[Choice, ...]
    train_test: tuple[Choice, ...]
    fine_tuned: tuple[Choice, ...]
    amp: tuple[Choice, ...]


def read_grid(folder: Path, only: str = "*", changes: Sequence[str] = ()) -> tuple[Recipe, ...]:
    """The recipes that the grid files of a folder stand for, file by file.

    Args:
        folder: holds the grid files, `*.yaml`.
        only: a pattern of the names in the grid, such as `resnet18-*-80-*`.
        changes: `key=value`, as `read_recipe` takes them, to all of them.

    Raises:
        InputError: when there is no grid file, one is wrong, a name comes twice, or no name fits
            the pattern.
    """
    paths = sorted(folder.glob("*.yaml"))
    if not paths:
        msg = f"{folder} holds no grid file (*.yaml); a grid is a folder such as configs/paper"
        raise InputError(msg)
    experiments = [experiment for path in paths for experiment in _expand(path)]
    names = [experiment.name for experiment in experiments]
    chosen = [experiment for experiment in experiments if fnmatchcase(experiment.name, only)]
    if not chosen:
        near = ", ".join(names[:3])
        msg = f"none of the {len(names)} experiments in {folder} fits {only!r}; they are {near}, …"
        raise InputError(msg)
    _require_different(folder, names, "let an axis tell them apart")
    recipes = tuple(experiment.recipe(changes) for experiment in chosen)
    remedy = "--only can choose one of them, which may have any name"
    _require_different(folder, [recipe.name for recipe in recipes], remedy)
    return recipes


def _require_different(folder: Path, names: Sequence[str], remedy: str) -> None:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        msg = f"{folder}: two experiments are called {twice}; {remedy}"
        raise InputError(msg)


class _Experiment(NamedTuple):
    """One of a grid file, by the name that the grid gives it."""

    name: str
    values: Mapping[str, Any]
    path: Path

    def recipe(self, changes: Sequence[str]) -> Recipe:
        values = reduce(merge, map(parse_change, changes), self.values)
        return parse(Recipe, values, f"{self.path}: {self.name}")


def _expand(path: Path) -> list[_Experiment]:
    values = read_values(path)
    axes = parse(Axes, values.pop("axes", {}), f"{path}: axes")
    choices = {axis.name: getattr(axes, axis.name) for axis in fields(Axes)}
    return [
        _experiment(values, dict(zip(choices, combination, strict=True)), path)
        for combination in product(*choices.values())
    ]


def _experiment(values: Mapping[str, Any], chosen: Mapping[str, Choice], path: Path) -> _Experiment:
    name = "-".join(choice.name for choice in chosen.values())
    own = {"name": name, "cell": {axis: choice.cell for axis, choice in chosen.items()}}
    layers = (*(choice.recipe for choice in chosen.values()), own)
    return _Experiment(name, reduce(merge, layers, values), path)
