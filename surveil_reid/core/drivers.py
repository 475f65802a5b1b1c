"""Whether a graphics processor can be there at all, asked without loading a framework."""

import ctypes
import sys
from functools import cache
from pathlib import Path

AMD_DRIVER = Path("/dev/kfd")


@cache
def may_have_gpu() -> bool:
    """Whether PyTorch may find a GPU; False where it is sure to find none.

    Loading PyTorch to ask it takes longer than loading all else that processing needs.
    """
    if sys.platform != "linux":
        return True
    try:
        ctypes.CDLL("libcuda.so.1")
    except OSError:
        return AMD_DRIVER.exists()
    return True
