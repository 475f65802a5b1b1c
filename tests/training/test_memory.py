"""What training has freed stays with the process."""

import subprocess
import sys

import pytest

FREED = """
import sys
import torch
from pathlib import Path
from training.memory import keep_memory

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

if sys.argv[1] == "keep":
    keep_memory()
before = resident()
tensor = torch.zeros(50_000_000)
del tensor
print(resident() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, and glibc is told")
def test_what_is_freed_is_kept_when_asked_for() -> None:
    kept, returned = (
        int(
            subprocess.run(
                [sys.executable, "-c", FREED, asked], check=True, capture_output=True, text=True
            ).stdout
        )
        for asked in ("keep", "no")
    )
    assert returned < 50e6
    assert kept > 150e6
