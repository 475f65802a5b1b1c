"""A detector must not talk, leave files behind, use the network or change the process."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SCRIPT = """
import os, sys
network = []
def watch(event, args):
    if event.startswith("socket.") and event != "socket.__new__":
        network.append(f"{event} {args}")
sys.addaudithook(watch)
import cv2, json, numpy as np, torch
import PIL.Image
def state():
    return [torch.get_num_threads(), cv2.getNumThreads(), str(np.array([1 / 3])),
            os.environ.get("OMP_NUM_THREADS"), os.environ.get("YOLO_OFFLINE"),
            PIL.Image.open.__module__, torch.save.__module__, cv2.imread.__module__]
torch.set_num_threads(2)
before = state()
from surveil_reid.detection import DetectionOptions, load_detector
detector = load_detector(
    sys.argv[1], DetectionOptions(device="cpu", image_size=64, confidence=0.0), trust_weights=True
)
found = detector.detect([np.zeros((60, 80, 3), np.uint8)])
from ultralytics.utils.events import events
facts = {"boxes": len(found[0]), "before": before, "after": state(), "network": network,
         "statistics": events.enabled}
open(sys.argv[2], "w").write(json.dumps(facts))
"""


@pytest.fixture(scope="module")
def run(
    make_model: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[subprocess.CompletedProcess[str], dict[str, object], Path]:
    """A fresh process in an empty folder, with a home of its own, warnings as errors."""
    folder, home = tmp_path_factory.mktemp("work"), tmp_path_factory.mktemp("home")
    facts = home / "facts.json"
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "YOLO"))}
    environment |= {"HOME": str(home), "OMP_NUM_THREADS": "2"}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT, str(make_model("person")), str(facts)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result, json.loads(facts.read_text()), folder


def test_standard_output_stays_empty(run: tuple) -> None:
    result, facts, _ = run
    assert facts["boxes"] > 0
    assert result.stdout == ""


def test_nothing_is_written_beside_the_user(run: tuple) -> None:
    assert list(run[2].iterdir()) == []


def test_no_network_and_no_statistics(run: tuple) -> None:
    assert run[1]["network"] == []
    assert run[1]["statistics"] is False


def test_the_process_is_as_before(run: tuple) -> None:
    assert run[1]["before"] == run[1]["after"]


def test_importing_the_room_is_cheap() -> None:
    code = "import sys, surveil_reid.detection; print({'torch', 'ultralytics'} & {*sys.modules})"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    result = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "set()"
