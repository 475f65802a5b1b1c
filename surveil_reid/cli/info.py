"""`surveil-reid info`: what the store holds."""

import typer

import surveil_reid
from surveil_reid.cli import options
from surveil_reid.cli.console import print_json, print_table


def info(
    store: options.StoreUrl = options.DEFAULT_STORE,
    store_folder: options.StoreFolder = None,
    as_json: options.AsJson = False,
) -> None:
    """Count what the store holds: cameras, recordings, tracklets, identities, models, bytes."""
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
