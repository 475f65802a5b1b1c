"""The command line that trainings of detectors share."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from training.paper_pages import exit_status


def run_training(
    train: Callable[..., None],
    options: type[Any],
    module: tuple[str, str | None],
    arguments: Sequence[str] | None,
) -> int:
    """Train a detector as a command line says.

    Args:
        train: takes weights, folders of pictures, the file to write, options, and whether weights
            that are not known may be loaded, as `trust_weights`.
        options: a dataclass whose fields become arguments, with its defaults.
        module: its name, and its text, of which help shows the first line.
        arguments: of the command; None takes those of this process.

    Returns:
        The exit status.
    """
    name, text = module
    parser = argparse.ArgumentParser(
        prog=f"python -m {name}", description=(text or "").splitlines()[0]
    )
    parser.add_argument("weights", metavar="YOLO.pt", type=Path)
    parser.add_argument("pictures", metavar="PICTURES", type=Path, nargs="+")
    parser.add_argument("--name", required=True)
    parser.add_argument("--out", metavar="DIR", type=Path, required=True)
    parser.add_argument("--trust-weights", action="store_true", help="load an unknown pickle")
    for field in fields(options):
        parser.add_argument(f"--{field.name}", type=type(field.default), default=field.default)
    given = parser.parse_args(arguments)
    chosen = options(**{field.name: getattr(given, field.name) for field in fields(options)})
    out = given.out / f"{given.name}.pt"
    return exit_status(
        lambda: train(given.weights, given.pictures, out, chosen, trust_weights=given.trust_weights)
    )
