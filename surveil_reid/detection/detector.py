"""What a detector is, and how it can be tuned."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from surveil_reid.core import Detections, Image, InputError

_DEVICE = re.compile(r"auto|cpu|cuda(:\d+)?")


class Detector(Protocol):
    """Finds the people in pictures.

    The same pictures give the same detections, bit for bit, whenever they are handed in together.
    """

    @property
    def name(self) -> str:
        """For people to read."""
        ...

    @property
    def sha256(self) -> str:
        """Of the weights, in hexadecimal."""
        ...

    @property
    def batch_size(self) -> int:
        """How many pictures are best handed in together."""
        ...

    def detect(self, images: Sequence[Image]) -> list[Detections]:
        """Find the people in each picture.

        Args:
            images: RGB uint8 `(height, width, 3)`, any number of them, sizes may differ.

        Returns:
            For each picture its detections; boxes in pixels of that picture, clipped to it, none
            without area.

        Raises:
            ArrayError: when a picture has another shape or type.
        """
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class DetectionOptions:
    """How people are looked for.

    Attributes:
        confidence: detections below it are dropped, 0..1; low on purpose, since a tracker can use
            weak boxes to keep a person that it already knows.
        iou: of two boxes that overlap more than this the weaker one is dropped, 0..1.
        image_size: longer side of the network's input in pixels, a multiple of 32; an export with
            a fixed size keeps its own.
        batch_size: how many pictures go through the network together; on a CPU more than 2 only
            take memory, a GPU wants some dozens.
        device: `auto` (the GPU if there is one), `cpu`, `cuda` or `cuda:N`. OpenVINO runs on the
            CPU whatever is said here, and so does ONNX unless its runtime has CUDA.

    Raises:
        InputError: when a value is out of range.
    """

    confidence: float = 0.1
    iou: float = 0.7
    image_size: int = 640
    batch_size: int = 2
    device: str = "auto"

    def __post_init__(self) -> None:
        for name in ("confidence", "iou"):
            value = getattr(self, name)
            if not 0 <= value <= 1:
                msg = f"detection {name} must lie in 0..1, got {value}"
                raise InputError(msg)
        if self.image_size < 32 or self.image_size % 32:
            msg = f"detection image_size must be a multiple of 32, got {self.image_size}"
            raise InputError(msg)
        if self.batch_size < 1:
            msg = f"detection batch_size must be at least 1, got {self.batch_size}"
            raise InputError(msg)
        if not _DEVICE.fullmatch(self.device):
            msg = f"detection device must be auto, cpu, cuda or cuda:N, got '{self.device}'"
            raise InputError(msg)
