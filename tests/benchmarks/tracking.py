"""Box tracks on PETS09-S2L1 at full frame rate, scored, beside the tools of ANCHORS.

    python tests/benchmarks/tracking.py DATA --embedder E --detector D [--detector D2]

DATA holds `footage/pets09-s2l1`. Nothing is fitted to the sequence, but two rules of the tracker
and the length of the detector's training were settled with it in sight (see the README). Prints one
JSON document, which belongs into `tests/benchmarks/results`.
"""

import argparse
import json
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import surveil_reid


def measure(footage: Path, detector: str, embedder: surveil_reid.Embedder) -> dict[str, Any]:
    """Process the sequence, write its box tracks, and score those."""
    settings = replace(surveil_reid.Settings(), video=surveil_reid.VideoOptions(fps=None))
    with (
        tempfile.TemporaryDirectory() as folder,
        surveil_reid.open_store(f"sqlite:///{folder}/pets.db") as store,
    ):
        began = time.perf_counter()
        report = surveil_reid.process(
            surveil_reid.site_of([surveil_reid.parse_camera(f"pets={footage / 'video.avi'}")]),
            store,
            detector=surveil_reid.load_detector(detector, settings.detection),
            embedder=embedder,
            settings=settings,
        )
        seconds = time.perf_counter() - began
        (tracks,) = surveil_reid.write_box_tracks(store, store.recordings(), Path(folder))
        scores = surveil_reid.score_tracks(
            surveil_reid.read_mot(footage / "gt.txt", truth=True), surveil_reid.read_mot(tracks)
        )
    return {
        "detector": Path(detector).name,
        "embedder": embedder.info.name,
        "tracklets": report.recordings[0].tracklets,
        "frames_per_second": round(report.recordings[0].frames / seconds, 1),
        **{name: round(value or 0, 4) for name, value in scores.as_dict().items()},
    }


def main() -> None:
    """Measure each detector given."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", type=Path)
    parser.add_argument("--detector", action="append", required=True)
    parser.add_argument("--embedder", required=True)
    given = parser.parse_args()
    embedder = surveil_reid.load_embedder(given.embedder)
    footage = given.data / "footage" / "pets09-s2l1"
    results = [measure(footage, detector, embedder) for detector in given.detector]
    sys.stdout.write(json.dumps({"pets09-s2l1": results}, indent=2) + "\n")


if __name__ == "__main__":
    main()
