"""`surveil-reid process`: recorded footage in, tracklets and identities out."""

from pathlib import Path
from typing import Annotated

import typer

import surveil_reid
from surveil_reid.cli import options
from surveil_reid.cli.console import Bars, failed_documents, print_failed, print_json, print_table
from surveil_reid.core import SiteError, make_folder


def process(
    site_file: Annotated[
        Path | None, typer.Argument(metavar="SITE.yaml", help="Cameras and their recordings.")
    ] = None,
    camera: Annotated[
        list[str] | None,
        typer.Option(
            "--camera",
            metavar="NAME=PATH[@ISO-TIME]",
            help="A camera and its recordings: file, folder or glob; repeatable. The first one "
            "begins at the time and the others follow it; without a time, the files' metadata or "
            "names tell. A time without a zone, also in a file name, is UTC.",
        ),
    ] = None,
    fps: Annotated[str, typer.Option(metavar="N|full", help="Frames analysed per second.")] = "5",
    motion_gate: Annotated[
        bool, typer.Option(help="Spare the detector while nothing moves.")
    ] = True,
    tracks: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write box tracks there as MOT text.")
    ] = None,
    device: options.Device = "auto",
    precision: options.Precision = "auto",
    detector: options.Detector = None,
    embedder: options.Embedder = None,
    trust_weights: options.TrustWeights = False,
    store: options.SiteStoreUrl = None,
    store_folder: options.StoreFolder = None,
    as_json: options.AsJson = False,
) -> None:
    """Process recordings of one or more cameras; what was processed before is left alone."""
    rate = parse_fps(fps)
    site = _site(site_file, camera)
    if tracks is not None:
        make_folder(tracks)  # before the work: it may take hours
    url = store or site.store or options.DEFAULT_STORE
    settings = surveil_reid.Settings(
        video=surveil_reid.VideoOptions(fps=rate, motion_gate=motion_gate),
        detection=surveil_reid.DetectionOptions(device=device),
        embedding=surveil_reid.EmbeddingOptions(device=device, precision=precision),
    )
    with surveil_reid.open_store(url, folder=store_folder) as opened, Bars() as bars:
        report = surveil_reid.process(
            site,
            opened,
            detector=surveil_reid.load_detector(
                detector, settings.detection, trust_weights=trust_weights
            ),
            embedder=surveil_reid.load_embedder(embedder, settings.embedding),
            settings=settings,
            progress=bars,
        )
        if tracks is not None:
            done = {recording.id for recording in report.recordings}
            processed = [r for r in opened.recordings() if r.id in done]
            surveil_reid.write_box_tracks(opened, processed, tracks)
    _print(report, as_json=as_json)
    if report.failed:
        raise typer.Exit(1)


def parse_fps(text: str) -> float | None:
    """Read `--fps`: frames per second, None for every frame."""
    if text == "full":
        return None
    try:
        fps = float(text)
    except ValueError:
        fps = 0.0
    if not 0 < fps < float("inf"):
        msg = f"{text!r} is neither a rate above 0 nor 'full'"
        raise typer.BadParameter(msg, param_hint="--fps")
    return fps


def _site(site_file: Path | None, cameras: list[str] | None) -> "surveil_reid.Site":
    if (site_file is None) == (not cameras):
        msg = "give a site file, or one or more --camera NAME=PATH"
        raise typer.BadParameter(msg)
    if site_file is not None:
        return surveil_reid.load_site(site_file)
    try:
        return surveil_reid.site_of(map(surveil_reid.parse_camera, cameras or []))
    except SiteError as error:
        raise typer.BadParameter(str(error)) from error


def _print(report: "surveil_reid.ProcessReport", *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "recordings": [
                    {
                        "camera": r.camera,
                        "path": r.path,
                        "frames": r.frames,
                        "analysed": r.analysed,
                        "tracklets": r.tracklets,
                        "doubtful": r.doubtful,
                        "seconds": round(r.seconds, 3),
                        "skipped": r.skipped,
                        "note": r.note,
                    }
                    for r in report.recordings
                ],
                "failed": failed_documents(report),
            }
        )
        return
    print_table(
        ["camera", "recording", "frames", "analysed", "tracklets", "doubtful", "seconds", ""],
        [
            (
                r.camera,
                r.path,
                r.frames,
                r.analysed,
                r.tracklets,
                r.doubtful,
                f"{r.seconds:.1f}",
                r.skipped or r.note,
            )
            for r in report.recordings
        ],
    )
    print_failed(report)
