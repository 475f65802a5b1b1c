"""`surveil-reid reembed`: new descriptors for the whole store, from its crops."""

import typer

import surveil_reid
from surveil_reid.cli import options
from surveil_reid.cli.console import Bars, print_json


def reembed(
    embedder: options.Embedder = None,
    device: options.Device = "auto",
    precision: options.Precision = "auto",
    store: options.StoreUrl = options.DEFAULT_STORE,
    store_folder: options.StoreFolder = None,
    as_json: options.AsJson = False,
) -> None:
    """Make all descriptors anew with another embedder, and link them."""
    with (
        surveil_reid.open_store(store, folder=store_folder, create=False) as opened,
        Bars() as bars,
    ):
        loaded = surveil_reid.load_embedder(
            embedder, surveil_reid.EmbeddingOptions(device=device, precision=precision)
        )
        report = surveil_reid.reembed(opened, loaded, progress=bars)
    if as_json:
        print_json({"model": report.model, "tracklets": report.tracklets, "crops": report.crops})
    else:
        typer.echo(f"{report.tracklets} tracklets now have descriptors by {report.model}")
