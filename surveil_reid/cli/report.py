"""`surveil-reid report`: a page about the store."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

import surveil_reid
from surveil_reid.cli import options
from surveil_reid.cli.console import Bars, print_json


def report(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where to write index.html.")],
    site: Annotated[
        Path | None,
        typer.Option(metavar="SITE.yaml", help="Draw the cameras where it says that they hang."),
    ] = None,
    title: Annotated[str | None, typer.Option(help="Heading of the page.")] = None,
    most: Annotated[
        int, typer.Option(min=0, metavar="N", help="Identities at most; of most cameras first.")
    ] = 100,
    clips: Annotated[
        int, typer.Option(min=0, metavar="N", help="Cameras at most to cut a clip of; 0 for none.")
    ] = 6,
    store: options.StoreUrl = options.DEFAULT_STORE,
    store_folder: options.StoreFolder = None,
    as_json: options.AsJson = False,
) -> None:
    """Write one page that needs nothing else: who was seen where and when, with pictures."""
    positions = {} if site is None else surveil_reid.load_site(site).positions
    usual = surveil_reid.ReportOptions()
    wanted = surveil_reid.ReportOptions(
        title=title or usual.title, most=most, clips=clips, positions=positions
    )
    with (
        surveil_reid.open_store(store, folder=store_folder, create=False) as opened,
        Bars() as bars,
    ):
        page = surveil_reid.write_report(opened, out, wanted, progress=bars)
        for note in page.notes:
            bars.warn(note)
    if as_json:
        print_json(asdict(page) | {"path": str(page.path)})
        return
    typer.echo(
        f"{page.path} shows {page.shown} of {page.identities} identities and {page.clips} clips; "
        "it holds pictures of people that `remove` does not reach, so delete it when it has served"
    )
