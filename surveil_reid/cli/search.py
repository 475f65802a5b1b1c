"""`surveil-reid search`: find a person by picture, tracklet or identity."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

import surveil_reid
from surveil_reid.cli import options
from surveil_reid.cli.console import iso, print_json, print_table
from surveil_reid.cli.process import load_embedder
from surveil_reid.core import Floats, Image, InputError


def parse_time(text: str) -> float:
    """Read an ISO 8601 time as UTC seconds since 1970; without a zone it is UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        msg = f"{text!r} is no ISO 8601 time such as 2026-03-01T08:00:00+07:00"
        raise typer.BadParameter(msg) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def parse_box(text: str) -> Floats:
    """Read X,Y,W,H in pixels as an xyxy box, float32 `(4,)`."""
    try:
        x, y, width, height = (float(part) for part in text.split(","))
    except ValueError:
        x = y = width = height = 0.0
    if not (width > 0 and height > 0):
        msg = f"{text!r} is no box X,Y,W,H with a width and a height above 0"
        raise typer.BadParameter(msg)
    return np.array([x, y, x + width, y + height], np.float32)


Box = Annotated[
    np.ndarray | None,
    typer.Option(
        metavar="X,Y,W,H", parser=parse_box, help="Where the person is in the picture, in pixels."
    ),
]
Time = Annotated[float | None, typer.Option(metavar="T", parser=parse_time, help="ISO 8601.")]


def search(
    image: Annotated[
        list[Path] | None,
        typer.Argument(metavar="IMAGE...", help="Pictures of one person; several are averaged."),
    ] = None,
    tracklet: Annotated[int | None, typer.Option(help="Search by this tracklet.")] = None,
    identity: Annotated[int | None, typer.Option(help="Search by this identity.")] = None,
    box: Box = None,
    top: Annotated[int, typer.Option(min=1, help="Hits at most.")] = 10,
    camera: options.CameraName = None,
    after: Time = None,
    before: Time = None,
    false_alarm: Annotated[
        float,
        typer.Option(
            metavar="RATE",
            help="Share of searches for somebody who is not there that may report anybody.",
        ),
    ] = 0.01,
    doubtful: Annotated[bool, typer.Option("--doubtful", help="Doubtful tracklets too.")] = False,
    embedder: options.Embedder = None,
    device: options.Device = "auto",
    store: options.StoreUrl = options.DEFAULT_STORE,
    store_folder: options.StoreFolder = None,
    as_json: options.AsJson = False,
) -> None:
    """Find a person in all cameras; "no match" is an answer."""
    if sum(given is not None for given in (image, tracklet, identity)) != 1:
        msg = "search by pictures, or --tracklet, or --identity: one of them"
        raise typer.BadParameter(msg)
    if not 0 < false_alarm < 1:
        msg = f"{false_alarm} is no rate between 0 and 1"
        raise typer.BadParameter(msg, param_hint="--false-alarm")
    pictures = [_person(path, box) for path in image or []]
    with surveil_reid.open_store(store, folder=store_folder, create=False) as opened:
        leave_out: tuple[int, ...] = ()
        if tracklet is not None:
            query, leave_out = surveil_reid.describe_tracklet(opened, tracklet), (tracklet,)
        elif identity is not None:
            query, leave_out = surveil_reid.describe_identity(opened, identity)
        else:
            query = _describe(opened, pictures, embedder, device)
        result = surveil_reid.search(
            opened,
            query,
            surveil_reid.SearchOptions(
                top=top,
                cameras=tuple(camera or ()),
                after=after,
                before=before,
                false_alarm=false_alarm,
                doubtful=doubtful,
            ),
            leave_out=leave_out,
        )
    _print(result, as_json=as_json)


def _person(path: Path, box: Floats | None) -> Image:
    """The part of a picture that shows the person."""
    picture = surveil_reid.read_picture(path)
    if box is not None:
        return surveil_reid.cut_crop(picture, box)
    height, width = picture.shape[:2]
    if width > height:
        msg = (
            f"{path}: {width}x{height} pixels look like a whole frame, not one person; "
            "say where the person is with --box X,Y,W,H"
        )
        raise InputError(msg)
    return picture


def _describe(
    store: "surveil_reid.Store", pictures: list[Image], embedder: str | None, device: options.Device
) -> Floats:
    model = store.model()
    weights = embedder or (model.source if model else None)
    loaded = load_embedder(weights, surveil_reid.EmbeddingOptions(device=device))
    store.check_model(loaded.info)
    return surveil_reid.describe_pictures(pictures, loaded)


def _print(result: "surveil_reid.SearchResult", *, as_json: bool) -> None:
    decision = "match" if result.match else "no match"
    if as_json:
        print_json(
            {
                "decision": decision,
                "false_alarm": result.false_alarm,
                "threshold": round(result.threshold, 6),
                "extrapolated": result.extrapolated,
                "results": [
                    {
                        "tracklet": hit.tracklet,
                        "identity": hit.identity,
                        "camera": hit.camera,
                        "start": iso(hit.start),
                        "end": iso(hit.end),
                        "score": round(hit.score, 6),
                        "probability": hit.probability,
                        "match": hit.match,
                        "crop": hit.crop,
                    }
                    for hit in result.hits
                ],
            }
        )
        return
    typer.echo(
        f"{decision} (threshold {result.threshold:.3f} for a false-alarm rate of "
        f"{result.false_alarm:g}{', beyond what was measured' if result.extrapolated else ''})"
    )
    print_table(
        ["tracklet", "identity", "camera", "start", "end", "score", "match", "crop"],
        [
            (
                h.tracklet,
                h.identity,
                h.camera,
                iso(h.start),
                iso(h.end),
                f"{h.score:.3f}",
                "yes" if h.match else "no",
                h.crop,
            )
            for h in result.hits
        ],
    )
