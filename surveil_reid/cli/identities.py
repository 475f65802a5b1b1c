"""`surveil-reid identities`: who was seen, where and when."""

from pathlib import Path
from typing import Annotated, Any

import typer

import surveil_reid
from surveil_reid.cli import options
from surveil_reid.cli.console import iso, print_json, print_table

app = typer.Typer(help="Who was seen, where and when.", no_args_is_help=True)


@app.command("list")
def list_identities(
    camera: options.CameraName = None,
    store: options.StoreUrl = options.DEFAULT_STORE,
    store_folder: options.StoreFolder = None,
    as_json: options.AsJson = False,
) -> None:
    """List all identities, or those seen in every --camera given."""
    wanted = set(camera or ())
    with surveil_reid.open_store(
        store, folder=store_folder, create=False, read_only=True
    ) as opened:
        found = [i for i in opened.identities() if wanted <= set(i.cameras)]
    if as_json:
        print_json({"identities": [_document(identity) for identity in found]})
        return
    print_table(
        ["identity", "tracklets", "cameras", "first", "last"],
        [
            (i.id, len(i.tracklet_ids), ", ".join(i.cameras), iso(i.first), iso(i.last))
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
    with surveil_reid.open_store(
        store, folder=store_folder, create=False, read_only=True
    ) as opened:
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
                "probability": None,
                "crop": s.crop,
            }
            for s in seen
        ]
        print_json(_document(found) | {"sightings": sightings})
        return
    print_table(
        ["tracklet", "camera", "start", "end", "score", "crop"],
        [(s.tracklet, s.camera, iso(s.start), iso(s.end), f"{s.score:.3f}", s.crop) for s in seen],
    )


@app.command("tracks")
def tracks(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to write them.")],
    store: options.StoreUrl = options.DEFAULT_STORE,
    store_folder: options.StoreFolder = None,
    as_json: options.AsJson = False,
) -> None:
    """Write box tracks with identities as MOT text, one file a camera, for score-tracks."""
    with surveil_reid.open_store(
        store, folder=store_folder, create=False, read_only=True
    ) as opened:
        written = surveil_reid.write_box_tracks(
            opened, opened.recordings(), folder, identities=True
        )
    if as_json:
        print_json({"files": [str(path) for path in written]})
        return
    print_table(["file"], [(path,) for path in written])


def _document(identity: "surveil_reid.Identity") -> dict[str, Any]:
    return {
        "id": identity.id,
        "tracklets": list(identity.tracklet_ids),
        "cameras": list(identity.cameras),
        "first": iso(identity.first),
        "last": iso(identity.last),
    }
