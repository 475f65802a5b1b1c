"""Trying a network out on made-up pictures before anything relies on it."""

import numpy as np

from surveil_reid.assets import ModelDescription
from surveil_reid.core import Floats, Image, WeightsError, l2_normalise
from surveil_reid.embedding.embedder import Network
from surveil_reid.embedding.preprocessing import preprocess

SAME = 0.999
"""Cosine similarity from which two embeddings of one picture differ by rounding alone."""


def one_by_one(network: Network) -> Network:
    """Feed a network that takes single pictures one after another."""

    def run(batch: Floats) -> Floats:
        return np.concatenate([network(batch[i : i + 1]) for i in range(len(batch))])

    return run


def same_in_batch(batched: Network, single: Network, description: ModelDescription) -> bool:
    """Whether a network gives pictures in a batch the embeddings that they have alone."""
    batch = made_up_batch(description)
    together, alone = batched(batch), single(batch)
    if together.shape != alone.shape:
        return False
    cosines = np.sum(l2_normalise(together) * l2_normalise(alone), axis=1)
    return bool((cosines >= SAME).all())


def check_input(
    network: Network, description: ModelDescription, refusals: tuple[type[Exception], ...]
) -> None:
    """Raise WeightsError unless a network takes pictures as its description says.

    Args:
        network: a runtime's part.
        description: of it.
        refusals: what the runtime raises.
    """
    batch = made_up_batch(description)[:1]
    try:
        network(batch)
    except refusals as error:
        reason = " ".join(str(error).rsplit("RuntimeError:", 1)[-1].split())
        msg = (
            f"{description.name} does not take {' x '.join(map(str, batch.shape))} numbers "
            f"({reason}); correct input.size and input.layout in its description"
        )
        raise WeightsError(msg) from error


def check_output(network: Network, description: ModelDescription) -> None:
    """Raise WeightsError unless a network's output is as long as its description says."""
    batch = made_up_batch(description)[:1]
    length = network(batch).shape[1]
    if length != description.dim:
        msg = (
            f"{description.name} gives {length} values for a picture, not {description.dim}; "
            "correct output or dim in its description"
        )
        raise WeightsError(msg)


def made_up_batch(description: ModelDescription) -> Floats:
    """Three different pictures of noise, always the same, prepared for the network."""
    random = np.random.default_rng(0)
    shape = (3, *description.input.size, 3)
    return preprocess(list(random.integers(0, 256, shape, np.uint8)), description.input)


def lifelike_pictures(count: int, size: tuple[int, int]) -> list[Image]:
    """Different pictures, always the same, with the spectrum of photographs, which falls as 1/f.

    Args:
        count: how many.
        size: height and width in pixels.

    Returns:
        RGB uint8 `(*size, 3)` each. See Field, "Relations between the statistics of natural images
        and the response properties of cortical cells", 1987, for the spectrum.
    """
    random = np.random.default_rng(0)
    frequencies = np.hypot(*np.meshgrid(*map(np.fft.fftfreq, size), indexing="ij"))
    falling = 1 / np.maximum(frequencies, 1 / max(size))
    noise = random.normal(size=(count, 3, *size))
    noise += 2 * noise.mean(1, keepdims=True)  # photographs' channels are alike
    smooth = np.fft.ifft2(np.fft.fft2(noise) * falling).real
    smooth -= smooth.mean((2, 3), keepdims=True)
    level = random.uniform(60, 190, (count, 3, 1, 1))
    scaled = level + 45 * smooth / smooth.std((2, 3), keepdims=True)
    return list(scaled.clip(0, 255).astype(np.uint8).transpose(0, 2, 3, 1))
