"""Exporting a detector or an embedder, whichever a file holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

from surveil_reid.assets import (
    ExportFormat,
    ExportPrecision,
    find_shipped,
    names_shipped,
    near_names,
)
from surveil_reid.core import Image, InputError
from surveil_reid.video import VideoOptions, read_frames, read_picture

PICTURES = 300
"""Taken at most, spread over all that is there."""

ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".webp")


@dataclass(frozen=True, slots=True)
class ModelExport:
    """What was exported.

    Attributes:
        kind: what the model does.
        path: the new file or folder.
        likeness: of an embedder, the least cosine similarity of its embeddings to the original's;
            None for a detector.
    """

    kind: Literal["detector", "embedder"]
    path: Path
    likeness: float | None


def export_model(
    weights: str | Path,
    out: Path,
    kind: ExportFormat,
    precision: ExportPrecision = "fp32",
    *,
    pictures: Sequence[Path] = (),
    trust_weights: bool = False,
) -> ModelExport:
    """Export an embedder (`.safetensors`) or a detector (`.pt`), whole or not at all.

    Args:
        weights: a file, or the name of what ships.
        out: what to write; see `export_embedder` and `export_detector`.
        kind: the format.
        precision: that weights are kept in.
        pictures: folders of pictures, single pictures, and recordings, to fit "int8" on: crops of
            people for an embedder, frames for a detector.
        trust_weights: see `load_detector`.

    Raises:
        InputError: when the combination is not to be had, or a name or picture is wrong.
        WeightsError: when the weights cannot be loaded, or the result is not like them.
    """
    path = _weights(weights)
    shown = read_pictures(pictures)
    # Each of these loads torch, which takes seconds.
    if path.suffix == ".safetensors":
        from surveil_reid.embedding.exporting import export_embedder  # noqa: PLC0415

        likeness = export_embedder(path, out, kind, precision, pictures=shown)
        return ModelExport("embedder", out, likeness)
    if path.suffix != ".pt":
        msg = f"{path} is neither an embedder (.safetensors) nor a detector (.pt), the originals"
        raise InputError(msg)
    from surveil_reid.detection.exporting import export_detector  # noqa: PLC0415 (as above)

    export_detector(path, out, kind, precision, pictures=shown, trust_weights=trust_weights)
    return ModelExport("detector", out, None)


def _weights(weights: str | Path) -> Path:
    if isinstance(weights, str):
        for kind in ("embedder", "detector"):
            if names_shipped(weights, kind):
                # The form for a GPU is the one in floating point.
                return find_shipped(weights, kind, "cuda")
    path = Path(weights)
    if not path.is_file():
        near = "; ".join(near_names(path.name, kind) for kind in ("embedder", "detector"))
        msg = f"no weights at {path}; name a .safetensors or .pt file, or what ships; {near}"
        raise InputError(msg)
    return path


def read_pictures(places: Sequence[Path], most: int = PICTURES) -> list[Image]:
    """Pictures from folders, files and recordings, spread evenly over all of each.

    Args:
        places: folders, which are searched whole, pictures, and recordings.
        most: of them to take, from each place an equal share.

    Returns:
        RGB uint8 `(height, width, 3)` each.

    Raises:
        InputError: when a place does not exist, or a folder holds no pictures.
        MediaError: when a file cannot be decoded.
    """
    share = max(1, most // max(1, len(places)))
    return [picture for place in places for picture in _pictures_of(place, share)]


def _pictures_of(place: Path, most: int) -> list[Image]:
    if place.is_dir():
        found = sorted(path for path in place.rglob("*") if path.suffix.lower() in ENDINGS)
        if not found:
            msg = f"no pictures in {place}; name a folder of {', '.join(ENDINGS)}"
            raise InputError(msg)
        step = max(1, len(found) // most)
        return [read_picture(path) for path in found[step // 2 :: step][:most]]
    if place.suffix.lower() in ENDINGS:
        return [read_picture(place)]
    with read_frames(place, VideoOptions(fps=None)) as reader:
        step = max(1, (reader.expected or most) // most)
        frames = (frame.image for number, frame in enumerate(reader) if number % step == step // 2)
        return list(islice(frames, most))
