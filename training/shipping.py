"""Make the embedder that ships of a run's checkpoint.

    python -m training.shipping RUN/best.safetensors --name NAME --licence TERMS --market DIR

writes `surveil_reid/assets/weights/NAME.safetensors`: the weights in half precision with what int8
needs, under a name and terms of their own, with thresholds and probabilities fitted on the
identities of Market-1501 that the run's recipe held out. The card `NAME.md` is written by hand, and
its figures by `python -m training.model_cards`.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from surveil_reid.assets.shipped import FOLDER
from surveil_reid.core import InputError, moved_together
from surveil_reid.embedding import load_embedder
from surveil_reid.embedding.checkpoint import load_checkpoint, save_checkpoint
from surveil_reid.embedding.exporting import export_embedder
from surveil_reid.pipeline import read_pictures
from training.labelled_tracklets import cut_tracklets
from training.paper_pages import exit_status
from training.threshold_fitting import fit
from training.thresholds import describe_data, embed_market, fields_of, training_folder

PICTURES = 320
"""Training pictures that the ranges of int8 are measured on."""


def ship(best: Path, out: Path, *, licence: str, market: Path) -> None:
    """Write the checkpoint that ships, whole or not at all.

    Args:
        best: of a run whose recipe holds identities of Market-1501's training part out, drawn with
            `split_seed` 0 from these alone, so that `embed_market` finds the same ones.
        out: a new `.safetensors`; the model is called after it.
        licence: the weights' terms.
        market: Market-1501, as it is unpacked.

    Raises:
        InputError: when the recipe held nobody out, or drew them otherwise, or `out` is there
            already.
        WeightsError: when the checkpoint cannot be read.
    """
    held_out = _held_out(best)
    with moved_together(out) as draft:
        made = draft / out.name
        pictures = read_pictures([training_folder(market)], PICTURES)
        export_embedder(best, made, "safetensors", "int8", pictures=pictures)
        names, features = embed_market(load_embedder(made), market, held_out)
        labelled = cut_tracklets(names, features)
        fitted = fields_of(fit(labelled, describe_data(labelled, unseen=True)))
        checkpoint = load_checkpoint(made)
        update = {"name": out.stem, "licence": licence, **fitted}
        meta = checkpoint.meta.model_copy(update=update)
        save_checkpoint(made, checkpoint.model.half(), meta)


def _held_out(best: Path) -> int:
    """How many identities of Market-1501 the run's recipe held out."""
    data = load_checkpoint(best).meta.training.get("recipe", {}).get("data", {})
    if not data.get("held_out"):
        msg = f"the recipe of {best} held nobody out; thresholds need people it has not learned"
        raise InputError(msg)
    # With further people beside, all have other names, and the draw from all of them is another.
    drawn_from = data.get("held_out_of") or (
        "several data sets" if data.get("beside") else data.get("set")
    )
    drawn = (drawn_from, data.get("protocol"), data.get("split_seed"))
    if drawn != ("market1501", "official", 0):
        msg = (
            f"the recipe of {best} held out identities of {drawn_from}, protocol {drawn[1]}, "
            f"split_seed {drawn[2]}; thresholds are fitted on identities of market1501, official, 0"
        )
        raise InputError(msg)
    return int(data["held_out"])


def main(arguments: Sequence[str] | None = None) -> int:
    """Write it; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m training.shipping", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("best", metavar="BEST.safetensors", type=Path)
    parser.add_argument("--name", required=True)
    parser.add_argument("--licence", metavar="TERMS", required=True)
    parser.add_argument("--market", metavar="DIR", type=Path, required=True)
    given = parser.parse_args(arguments)
    out = FOLDER / f"{given.name}.safetensors"
    return exit_status(lambda: ship(given.best, out, licence=given.licence, market=given.market))


if __name__ == "__main__":
    sys.exit(main())
