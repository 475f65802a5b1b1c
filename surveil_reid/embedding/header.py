"""What a checkpoint's file says of itself, beside its tensors."""

import json
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field, PositiveFloat

from surveil_reid.assets import Preprocessing
from surveil_reid.assets.strict import StrictModel, parse_strictly
from surveil_reid.core import Calibration, InputError, OperatingPoint, WeightsError
from surveil_reid.embedding.architecture import ArchitectureOptions
from surveil_reid.embedding.embedder import Network


class CheckpointMeta(StrictModel):
    """What a checkpoint says about itself beside its architecture.

    Attributes:
        name: for people to read.
        preprocessing: what the network expects.
        training: plain JSON values: data, recipe, seed, epochs, results, and so on.
        linking: the operating points known, by increasing false-alarm rate.
        linking_similarity: see `ModelInfo`.
        calibration: see `ModelInfo`.
        ranges: what int8 needs to know: of each convolution that is computed in it, the largest
            number that goes in, by the convolution's name; empty where int8 cannot be had.
        licence: the weights' terms.
    """

    name: str
    preprocessing: Preprocessing = Preprocessing.imagenet((256, 128))
    training: dict[str, Any] = Field(default_factory=dict)
    linking: tuple[OperatingPoint, ...] = ()
    linking_similarity: float | None = None
    calibration: Calibration | None = None
    ranges: dict[str, PositiveFloat] = Field(default_factory=dict)
    licence: str = "unknown"


class Header(StrictModel):
    """All of it: the format's number, and what the tensors belong to."""

    format: Literal[1]
    architecture: ArchitectureOptions
    dim: int
    meta: CheckpointMeta


@dataclass(frozen=True, slots=True)
class Opened:
    """A checkpoint ready to run.

    Attributes:
        meta: what its file says.
        dim: length of its embeddings.
        network: from float32 `(n, 3, height, width)` to float32 `(n, dim)`, not normalised.
    """

    meta: CheckpointMeta
    dim: int
    network: Network


def parse_header(text: str, path: object) -> Header:
    """Read a header.

    Args:
        text: the value of `HEADER_KEY` in the file's metadata.
        path: of the file, for the error.

    Raises:
        WeightsError: when it is none, or of a later version.
    """
    try:
        return parse_strictly(Header, json.loads(text), f"the header of {path}")
    except (json.JSONDecodeError, InputError) as error:
        msg = f"the header of {path} cannot be used: {error}; update this software"
        raise WeightsError(msg) from error
