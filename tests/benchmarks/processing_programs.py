"""The programs that `processing.py` runs in turn: their commands, and what they cost."""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ULTRALYTICS = """
import sys
from ultralytics import YOLO
model, video, out = sys.argv[1:]
found = YOLO(model, task="detect").track(
    video, stream=True, tracker="botsort.yaml", classes=[0], device="cpu", verbose=False
)
with open(out, "w") as file:
    for frame, result in enumerate(found, start=1):
        if result.boxes.id is not None:
            rows = zip(result.boxes.id.int().tolist(), result.boxes.xyxy.tolist(),
                       result.boxes.conf.tolist())
            for id_, (x1, y1, x2, y2), conf in rows:
                file.write(f"{frame},{id_},{x1},{y1},{x2 - x1},{y2 - y1},{conf},-1,-1,-1\\n")
"""
BOXMOT = """
import sys
from pathlib import Path
from boxmot.detectors.backends import ultralytics as backend
from boxmot.engine.cli import main
yolo = backend.YOLO
# It takes a file, which of an OpenVINO folder is not what Ultralytics takes.
backend.YOLO = lambda path: yolo(Path(path).parent, task="detect")
sys.exit(main())
"""
FIRST_BOXES = """
import os, sys, time
from surveil_reid.detection.openvino_yolo import OpenvinoDetector
detect = OpenvinoDetector.detect
def first(self, images):
    detect(self, images)
    print(time.time(), flush=True)
    os._exit(0)
OpenvinoDetector.detect = first
from surveil_reid.cli import main
main(sys.argv[1:])
"""
COSTS = ("seconds", "cpu_seconds", "peak_mb")
FLOORS = ("decoding", "detector")


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """What is measured, on what, and where scratch files go."""

    data: Path
    footage: str
    video: Path
    fps: str
    detector: str
    embedder: str
    peers: Path | None
    scratch: Path

    def folder(self, program: str) -> Path:
        """Where a program writes."""
        return self.scratch / program.replace(" ", "-")

    def tracks(self, program: str) -> Path | None:
        """The box tracks that a program has left."""
        return next(self.folder(program).glob("**/tracks.txt"), None)

    def weights(self, name: str) -> str:
        """A file or folder of the data's weights."""
        return str(self.data / "weights" / name)


def command_of(program: str, given: Given) -> list[str]:
    """The command of a program, which leaves box tracks as MOT text below its folder."""
    if program.startswith("ours"):
        return [sys.executable, "-m", "surveil_reid", *our_arguments(program, given)]
    if program in FLOORS:
        floor = ["--floor", program, "--fps", given.fps, "--detector", given.detector]
        script = Path(__file__).with_name("processing.py")
        return [sys.executable, str(script), str(given.video), "-", *floor]
    if given.peers is None:
        sys.exit(f"{program} needs --peers, an environment that it is installed in")
    name, _, kind = program.partition(" ")
    detector = given.detector if kind else given.weights("detectors/yolov8n-rebuilt.pt")
    folder = given.peers / "bin"
    if name == "ultralytics":
        out = str(given.folder(program) / "tracks.txt")
        return [str(folder / "python"), "-c", ULTRALYTICS, detector, str(given.video), out]
    reid = given.weights("osnet/osnet_x0_25_msmt17.onnx")
    chosen = ["--detector", detector, "--reid", reid, "--tracker", "botsort", "--classes", "0"]
    where = ["--device", "cpu", "--save-txt", "--project", str(given.folder(program))]
    start = [str(folder / "boxmot")]
    if kind:
        chosen[1] = str(next(Path(detector).glob("*.xml")))
        start = [str(folder / "python"), "-c", BOXMOT]
    return [*start, "track", "--source", str(given.video), *chosen, *where]


def our_arguments(program: str, given: Given) -> list[str]:
    """What follows `surveil-reid`."""
    weights = ["--detector", given.detector, "--embedder", given.embedder, "--fps", given.fps]
    camera = ["--camera", f"tracks={given.video}@2026-03-01T08:00:00Z"]
    store = [
        "--store",
        f"sqlite:///{given.folder(program)}/site.db",
        "--tracks",
        str(given.folder(program)),
    ]
    gate = ["--no-motion-gate"] if "without gate" in program else []
    return ["process", *camera, *weights, *store, *gate]


def run(command: list[str]) -> tuple[dict[str, float], str]:
    """What a command costs, as the operating system has it, and what it prints."""
    quiet = os.environ | {"YOLO_OFFLINE": "true", "YOLO_AUTOINSTALL": "false"}
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as complained:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=said, stderr=complained, env=quiet)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        if status != 0:
            complained.seek(0)
            sys.exit(f"{' '.join(command)} failed:\n{complained.read()[-2000:]}")
        said.seek(0)
        costs = (seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
        return dict(zip(COSTS, (round(cost, 2) for cost in costs), strict=True)), said.read()
