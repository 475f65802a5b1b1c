"""`surveil-reid search`: find a person by picture, tracklet or identity."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import numpy as np
import typer

import surveil_reid
from surveil_reid.cli import options
from surveil_reid.cli.console import (
    WHEN_AND_WHERE,
    Bars,
    place_document,
    print_json,
    print_table,
    share,
    when_and_where,
)
from surveil_reid.core import Floats, Image, InputError, is_dated, iso

SURE: Final = 0.25
"""Confidence from which a detection in a frame is offered as a person to search for."""


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


FRAME: Final = 240
"""Pixels of width from which an upright picture may be a frame, of a camera hung on its side."""

Box = Annotated[
    np.ndarray | None,
    typer.Option(
        metavar="X,Y,W,H", parser=parse_box, help="Where the person is in the picture, in pixels."
    ),
]
Time = Annotated[
    float | None,
    typer.Option(
        metavar="T", parser=parse_time, help="ISO 8601; nobody is compared who has no date."
    ),
]


def search(
    image: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="IMAGE...",
            help="Pictures of one person: crops, whose embeddings are averaged, or one frame.",
        ),
    ] = None,
    tracklet: Annotated[int | None, typer.Option(help="Search by this tracklet.")] = None,
    identity: Annotated[int | None, typer.Option(help="Search by this identity.")] = None,
    box: Box = None,
    person: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="The N-th person in the frame, from the left."),
    ] = None,
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
    by_identity: Annotated[
        bool, typer.Option("--by-identity", help="Put the hits of an identity together.")
    ] = False,
    sheet: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.png",
            callback=options.png_file,
            help="Draw the query beside its hits.",
        ),
    ] = None,
    clips: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Cut a clip of each hit.")
    ] = None,
    detector: options.Detector = None,
    trust_weights: options.TrustWeights = False,
    embedder: options.Embedder = None,
    device: options.Device = "auto",
    precision: options.Precision = "auto",
    store: options.StoreUrl = options.DEFAULT_STORE,
    store_folder: options.StoreFolder = None,
    as_json: options.AsJson = False,
) -> None:
    """Find a person in all cameras; "no match" is an answer."""
    _check_usage(image, tracklet, identity, box, person)
    _check_sheet(sheet, image or [])
    if not 0 < false_alarm < 1:
        msg = f"{false_alarm} is no rate between 0 and 1"
        raise typer.BadParameter(msg, param_hint="--false-alarm")
    choice = _Choice(box, person, detector, trust_weights, device)
    paths = image or []
    pictures = tuple(_person(path, choice, alone=len(paths) == 1) for path in paths)
    with (
        surveil_reid.open_store(store, folder=store_folder, create=False) as opened,
        Bars() as bars,
    ):
        leave_out: tuple[int, ...] = ()
        if tracklet is not None:
            query, leave_out = surveil_reid.describe_tracklet(opened, tracklet), (tracklet,)
        elif identity is not None:
            query, leave_out = surveil_reid.describe_identity(opened, identity)
        else:
            wanted = surveil_reid.EmbeddingOptions(device=device, precision=precision)
            query = _describe(opened, pictures, embedder, wanted)
        _warn_of_undated(opened, bars, after, before)
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
            asked=_asked(paths, tracklet, identity),
        )
        if sheet is not None:
            shown = pictures or surveil_reid.pictures_of(opened, leave_out)
            surveil_reid.write_search_sheet(result, shown, sheet)
            opened.log("sheet", {"path": str(sheet.absolute())})
        cut: dict[int, str] | None = None
        if clips is not None:
            report = surveil_reid.write_clips(opened, result.hits, clips, progress=bars)
            cut = {number: str(path) for number, path in report.clips.items()}
            for line in report.failed:
                bars.warn(line)
    if as_json:
        print_json(_document(result, cut, by_identity=by_identity))
    else:
        _print(result, cut, by_identity=by_identity)


def _warn_of_undated(
    store: "surveil_reid.Store", bars: Bars, after: float | None, before: float | None
) -> None:
    """Nobody knows of some people whether they were there at a time with a date."""
    asked = any(time is not None and is_dated(time) for time in (after, before))
    undated = store.undated_cameras() if asked else ()
    if undated:
        bars.warn(f"people of recordings without a date are left out ({', '.join(undated)})")


def _asked(pictures: Sequence[Path], tracklet: int | None, identity: int | None) -> str:
    """Whom a search is for, in words."""
    if pictures:
        return ", ".join(str(path.absolute()) for path in pictures)
    return f"identity {identity}" if tracklet is None else f"tracklet {tracklet}"


def _check_usage(
    image: list[Path] | None,
    tracklet: int | None,
    identity: int | None,
    box: Floats | None,
    person: int | None,
) -> None:
    if sum(given is not None for given in (image, tracklet, identity)) != 1:
        msg = "search by pictures, or --tracklet, or --identity: one of them"
        raise typer.BadParameter(msg)
    chosen = [given for given in (box, person) if given is not None]
    if chosen and (len(chosen) > 1 or image is None or len(image) > 1):
        msg = "--box or --person choose somebody in one picture; several pictures must be crops"
        raise typer.BadParameter(msg)


def _check_sheet(sheet: Path | None, pictures: Sequence[Path]) -> None:
    """A picture that is searched by is not to be replaced by the sheet."""
    if sheet is None or not sheet.exists():
        return
    if any(path.exists() and path.samefile(sheet) for path in pictures):
        msg = f"{sheet} is searched by and would be replaced; name another file"
        raise typer.BadParameter(msg, param_hint="--sheet")


class _Choice(NamedTuple):
    """How somebody is chosen in a frame, and what finds people there."""

    box: Floats | None
    person: int | None
    detector: str | None
    trust: bool
    device: options.Device


def _person(path: Path, choice: _Choice, *, alone: bool) -> Image:
    """The part of a picture that shows the person; of several, each is of that person already."""
    picture = surveil_reid.read_picture(path)
    if choice.box is not None:
        return surveil_reid.cut_crop(picture, choice.box)
    if choice.person is None and _is_crop(picture, alone=alone):
        return picture
    wanted = surveil_reid.DetectionOptions(confidence=SURE, device=choice.device)
    loaded = surveil_reid.load_detector(choice.detector, wanted, trust_weights=choice.trust)
    try:
        return surveil_reid.choose_person(
            picture, surveil_reid.find_people(picture, loaded), choice.person
        )
    except InputError as error:
        msg = f"{path}: {error}"
        raise InputError(msg) from error


def _is_crop(picture: Image, *, alone: bool) -> bool:
    """Whether a picture is a crop for sure, so that no detector need be loaded."""
    height, width = picture.shape[:2]
    return width <= height and (not alone or width < FRAME or 2 * width <= height)


def _describe(
    store: "surveil_reid.Store",
    pictures: Sequence[Image],
    embedder: str | None,
    wanted: "surveil_reid.EmbeddingOptions",
) -> Floats:
    model = store.model()
    weights = embedder or (model.source if model else None)
    loaded = surveil_reid.load_embedder(weights, wanted)
    store.check_model(loaded.info)
    return surveil_reid.describe_pictures(pictures, loaded)


def _document(
    result: "surveil_reid.SearchResult", clips: dict[int, str] | None, *, by_identity: bool
) -> dict[str, Any]:
    document: dict[str, Any] = {
        "decision": "match" if result.match else "no match",
        "false_alarm": result.false_alarm,
        "threshold": round(result.threshold, 6),
        "extrapolated": result.extrapolated,
        "compared": result.compared,
        "results": [_hit(hit, clips) for hit in result.hits],
    }
    if by_identity:
        document["identities"] = [
            {
                "id": identity,
                "match": any(hit.match for hit in hits),
                "score": round(max(hit.score for hit in hits), 6),
                "tracklets": [hit.tracklet for hit in hits],
            }
            for identity, hits in result.by_identity()
        ]
    return document


def _hit(hit: "surveil_reid.Hit", clips: dict[int, str] | None) -> dict[str, Any]:
    document = {
        "tracklet": hit.tracklet,
        "identity": hit.identity,
        "camera": hit.camera,
        "start": iso(hit.start),
        "end": iso(hit.end),
        "score": round(hit.score, 6),
        "probability": hit.probability,
        "match": hit.match,
        "crop": hit.crop,
        **place_document(hit.place),
    }
    return document if clips is None else document | {"clip": clips.get(hit.tracklet)}


def _print(
    result: "surveil_reid.SearchResult", clips: dict[int, str] | None, *, by_identity: bool
) -> None:
    typer.echo(
        f"{'match' if result.match else 'no match'} (threshold {result.threshold:.3f} for a "
        f"false-alarm rate of {result.false_alarm:g}"
        f"{', beyond what was measured' if result.extrapolated else ''})"
    )
    if not result.compared:
        typer.echo("nobody was there to compare with")
    hits = result.hits
    if by_identity:
        hits = tuple(hit for _, inside in result.by_identity() for hit in inside)
    columns = ["tracklet", "identity", "camera", *WHEN_AND_WHERE, "score", "probability", "match"]
    print_table(
        [*columns, "crop", *(["clip"] if clips is not None else [])],
        [
            (
                h.tracklet,
                h.identity,
                h.camera,
                *when_and_where(h),
                f"{h.score:.3f}",
                share(h.probability),
                "yes" if h.match else "no",
                h.crop,
                *([clips.get(h.tracklet)] if clips is not None else []),
            )
            for h in hits
        ],
    )
