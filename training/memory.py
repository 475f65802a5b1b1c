"""What the C library does with memory that a training step has freed."""

import ctypes
import sys

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # of glibc's malloc.h
LARGEST_INT = 2**31 - 1


def keep_memory() -> None:
    """Have the C library keep what is freed, in this process, where it can be told to.

    Maps of a layer, and Winograd's tiles of them, are tens of megabytes, which glibc returns to the
    system after each layer, and being given them anew, zeroed page by page, takes a tenth of a step
    and more.
    """
    library = ctypes.CDLL(None) if sys.platform == "linux" else None
    set_option = getattr(library, "mallopt", None)
    if set_option is not None:
        set_option(M_MMAP_MAX, 0)
        set_option(M_TRIM_THRESHOLD, LARGEST_INT)
