"""Fit an embedder's thresholds on people whose identity is known.

Run it as `python -m training.thresholds --embedder E --market DIR [--out FILE]` for those of
Market-1501's training set, or with `--people DIR` for those of a folder. It measures how alike
tracklets of one person and of different people are across cameras (the operating points), the
similarity for linking at a stated rate of false alarms, and how similarities become probabilities
(the calibration). Market-1501's test identities stay untouched.
"""

import argparse
import dataclasses
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import yaml

from surveil_reid.assets import parse_description, read_description
from surveil_reid.core import (
    Calibration,
    Floats,
    InputError,
    SurveilReidError,
    WeightsError,
    l2_normalise,
    write_whole,
)
from surveil_reid.embedding import Embedder, load_embedder
from surveil_reid.evaluation.extraction import embed_images
from surveil_reid.evaluation.folder import read_folder
from surveil_reid.evaluation.market1501 import USUAL
from surveil_reid.evaluation.parts import TRAIN
from surveil_reid.video.pictures import read_picture
from training.labelled_tracklets import Labelled, cut_tracklets, tracklets_of_pictures
from training.splits import hold_out
from training.threshold_fitting import LINKING_RATE, Thresholds, fit

IMAGES_AT_ONCE = 256
NOBODY = frozenset({"-1", "0000"})
THRESHOLD_KEYS = re.compile(
    r"^(?:linking|linking_similarity|calibration):.*\n?(?:[ -].*\n?|\n)*", re.MULTILINE
)
SUMMARY = "Fit an embedder's thresholds and probabilities on people whose identity is known."


def training_folder(market: Path) -> Path:
    """The training pictures of Market-1501, or of the one in this folder under its usual name."""
    places = [place / TRAIN for place in (market, *(market / name for name in USUAL))]
    return next((place for place in places if place.is_dir()), places[0])


def embed_market(
    embedder: Embedder, folder: Path, held_out: int | None = None
) -> tuple[list[str], Floats]:
    """Embed the pictures of Market-1501's training identities.

    Args:
        embedder: the model.
        folder: Market-1501, as it is unpacked, or what holds it under its usual name.
        held_out: only the identities that a recipe with this `held_out`, drawn from Market-1501
            with `split_seed` 0, leaves out of training.

    Returns:
        File names, and float32 `(n, dim)` L2-normalised.

    Raises:
        InputError: when the folder holds no training pictures.
    """
    pictures = training_folder(folder)
    paths = sorted(pictures.glob("*.jpg"))
    if not paths:
        msg = f"no pictures in {pictures}; name the folder of Market-1501"
        raise InputError(msg)
    if held_out is not None:
        kept = hold_out({_person(path) for path in paths} - NOBODY, held_out, seed=0)
        paths = [path for path in paths if _person(path) in kept]
    parts = [
        embedder.embed([read_picture(path) for path in paths[start : start + IMAGES_AT_ONCE]])
        for start in range(0, len(paths), IMAGES_AT_ONCE)
    ]
    return [path.name for path in paths], np.concatenate(parts)


def _person(path: Path) -> str:
    return path.name.split("_")[0]


def embed_people(embedder: Embedder, folder: Path) -> list[Labelled]:
    """Embed the pictures of a folder's people, and put them together to tracklets.

    Args:
        embedder: the model, which learned none of these people.
        folder: `identity/picture`, as `surveil-reid identities export` writes it.

    Raises:
        InputError: when the folder is not laid out so, or names of pictures tell of no camera.
        MediaError: when a picture cannot be read.
    """
    data_set = read_folder(folder)
    images = data_set.query + data_set.gallery
    return tracklets_of_pictures(images, embed_images(images, embedder))


def read_features(path: Path) -> tuple[list[str], Floats]:
    """Read features that were kept: `names` `(n,)` and `features` float32 `(n, dim)`.

    Raises:
        InputError: when the file cannot be read or lacks one of them.
    """
    try:
        # NumPy leaves a damaged file open that it has opened itself.
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as kept:
            return kept["names"].tolist(), l2_normalise(kept["features"])
    except (OSError, KeyError, ValueError, EOFError, BadZipFile) as error:
        msg = f"{path} holds no features: {error}; it must be .npz with `names` and `features`"
        raise InputError(msg) from error


def describe_data(
    labelled: Sequence[Labelled], *, unseen: bool, source: str = "Market-1501 training set"
) -> str:
    """The data that thresholds were fitted on, with a warning where the model may know it."""
    people = len({item.person for item in labelled})
    text = f"{source}: {people} people, {len(labelled)} tracklets, pairs across cameras"
    seen = "; the model was probably trained on these people, so expect more false alarms"
    return text if unseen else text + seen


def as_yaml(thresholds: Thresholds) -> str:
    """The keys of a model description that hold the thresholds."""
    rounded = [
        dataclasses.asdict(point)
        | {"similarity": round(point.similarity, 4)}
        | {name: float(f"{getattr(point, name):.3g}") for name in ("false_alarm", "detection")}
        for point in thresholds.linking
    ]
    keys = {
        "linking_similarity": thresholds.linking_similarity,
        "linking": rounded,
        "calibration": plain_calibration(thresholds.calibration),
    }
    return yaml.safe_dump(keys, sort_keys=False, width=100)


