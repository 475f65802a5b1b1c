"""Time of the detector that ships in the runtimes of a CPU: is int8 worth what it costs.

    PYTHONPATH=. python tests/benchmarks/detector_runtimes.py WORK [--rounds N]

The float file is exported to OpenVINO, into WORK, as `surveil-reid export` does, and computes in
fp32 and, where the processor has it, in bf16; the int8 folder is the one that ships, with what is
not int8 in either. Each network has all cores and one picture at a time, the sample site's at 640
pixels, without what comes before and after it, which is the same for all; torch runs the same
network. Rounds go through all runtimes one after the other, so that whatever else the machine does
slows all alike; ratios are medians of the rounds' ratios to the fastest in floating point. Prints
one JSON document for `tests/benchmarks/results`.
"""

import argparse
import json
import statistics
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from turns import Run, take_turns, times

from surveil_reid.assets import import_openvino
from surveil_reid.core import Image
from surveil_reid.detection.boxes import letterbox
from surveil_reid.detection.exporting import export_detector
from surveil_reid.detection.ultralytics_library import load_network
from surveil_reid.embedding.devices import cpu_has_bf16
from surveil_reid.video import VideoOptions, read_frames
from training.reporting import describe_device, versions

openvino = import_openvino()

NAME = "pedestrian-yolo11n"
SHIPPED = Path("surveil_reid/assets/weights")
VIDEO = Path("samples/site/footage")
SIDE, STRIDE = 640, 32
HINTS = {"fp32": "f32", "bf16": "bf16"} if cpu_has_bf16() else {"fp32": "f32"}


def picture() -> Image:
    """A frame of the sample site as the network sees it, uint8 `(height, width, 3)`."""
    video = min(VIDEO.rglob("*.mp4"))
    frame = next(iter(read_frames(video, VideoOptions()))).image
    height, width, _ = frame.shape
    (filled,) = letterbox((height, width), (SIDE, SIDE), STRIDE).fill(frame)
    return np.asarray(filled, np.uint8)


def openvino_run(folder: Path, hint: str, batch: Any) -> Run:  # noqa: ANN401 (a NumPy array)
    """One inference of a network in OpenVINO."""
    core = openvino.Core()
    model = core.read_model(min(folder.glob("*.xml")))
    model.reshape(list(batch.shape))
    request = core.compile_model(
        model, "CPU", {"INFERENCE_PRECISION_HINT": hint, "PERFORMANCE_HINT": "LATENCY"}
    ).create_infer_request()
    return lambda: request.infer({0: batch}, share_inputs=True)


def torch_run(weights: Path, image: Image, *, bf16: bool) -> Run:
    """One inference of the float network in torch, channels last."""
    network = load_network(weights).float().eval().to(memory_format=torch.channels_last)
    batch = torch.from_numpy(image).permute(2, 0, 1).unsqueeze(0).float().div_(255)
    batch = batch.contiguous(memory_format=torch.channels_last)

    def run() -> object:
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            return network(batch)

    return run


def layout(folder: Path, image: Image) -> Any:  # noqa: ANN401 (a NumPy array)
    """A picture as a network in OpenVINO takes it: ours bytes as they are, Ultralytics' planes."""
    model = openvino.Core().read_model(min(folder.glob("*.xml")))
    if model.input().get_element_type() == openvino.Type.u8:
        return np.ascontiguousarray(image[np.newaxis])
    return np.ascontiguousarray(image.transpose(2, 0, 1)[np.newaxis].astype(np.float32) / 255)


def main() -> None:
    """Export, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path)
    parser.add_argument("--rounds", type=int, default=100)
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    weights, image = SHIPPED / f"{NAME}.pt", picture()
    folders = {
        "float": given.work / f"{NAME}_openvino_model",
        "int8": SHIPPED / f"{NAME}_openvino_model",
    }
    if not folders["float"].exists():
        export_detector(weights, folders["float"], "openvino")
    runs: dict[str, Run] = {"torch fp32": torch_run(weights, image, bf16=False)}
    if "bf16" in HINTS:
        runs["torch bf16"] = torch_run(weights, image, bf16=True)
    for kind, folder in folders.items():
        batch = layout(folder, image)
        for precision, hint in HINTS.items():
            name = precision if kind == "float" else f"int8, rest {precision}"
            runs[f"OpenVINO {name}"] = openvino_run(folder, hint, batch)
    turns = take_turns(runs, given.rounds, warm_up=3)
    medians = {name: statistics.median(one.wall for one in turn) for name, turn in turns.items()}
    fastest = min((name for name in runs if "int8" not in name), key=medians.__getitem__)
    document = {
        "device": describe_device(torch.device("cpu")),
        "threads": torch.get_num_threads(),
        "versions": versions() | {"openvino": openvino.__version__},
        "rounds": given.rounds,
        "input": list(image.shape[:2]),
        "fastest_in_floating_point": fastest,
        "runtimes": {
            name: {
                "ms": round(1000 * medians[name], 2),
                "times_fastest": round(times(turns[fastest], turn), 2),
            }
            for name, turn in turns.items()
        },
    }
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
