"""What the demonstration takes where nobody says otherwise."""

import os
from pathlib import Path
from typing import Literal

from surveil_reid.assets import shipped_models
from surveil_reid.core import InputError

DATA_VARIABLE = "SURVEIL_REID_DATA"

_WEIGHTS = {
    "detector": "weights/detectors/yolo11n_int8_openvino_model",
    "embedder": "weights/reid-0277/person-reidentification-retail-0277.xml",
}
_SITE = Path(__file__).parents[2] / "samples" / "site" / "site.yaml"


def sample_site() -> Path:
    """The sample site's file, which is part of the source.

    Raises:
        InputError: when only the package is installed.
    """
    if not _SITE.is_file():
        msg = (
            "the sample site comes with the source, not with the installed package: name a site "
            "with --site FILE, such as samples/site/site.yaml of a checkout"
        )
        raise InputError(msg)
    return _SITE


def default_weights(kind: Literal["detector", "embedder"]) -> Path | None:
    """The weights to demonstrate with; None for those that ship.

    Raises:
        InputError: when none ship and none are in the folder of data.
    """
    if any(model.kind == kind and model.default for model in shipped_models()):
        return None
    folder = os.environ.get(DATA_VARIABLE)
    path = Path(folder or "") / _WEIGHTS[kind]
    if not folder or not path.exists():
        msg = (
            f"the demonstration needs a {kind}: name one with --{kind}, or let {DATA_VARIABLE} "
            f"name a folder with {_WEIGHTS[kind]}"
        )
        raise InputError(msg)
    return path