def plain_calibration(calibration: Calibration) -> dict[str, Any]:
    """The calibration as YAML holds it, with lists for tuples."""
    plain: dict[str, Any] = json.loads(json.dumps(calibration.as_dict()))
    return plain


def store_in_description(path: Path, thresholds: Thresholds) -> None:
    """Put the thresholds into a model's description; everything else in the file stays.

    Raises:
        WeightsError: when the file is no description, or cannot be written.
    """
    read_description(path)
    rest = THRESHOLD_KEYS.sub("", path.read_text(encoding="utf-8"))
    text = rest.rstrip("\n") + "\n" + as_yaml(thresholds)
    parse_description(text, str(path))
    write_whole(path, text.encode(), error=WeightsError)


def store_in_checkpoint(path: Path, thresholds: Thresholds) -> None:
    """Put the thresholds into a checkpoint; its weights stay as they are, half precision or not.

    Its SHA-256 changes with that, so do it before a store is made with it.

    Raises:
        WeightsError: when the file is no checkpoint, or cannot be written.
    """
    # Torch takes seconds to import, and a description needs none of it.
    from surveil_reid.embedding.checkpoint import load_checkpoint, save_checkpoint  # noqa: PLC0415
    from surveil_reid.embedding.tensors import read_tensors  # noqa: PLC0415

    checkpoint = load_checkpoint(path)
    meta = checkpoint.meta.model_copy(update=fields_of(thresholds))
    first = next(t for t in read_tensors(path).tensors.values() if t.is_floating_point())
    save_checkpoint(path, checkpoint.model.to(first.dtype), meta)


def fields_of(thresholds: Thresholds) -> dict[str, Any]:
    """The thresholds under the names that `CheckpointMeta` has for them."""
    return {
        "linking": thresholds.linking,
        "linking_similarity": thresholds.linking_similarity,
        "calibration": thresholds.calibration,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit and print, and store where asked; returns the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    sources = [options.market, options.people, options.features]
    if sum(source is not None for source in sources) != 1:
        parser.error("give one of --market, --people and --features")
    if options.features is None and options.embedder is None:
        parser.error("give --embedder, whose thresholds are to be fitted, or --features")
    try:
        labelled, fitted_on = _read(options)
        thresholds = fit(labelled, fitted_on, linking_rate=options.false_alarm)
        if options.out is not None:
            checkpoint = options.out.suffix == ".safetensors"
            (store_in_checkpoint if checkpoint else store_in_description)(options.out, thresholds)
    except SurveilReidError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    score = thresholds.bcubed
    sys.stderr.write(
        f"linking at {thresholds.linking_similarity} (false alarms {options.false_alarm:g}): "
        f"BCubed F1 {score.f1:.4f} (precision {score.precision:.4f}, recall {score.recall:.4f}) "
        "on the same people\n"
    )
    sys.stdout.write(as_yaml(thresholds))
    return 0


def _read(options: argparse.Namespace) -> tuple[list[Labelled], str]:
    """Tracklets of known people, and what they are in words."""
    if options.people is not None:
        labelled = embed_people(load_embedder(options.embedder), options.people)
        source = f"folder {options.people.resolve().name}"
        return labelled, describe_data(labelled, unseen=True, source=source)
    if options.features is not None:
        names, features = read_features(options.features)
    else:
        embedder = load_embedder(options.embedder)
        names, features = embed_market(embedder, options.market, options.held_out)
    labelled = cut_tracklets(names, features)
    unseen = options.unseen or options.held_out is not None
    return labelled, describe_data(labelled, unseen=unseen)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training.thresholds", description=SUMMARY)
    parser.add_argument("--embedder", metavar="E", help="the model: a file, or its description")
    parser.add_argument("--market", metavar="DIR", type=Path, help="Market-1501, unpacked")
    parser.add_argument(
        "--people",
        metavar="DIR",
        type=Path,
        help="a folder of people that the model did not learn, as `identities export` writes it",
    )
    parser.add_argument(
        "--features",
        metavar="FILE.npz",
        type=Path,
        help="names and features of Market-1501's pictures instead of both",
    )
    parser.add_argument(
        "--false-alarm",
        metavar="RATE",
        type=float,
        default=LINKING_RATE,
        help="share of pairs of different people that linking may take for one (default: 0.001)",
    )
    parser.add_argument(
        "--held-out",
        metavar="N",
        type=int,
        help="only the N identities that a recipe with data.held_out N did not learn (of "
        "market1501 alone or held_out_of market1501, protocol official, split_seed 0)",
    )
    parser.add_argument(
        "--unseen", action="store_true", help="the model was not trained on Market-1501"
    )
    parser.add_argument(
        "--out", metavar="FILE", type=Path, help="a description or checkpoint to store them in"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
