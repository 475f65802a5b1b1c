"""The grid of experiments: a file that holds what many recipes share, and the axes they differ in.

A grid file has two keys. `recipe` is a recipe's content without what the axes set. `axes` has
`model`, `dataset`, `train_test`, `amp` and `fine_tuned`; each lists the choices along it:

    axes:
      model:
        - {cell: ResNet-18, name: resnet18, recipe: {backbone: resnet18}}
        - {cell: ResNet-34, name: resnet34, recipe: {backbone: resnet34}}

`cell` is the choice in the paper's tables, `name` its part of the run's name, and `recipe` what it
sets. One run is made of each combination.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import product
from pathlib import Path
from typing import Any

import yaml

from surveil_reid.core import InputError
from training.records import Cell
from training.strict import parse

AXES = ("model", "dataset", "train_test", "fine_tuned", "amp")
"""In the order in which they name a run."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """One choice along an axis.

    Attributes:
        cell: as the paper's tables have it.
        name: its part of a run's name.
        recipe: what it sets in the recipe.
    """

    cell: str | bool
    name: str
    recipe: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class GridFile:
    """What a grid file holds."""

    axes: dict[str, tuple[Choice, ...]]
    recipe: dict[str, Any]

    def __post_init__(self) -> None:
        if set(self.axes) != set(AXES):
            msg = f"axes must be {', '.join(AXES)}; got {', '.join(self.axes) or 'none'}"
            raise InputError(msg)
        for axis, choices in self.axes.items():
            if not choices:
                msg = f"the axis {axis} has no choices; name one at least"
                raise InputError(msg)


@dataclass(frozen=True, kw_only=True, slots=True)
class GridRun:
    """One experiment of the grid.

    Attributes:
        name: unique in the grid.
        cell: its place in the paper's tables.
        recipe: the whole recipe, as plain values.
    """

    name: str
    cell: Cell
    recipe: dict[str, Any]


def read_grid(folder: Path, only: str = "*") -> tuple[GridRun, ...]:
    """The experiments that the grid files of a folder describe, file by file.

    Args:
        folder: holds the grid files, `*.yaml`.
        only: a pattern of names, such as `resnet18-*-80-*`.

    Raises:
        InputError: when there is no grid file, one is wrong, a name comes twice, or no name fits
            the pattern.
    """
    paths = sorted(folder.glob("*.yaml"))
    if not paths:
        msg = f"{folder} holds no grid file (*.yaml)"
        raise InputError(msg)
    runs = [run for path in paths for run in _expand(path)]
    names = [run.name for run in runs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        msg = f"{folder}: two experiments are called {twice}; let an axis tell them apart"
        raise InputError(msg)
    chosen = tuple(run for run in runs if fnmatchcase(run.name, only))
    if not chosen:
        msg = f"none of the {len(runs)} experiments fits {only!r}; a name is {names[0]}"
        raise InputError(msg)
    return chosen


def _expand(path: Path) -> list[GridRun]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        msg = f"{path} cannot be read: {error}"
        raise InputError(msg) from error
    grid = parse(GridFile, content, str(path))
    combinations = product(*(grid.axes[axis] for axis in AXES))
    return [_run(grid.recipe, choices, str(path)) for choices in combinations]


def _run(recipe: Mapping[str, Any], choices: Sequence[Choice], where: str) -> GridRun:
    cell = {axis: choice.cell for axis, choice in zip(AXES, choices, strict=True)}
    whole = dict(recipe)
    for choice in choices:
        whole = _merged(whole, choice.recipe)
    return GridRun(
        name="-".join(choice.name for choice in choices),
        cell=parse(Cell, cell, f"{where}: cell"),
        recipe=whole,
    )


def _merged(into: Mapping[str, Any], added: Mapping[str, Any]) -> dict[str, Any]:
    """Both; where both have a key, what is added wins, except that mappings are merged."""
    merged = dict(into)
    for key, value in added.items():
        both = (merged.get(key), value)
        if all(isinstance(side, Mapping) for side in both):
            merged[key] = _merged(merged[key], value)
        else:
            merged[key] = value
    return merged
