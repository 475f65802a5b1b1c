"""What ships processes recordings without the libraries that take seconds to load."""

import subprocess
import sys
from pathlib import Path

from helpers.footage import write_video
from helpers.scenes import FPS, scene

PROGRAM = """
import sys
from surveil_reid.cli.app import app
try:
    app(sys.argv[1:])
finally:
    heavy = {"torch", "torchvision", "ultralytics", "matplotlib"} & {*sys.modules}
    print("loaded:", *sorted(heavy))
"""


def test_processing_loads_neither_torch_nor_ultralytics(tmp_path: Path) -> None:
    video = tmp_path / "yard.mp4"
    write_video(video, scene([], 2), fps=FPS)
    where = ["--camera", f"yard={video}", "--store", f"sqlite:///{tmp_path / 'site.db'}"]
    command = [sys.executable, "-c", PROGRAM, "process", *where]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "loaded:"
