"""Processing footage as whole processes, beside BoxMOT and Ultralytics, in turn on one machine.

    uv venv PEERS
    uv pip install --python PEERS 'boxmot[onnx]==25.0.0' ultralytics==8.4.190 openvino
    python tests/benchmarks/processing.py DATA RECORD.json --peers PEERS [--only rooms] [--rounds 1]

DATA holds `footage` and `weights`; RECORD belongs into `tests/benchmarks/results`. Each call adds
rounds to it, or begins anew where the weights of ours are others by now: in a round every program
runs once on the same footage, one after the other. Figures are medians over the rounds, and
`by_ours` the median, least and largest ratio of another program's seconds to ours in the same
round. Programs run their own way, from the start of the process to the last box track (ours: to
tracklets with embeddings in the store, linked); the peers with the float YOLOv8n that they
recommend, and with our int8 detector. The floors are the decoding of all frames in one thread, and
our detector on those that are analysed, without their start.

`pets09-s2l1` every frame, scored; `indoor-walk` every frame, with the motion gate and without, and
what of the people found without it is found with it; `rooms` looped to ten minutes at the default
rate, gate off. `first_boxes`: seconds from the start of the process to the first boxes. Ours runs
with the detector and the embedder that ship unless others are named.
"""

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from memory import loop
from processing_programs import FIRST_BOXES, FLOORS, Given, command_of, our_arguments, run
from turns import spread

import surveil_reid
from surveil_reid.assets import find_shipped
from surveil_reid.assets.fingerprints import joint_sha256
from surveil_reid.core import box_iou
from surveil_reid.tracking import MotTracks
from surveil_reid.video import read_frames
from surveil_reid.video.decoding import Decoder
from surveil_reid.video.recording import open_recording

MINUTES = 10
FOOTAGE = {
    "pets09-s2l1": ("pets09-s2l1/video.avi", "full"),
    "indoor-walk": ("indoor-walk/video.mp4", "full"),
    "rooms": ("rooms/cam1.mp4", "5"),
}
PEERS = ("boxmot", "ultralytics", "boxmot int8", "ultralytics int8")
PROGRAMS = {
    "pets09-s2l1": ("ours", *PEERS, "decoding", "detector"),
    "indoor-walk": ("ours", "ours without gate", "ultralytics", "ultralytics int8", "decoding"),
    "rooms": ("ours without gate", "decoding", "detector"),
}
SAME = 0.5
"""Overlap (IoU) from which two boxes are of one person."""


def one_round(given: Given) -> dict[str, dict[str, Any]]:
    """Every program once."""
    found: dict[str, dict[str, Any]] = {}
    for program in PROGRAMS[given.footage]:
        shutil.rmtree(given.folder(program), ignore_errors=True)
        given.folder(program).mkdir()
        costs, said = run(command_of(program, given))
        # A floor tells the time of its work alone.
        found[program] = costs | (json.loads(said) if program in FLOORS else {})
        print(given.footage, program, found[program], file=sys.stderr, flush=True)
    given.folder("first boxes").mkdir(exist_ok=True)
    command = [sys.executable, "-c", FIRST_BOXES, *our_arguments("first boxes", given)]
    began = time.time()
    _, said = run(command)
    found["first_boxes"] = {"seconds": round(float(said.split()[-1]) - began, 2)}
    return found


def floor_seconds(kind: str, video: Path, fps: str, detector: str) -> dict[str, float]:
    """Seconds of decoding a recording, or of looking for people in the frames to be analysed."""
    if kind == "decoding":
        began = time.perf_counter()
        with open_recording(video) as recording:
            frames = sum(1 for _ in Decoder(recording))
        return {"seconds": round(time.perf_counter() - began, 2), "frames": frames}
    loaded = surveil_reid.load_detector(detector)
    rate = None if fps == "full" else float(fps)
    seconds, frames = 0.0, 0
    with read_frames(video, surveil_reid.VideoOptions(fps=rate)) as reader:
        pictures = (frame.image for frame in reader)
        while batch := list(islice(pictures, loaded.batch_size)):
            if frames == 0:
                loaded.detect(batch)  # compiled for pictures of this size
            began = time.perf_counter()
            loaded.detect(batch)
            seconds, frames = seconds + time.perf_counter() - began, frames + len(batch)
    return {"seconds": round(seconds, 2), "frames": frames}


def scores(given: Given) -> dict[str, dict[str, float]]:
    """How good the box tracks of each program are, of footage with ground truth."""
    truth = surveil_reid.read_mot(given.video.parent / "gt.txt", truth=True)
    found = {}
    for program in PROGRAMS[given.footage]:
        tracks = given.tracks(program)
        if tracks is not None:
            figures = surveil_reid.score_tracks(truth, surveil_reid.read_mot(tracks)).as_dict()
            found[program] = {name: round(value or 0, 4) for name, value in figures.items()}
    return found


