"""Checkpoints: the network's tensors and, in the same safetensors file, all that explains them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from surveil_reid.assets import Preprocessing
from surveil_reid.assets.strict import StrictModel, parse_strictly
from surveil_reid.core import Calibration, InputError, OperatingPoint, WeightsError
from surveil_reid.embedding.model import ArchitectureOptions, ReidModel, build_model
from surveil_reid.embedding.tensors import (
    HEADER_KEY,
    TensorFile,
    fill,
    match_backbone,
    read_tensors,
    write_model,
)


class CheckpointMeta(StrictModel):
    """What a checkpoint says about itself beside its architecture.

    Attributes:
        name: for people to read.
        preprocessing: what the network expects.
        training: plain JSON values: data, recipe, seed, epochs, results, and so on.
        linking: the operating points known, by increasing false-alarm rate.
        linking_similarity: see `ModelInfo`.
        calibration: see `ModelInfo`.
        licence: the weights' terms.
    """

    name: str
    preprocessing: Preprocessing = Preprocessing.imagenet((256, 128))
    training: dict[str, Any] = Field(default_factory=dict)
    linking: tuple[OperatingPoint, ...] = ()
    linking_similarity: float | None = None
    calibration: Calibration | None = None
    licence: str = "unknown"


class _Header(StrictModel):
    format: Literal[1]
    architecture: ArchitectureOptions
    dim: int
    meta: CheckpointMeta


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """A network with trained weights, on the CPU in evaluation mode, and what it says of itself."""

    model: ReidModel
    meta: CheckpointMeta


def save_checkpoint(path: Path, model: ReidModel, meta: CheckpointMeta) -> None:
    """Write a checkpoint, whole or not at all; equal weights and meta give equal bytes.

    Raises:
        WeightsError: when the file cannot be written.
    """
    write_model(path, model, meta.model_dump(mode="json"))


def load_checkpoint(path: Path, expected: ArchitectureOptions | None = None) -> Checkpoint:
    """Read a checkpoint; safetensors alone, so that nothing in it is ever executed.

    Args:
        path: the file.
        expected: the architecture that it must have; None takes what it says.

    Raises:
        WeightsError: when the file is missing, damaged, not a checkpoint, or of another
            architecture than it says or than is expected.
    """
    content = read_tensors(path)
    header = _read_header(content)
    if expected not in {None, header.architecture}:
        msg = f"{path} holds {header.architecture}, but {expected} is expected; name another file"
        raise WeightsError(msg)
    model = build_model(header.architecture)
    fill(model, content.tensors, str(header.architecture), path)
    return Checkpoint(model.eval(), header.meta)


def _read_header(content: TensorFile) -> _Header:
    if HEADER_KEY not in content.metadata:
        if backbone := match_backbone(content.tensors):
            msg = (
                f"{content.path} holds a {backbone} backbone to train from, not an embedder; "
                "train an embedder from it and name that checkpoint"
            )
        else:
            msg = (
                f"{content.path} holds no embedder: its header has no {HEADER_KEY!r} entry; "
                "name a checkpoint that surveil-reid train wrote"
            )
        raise WeightsError(msg)
    try:
        value = json.loads(content.metadata[HEADER_KEY])
        return parse_strictly(_Header, value, f"the header of {content.path}")
    except (json.JSONDecodeError, InputError) as error:
        msg = f"the header of {content.path} cannot be used: {error}; update this software"
        raise WeightsError(msg) from error
