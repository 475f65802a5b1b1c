"""Where a network starts: ImageNet by torchvision, a local file, or chance."""

import hashlib
import socket
from pathlib import Path
from urllib.error import URLError

import torch
from torchvision.models import get_model_weights

from surveil_reid.core import InputError, WeightsError
from surveil_reid.embedding.model import ReidModel
from surveil_reid.embedding.tensors import fill, fill_backbone, fits, read_tensors
from training.progress import Tell
from training.records import Weights

PATIENCE = 10.0
"""Seconds to wait for torchvision's server."""


def start_from(
    model: ReidModel, weights: str, local: Path | None, tell: Tell = lambda _: None
) -> Weights:
    """Give a model its first weights, in place.

    Args:
        model: with random weights; its head stays so unless the file is a checkpoint of the whole.
        weights: `imagenet`, `random`, a file, or the name of an embedder that ships.
        local: folder of torchvision's weights in safetensors, for where the download fails.
        tell: told where no more than the backbone was taken of a checkpoint.

    Returns:
        What was taken.

    Raises:
        InputError: when ImageNet's weights can be had neither way.
        WeightsError: when a file is missing, damaged or of another architecture, or no embedder of
            the name ships.
    """
    if weights == "random":
        return Weights(source="random")
    if weights != "imagenet":
        return _from_file(model, _named(weights), tell)
    backbone = model.architecture.backbone
    found = _downloaded(backbone)
    if found is not None:
        tensors = torch.load(found, map_location="cpu", weights_only=True)
        fill_backbone(model, tensors, found)
        return Weights(source="torchvision", sha256=sha256_of(found), name=found.name)
    path = None if local is None else local / f"{backbone}-imagenet.safetensors"
    if path is None or not path.is_file():
        msg = (
            f"torchvision's weights of {backbone} cannot be downloaded, and there is no local file "
            f"{path or f'{backbone}-imagenet.safetensors'}; go online once, name the folder that "
            "holds it with --weights, or set model.weights=random"
        )
        raise InputError(msg)
    return _from_file(model, path)


def _named(weights: str) -> Path:
    path = Path(weights)
    if path.suffix or path.is_file():
        return path
    # Needs more than torch, which a machine that trains may not have.
    from surveil_reid.assets import find_shipped  # noqa: PLC0415

    return find_shipped(weights, "embedder", "cpu")


def _downloaded(backbone: str) -> Path | None:
    """Torchvision's own file, fetched unless it is there; None where that fails."""
    url = _url(backbone)
    folder = Path(torch.hub.get_dir()) / "checkpoints"
    path = folder / url.rsplit("/", 1)[-1]
    if path.is_file():
        return path
    patience = socket.getdefaulttimeout()
    socket.setdefaulttimeout(PATIENCE)
    try:
        torch.hub.load_state_dict_from_url(url, progress=False, check_hash=True, weights_only=True)
    except (URLError, OSError, RuntimeError):  # no network, no such host, or a wrong hash
        return None
    finally:
        socket.setdefaulttimeout(patience)
    return path


def _url(backbone: str) -> str:
    """The first weights that torchvision published: those of the paper and of most others."""
    url: str = get_model_weights(backbone)["IMAGENET1K_V1"].url
    return url


def _from_file(model: ReidModel, path: Path, tell: Tell = lambda _: None) -> Weights:
    content = read_tensors(path)
    if fits(model, content.tensors):
        fill(model, content.tensors, str(model.architecture), path)
    else:
        fill_backbone(model, content.tensors, path)
        tell(f"began with the backbone of {path.name} alone; the layers behind it are new")
    if not all(torch.isfinite(tensor).all() for tensor in content.tensors.values()):
        msg = f"{path} holds NaN or infinity; get it again"
        raise WeightsError(msg)
    return Weights(source="file", sha256=sha256_of(path), name=path.name)


def sha256_of(path: Path) -> str:
    """Of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