def kept_by_gate(given: Given) -> dict[str, Any]:
    """What of the people found without the motion gate is found with it too."""
    without, gated = (
        surveil_reid.read_mot(given.tracks(program) or "")
        for program in ("ours without gate", "ours")
    )
    met = found_again(without, gated)
    people = np.unique(without.ids)
    shares = [float(met[without.ids == person].mean()) for person in people]
    return {
        "people": len(people),
        "people_with_gate": len(np.unique(gated.ids)),
        "people_lost": sum(share < SAME for share in shares),
        "least_found_of_a_person": round(min(shares, default=1.0), 4),
        "boxes": len(without),
        "boxes_found": round(float(met.mean()), 4) if len(without) else 1.0,
    }


def found_again(wanted: MotTracks, tracks: MotTracks) -> "np.ndarray[Any, np.dtype[np.bool_]]":
    """For each box whether one of the tracks lies on it in the same frame."""
    met = np.zeros(len(wanted), np.bool_)
    for frame in np.unique(wanted.frames):
        rows, others = wanted.frames == frame, tracks.frames == frame
        if others.any():
            met[rows] = (box_iou(wanted.boxes[rows], tracks.boxes[others]) >= SAME).any(axis=1)
    return met


def summary(rounds: list[dict[str, dict[str, Any]]], seconds: float) -> dict[str, Any]:
    """Medians over the rounds, and ratios within them."""
    programs = {}
    for program in rounds[0]:
        runs = [one[program] for one in rounds]
        programs[program] = {
            name: round(statistics.median(one[name] for one in runs), 2) for name in runs[0]
        }
    ours = "ours" if "ours" in programs else "ours without gate"
    by_ours = {}
    for program in programs.keys() - {ours, "first_boxes"}:
        ratios = [one[program]["seconds"] / one[ours]["seconds"] for one in rounds]
        by_ours[program] = spread(ratios, 2)
    real_time = [seconds / one[ours]["seconds"] for one in rounds]
    return {
        "medians": programs,
        "by_ours": dict(sorted(by_ours.items())),
        "times_real_time": round(statistics.median(real_time), 1),
    }


def fingerprint(weights: str) -> str:
    """SHA-256 of a file of weights, or of those in a folder one after another."""
    path = Path(weights)
    return joint_sha256(*(sorted(path.iterdir()) if path.is_dir() else [path]))


def measure(given: Given, record: dict[str, Any], rounds: int) -> None:
    """Add rounds to what a record says of a piece of footage."""
    weights = {"detector": fingerprint(given.detector), "embedder": fingerprint(given.embedder)}
    before = record.get(given.footage, {})
    known = before["rounds"] if before.get("weights") == weights else []
    known += [one_round(given) for _ in range(rounds)]
    with open_recording(given.video) as recording:
        seconds = recording.duration or 0.0
    record[given.footage] = {
        "seconds_of_footage": round(seconds, 1),
        "frames": known[0]["decoding"]["frames"],
        "fps": given.fps,
        "detector": Path(given.detector).name,
        "embedder": Path(given.embedder).name,
        "weights": weights,
        **summary(known, seconds),
        **({"scores": scores(given)} if given.footage == "pets09-s2l1" else {}),
        **({"gate": kept_by_gate(given)} if given.footage == "indoor-walk" else {}),
        "rounds": known,
    }


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("record", type=Path)
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--only", choices=FOOTAGE)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--detector")
    parser.add_argument("--embedder")
    parser.add_argument("--floor", choices=["decoding", "detector"])
    parser.add_argument("--fps", default="5")
    return parser.parse_args()


def main() -> None:
    """Measure what is asked for, and write the record after each piece of footage."""
    asked = arguments()
    if asked.floor:
        print(json.dumps(floor_seconds(asked.floor, asked.data, asked.fps, asked.detector)))
        return
    record = json.loads(asked.record.read_text()) if asked.record.exists() else {}
    record["cores"] = os.cpu_count()
    for name in [asked.only] if asked.only else FOOTAGE:
        path, fps = FOOTAGE[name]
        with tempfile.TemporaryDirectory() as folder:
            video = asked.data / "footage" / path
            if name == "rooms":
                with open_recording(video) as recording:
                    times = round(MINUTES * 60 / (recording.duration or 1))
                video = Path(folder) / "looped.mp4"
                loop(asked.data / "footage" / path, video, times)
            given = Given(
                data=asked.data,
                footage=name,
                video=video,
                fps=fps,
                detector=asked.detector or str(find_shipped(None, "detector", "cpu")),
                embedder=asked.embedder or str(find_shipped(None, "embedder", "cpu")),
                peers=asked.peers,
                scratch=Path(folder),
            )
            measure(given, record, asked.rounds)
        asked.record.write_text(json.dumps(record, indent=2) + "\n")


if __name__ == "__main__":
    main()
