"""Safetensors files: reading them, and telling which architecture their tensors belong to."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from surveil_reid.core import WeightsError
from surveil_reid.embedding.model import BACKBONES, ArchitectureOptions, build_skeleton

BACKBONE_PREFIX = "backbone."


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


def fill(module: nn.Module, tensors: Mapping[str, Tensor], expected: str, path: Path) -> None:
    """Copy tensors into a module whose names and shapes they must fit exactly.

    Raises:
        WeightsError: naming the architecture expected and the one found.
    """
    if _shapes(tensors) != _shapes(module.state_dict()):
        msg = (
            f"{path} does not fit {expected}: its tensors are {describe_tensors(tensors)}; "
            "name the file made for this architecture"
        )
        raise WeightsError(msg)
    module.load_state_dict(tensors)


def describe_tensors(tensors: Mapping[str, Tensor]) -> str:
    """Say in words which known architecture tensors belong to, going by names and shapes."""
    inner = {
        name.removeprefix(BACKBONE_PREFIX): tensor
        for name, tensor in tensors.items()
        if name.startswith(BACKBONE_PREFIX)
    }
    if (backbone := match_backbone(inner)) and "bottleneck.weight" in tensors:
        return f"{backbone}, width {len(tensors['bottleneck.weight'])}"
    if backbone := match_backbone(tensors):
        return f"torchvision's {backbone}"
    return f"{len(tensors)} of no known architecture"


def match_backbone(tensors: Mapping[str, Tensor]) -> str | None:
    """The key of `BACKBONES` whose names and shapes these are, a classifier `fc` apart."""
    found = _shapes(without_classifier(tensors))
    for name in BACKBONES:
        skeleton = build_skeleton(ArchitectureOptions(backbone=name)).backbone
        if _shapes(skeleton.state_dict()) == found:
            return name
    return None


def without_classifier(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of a torchvision state dict that an embedder uses."""
    return {name: tensor for name, tensor in tensors.items() if not name.startswith("fc.")}


def _shapes(tensors: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    # Old torchvision files lack the batch counters, which mean nothing to a trained network.
    return {
        name: tuple(tensor.shape)
        for name, tensor in tensors.items()
        if not name.endswith("num_batches_tracked")
    }
