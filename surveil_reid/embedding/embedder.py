"""Embedders: pictures of people to vectors that can be compared."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

import numpy as np

from surveil_reid.assets import Preprocessing
from surveil_reid.core import Floats, Image, InputError, ModelInfo, l2_normalise
from surveil_reid.embedding.preprocessing import preprocess

Device = Literal["auto", "cpu", "cuda"]
Precision = Literal["auto", "fp32", "bf16", "fp16", "int8"]

Network = Callable[[Floats], Floats]
"""A runtime's part: the prepared batch, n ≥ 1, to float32 `(n, dim)` of any length."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EmbeddingOptions:
    """How an embedder runs; none of it changes what an embedding means.

    Attributes:
        device: "auto" takes a CUDA device where there is one and the runtime can use it.
        precision: "auto" takes what is fastest on the device: on a CPU int8 where a checkpoint has
            what that needs, as the one that ships does, else bf16 where the processor has it, else
            fp32; on a CUDA device bf16 or else fp16. An ONNX or TorchScript file runs as it was
            exported, and so do the int8 layers of an OpenVINO file.
        batch_size: pictures that go through the network together; on a CPU more than 8 only take
            memory, a GPU wants some dozens.
        threads: of the CPU; None leaves it to the runtime. Torch keeps one setting for the whole
            process.
    """

    device: Device = "auto"
    precision: Precision = "auto"
    batch_size: int = 8
    threads: int | None = None

    def __post_init__(self) -> None:
        for name, value, known in (
            ("device", self.device, get_args(Device)),
            ("precision", self.precision, get_args(Precision)),
        ):
            if value not in known:
                msg = f"{name} must be one of {', '.join(known)}; got {value!r}"
                raise InputError(msg)
        if self.batch_size < 1 or (self.threads is not None and self.threads < 1):
            msg = f"batch_size and threads must be 1 or more; got {self.batch_size}, {self.threads}"
            raise InputError(msg)


class Embedder(Protocol):
    """Turns pictures of people into embeddings."""

    @property
    def info(self) -> ModelInfo:
        """What identifies the model, and what must be known to compare its embeddings."""

    def embed(self, images: Sequence[Image]) -> Floats:
        """Embed pictures of one person each.

        The same pictures give the same bits; the company that a picture keeps in its batch changes
        its embedding by rounding alone (cosine ≥ 0.999).

        Args:
            images: RGB uint8 `(height, width, 3)`, each of any size.

        Returns:
            float32 `(n, dim)`, L2-normalised; `(0, dim)` of no pictures.

        Raises:
            ArrayError: when a picture has the wrong shape or type, or an embedding is not finite.
        """


class NetworkEmbedder:
    """An embedder over a network that some runtime executes.

    Args:
        info: about the model.
        preprocessing: what the network expects.
        network: the runtime's part.
        batch_size: pictures that go through it together.
    """

    def __init__(
        self, info: ModelInfo, preprocessing: Preprocessing, network: Network, batch_size: int
    ) -> None:
        self._info = info
        self._preprocessing = preprocessing
        self._network = network
        self._batch_size = batch_size

    @property
    def info(self) -> ModelInfo:
        """See `Embedder`."""
        return self._info

    def embed(self, images: Sequence[Image]) -> Floats:
        """See `Embedder`."""
        features = np.zeros((len(images), self._info.dim), np.float32)
        for start in range(0, len(images), self._batch_size):
            chunk = images[start : start + self._batch_size]
            batch = preprocess(chunk, self._preprocessing)
            features[start : start + len(chunk)] = self._network(batch)
        return l2_normalise(features)
