"""`surveil-reid info`: what the store holds."""

from pathlib import Path
from typing import Annotated

import typer

import surveil_reid
from surveil_reid.cli import options
from surveil_reid.cli.console import print_json, print_table, when
from surveil_reid.core import iso


def info(
    recordings: Annotated[
        bool, typer.Option("--recordings", help="Each recording instead: when, where, how far.")
    ] = False,
    store: options.StoreUrl = options.DEFAULT_STORE,
    store_folder: options.StoreFolder = None,
    as_json: options.AsJson = False,
) -> None:
    """Count what the store holds: cameras, recordings, tracklets, identities, models, bytes."""
    if recordings:
        _list_recordings(store, store_folder, as_json=as_json)
        return
    with options.open_to_read(store, store_folder) as opened:
        counts = opened.counts()
        index = surveil_reid.index_state(opened)
        model = opened.model()
    if as_json:
        print_json(
            {
                "cameras": {
                    camera.camera: {
                        "recordings": camera.recordings,
                        "complete": camera.complete,
                        "frames": camera.frames,
                        "tracklets": camera.tracklets,
                        "doubtful": camera.doubtful,
                        "crops": camera.crops,
                    }
                    for camera in counts.cameras
                },
                "identities": counts.identities,
                "models": [
                    {"name": m.name, "sha256": m.sha256, "dim": m.dim, "current": m == model}
                    for m in counts.models
                ],
                "index": index,
                "bytes": counts.bytes_on_disk,
            }
        )
        return
    print_table(
        ["camera", "recordings", "complete", "frames", "tracklets", "doubtful", "crops"],
        [
            (c.camera, c.recordings, c.complete, c.frames, c.tracklets, c.doubtful, c.crops)
            for c in counts.cameras
        ],
    )
    typer.echo(f"identities  {counts.identities}")
    typer.echo(f"model       {f'{model.name} ({model.dim}-d)' if model else 'none yet'}")
    typer.echo(f"index       {index}")
    typer.echo(f"on disk     {counts.bytes_on_disk / 1e6:.1f} MB")


def _list_recordings(store: str, store_folder: Path | None, *, as_json: bool) -> None:
    with options.open_to_read(store, store_folder) as opened:
        held = opened.recordings()
    if as_json:
        print_json(
            {
                "recordings": [
                    {
                        "camera": r.camera,
                        "path": r.path,
                        "sha256": r.sha256,
                        "start": iso(r.start),
                        "dated": r.start_known,
                        "duration": r.duration,
                        "frames": r.frames,
                        "complete": r.complete,
                        "note": r.note,
                    }
                    for r in held
                ]
            }
        )
        return
    print_table(
        ["camera", "recording", "start", "frames", "complete", "note", "sha256"],
        [
            (
                r.camera,
                r.path,
                when(r.start, dated=r.start_known),
                r.frames,
                "yes" if r.complete else "no",
                r.note,
                r.sha256,
            )
            for r in held
        ],
    )
