"""What each way of processing costs: threads or none, our way through OpenVINO or Ultralytics'.

    python tests/benchmarks/processing_variants.py DATA [--rounds 3] [--detector D] [--embedder E]

Every second frame of `footage/pets09-s2l1` is processed in one process by each variant in turn, its
start left out; figures are medians over the rounds, and `by_first` the median, least and largest
ratio of a variant's seconds to those of the first in the same round. All find the same people: the
number of tracklets stands beside the times. Prints one JSON document, which belongs into
`tests/benchmarks/results`.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from queue import SimpleQueue
from typing import Any
from unittest import mock

import openvino

import surveil_reid
from surveil_reid.detection import Detector
from surveil_reid.detection.openvino_yolo import OpenvinoDetector
from surveil_reid.detection.weights import check_weights
from surveil_reid.detection.yolo import YoloDetector
from surveil_reid.pipeline import stretch

VIDEO = "footage/pets09-s2l1/video.avi"
DETECTOR = "weights/detectors/yolo11n_int8_openvino_model"
EMBEDDER = "weights/reid-0277/person-reidentification-retail-0277.xml"
FPS = 5.0


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One way of processing.

    Attributes:
        batch: pictures that the detector is handed together.
        requests: of them that are in the network at once; the cores are shared out among them.
        ahead: batches made ahead; 0 does everything in turn, in one thread.
        ultralytics: whether the detector runs in Ultralytics.
        settings: more of OpenVINO's.
    """

    batch: int = 2
    requests: int = 2
    ahead: int = 1
    ultralytics: bool = False
    settings: tuple[tuple[str, Any], ...] = ()


VARIANTS = {
    "as it is": Variant(),
    "in turn": Variant(ahead=0),
    "in turn, through Ultralytics": Variant(ahead=0, ultralytics=True),
    "through Ultralytics": Variant(ultralytics=True),
    "one picture at a time, on all cores": Variant(batch=1, requests=1),
    "four pictures at a time, two at once": Variant(batch=4),
    "four pictures at once": Variant(batch=4, requests=4),
    "two batches ahead": Variant(ahead=2),
    "threads free to change cores": Variant(settings=(("ENABLE_CPU_PINNING", False),)),
    "what is not int8 in float32": Variant(settings=(("INFERENCE_PRECISION_HINT", "f32"),)),
}


def network_of(variant: Variant) -> Any:  # noqa: ANN401
    """A replacement of the detector's own way to compile."""

    def compile_(detector: OpenvinoDetector, size: tuple[int, int]) -> "SimpleQueue[Any]":
        model = detector._model.clone()
        model.reshape([1, *size, 3])
        settings = {"NUM_STREAMS": variant.requests, **dict(variant.settings)}
        compiled = openvino.Core().compile_model(model, "CPU", settings)
        network: SimpleQueue[Any] = SimpleQueue()
        for _ in range(variant.requests):
            network.put(compiled.create_infer_request())
        return network

    return compile_


@contextmanager
def in_force(variant: Variant) -> Iterator[None]:
    """Process that way."""
    ahead = stretch.ahead if variant.ahead else lambda source, _: source
    with (
        mock.patch.object(stretch, "ahead", ahead),
        mock.patch.object(stretch, "AHEAD", variant.ahead),
        mock.patch.object(OpenvinoDetector, "_compile", network_of(variant)),
    ):
        yield


def load(path: str, variant: Variant) -> Detector:
    """The detector, as the variant runs it."""
    options = surveil_reid.DetectionOptions(batch_size=variant.batch)
    if variant.ultralytics:
        return YoloDetector(check_weights(Path(path), trust=False), options)
    return surveil_reid.load_detector(path, options)


def run(video: Path, variant: Variant, detector: str, embedder: surveil_reid.Embedder) -> Any:  # noqa: ANN401
    """Process the recording; what that took."""
    settings = replace(surveil_reid.Settings(), video=surveil_reid.VideoOptions(fps=FPS))
    with (
        in_force(variant),
        tempfile.TemporaryDirectory() as folder,
        surveil_reid.open_store(f"sqlite:///{folder}/site.db") as store,
    ):
        site = surveil_reid.site_of([surveil_reid.parse_camera(f"pets={video}")])
        loaded = load(detector, variant)
        began, used = time.perf_counter(), time.process_time()
        report = surveil_reid.process(
            site, store, detector=loaded, embedder=embedder, settings=settings
        )
        return {
            "seconds": time.perf_counter() - began,
            "cpu_seconds": time.process_time() - used,
            "tracklets": report.recordings[0].tracklets,
        }


def main() -> None:
    """Run all in turn, round after round."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--detector")
    parser.add_argument("--embedder")
    given = parser.parse_args()
    detector = given.detector or str(given.data / DETECTOR)
    embedder = surveil_reid.load_embedder(given.embedder or str(given.data / EMBEDDER))
    rounds = [
        {name: run(given.data / VIDEO, way, detector, embedder) for name, way in VARIANTS.items()}
        for _ in range(given.rounds)
    ]
    found = {}
    for name in VARIANTS:
        ratios = [one[name]["seconds"] / one["as it is"]["seconds"] for one in rounds]
        spread = {"median": statistics.median(ratios), "low": min(ratios), "high": max(ratios)}
        found[name] = {
            **{
                cost: round(statistics.median(one[name][cost] for one in rounds), 2)
                for cost in ("seconds", "cpu_seconds", "tracklets")
            },
            "by_first": {key: round(value, 3) for key, value in spread.items()},
        }
    document = {"detector": Path(detector).name, "cores": os.cpu_count(), "rounds": len(rounds)}
    print(json.dumps(document | {"variants": found}, indent=2))


if __name__ == "__main__":
    main()
