"""Has something become slower? Ratios measured again, held against the committed ones.

    PYTHONPATH=tests python tests/benchmarks/check.py [DATA] [--record]

A ratio says how many times as long a program that nobody here changes takes, on the same work, in
turn with ours; so it says little of the machine. More is better, and a loss of more than a fifth is
a failure. `processing` is a recording from the start of the process to linked tracklets, beside
Ultralytics' detection alone, and needs DATA, with `footage` and `weights`; `ranking` is beside the
plain loop over the definition, `reranking` beside dense matrices. With `--record` the ratios are
committed as `tests/benchmarks/results/check.json`.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from reranking import dense
from turns import take_turns, times

from helpers.plain_retrieval import plain_scores
from surveil_reid.core import l2_normalise
from surveil_reid.evaluation import Features, evaluate_features, make_features
from surveil_reid.matching import RerankOptions, rerank

RECORD = Path(__file__).parent / "results" / "check.json"
LOSS = 0.2
ROUNDS = 3
VIDEO = "footage/pets09-s2l1/video.avi"
DETECTOR = "weights/detectors/yolo11n_int8_openvino_model"
EMBEDDER = "weights/reid-0277/person-reidentification-retail-0277.xml"
EVERY = 2
ULTRALYTICS = """
import sys
from ultralytics import YOLO
model, video, every = sys.argv[1:]
found = YOLO(model, task="detect").predict(
    video, stream=True, classes=[0], vid_stride=int(every), device="cpu", verbose=False
)
print(sum(len(result) for result in found))
"""
PEOPLE = 300


def losses(
    committed: Mapping[str, float], measured: Mapping[str, float], allowed: float = LOSS
) -> list[str]:
    """A line for each ratio that is smaller than the committed one by more than is allowed.

    Args:
        committed: ratios by name, more is better.
        measured: those measured now; what was not measured is no loss.
        allowed: share of the committed ratio that may be lost.
    """
    return [
        f"{name}: {measured[name]:.2f} times as fast as the other program, {was:.2f} as committed "
        f"({1 - measured[name] / was:.0%} less)"
        for name, was in sorted(committed.items())
        if name in measured and measured[name] < (1 - allowed) * was
    ]


def ratio(ours: Callable[[], object], other: Callable[[], object]) -> float:
    """How many times as long the other takes: the median over rounds in which they take turns."""
    taken = take_turns({"ours": ours, "other": other}, ROUNDS, warm_up=0)
    return round(times(taken["other"], taken["ours"]), 2)


def processing(data: Path) -> float:
    """Processing every second frame beside Ultralytics' detection of the same."""
    video, detector = str(data / VIDEO), str(data / DETECTOR)

    def ours() -> None:
        with tempfile.TemporaryDirectory() as folder:
            where = ["--camera", f"pets={video}", "--store", f"sqlite:///{folder}/site.db"]
            how = ["--detector", detector, "--embedder", str(data / EMBEDDER), "--fps", "5"]
            command = [sys.executable, "-m", "surveil_reid", "process", *where, *how]
            subprocess.run(command, capture_output=True, check=True)

    def other() -> None:
        command = [sys.executable, "-c", ULTRALYTICS, detector, video, str(EVERY)]
        subprocess.run(command, capture_output=True, check=True)

    return ratio(ours, other)


def made_up(queries: int, gallery: int) -> Features:
    """Features of people in six cameras; nobody's in particular."""
    random = np.random.default_rng(0)
    centres = random.normal(size=(PEOPLE, 256)).astype(np.float32)
    ids = {"query": random.integers(1, PEOPLE + 1, queries)}
    ids["gallery"] = random.integers(1, PEOPLE + 1, gallery)
    arrays = {}
    for name, people in ids.items():
        noise = random.normal(scale=2, size=(len(people), 256)).astype(np.float32)
        vectors = l2_normalise(centres[people - 1] + noise)
        arrays |= {name: vectors, f"{name}_ids": people}
        arrays[f"{name}_cameras"] = random.integers(1, 7, len(people))
    return make_features(**arrays)


def ranking() -> float:
    """The evaluator beside the plain loop, which is handed its similarities."""
    features = made_up(400, 8000)
    scores = features.query @ features.gallery.T
    rest = ("query_ids", "query_cameras", "gallery_ids", "gallery_cameras")
    lists = [getattr(features, name).tolist() for name in rest]
    return ratio(lambda: evaluate_features(features), lambda: plain_scores(scores, *lists))


def reranking() -> float:
    """Re-ranking beside the same equations on dense matrices."""
    features, options = made_up(300, 3000), RerankOptions()
    return ratio(
        lambda: rerank(features.query, features.gallery, options=options),
        lambda: dense(features, options, dtype=np.float32, transposed=False),
    )


def main() -> None:
    """Measure, and compare or commit."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--record", action="store_true")
    given = parser.parse_args()
    if not given.record and not RECORD.exists():
        sys.exit(f"there is no record {RECORD} to compare with; make one with --record")
    measured = {"ranking": ranking(), "reranking": reranking()}
    if given.data:
        measured["processing"] = processing(given.data)
    else:
        print("processing: not measured, since no folder with data is named")
    if given.record:
        RECORD.write_text(json.dumps(measured, indent=2) + "\n")
        return
    committed = json.loads(RECORD.read_text())
    for name, value in measured.items():
        print(f"{name}: {value} ({committed[name]} as committed)")
    lost = losses(committed, measured)
    if lost:
        sys.exit("\n".join(["slower than committed:", *lost]))


if __name__ == "__main__":
    main()
