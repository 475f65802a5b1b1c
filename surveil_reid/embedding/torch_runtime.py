"""Running the project's own network with torch."""

from pathlib import Path
from typing import Literal

import torch
from torch.backends import cudnn

from surveil_reid.core import Floats
from surveil_reid.embedding.checkpoint import load_checkpoint
from surveil_reid.embedding.devices import choose_device, cpu_precision
from surveil_reid.embedding.embedder import EmbeddingOptions, Network, Precision
from surveil_reid.embedding.header import Opened
from surveil_reid.embedding.model import ReidModel

TYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def open_checkpoint(path: Path, options: EmbeddingOptions) -> Opened:
    """Read one of the project's checkpoints and prepare it for inference.

    Raises:
        InputError: when the device is not there or cannot compute in the precision.
        WeightsError: when the file is missing, damaged or no checkpoint.
    """
    checkpoint = load_checkpoint(path)
    return Opened(checkpoint.meta, checkpoint.model.dim, open_model(checkpoint.model, options))


def open_model(model: ReidModel, options: EmbeddingOptions) -> Network:
    """Prepare a model for inference.

    Args:
        model: in evaluation mode; moved to the device, so the caller gives it away.
        options: all of them apply; `threads` sets torch's threads for the whole process.

    Returns:
        float32 `(n, 3, height, width)` to float32 `(n, dim)`, not normalised.

    Raises:
        InputError: when the device is not there or cannot compute in the precision.
    """
    device = choose_device(options.device)
    precision = choose_precision(options.precision, device)
    if options.threads is not None:
        torch.set_num_threads(options.threads)
    placed = model.eval().to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    @torch.inference_mode()
    def run(batch: Floats) -> Floats:
        images = torch.from_numpy(batch).to(device, memory_format=torch.channels_last)
        mixed = torch.autocast(device, TYPES[precision], enabled=precision != "fp32")
        with mixed, cudnn.flags(enabled=True, benchmark=False, deterministic=True):
            features: Floats = placed(images).float().cpu().numpy()
        return features

    return run


def choose_precision(
    asked: Precision, device: Literal["cpu", "cuda"]
) -> Literal["fp32", "bf16", "fp16"]:
    """The precision to compute in.

    Raises:
        InputError: when fp16 is asked for on the CPU, or int8, which is not for torch.
    """
    if device == "cpu" or asked == "int8":
        return cpu_precision(asked)
    if asked == "auto":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
    return asked
