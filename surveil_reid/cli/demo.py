"""`surveil-reid demo`: the whole main job on sample footage."""

from pathlib import Path
from typing import Annotated

import typer

import surveil_reid
from surveil_reid.cli import options
from surveil_reid.cli.console import Bars, iso, print_json, print_table


def demo(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where everything goes.")] = Path(
        "demo-report"
    ),
    as_json: options.AsJson = False,
) -> None:
    """Process two cameras, link, and find a person of the first camera in the second."""
    with Bars() as bars:
        report = surveil_reid.demo(out, progress=bars)
    hits = report.found.hits
    if as_json:
        print_json(
            {
                "seconds": round(report.seconds, 1),
                "store": report.store,
                "identities_found": len(report.identities),
                "decision": "match" if report.found.match else "no match",
                "query": str(report.query),
                "results": [
                    {"camera": h.camera, "tracklet": h.tracklet, "score": h.score, "crop": h.crop}
                    for h in hits
                ],
            }
        )
        return
    print_table(
        ["camera", "recording", "frames", "analysed", "tracklets"],
        [
            (r.camera, Path(r.path).name, r.frames, r.analysed, r.tracklets)
            for r in report.processed.recordings
        ],
    )
    typer.echo()
    print_table(
        ["identity", "tracklets", "cameras", "first", "last"],
        [
            (i.id, len(i.tracklet_ids), ", ".join(i.cameras), iso(i.first), iso(i.last))
            for i in report.identities
        ],
    )
    typer.echo()
    answer = "found" if report.found.match else "not found (no match)"
    typer.echo(f"{report.query.name} of cam1, searched for in cam2: {answer}")
    print_table(
        ["camera", "tracklet", "score", "match", "crop"],
        [
            (h.camera, h.tracklet, f"{h.score:.3f}", "yes" if h.match else "no", h.crop)
            for h in hits
        ],
    )
    typer.echo(f"\n{report.seconds:.1f} s; everything is in {out}")
