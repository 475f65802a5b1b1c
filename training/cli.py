"""`surveil-reid train` and `python -m training`: recipes to checkpoints."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from surveil_reid.core import SurveilReidError
from training.recipe_files import read_recipe
from training.run import train
from training.run_options import RunOptions

DATA_VARIABLE = "SURVEIL_REID_DATA"


def main(arguments: Sequence[str] | None = None) -> int:
    """Train what the command line names; returns the exit status."""
    given = _parser().parse_args(arguments)
    try:
        record = train(read_recipe(given.config, given.set), _options(given), _tell)
    except SurveilReidError as error:
        sys.stderr.write(f"error: {' '.join(str(error).split())}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; what was saved is kept, run it again to go on\n")
        return 130
    sys.stdout.write(f"{given.out / record.name}\n")
    return 0


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def _options(given: argparse.Namespace) -> RunOptions:
    data = given.data or Path(os.environ.get(DATA_VARIABLE, "."))
    return RunOptions(
        out=given.out,
        data=data,
        cache=given.cache,
        weights=given.weights or data / "weights/imagenet",
        device=given.device,
        threads=given.threads,
        compile=given.compile,
        deterministic=given.deterministic,
        save_seconds=given.save_seconds,
        steps=given.steps,
        test=not given.no_test,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("config", metavar="CONFIG.yaml", type=Path)
    parser.add_argument("--set", metavar="KEY=VALUE", action="append", default=[])
    parser.add_argument("--out", metavar="DIR", type=Path, default=Path("runs"))
    parser.add_argument("--data", metavar="DIR", type=Path)
    parser.add_argument("--cache", metavar="DIR", type=Path, default=Path(".cache/pictures"))
    parser.add_argument("--weights", metavar="DIR", type=Path)
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--deterministic", action="store_true")
    parser.add_argument("--save-seconds", type=float, default=120.0)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--no-test", action="store_true")
    return parser
