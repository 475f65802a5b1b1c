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
    identity: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="One person; first see who that is with `identities show N`."
        ),
    ] = None,
    tracklet: Annotated[int | None, typer.Option(metavar="N", help="One sighting.")] = None,
    store: options.StoreUrl = options.DEFAULT_STORE,
    store_folder: options.StoreFolder = None,
    as_json: options.AsJson = False,
) -> None:
    """Remove a camera, a recording or a person for good; video files are not touched."""
    if sum(value is not None for value in (camera, recording, identity, tracklet)) != 1:
        msg = "give one of --camera NAME, --recording PATH, --identity N and --tracklet N"
        raise typer.BadParameter(msg)
    with (
        surveil_reid.open_store(store, folder=store_folder, create=False) as opened,
        surveil_reid.index_kept(opened),
    ):
        if camera is not None:
            gone = opened.remove_camera(camera)
        elif identity is not None:
            gone = opened.remove_identity(identity)
        elif tracklet is not None:
            gone = opened.remove_tracklet(tracklet)
        else:
            gone = opened.remove_recording(str(recording))
    if as_json:
        print_json(
            {"recordings": gone.recordings, "tracklets": gone.tracklets, "crops": gone.crops}
        )
    else:
        typer.echo(
            f"removed {gone.recordings} recordings, {gone.tracklets} tracklets, {gone.crops} crops"
        )
