"""What each way of processing costs: threads or none, our way through OpenVINO or Ultralytics'.

    python tests/benchmarks/processing_variants.py DATA [--rounds 3] [--detector D] [--embedder E]

Every frame of `footage/pets09-s2l1`, which is cheap to decode, and `footage/rooms` looped to two
minutes at the default rate, which is not, are processed in one process by each variant in turn, its
start and the motion gate left out; figures are medians over the rounds, and `by_first` the median,
least and largest ratio of a variant's seconds to those of the first in the same round. All find the
same people: the number of tracklets stands beside the times. Prints one JSON document, which
belongs into `tests/benchmarks/results` as `processing-variants.json`.
"""

import argparse
import fnmatch
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any
from unittest import mock

from memory import loop
from turns import spread

import surveil_reid
from surveil_reid.assets import find_shipped, import_openvino
from surveil_reid.detection import Detector, openvino_yolo
from surveil_reid.detection.openvino_yolo import YIELDING, OpenvinoDetector
from surveil_reid.detection.weights import check_weights
from surveil_reid.detection.yolo import YoloDetector
from surveil_reid.pipeline import stretch

FOOTAGE: dict[str, tuple[str, float | None]] = {
    "pets09-s2l1": ("footage/pets09-s2l1/video.avi", None),
    "rooms": ("footage/rooms/cam1.mp4", 5.0),
}
ROOMS = 24
"""Times that `rooms`, of five seconds, is shown."""


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One way of processing.

    Attributes:
        batch: pictures that the detector is handed together.
        requests: of them that are in the network at once; the cores are shared out among them.
        ahead: batches made ahead; 0 does everything in turn, in one thread.
        ultralytics: whether the detector runs in Ultralytics.
        pinned: whether OpenVINO's threads keep to their cores.
        niceness: what OpenVINO's threads give way by.
        settings: more of OpenVINO's.
        turns: seconds after which Python takes the interpreter from a thread if another wants it.
    """

    batch: int = 2
    requests: int = 2
    ahead: int = 2
    ultralytics: bool = False
    pinned: bool = False
    niceness: int = YIELDING
    settings: tuple[tuple[str, Any], ...] = ()
    turns: float = 0.005


VARIANTS = {
    "as it is": Variant(),
    "in turn": Variant(ahead=0),
    "in turn, through Ultralytics": Variant(ahead=0, ultralytics=True),
    "through Ultralytics": Variant(ultralytics=True),
    "one picture at a time, on all cores": Variant(batch=1, requests=1),
    "four pictures at a time, two at once": Variant(batch=4),
    "four pictures at once": Variant(batch=4, requests=4),
    "one batch ahead": Variant(ahead=1),
    "four batches ahead": Variant(ahead=4),
    "threads that keep to their cores": Variant(pinned=True),
    "threads that give way to nobody": Variant(niceness=0),
    "the last two, and one batch ahead": Variant(ahead=1, pinned=True, niceness=0),
    "threads that give way to everybody": Variant(niceness=19),
    "threads taking turns ten times as often": Variant(turns=0.0005),
    "what is not int8 in float32": Variant(settings=(("INFERENCE_PRECISION_HINT", "f32"),)),
}


def network_of(variant: Variant) -> Any:  # noqa: ANN401
    """A replacement of the detector's own way to compile."""

    def compile_here(detector: OpenvinoDetector, size: tuple[int, int]) -> "SimpleQueue[Any]":
        model = detector._model.clone()
        model.reshape([1, *size, 3])
        settings = {
            "NUM_STREAMS": variant.requests,
            "ENABLE_CPU_PINNING": variant.pinned,
            **dict(variant.settings),
        }
        compiled = import_openvino().Core().compile_model(model, "CPU", settings)
        network: SimpleQueue[Any] = SimpleQueue()
        for _ in range(variant.requests):
            network.put(compiled.create_infer_request())
        return network

    return compile_here


@contextmanager
def in_force(variant: Variant) -> Iterator[None]:
    """Process that way."""
    ahead = stretch.ahead if variant.ahead else lambda source, _: source
    with (
        mock.patch.object(stretch, "ahead", ahead),
        mock.patch.object(stretch, "AHEAD", variant.ahead),
        mock.patch.object(OpenvinoDetector, "_compile_here", network_of(variant)),
        mock.patch.object(openvino_yolo, "YIELDING", variant.niceness),
    ):
        before = sys.getswitchinterval()
        sys.setswitchinterval(variant.turns)
        try:
            yield
        finally:
            sys.setswitchinterval(before)


def load(path: str, variant: Variant) -> Detector:
    """The detector, as the variant runs it."""
    options = surveil_reid.DetectionOptions(batch_size=variant.batch)
    if variant.ultralytics:
        return YoloDetector(check_weights(Path(path), trust=False), options)
    return surveil_reid.load_detector(path, options)


def run(
    footage: tuple[Path, float | None],
    variant: Variant,
    detector: str,
    embedder: surveil_reid.Embedder,
) -> dict[str, Any]:
    """Process a recording; what that took."""
    video, fps = footage
    options = surveil_reid.VideoOptions(fps=fps, motion_gate=False)
    settings = surveil_reid.Settings(video=options)
    with (
        in_force(variant),
        tempfile.TemporaryDirectory() as folder,
        surveil_reid.open_store(f"sqlite:///{folder}/site.db") as store,
    ):
        site = surveil_reid.site_of([surveil_reid.parse_camera(f"camera={video}")])
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


def compared(rounds: list[dict[str, dict[str, Any]]]) -> dict[str, Any]:
    """Medians over the rounds, and ratios within them."""
    found = {}
    for name in rounds[0]:
        ratios = [one[name]["seconds"] / one["as it is"]["seconds"] for one in rounds]
        found[name] = {
            **{
                cost: round(statistics.median(one[name][cost] for one in rounds), 2)
                for cost in rounds[0][name]
            },
            "by_first": spread(ratios, 3),
        }
    return found


def main() -> None:
    """Run all in turn, round after round."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="*", metavar="PATTERN", help="of variants, by name")
    parser.add_argument("--detector")
    parser.add_argument("--embedder")
    given = parser.parse_args()
    detector = given.detector or str(find_shipped(None, "detector", "cpu"))
    embedder = surveil_reid.load_embedder(given.embedder)
    ways = {
        name: way
        for name, way in VARIANTS.items()
        if name == "as it is" or fnmatch.fnmatch(name, given.only)
    }
    document: dict[str, Any] = {
        "detector": Path(detector).name,
        "embedder": embedder.info.name,
        "cores": os.cpu_count(),
        "rounds": given.rounds,
    }
    for name, (path, fps) in FOOTAGE.items():
        with tempfile.TemporaryDirectory() as folder:
            video = given.data / path
            if name == "rooms":
                video = Path(folder) / "looped.mp4"
                loop(given.data / path, video, ROOMS)
            rounds = [
                {which: run((video, fps), way, detector, embedder) for which, way in ways.items()}
                for _ in range(given.rounds)
            ]
        document[name] = compared(rounds)
    print(json.dumps(document, indent=2))


if __name__ == "__main__":
    main()
