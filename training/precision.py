"""Automatic mixed precision, and what to do when it overflows."""

from contextlib import AbstractContextManager
from typing import Any, Literal

import torch
from torch import Tensor

from surveil_reid.core import InputError
from surveil_reid.embedding.devices import cpu_precision
from training.recipe import Amp, Size

DeviceKind = Literal["cpu", "cuda"]
TYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}

SMALLEST_BF16 = (64, 36)
"""Where the last stage's map is a single pixel wide, as of 128 by 32, oneDNN now and then fills
gradients of its strided convolution with what was in memory; from two pixels on it was never seen
to."""


class Precision:
    """The number type of a run's networks, with gradient scaling where it is fp16.

    Args:
        amp: as a recipe has it.
        device: `cpu` or `cuda`.

    Attributes:
        name: `fp32`, `bf16` or `fp16`.
        device: the kind of device.
        scaler: keeps small gradients of fp16 from vanishing; does nothing for other types.

    Raises:
        InputError: when fp16 is asked for on the CPU.
    """

    def __init__(self, amp: Amp, device: DeviceKind) -> None:
        self.name = choose_precision(amp, device)
        self.device = device
        self.scaler = torch.amp.GradScaler(device, enabled=self.name == "fp16")

    def autocast(self) -> AbstractContextManager[Any]:
        """Within it networks compute in the type."""
        return torch.autocast(self.device, TYPES[self.name], enabled=self.name != "fp32")

    def backward(self, loss: Tensor) -> None:
        """Gradients of a loss, scaled where that is needed."""
        self.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]


def choose_precision(amp: Amp, device: DeviceKind) -> Literal["fp32", "bf16", "fp16"]:
    """The number type to compute in.

    Raises:
        InputError: when fp16 is asked for on the CPU.
    """
    if amp == "off":
        return "fp32"
    if device == "cuda":
        return "fp16" if amp == "auto" else amp
    if amp == "fp16":
        msg = "amp fp16 needs a CUDA device; use auto, bf16 or off"
        raise InputError(msg)
    return cpu_precision("auto" if amp == "auto" else amp)


def check_input_size(precision: Precision, size: Size) -> None:
    """Raise InputError where a network would learn from wrong gradients."""
    small = any(side < least for side, least in zip(size, SMALLEST_BF16, strict=True))
    if precision.name == "bf16" and precision.device == "cpu" and small:
        least, got = (f"{height}x{width}" for height, width in (SMALLEST_BF16, size))
        msg = f"bf16 on a CPU needs pictures of at least {least}; got {got}: set amp=off"
        raise InputError(msg)
