"""`surveil-reid score-tracks`: MOTA, IDF1 and HOTA of boxes with identities."""

from pathlib import Path
from typing import Annotated

import typer

import surveil_reid
from surveil_reid.cli import options
from surveil_reid.cli.console import print_json, print_table


def score_tracks(
    truth: Annotated[Path, typer.Option(metavar="GT", help="True boxes, MOT text.")],
    tracks: Annotated[Path, typer.Option(metavar="PRED", help="Found boxes, MOT text.")],
    as_json: options.AsJson = False,
) -> None:
    """Score box tracks of one camera; frames that were not analysed are left out."""
    scores = surveil_reid.score_tracks(
        surveil_reid.read_mot(truth, truth=True), surveil_reid.read_mot(tracks)
    )
    values = scores.as_dict()
    if as_json:
        print_json({"cameras": {tracks.stem: values}})
    else:
        print_table(
            ["camera", *values],
            [(tracks.stem, *(f"{v:.3f}" if isinstance(v, float) else v for v in values.values()))],
        )
