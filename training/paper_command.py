"""`surveil-reid paper-tables`: the paper's Tables I to V, ours beside its figures."""

from pathlib import Path
from typing import Annotated

import typer

from surveil_reid.cli.console import print_json
from training.paper_figures import read_paper
from training.paper_layout import as_csv, as_markdown
from training.paper_tables import as_document, lay_out, states
from training.records import read_runs


def paper_tables(
    runs: Annotated[
        Path, typer.Argument(metavar="RUNS", help="The folder of runs that `train` wrote.")
    ],
    other: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Which of the runs' tests/NAME.json Table V shows; the only one by default.",
        ),
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="One line for each figure.")] = False,
    figure: Annotated[
        Path | None, typer.Option(metavar="FILE.png", help="Draw the test mAP there as well.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document and nothing else.")
    ] = False,
) -> None:
    """Print the paper's Tables I to V, ours beside its figures; Markdown by default.

    A cell is empty where no run is finished. Table V shows what `surveil-reid evaluate folder
    --json` measured of the fine-tuned models, kept as tests/NAME.json in each run's folder.
    """
    if csv and as_json:
        msg = "--csv and --json exclude each other"
        raise typer.BadParameter(msg)
    found = read_runs(runs)
    made = lay_out(found, read_paper(), other)
    if figure is not None:
        # Loading matplotlib takes half a second, and most calls draw nothing.
        from training.paper_drawing import draw_tables, save_figure  # noqa: PLC0415

        save_figure(draw_tables(made), figure)
    if as_json:
        print_json({"tables": as_document(made), "runs": states(found)})
    else:
        typer.echo(as_csv(made) if csv else as_markdown(made, found), nl=not csv)
