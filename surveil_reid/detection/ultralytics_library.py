"""Ultralytics without its side effects; import it from here and nowhere else.

Left to itself it writes to standard output, looks up host names, switches on usage statistics and
the installation of packages on demand, replaces functions of OpenCV, PIL and PyTorch, and sets the
threads of PyTorch, OpenMP and OpenCV and NumPy's printing its own way for the whole process.
"""

import contextlib
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch  # before Ultralytics, which limits whatever starts OpenMP after it to one thread

# The path to non-maximum suppression depends on whether somebody has imported torchvision already.
import torchvision
from PIL import Image as PillowImage

from surveil_reid.core import WeightsError

__all__ = [
    "YOLO",
    "DetectionPredictor",
    "contained",
    "find_official",
    "load_network",
    "torch",
    "torchvision",
]

# "Offline" leaves out statistics and host look-ups; downloads asked for by name still work.
_SETTINGS = {"YOLO_OFFLINE": "true", "YOLO_AUTOINSTALL": "false", "YOLO_VERBOSE": "false"}

# Functions of other libraries that it replaces by its own; PIL's then tries to install packages.
_PATCHED: tuple[tuple[Any, str], ...] = (
    (PillowImage, "open"),
    (cv2, "imread"),
    (cv2, "imshow"),
    (cv2, "imwrite"),
    (torch, "save"),
)

_logger = logging.getLogger("ultralytics")


@contextlib.contextmanager
def contained() -> Iterator[None]:
    """Undo what Ultralytics does to the process meanwhile, and keep it from talking."""
    environment = dict(os.environ)
    threads, torch_threads = cv2.getNumThreads(), torch.get_num_threads()
    originals = [(owner, name, getattr(owner, name)) for owner, name in _PATCHED]
    os.environ.update(_SETTINGS)
    # It warns of packages that it can do without.
    _logger.setLevel(logging.ERROR)
    try:
        with contextlib.redirect_stdout(sys.stderr), np.printoptions():
            yield
    finally:
        for name in os.environ.keys() - environment.keys():
            del os.environ[name]
        os.environ.update(environment)
        for owner, name, original in originals:
            setattr(owner, name, original)
        cv2.setNumThreads(threads)
        torch.set_num_threads(torch_threads)
        _logger.setLevel(logging.WARNING)


with contained():
    from ultralytics.models import YOLO
    from ultralytics.models.yolo.detect import DetectionPredictor
    from ultralytics.nn.tasks import load_checkpoint
    from ultralytics.utils.downloads import GITHUB_ASSETS_NAMES, attempt_download_asset

# Its own handler holds on to standard output; the application decides where messages go.
_logger.handlers.clear()
_logger.propagate = True


def load_network(path: Path) -> Any:  # noqa: ANN401 (Ultralytics has no types)
    """The network of a `.pt` file that is known or trusted, float32 on the CPU, to evaluate.

    Raises:
        WeightsError: when the file is broken or holds something else.
    """
    try:
        with contained():
            return load_checkpoint(path)[0]  # type: ignore[no-untyped-call]
    except Exception as error:
        # A pickle can fail in any way.
        reason = (str(error) or type(error).__name__).splitlines()[0]
        msg = f"{path} cannot be loaded as a detector; is the file whole? ({reason})"
        raise WeightsError(msg) from error


def find_official(name: str) -> Path:
    """Path of official weights in PyTorch's cache folder, downloaded unless they lie there.

    Returns:
        `name` itself where it is not the name of official weights.

    Raises:
        WeightsError: when the download fails.
    """
    if name not in GITHUB_ASSETS_NAMES:
        return Path(name)
    path = Path(torch.hub.get_dir()) / "checkpoints" / name
    try:
        with contextlib.redirect_stdout(sys.stderr):
            return Path(attempt_download_asset(path))
    except (OSError, MemoryError) as error:
        reason = str(error).splitlines()[0].lstrip("❌ ")
        msg = (
            f"{name} is not here and cannot be downloaded; put the file at {path}, or give the "
            f"path of a detector ({reason})"
        )
        raise WeightsError(msg) from error
