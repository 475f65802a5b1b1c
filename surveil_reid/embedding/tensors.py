"""Safetensors files: writing and reading them, and telling which architecture tensors belong to.

Training works with these alone: the checkpoint's own documents need more than torch.
"""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from surveil_reid.core import WeightsError, write_whole
from surveil_reid.embedding.architecture import BACKBONES, HEADER_KEY, ArchitectureOptions
from surveil_reid.embedding.model import ReidModel, build_skeleton

FORMAT = 1
BACKBONE_PREFIX, POOLING_PREFIX = "backbone.", "avgpool."


@dataclass(frozen=True, slots=True, eq=False)
class TensorFile:
    """What a safetensors file holds.

    Attributes:
        path: where it was read from.
        tensors: by name, on the CPU.
        metadata: plain strings.
    """

    path: Path
    tensors: Mapping[str, Tensor]
    metadata: Mapping[str, str]


def read_tensors(path: Path) -> TensorFile:
    """Read a safetensors file.

    Raises:
        WeightsError: when it is missing, cut short or something else.
    """
    try:
        with safe_open(path, framework="pt") as content:
            tensors = {name: content.get_tensor(name) for name in content.keys()}  # noqa: SIM118
            return TensorFile(path, tensors, content.metadata() or {})
    except FileNotFoundError as error:
        msg = f"no weights at {path}; name an existing file"
        raise WeightsError(msg) from error
    except (SafetensorError, OSError) as error:
        msg = f"{path} is damaged or no safetensors file ({error}); copy or download it again"
        raise WeightsError(msg) from error


def write_model(path: Path, model: ReidModel, meta: Mapping[str, Any]) -> None:
    """Write a model as a checkpoint, whole or not at all; equal weights and meta, equal bytes.

    Args:
        path: ends in `.safetensors`.
        model: on any device.
        meta: the fields of `CheckpointMeta` as plain JSON values.

    Raises:
        WeightsError: when the file cannot be written.
    """
    header = {
        "format": FORMAT,
        "architecture": dataclasses.asdict(model.architecture),
        "dim": model.dim,
        "meta": dict(meta),
    }
    tensors = {name: tensor.cpu().contiguous() for name, tensor in model.state_dict().items()}
    text = json.dumps(header, sort_keys=True)
    write_whole(path, save(tensors, metadata={HEADER_KEY: text}), error=WeightsError)


def load_backbone(model: ReidModel, path: Path) -> None:
    """Start a model's backbone from weights in safetensors, in place.

    Args:
        model: its head and its pooling are left as they are.
        path: a plain torchvision state dict, whose classifier `fc` is left out, or a checkpoint of
            this project, whose head and pooling are.

    Raises:
        WeightsError: when the file is missing, damaged or of another architecture.
    """
    fill_backbone(model, read_tensors(path).tensors, path)


def fill_backbone(model: ReidModel, tensors: Mapping[str, Tensor], path: Path) -> None:
    """Like `load_backbone`, with tensors that were read already; `path` is for the error."""
    pooling = {
        name: tensor
        for name, tensor in model.backbone.state_dict().items()
        if name.startswith(POOLING_PREFIX)
    }
    expected = f"torchvision's {model.architecture.backbone}"
    found = _of_torchvision(_of_backbone(tensors) or tensors)
    fill(model.backbone, {**found, **pooling}, expected, path)


def fits(module: nn.Module, tensors: Mapping[str, Tensor]) -> bool:
    """Whether tensors have a module's names and shapes."""
    return _shapes(tensors) == _shapes(module.state_dict())


def fill(module: nn.Module, tensors: Mapping[str, Tensor], expected: str, path: Path) -> None:
    """Copy tensors into a module whose names and shapes they must fit exactly.

    Raises:
        WeightsError: naming the architecture expected and the one found.
    """
    if not fits(module, tensors):
        msg = (
            f"{path} does not fit {expected}: its tensors are {describe_tensors(tensors)}; "
            "name the file made for this architecture"
        )
        raise WeightsError(msg)
    module.load_state_dict(tensors)


def describe_tensors(tensors: Mapping[str, Tensor]) -> str:
    """Say in words which known architecture tensors belong to, going by names and shapes."""
    inner = _of_backbone(tensors)
    if inner and (backbone := match_backbone(inner)):
        head = tensors.get("bottleneck.weight", tensors.get("reduce.weight"))
        return backbone if head is None else f"{backbone}, width {len(head)}"
    if backbone := match_backbone(tensors):
        return f"torchvision's {backbone}"
    return f"{len(tensors)} of no known architecture"


def match_backbone(tensors: Mapping[str, Tensor]) -> str | None:
    """The key of `BACKBONES` whose names and shapes these are, classifier and pooling apart."""
    found = _shapes(_of_torchvision(tensors))
    for name in BACKBONES:
        skeleton = build_skeleton(ArchitectureOptions(backbone=name)).backbone
        if _shapes(skeleton.state_dict()) == found:
            return name
    return None


def _of_backbone(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What an embedder's backbone has, under the backbone's own names."""
    return {
        name.removeprefix(BACKBONE_PREFIX): tensor
        for name, tensor in tensors.items()
        if name.startswith(BACKBONE_PREFIX)
    }


def _of_torchvision(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors that a torchvision classifier and an embedder's backbone have in common."""
    others = ("fc.", POOLING_PREFIX)
    return {name: tensor for name, tensor in tensors.items() if not name.startswith(others)}


def _shapes(tensors: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    # Old torchvision files lack the batch counters, which mean nothing to a trained network.
    return {
        name: tuple(tensor.shape)
        for name, tensor in tensors.items()
        if not name.endswith("num_batches_tracked")
    }
