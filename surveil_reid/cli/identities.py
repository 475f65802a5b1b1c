"""`surveil-reid identities`: who was seen, where and when, and their pictures to take along."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

import surveil_reid
from surveil_reid.cli import options
from surveil_reid.cli.console import (
    WHEN_AND_WHERE,
    Bars,
    identity_document,
    place_document,
    print_json,
    print_table,
    share,
    when_and_where,
)
from surveil_reid.core import iso, moment

app = typer.Typer(help="Who was seen, where and when.", no_args_is_help=True)


@app.command("list")
def list_identities(
    camera: options.CameraName = None,
    store: options.StoreUrl = options.DEFAULT_STORE,
    store_folder: options.StoreFolder = None,
    as_json: options.AsJson = False,
) -> None:
    """List all identities, or those seen in every --camera given."""
    with options.open_to_read(store, store_folder) as opened:
        found = opened.identities(cameras=camera or ())
    if as_json:
        print_json({"identities": [identity_document(identity) for identity in found]})
        return
    print_table(
        ["identity", "tracklets", "cameras", "first", "last"],
        [
            (i.id, len(i.tracklet_ids), ", ".join(i.cameras), moment(i.first), moment(i.last))
            for i in found
        ],
    )


@app.command("show")
def show(
    identity: int,
    store: options.StoreUrl = options.DEFAULT_STORE,
    store_folder: options.StoreFolder = None,
    as_json: options.AsJson = False,
) -> None:
    """Show the sightings of one identity."""
    with options.open_to_read(store, store_folder) as opened:
        found = opened.identity(identity)
        seen = surveil_reid.sightings(opened, found)
    if as_json:
        sightings = [
            {
                "tracklet": s.tracklet,
                "camera": s.camera,
                "start": iso(s.start),
                "end": iso(s.end),
                "score": round(s.score, 6),
                "probability": s.probability,
                "crop": s.crop,
                **place_document(s.place),
            }
            for s in seen
        ]
        print_json(identity_document(found) | {"sightings": sightings})
        return
    print_table(
        ["tracklet", "camera", *WHEN_AND_WHERE, "score", "probability", "crop"],
        [
            (
                s.tracklet,
                s.camera,
                *when_and_where(s),
                f"{s.score:.3f}",
                share(s.probability),
                s.crop,
            )
            for s in seen
        ],
    )


@app.command("tracks")
def tracks(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to write them.")],
    store: options.StoreUrl = options.DEFAULT_STORE,
    store_folder: options.StoreFolder = None,
    as_json: options.AsJson = False,
) -> None:
    """Write box tracks with identities as MOT text, one file a recording, for score-tracks."""
    with options.open_to_read(store, store_folder) as opened:
        recordings = opened.recordings()
        written = surveil_reid.write_box_tracks(opened, recordings, folder, identities=True)
    if as_json:
        print_json({"files": [str(path) for path in written]})
        return
    print_table(
        ["file", "recording"],
        [(path, recording.path) for path, recording in zip(written, recordings, strict=True)],
    )


@app.command("export")
def export(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where to; new, or an empty folder.")
    ],
    reviewed: Annotated[
        bool,
        typer.Option("--reviewed", help="Only tracklets that a reviewer has put to an identity."),
    ] = False,
    store: options.StoreUrl = options.DEFAULT_STORE,
    store_folder: options.StoreFolder = None,
    as_json: options.AsJson = False,
) -> None:
    """Copy crops into a folder `identity/image`, to train or to measure an embedder with."""
    with (
        surveil_reid.open_store(store, folder=store_folder, create=False) as opened,
        Bars() as bars,
    ):
        report = surveil_reid.export_identities(opened, folder, reviewed=reviewed, progress=bars)
    if as_json:
        print_json(asdict(report) | {"folder": str(report.folder)})
        return
    typer.echo(
        f"{report.crops} pictures of {report.identities} identities in {report.folder}, "
        f"{report.several_cameras} of them seen by several cameras; these are copies that "
        "`remove` does not reach, so delete them when they have served"
    )
