"""Cutting a detector of many classes down to the one for persons."""

import io
from pathlib import Path
from typing import Any

from surveil_reid.core import WeightsError, write_whole
from surveil_reid.detection.person import PERSON, person_class
from surveil_reid.detection.ultralytics_library import contained, load_network, torch
from surveil_reid.detection.weights import check_pt

CLASS_HEADS = ("cv3", "one2one_cv3")
"""Lists of the head's branches for classes; the second is there where NMS is done without."""


def cut_to_persons(weights: Path, out: Path, *, trust_weights: bool = False) -> None:
    """Write a detector whose only class is the person of another one.

    Of the layers that score the classes the row for persons stays and the rest goes; nothing is
    trained, and all else is as it was. So every place in a picture has the box and the score for a
    person that it had. What changes is that no other class can take a box away from the person.

    Args:
        weights: a detector as Ultralytics saves it, `.pt`.
        out: the new one, `.pt` likewise, whole or not at all; in half precision, as Ultralytics
            keeps its own, which moves scores of weights that were in float32 in the third digit.
        trust_weights: see `load_detector`.

    Raises:
        WeightsError: when the weights are missing, unknown, no such detector, or without persons,
            or when `out` cannot be written.
    """
    check_pt(weights, trust=trust_weights)
    network = load_network(weights)
    number = person_class(weights, network.task, network.names)
    head = network.model[-1]
    branches = [branch for name in CLASS_HEADS for branch in getattr(head, name, None) or ()]
    if not branches:
        msg = f"{weights} has a head of another kind than YOLOv8, YOLO11 and later ones"
        raise WeightsError(msg)
    for branch in branches:
        branch[-1] = _keep_row(branch[-1], number)
    head.no -= head.nc - 1
    head.nc = 1
    network.names = {0: PERSON}
    network.yaml = {**network.yaml, "nc": 1}
    network.args = {}  # of another training, with paths of another machine
    write_whole(out, saved_network(network), error=WeightsError)


def _keep_row(layer: Any, row: int) -> Any:  # noqa: ANN401 (torch's untyped Conv2d in Sequential)
    """The same 1 by 1 convolution with one of its outputs alone."""
    kept = torch.nn.Conv2d(layer.in_channels, 1, 1)
    kept.load_state_dict(
        {name: tensor[row : row + 1] for name, tensor in layer.state_dict().items()}
    )
    return kept


def saved_network(network: Any) -> bytes:  # noqa: ANN401 (Ultralytics' DetectionModel)
    """A network in the bytes of Ultralytics' own format."""
    content = io.BytesIO()
    with contained():
        halved = network.half()
        halved.pt_path = ""
        torch.save({"model": halved, "train_args": {}}, content)
    return content.getvalue()
