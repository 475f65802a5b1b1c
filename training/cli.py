"""`python -m training`: recipes to checkpoints; `surveil-reid train` is the same with Typer."""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from surveil_reid.core import InputError, SurveilReidError
from training.grid import read_grid
from training.processes import started_together
from training.progress import Tell
from training.recipe import Recipe
from training.recipe_files import read_recipe
from training.records import Record
from training.run import train
from training.run_options import RunOptions

DATA_VARIABLE = "SURVEIL_REID_DATA"
SUMMARY = "Train a recipe, or what is missing of a grid of them. An interrupted run goes on."


def main(arguments: Sequence[str] | None = None) -> int:
    """Train what the command line names; returns the exit status."""
    given = _parser().parse_args(arguments)
    try:
        recipes = choose_recipes(given.config, given.grid, given.only, given.set)
        trained = train_all(recipes, _options(given), _tell)
    except SurveilReidError as error:
        sys.stderr.write(f"error: {' '.join(str(error).split())}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; what was saved is kept, run it again to go on\n")
        return 130
    for record in trained.records:
        sys.stdout.write(f"{given.out / record.name}: {record.state}\n")
    return 1 if trained.failed else 0


def choose_recipes(
    config: Path | None, grid: Path | None, only: str, changes: Sequence[str]
) -> tuple[Recipe, ...]:
    """The recipe of a file, or those of a grid whose names fit a pattern.

    Raises:
        InputError: unless there is exactly one of the two, or when a recipe is wrong.
    """
    if (config is None) == (grid is None):
        msg = "name a recipe, or a folder of grid files with --grid; one of them"
        raise InputError(msg)
    if config is not None:
        return (read_recipe(config, changes),)
    return read_grid(grid or Path(), only, changes)


@dataclass(frozen=True, slots=True)
class Trained:
    """What became of several recipes.

    Attributes:
        records: of runs that are finished, or were begun before the time was up.
        failed: what was wrong, by name, with the others that were begun.
    """

    records: tuple[Record, ...]
    failed: dict[str, str]


def train_all(recipes: Sequence[Recipe], options: RunOptions, tell: Tell) -> Trained:
    """Train recipes one after another; finished ones are passed over, failures do not stop it.

    Args:
        recipes: in this order.
        options: of the machine; `minutes` is for all of them together.
        tell: takes lines of progress.

    Raises:
        InputError: when several processes are to share several recipes.
        SurveilReidError: when the only recipe fails.
    """
    if len(recipes) > 1 and started_together() > 1:
        msg = f"torchrun trains one recipe at a time, not {len(recipes)}; choose one with --only"
        raise InputError(msg)
    began = time.monotonic()
    records: list[Record] = []
    failed: dict[str, str] = {}
    for number, recipe in enumerate(recipes, 1):
        left = options
        if options.minutes is not None:
            minutes = options.minutes - (time.monotonic() - began) / 60
            if minutes <= 0 or any(record.state == "running" for record in records):
                tell(f"time is up before run {number}/{len(recipes)}; run this again to go on")
                break
            left = replace(options, minutes=minutes)
        if len(recipes) > 1:
            tell(f"run {number}/{len(recipes)}: {recipe.name}")
        try:
            records.append(train(recipe, left, tell))
        except SurveilReidError as error:
            if len(recipes) == 1:
                raise
            failed[recipe.name] = " ".join(str(error).split())
            tell(f"error: {recipe.name}: {failed[recipe.name]}")
    return Trained(tuple(records), failed)


def weights_folder(data: Path) -> Path:
    """Where ImageNet's weights lie beside data sets, unless somebody says otherwise."""
    return (data if data.is_dir() else data.parent) / "weights/imagenet"


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def _options(given: argparse.Namespace) -> RunOptions:
    return RunOptions(
        out=given.out,
        data=given.data,
        cache=given.cache,
        weights=given.weights or weights_folder(given.data),
        device=given.device,
        threads=given.threads,
        compile=given.compile,
        deterministic=given.deterministic,
        save_seconds=given.save_seconds,
        steps=given.steps,
        minutes=given.minutes,
        tensorboard=given.tensorboard,
        test=not given.no_test,
    )


def _parser() -> argparse.ArgumentParser:
    data = Path(os.environ.get(DATA_VARIABLE, "."))
    parser = argparse.ArgumentParser(prog="python -m training", description=SUMMARY)
    parser.add_argument("config", metavar="CONFIG.yaml", type=Path, nargs="?")
    parser.add_argument("--grid", metavar="DIR", type=Path)
    parser.add_argument("--only", metavar="PATTERN", default="*")
    parser.add_argument("--set", metavar="KEY=VALUE", action="append", default=[])
    parser.add_argument("--out", metavar="DIR", type=Path, default=Path("runs"))
    parser.add_argument("--data", metavar="DIR", type=Path, default=data)
    parser.add_argument("--cache", metavar="DIR", type=Path, default=Path(".cache/pictures"))
    parser.add_argument("--weights", metavar="DIR", type=Path)
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--deterministic", action="store_true")
    parser.add_argument("--tensorboard", action="store_true")
    parser.add_argument("--save-seconds", type=float, default=120.0)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--no-test", action="store_true")
    return parser
