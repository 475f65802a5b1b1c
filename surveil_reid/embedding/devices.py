"""What the machine computes natively, asked without loading any framework."""

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from surveil_reid.core import InputError, may_have_gpu

if TYPE_CHECKING:  # training asks where the library that the embedder needs is missing
    from surveil_reid.embedding.embedder import Precision

CPU_FACTS = Path("/proc/cpuinfo")
BF16_FLAGS = frozenset({"avx512_bf16", "amx_bf16", "bf16"})  # Intel and AMD; the last is Arm's


def lists_native_bf16(cpu_facts: str) -> bool:
    """Whether a processor has bf16 instructions, from the text of Linux's `/proc/cpuinfo`.

    Frameworks also report bf16 where they emulate it, which is slower than fp32.
    """
    lines = re.findall(r"^(?:flags|Features)\s*:(.*)$", cpu_facts, flags=re.MULTILINE)
    return any(BF16_FLAGS & set(line.split()) for line in lines)


@cache
def cpu_has_bf16() -> bool:
    """Whether this machine's processor has bf16 instructions; False where that is unknown."""
    return CPU_FACTS.exists() and lists_native_bf16(CPU_FACTS.read_text())


def cpu_precision(asked: "Precision") -> Literal["fp32", "bf16"]:
    """The precision to compute in on the CPU, of what is no int8.

    Raises:
        InputError: when fp16 or int8 is asked for.
    """
    if asked == "int8":
        msg = (
            "int8 is for checkpoints that hold ranges for it, on a CPU; other files run as they "
            "were exported: use precision auto"
        )
        raise InputError(msg)
    if asked == "fp16":
        msg = "fp16 needs a CUDA device; use precision auto, fp32 or bf16"
        raise InputError(msg)
    if asked == "auto":
        return "bf16" if cpu_has_bf16() else "fp32"
    return asked


def choose_device(asked: Literal["auto", "cpu", "cuda"]) -> Literal["cpu", "cuda"]:
    """The device to run on.

    Raises:
        InputError: when CUDA is asked for and is not there.
    """
    if asked == "cpu":
        return "cpu"
    if _torch_has_cuda():
        return "cuda"
    if asked == "cuda":
        msg = "torch finds no CUDA device; use device cpu or auto"
        raise InputError(msg)
    return "cpu"


def _torch_has_cuda() -> bool:
    if not may_have_gpu():
        return False
    # torch takes seconds to load, and nothing else here needs it.
    import torch  # noqa: PLC0415

    return torch.cuda.is_available()


def describe_devices() -> str:
    """In one line the devices that networks can run on, and what the CPU computes natively."""
    import torch  # noqa: PLC0415 (as above)

    cpu = f"cpu ({torch.get_num_threads()} threads, {cpu_precision('auto')})"
    cuda = [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]
    return ", ".join([cpu, *cuda]) if cuda else f"{cpu}; no CUDA device"
