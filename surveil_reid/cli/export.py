"""`surveil-reid export`: an embedder or a detector for other runtimes."""

from pathlib import Path
from typing import Annotated, Literal

import typer

import surveil_reid
from surveil_reid.cli import options
from surveil_reid.cli.console import print_json


def export(
    weights: Annotated[
        str,
        typer.Argument(
            metavar="WEIGHTS",
            help="An embedder (.safetensors), a detector (.pt), or the name of one that ships.",
        ),
    ],
    kind: Annotated[
        Literal["onnx", "openvino", "torchscript", "safetensors"],
        typer.Option("--format", help="safetensors: the project's own, for other storage."),
    ],
    out: Annotated[
        Path,
        typer.Option(
            metavar="PATH",
            help="A new .onnx, .xml, .torchscript or .safetensors; of a detector, a new .onnx or "
            "a folder NAME_openvino_model.",
        ),
    ],
    precision: Annotated[
        Literal["fp32", "fp16", "bf16", "int8"],
        typer.Option(help="What weights are kept in; int8 is what a CPU computes in too."),
    ] = "fp32",
    pictures: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="PATH",
            help="What int8 is fitted on: crops of people for an embedder, frames for a detector; "
            "a folder, a picture or a recording; repeatable.",
        ),
    ] = None,
    trust_weights: options.TrustWeights = False,
    as_json: options.AsJson = False,
) -> None:
    """Export a model, checked against the original; whole or not at all."""
    made = surveil_reid.export_model(
        weights, out, kind, precision, pictures=pictures or (), trust_weights=trust_weights
    )
    if as_json:
        print_json({"kind": made.kind, "path": str(made.path), "likeness": made.likeness})
    elif made.likeness is None:
        typer.echo(f"{made.path}: a detector; it runs")
    else:
        typer.echo(
            f"{made.path}: an embedder; cosine similarity to the original's embeddings at least "
            f"{made.likeness:.4f}"
        )
