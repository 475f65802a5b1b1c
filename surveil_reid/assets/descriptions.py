"""Descriptions of embedders: what an ONNX or OpenVINO file does not say about itself.

A description is a small YAML file beside the weights, with the same stem::

    name: my-embedder
    input:
      name: data
      size: [256, 128]      # height, width
      colour: BGR
    output: reid_embedding
    dim: 256
    licence: Apache-2.0
    source: https://example.org/my-embedder
"""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from surveil_reid.assets.strict import StrictModel, parse_strictly
from surveil_reid.core import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    Calibration,
    OperatingPoint,
    WeightsError,
)

Similarity = Annotated[float, Field(ge=-1, le=1)]


class Preprocessing(StrictModel):
    """How a picture becomes a network's input: `(pixel / scale - mean) / std` for each channel.

    Attributes:
        size: height and width that every picture is stretched to, in pixels.
        colour: order of the channels; `mean` and `std` follow it.
        layout: order of the axes.
        scale: what a pixel's value, 0..255, is divided by.
        mean: of the scaled values.
        std: of the scaled values.
    """

    size: tuple[PositiveInt, PositiveInt]
    colour: Literal["RGB", "BGR"] = "RGB"
    layout: Literal["NCHW", "NHWC"] = "NCHW"
    scale: PositiveFloat = 1.0
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[PositiveFloat, PositiveFloat, PositiveFloat] = (1.0, 1.0, 1.0)

    @classmethod
    def imagenet(cls, size: tuple[int, int]) -> Self:
        """RGB scaled to 0..1, then ImageNet's mean and standard deviation, as torchvision does."""
        return cls(size=size, scale=255.0, mean=IMAGENET_MEAN, std=IMAGENET_STD)


class NetworkInput(Preprocessing):
    """Preprocessing, and the input that takes its result.

    Attributes:
        name: the input's name in the file.
    """

    name: str


class ModelDescription(StrictModel):
    """What must be known to run an embedder from an ONNX or OpenVINO file.

    Attributes:
        name: for people to read.
        sha256: of the weights as `weights_sha256` takes it; checked where given.
        file: the weights, relative to the description; without it, the same stem is looked for.
        input: the one input.
        output: name of the output that holds the embedding.
        dim: length of an embedding.
        linking: the operating points known, by increasing false-alarm rate.
        linking_similarity: see `ModelInfo`.
        calibration: see `ModelInfo`.
        licence: the weights' terms.
        source: where the weights can be had.
    """

    name: str
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    file: str | None = None
    input: NetworkInput
    output: str
    dim: PositiveInt
    linking: tuple[OperatingPoint, ...] = ()
    linking_similarity: Similarity | None = None
    calibration: Calibration | None = None
    licence: str = "unknown"
    source: str = "unknown"

    @property
    def meaning(self) -> dict[str, Any]:
        """What an embedding depends on beside the weights, as plain JSON values."""
        return self.input.model_dump(mode="json", exclude={"name"}) | {"output": self.output}

    @model_validator(mode="after")
    def _check_linking(self) -> Self:
        check_operating_points(self.linking)
        return self


def check_operating_points(points: tuple[OperatingPoint, ...]) -> None:
    """Raise ValueError unless similarities and rates are in range and ordered by false alarm."""
    rates = [point.false_alarm for point in points]
    if rates != sorted(rates):
        msg = "operating points must be ordered by increasing false_alarm"
        raise ValueError(msg)
    for point in points:
        shares_fit = 0 <= point.false_alarm <= 1 and 0 <= point.detection <= 1
        if not (shares_fit and -1 <= point.similarity <= 1):
            msg = "an operating point needs similarity in -1..1, false_alarm and detection in 0..1"
            raise ValueError(msg)


def parse_description(text: str, where: str) -> ModelDescription:
    """Read a description from YAML text.

    Args:
        text: the YAML.
        where: the file that it stands in, for the error.

    Raises:
        WeightsError: naming the key that is wrong and the nearest right one.
    """
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        first = str(error).splitlines()[0]
        msg = (
            f"{where}: not YAML ({first}); write it as the documentation of ModelDescription shows"
        )
        raise WeightsError(msg) from error
    return parse_strictly(ModelDescription, value, where)


def read_description(path: Path) -> ModelDescription:
    """Read a description from a file.

    Raises:
        WeightsError: when the file cannot be read or a key is wrong.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"cannot read the model description {path}: {error}"
        raise WeightsError(msg) from error
    return parse_description(text, str(path))
