"""Make a pedestrian detector from a COCO detector, without training: one class of the head stays.

    python -m training.detector_cut YOLO.pt --name NAME --out DIR RECORDING...

writes `DIR/NAME.pt` and, quantised on frames of the recordings, `DIR/NAME_openvino_model`.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from surveil_reid.detection.cutting import cut_to_persons
from surveil_reid.detection.exporting import export_detector
from surveil_reid.detection.weights import OPENVINO_SUFFIX
from surveil_reid.pipeline import read_pictures
from training.paper_pages import exit_status

FRAMES = 40
"""Of each recording, spread over its length."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Cut, quantise and write; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m training.detector_cut", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("weights", metavar="YOLO.pt", type=Path)
    parser.add_argument("recordings", metavar="RECORDING", type=Path, nargs="+")
    parser.add_argument("--name", required=True)
    parser.add_argument("--out", metavar="DIR", type=Path, required=True)
    parser.add_argument("--trust-weights", action="store_true", help="load an unknown pickle")
    given = parser.parse_args(arguments)
    cut = given.out / f"{given.name}.pt"

    def work() -> None:
        cut_to_persons(given.weights, cut, trust_weights=given.trust_weights)
        export_detector(
            cut,
            given.out / f"{given.name}{OPENVINO_SUFFIX}",
            "openvino",
            "int8",
            pictures=read_pictures(given.recordings, FRAMES * len(given.recordings)),
            trust_weights=True,  # written a moment ago
        )

    return exit_status(work)


if __name__ == "__main__":
    sys.exit(main())
