"""Options that several commands share."""

from pathlib import Path
from typing import Annotated, Literal

import typer

import surveil_reid
from surveil_reid.core import OutdatedError


def png_file(path: Path | None) -> Path | None:
    """Let no name of a sheet through that says something else than what is written there."""
    if path is not None and path.suffix.lower() != ".png":
        msg = f"{path} is written as PNG; give it a name that ends in .png"
        raise typer.BadParameter(msg)
    return path


DEFAULT_STORE = "sqlite:///surveil.db"

STORE_VARIABLE = "SURVEIL_REID_STORE"

StoreUrl = Annotated[
    str,
    typer.Option(
        "--store",
        envvar=STORE_VARIABLE,
        metavar="URL",
        help="Where everything is kept; any SQLAlchemy URL.",
    ),
]
SiteStoreUrl = Annotated[
    str | None,
    typer.Option(
        "--store",
        envvar=STORE_VARIABLE,
        metavar="URL",
        help="Where everything is kept; any SQLAlchemy URL. By default the store that the site "
        f"file names, else {DEFAULT_STORE}.",
    ),
]
StoreFolder = Annotated[
    Path | None,
    typer.Option(
        "--store-folder",
        metavar="DIR",
        help="Where this store alone keeps crops and index; beside an SQLite file by default.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Embedder = Annotated[
    str | None,
    typer.Option(
        "--embedder",
        envvar="SURVEIL_REID_EMBEDDER",
        metavar="E",
        help="A name that ships, a checkpoint (.safetensors), or an ONNX or OpenVINO file; the "
        "one that ships if not given.",
    ),
]
Detector = Annotated[
    str | None,
    typer.Option(
        "--detector",
        envvar="SURVEIL_REID_DETECTOR",
        metavar="D",
        help="A name that ships, Ultralytics weights (.pt, ONNX, OpenVINO folder), or an official "
        "name such as yolo11n.pt; the one that ships if not given.",
    ),
]
TrustWeights = Annotated[
    bool,
    typer.Option(
        "--trust-weights",
        help="Load a .pt pickle of unknown origin; it can run any code, so be sure of its source.",
    ),
]
Device = Annotated[
    Literal["auto", "cpu", "cuda"], typer.Option("--device", help="Where networks run.")
]
Precision = Annotated[
    Literal["auto", "fp32", "bf16", "fp16", "int8"],
    typer.Option(
        "--precision",
        help="What the embedder computes in; auto: what is fastest on the device. A detector has "
        "that of the form named.",
    ),
]
CameraName = Annotated[list[str] | None, typer.Option("--camera", metavar="NAME")]


def open_to_read(url: str, folder: Path | None) -> "surveil_reid.Store":
    """Open a store that a command only reads; one of an older version is brought up to date."""
    try:
        return surveil_reid.open_store(url, folder=folder, create=False, read_only=True)
    except OutdatedError:
        surveil_reid.open_store(url, folder=folder, create=False).close()
        return surveil_reid.open_store(url, folder=folder, create=False, read_only=True)
