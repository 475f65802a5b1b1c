"""`surveil-reid score-tracks`: MOTA, IDF1 and HOTA of boxes with identities."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

import surveil_reid
from surveil_reid.cli import options
from surveil_reid.cli.console import print_json, print_table


def score_tracks(
    truth: Annotated[
        Path, typer.Option(metavar="GT", help="True boxes: MOT text, or a folder of it.")
    ],
    tracks: Annotated[
        Path, typer.Option(metavar="PRED", help="Found boxes: MOT text, or a folder of it.")
    ],
    as_json: options.AsJson = False,
) -> None:
    """Score box tracks of one camera or several; frames that were not analysed are left out.

    Folders hold one file NAME.txt for each camera. Their identities are those of the site: the same
    number in two cameras is the same person, which is scored over all cameras together.
    """
    if truth.is_dir() or tracks.is_dir():
        document = _score_folders(truth, tracks)
    else:
        document = {"cameras": {tracks.stem: _score_files(truth, tracks)}}
    if as_json:
        print_json(document)
    else:
        _print(document)


def _score_files(truth: Path, tracks: Path) -> dict[str, Any]:
    scores = surveil_reid.score_tracks(
        surveil_reid.read_mot(truth, truth=True), surveil_reid.read_mot(tracks)
    )
    return scores.as_dict()


def _score_folders(truth: Path, tracks: Path) -> dict[str, Any]:
    return surveil_reid.score_cameras(
        surveil_reid.read_cameras(truth, truth=True), surveil_reid.read_cameras(tracks)
    ).as_dict()


def _print(document: Mapping[str, Any]) -> None:
    cameras = document["cameras"]
    columns = list(next(iter(cameras.values())))
    print_table(
        ["camera", *columns],
        [(name, *map(_shown, scores.values())) for name, scores in cameras.items()],
    )
    if together := document.get("cross_camera"):
        typer.echo()
        print_table(["all cameras", *together], [("", *map(_shown, together.values()))])


def _shown(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
