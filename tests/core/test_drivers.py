"""Whether a GPU can be there is told without a framework, and never wrongly denied."""

import os
import subprocess
import sys

from surveil_reid.core import may_have_gpu

PROGRAM = """
import sys
from surveil_reid.core import may_have_gpu
from surveil_reid.embedding.devices import choose_device
print(choose_device("auto") == "cpu" and "torch" in sys.modules and not may_have_gpu())
"""


def test_a_gpu_that_pytorch_finds_is_not_denied() -> None:
    import torch  # noqa: PLC0415 (slow import)

    assert may_have_gpu() or not torch.cuda.is_available()


def test_pytorch_is_not_loaded_to_find_no_gpu() -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
