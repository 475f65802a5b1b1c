"""What trainings of detectors share: the command line, and how a run was begun."""

import argparse
import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from surveil_reid.core import InputError
from training.paper_pages import exit_status


def how_begun(weights: str, pictures: Sequence[Path], options: Any) -> dict[str, Any]:  # noqa: ANN401
    """What the outcome of a run depends on, as plain JSON values.

    Args:
        weights: their SHA-256.
        pictures: folders with `images`, and `labels` where they are read.
        options: a dataclass of plain values.

    Raises:
        InputError: when a picture cannot be read.
    """
    digest = hashlib.sha256()
    try:
        for folder in pictures:
            for path in sorted([*folder.glob("images/*.*"), *folder.glob("labels/*.*")]):
                content = hashlib.sha256(path.read_bytes()).digest()
                digest.update(os.fsencode(path.relative_to(folder)) + content)
    except OSError as error:
        msg = f"cannot read {error.filename}: {error.strerror}; make the pictures again"
        raise InputError(msg) from error
    return {"weights": weights, "pictures": digest.hexdigest(), **asdict(options)}


def require_begun_so(begun: dict[str, Any], held: dict[str, Any], state: Path) -> None:
    """Raise InputError where a run that could go on was begun otherwise.

    Args:
        begun: as the run is begun now.
        held: as the one was that left something behind.
        state: what it left.
    """
    changed = sorted(name for name in begun if held.get(name) != begun[name])
    if changed:
        msg = f"{state} was begun with other {', '.join(changed)}; delete it or choose a --name"
        raise InputError(msg)


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
