"""`surveil-reid remove`: out of rows, crops, index and identities."""

from pathlib import Path
from typing import Annotated

import typer

import surveil_reid
from surveil_reid.cli import options
from surveil_reid.cli.console import print_json


def remove(
    camera: Annotated[
        str | None, typer.Option(metavar="NAME", help="Everything of this camera.")
    ] = None,
    recording: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH", help="Everything of this recording; its SHA-256 names it too."
        ),
    ] = None,
    store: options.StoreUrl = options.DEFAULT_STORE,
    store_folder: options.StoreFolder = None,
    as_json: options.AsJson = False,
) -> None:
    """Remove a camera or a recording for good; the video file itself is not touched."""
    if (camera is None) == (recording is None):
        msg = "give --camera NAME or --recording PATH"
        raise typer.BadParameter(msg)
    with (
        surveil_reid.open_store(store, folder=store_folder, create=False) as opened,
        surveil_reid.index_kept(opened),
    ):
        gone = (
            opened.remove_camera(camera)
            if camera is not None
            else opened.remove_recording(str(recording))
        )
    if as_json:
        print_json(
            {"recordings": gone.recordings, "tracklets": gone.tracklets, "crops": gone.crops}
        )
    else:
        typer.echo(
            f"removed {gone.recordings} recordings, {gone.tracklets} tracklets, {gone.crops} crops"
        )
