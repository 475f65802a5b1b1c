"""`surveil-reid calibrate`: from similarities to probabilities."""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

import surveil_reid
from surveil_reid.cli import options
from surveil_reid.cli.console import print_json
from surveil_reid.core import StoreError


def calibrate(
    labelled: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Pictures of known people, one folder each; reviewers' decisions by default.",
        ),
    ] = None,
    embedder: options.Embedder = None,
    device: options.Device = "auto",
    precision: options.Precision = "auto",
    store: options.StoreUrl = options.DEFAULT_STORE,
    store_folder: options.StoreFolder = None,
    as_json: options.AsJson = False,
) -> None:
    """Fit how likely a similarity means one person, for this store's search and review."""
    with surveil_reid.open_store(store, folder=store_folder, create=False) as opened:
        model = opened.model()
        if model is None:
            msg = "the store holds no descriptors to calibrate; process recordings first"
            raise StoreError(msg)
        if labelled is None:
            calibration = surveil_reid.calibrate_on_decisions(opened)
        else:
            chosen = embedder if embedder is not None else model.source or None
            loaded = surveil_reid.load_embedder(
                chosen, surveil_reid.EmbeddingOptions(device=device, precision=precision)
            )
            opened.check_model(loaded.info)
            calibration = surveil_reid.calibrate_on_folder(labelled, loaded)
        opened.calibrate(calibration, model=model)
    if as_json:
        print_json(calibration.as_dict())
        return
    typer.echo(f"fitted on {calibration.fitted_on}")
    knots = np.array(calibration.similarities)
    for similarity, probability in zip(knots, calibration.probability(knots), strict=True):
        typer.echo(f"similarity {similarity:.3f}: {probability:.1%} likely the person")
    for shift in calibration.shifts:
        typer.echo(f"{shift.first} and {shift.second}: log odds {shift.log_odds:+.2f}")
