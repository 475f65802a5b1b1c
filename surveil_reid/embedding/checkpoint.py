"""Checkpoints: the network's tensors and, in the same safetensors file, all that explains them."""

from dataclasses import dataclass
from pathlib import Path

from surveil_reid.core import WeightsError
from surveil_reid.embedding.architecture import HEADER_KEY, ArchitectureOptions
from surveil_reid.embedding.header import CheckpointMeta, Header, parse_header
from surveil_reid.embedding.model import ReidModel, build_model
from surveil_reid.embedding.tensors import (
    TensorFile,
    fill,
    match_backbone,
    read_tensors,
    write_model,
)


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


def _read_header(content: TensorFile) -> Header:
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
    return parse_header(content.metadata[HEADER_KEY], content.path)
