"""`surveil-reid demo`: the whole main job on the sample site."""

from pathlib import Path
from typing import Annotated, Any

import typer

import surveil_reid
from surveil_reid.cli import options
from surveil_reid.cli.console import (
    Bars,
    failed_documents,
    print_failed,
    print_json,
    print_table,
    share,
)


def demo(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where everything goes.")] = Path(
        "demo-report"
    ),
    site: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Another site than the sample that the source has."),
    ] = None,
    device: options.Device = "auto",
    precision: options.Precision = "auto",
    detector: options.Detector = None,
    embedder: options.Embedder = None,
    trust_weights: options.TrustWeights = False,
    as_json: options.AsJson = False,
) -> None:
    """Process three cameras, link, find a person of one in the others, score, and show it all."""
    site_file = site or surveil_reid.sample_site()
    finding = surveil_reid.DetectionOptions(device=device)
    embedding = surveil_reid.EmbeddingOptions(device=device, precision=precision)
    with Bars() as bars:
        report = surveil_reid.demonstrate(
            out,
            site_file,
            detector=surveil_reid.load_detector(detector, finding, trust_weights=trust_weights),
            embedder=surveil_reid.load_embedder(embedder, embedding),
            progress=bars,
        )
        for note in report.page.notes:
            bars.warn(note)
    print_failed(report.processed)
    if as_json:
        print_json(_document(report))
    else:
        _print(report)
    if report.processed.failed:
        raise typer.Exit(1)


def _document(report: "surveil_reid.DemoReport") -> dict[str, Any]:
    scores = None if report.scores is None else report.scores.as_dict()
    together = {} if scores is None else scores["cross_camera"]
    return {
        "seconds": round(report.seconds, 1),
        "cameras": {} if scores is None else scores["cameras"],
        "cross_camera_IDF1": together.get("IDF1"),
        "cross_camera_bcubed_f1": together.get("bcubed_f1"),
        "identities_true": together.get("identities_true"),
        "identities_found": len(report.identities),
        "search": {
            "camera": report.asked.camera,
            "tracklet": report.asked.id,
            "decision": "match" if report.found.match else "no match",
            "results": [
                {
                    "tracklet": hit.tracklet,
                    "identity": hit.identity,
                    "camera": hit.camera,
                    "score": round(hit.score, 6),
                    "probability": hit.probability,
                    "match": hit.match,
                }
                for hit in report.found.hits
            ],
        },
        "report": str(report.page.path),
        "failed": failed_documents(report.processed),
    }


def _print(report: "surveil_reid.DemoReport") -> None:
    if report.scores is None:
        print_table(
            ["camera", "frames", "analysed", "tracklets"],
            [(r.camera, r.frames, r.analysed, r.tracklets) for r in report.processed.recordings],
        )
    else:
        _print_scores(report.scores.as_dict())
    answer = "found" if report.found.match else "not found (no match)"
    typer.echo(f"\na person from {report.asked.camera}, searched for by one picture: {answer}")
    print_table(
        ["camera", "tracklet", "identity", "score", "probability", "match"],
        [
            (
                hit.camera,
                hit.tracklet,
                hit.identity,
                f"{hit.score:.3f}",
                share(hit.probability),
                "yes" if hit.match else "no",
            )
            for hit in report.found.hits
        ],
    )
    typer.echo(f"\n{report.seconds:.1f} s; look at {report.page.path}")


def _print_scores(scores: dict[str, Any]) -> None:
    names = ["recall", "precision", "MOTA", "IDF1", "HOTA"]
    print_table(
        ["camera", *names, "switches"],
        [
            (camera, *(share(row[name]) for name in names), row["switches"])
            for camera, row in scores["cameras"].items()
        ],
    )
    together = scores["cross_camera"]
    typer.echo(
        f"over all cameras: IDF1 {share(together['IDF1'])}, BCubed F1 "
        f"{share(together['bcubed_f1'])}; {together['identities_found']} identities found of "
        f"{together['identities_true']} people"
    )
