"""`surveil-reid link`: identities over the whole store."""

from pathlib import Path
from typing import Annotated

import typer

import surveil_reid
from surveil_reid.cli import options
from surveil_reid.cli.console import print_json


def link(
    similarity: Annotated[
        float | None,
        typer.Option(
            min=-1.0, max=1.0, help="Cosine similarity of one person; the model's own by default."
        ),
    ] = None,
    site: Annotated[
        Path | None,
        typer.Option(
            metavar="SITE.yaml",
            help="Heed its travel times between cameras, from now on; others are learned.",
        ),
    ] = None,
    store: options.StoreUrl = options.DEFAULT_STORE,
    store_folder: options.StoreFolder = None,
    as_json: options.AsJson = False,
) -> None:
    """(Re)compute the identities of the whole store; they keep their ids where they can."""
    travel = None if site is None else surveil_reid.load_site(site).travel
    with surveil_reid.open_store(store, folder=store_folder, create=False) as opened:
        report = surveil_reid.link_store(opened, similarity=similarity, travel=travel)
    if as_json:
        print_json(
            {
                "tracklets": report.tracklets,
                "identities": report.identities,
                "links": report.links,
                "seconds": round(report.seconds, 3),
            }
        )
    else:
        typer.echo(
            f"{report.tracklets} tracklets are {report.identities} identities "
            f"({report.links} links, {report.seconds:.1f} s)"
        )
