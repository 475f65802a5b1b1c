"""Search and adding tracklets in a store of 100,000, beside other code of this project if asked.

    PYTHONPATH=. python tests/benchmarks/store_scale.py MARKET FEATURES.npz STORE [--against DIR]

STORE is a folder; where it is empty it is filled and linked: with people made up of real ones as
`linking_scale.py` has them, written segment by segment as processing writes them; a tenth of the
tracklets has a crop. `search` is the command `surveil-reid search --tracklet 1` in a process of its
own, its start included, with the index that a search before has left, or without one; `start` is
the same in a store of 100. `add` links 100 new tracklets in a copy of the store (the start left
out): reading what is there, finding who they are, writing. DIR is a checkout of other code, say of
an older revision; both are then run in turn on the same store. Figures are the least processor
seconds of the rounds, with the wall time of that run; `ratio` is what DIR takes in terms of what
this code takes. Prints one JSON document for `tests/benchmarks/results`.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from surveil_reid.core import BoxTrack, Crop, ModelInfo, OperatingPoint, Tracklet
from surveil_reid.pipeline.linking import link_new, link_store
from surveil_reid.store import (
    NewRecording,
    SegmentCommit,
    SegmentDetections,
    Store,
    TrackletUpdate,
    open_store,
)
from tests.benchmarks.linking import market
from tests.benchmarks.linking_scale import SIMILARITY, invent

TRACKLETS = 100_000
ADDED = 100
IN_A_SEGMENT = 5_000
WITH_CROP = 10
ROUNDS = 2
SMALL = 100
BOX = np.array([10, 10, 40, 110], np.float32)
MODEL = ModelInfo(
    name="made up",
    sha256="a" * 64,
    dim=256,
    linking=(
        OperatingPoint(0.7, 1e-6, 0.5, "made up"),
        OperatingPoint(0.5, 1e-3, 0.9, "made up"),
    ),
    linking_similarity=SIMILARITY,
)


def opened(folder: Path) -> Store:
    """The store in a folder."""
    return open_store(f"sqlite:///{folder / 'scale.db'}")


def fill(store: Store, tracklets: list[Tracklet]) -> None:
    """Write tracklets camera by camera."""
    for camera in sorted({tracklet.camera for tracklet in tracklets}):
        mine = [tracklet for tracklet in tracklets if tracklet.camera == camera]
        begin = min(tracklet.start for tracklet in mine)
        recording = store.add_recording(
            NewRecording(
                camera=camera,
                path=f"{camera}.mp4",
                sha256=f"{camera} {len(tracklets)}",
                start=begin,
                start_known=True,
                duration=None,
                fps=25.0,
                width=640,
                height=480,
            )
        )
        for number, first in enumerate(range(0, len(mine), IN_A_SEGMENT)):
            updates = tuple(map(update, mine[first : first + IN_A_SEGMENT]))
            store.commit_segment(
                SegmentCommit(
                    recording_id=recording.id,
                    detections=SegmentDetections(
                        number=number,
                        frames=np.zeros(0, np.int64),
                        times=np.zeros(0),
                        gated=np.zeros(0, np.bool_),
                        detections=(),
                    ),
                    frames=number,
                    analysed=number,
                    updates=updates,
                    model=MODEL,
                )
            )


def update(tracklet: Tracklet) -> TrackletUpdate:
    """One tracklet as processing would give it, of two boxes."""
    track = BoxTrack(
        frames=np.array([1, 2]),
        times=np.array([tracklet.start, tracklet.end]),
        boxes=np.stack([BOX, BOX]),
        confidences=np.ones(2, np.float32),
    )
    crop = Crop(frame=1, time=tracklet.start, box=BOX, quality=0.5, jpeg=b"a picture")
    pictured = tracklet.id % WITH_CROP == 0
    return TrackletUpdate(
        track=track,
        crops=(crop,) if pictured else None,
        embeddings=tracklet.descriptor[None] if pictured else None,
        descriptor=tracklet.descriptor,
    )


def make(folder: Path, tracklets: list[Tracklet]) -> None:
    """Fill and link a store, unless it is there."""
    if not (folder / "scale.db").exists():
        folder.mkdir(parents=True, exist_ok=True)
        with opened(folder) as store:
            fill(store, tracklets)
            link_store(store)


def add(folder: Path, new: Path) -> dict[str, float]:
    """Link new tracklets, which are written to the store first."""
    with np.load(new) as kept:
        tracklets = [
            Tracklet(number, str(camera), float(start), float(end), vector)
            for number, (camera, start, end, vector) in enumerate(
                zip(kept["cameras"], kept["starts"], kept["ends"], kept["vectors"], strict=True)
            )
        ]
    with opened(folder) as store:
        fill(store, tracklets)
        cpu, began = time.process_time(), time.perf_counter()
        link_new(store)
        return {"cpu_seconds": time.process_time() - cpu, "seconds": time.perf_counter() - began}


def run(arguments: Sequence[str], checkout: Path) -> tuple[str, dict[str, float]]:
    """Run a program by some code; what it prints, and what it takes."""
    used, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": str(checkout)},
        cwd=checkout,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    return done.stdout, {"cpu_seconds": cpu, "seconds": time.perf_counter() - began}


def search(folder: Path, checkout: Path, *, ready: bool) -> dict[str, float]:
    """Search in a store, with or without an index that is ready."""
    store = opened(folder)
    if not ready:
        store.index_path.unlink(missing_ok=True)
    url = f"sqlite:///{folder / 'scale.db'}"
    command = ["-m", "surveil_reid", "search", "--tracklet", "1", "--store", url, "--json"]
    return run(command, checkout)[1]


def add_to_copy(folder: Path, new: Path, checkout: Path) -> dict[str, float]:
    """Add to a copy of a store."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as name:
        copy = Path(shutil.copytree(folder, name, dirs_exist_ok=True))
        part = ["--part", str(new)]
        said, _ = run([__file__, ".", ".", str(copy), *part], checkout)
        found: dict[str, float] = json.loads(said)
        return found


def measure(folder: Path, small: Path, new: Path, checkouts: Sequence[Path]) -> dict[str, Any]:
    """All figures, of each code in turn."""
    parts: dict[str, Callable[[Path], dict[str, float]]] = {
        "start": lambda checkout: search(small, checkout, ready=True),
        "search_without_index": lambda checkout: search(folder, checkout, ready=False),
        "search": lambda checkout: search(folder, checkout, ready=True),
        "add": lambda checkout: add_to_copy(folder, new, checkout),
    }
    result: dict[str, Any] = {}
    for name, part in parts.items():
        rounds = [[part(checkout) for checkout in checkouts] for _ in range(ROUNDS)]
        best = [min(runs, key=lambda one: one["cpu_seconds"]) for runs in zip(*rounds, strict=True)]
        result[name] = {key: round(value, 2) for key, value in best[0].items()}
        if len(best) > 1:
            result[name]["ratio"] = round(best[1]["cpu_seconds"] / best[0]["cpu_seconds"], 2)
    return result


def main() -> None:
    """Run one part, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("market", type=Path)
    parser.add_argument("features", type=Path)
    parser.add_argument("store", type=Path)
    parser.add_argument("--against", type=Path)
    parser.add_argument("--part", type=Path)
    given = parser.parse_args()
    if given.part:
        sys.stdout.write(json.dumps(add(given.store, given.part)))
        return
    people, _ = market(given.market, given.features)
    tracklets = [item.tracklet for item in invent(people, TRACKLETS + ADDED)]
    make(given.store / "large", tracklets[:TRACKLETS])
    make(given.store / "small", tracklets[:SMALL])
    new, added = given.store / "new.npz", tracklets[TRACKLETS:]
    np.savez(
        new,
        cameras=np.array([tracklet.camera for tracklet in added]),
        starts=np.array([tracklet.start for tracklet in added]),
        ends=np.array([tracklet.end for tracklet in added]),
        vectors=np.array([tracklet.descriptor for tracklet in added]),
    )
    checkouts = [Path(__file__).resolve().parents[2], *([given.against] if given.against else [])]
    result = {
        "tracklets": TRACKLETS,
        "added": ADDED,
        **measure(given.store / "large", given.store / "small", new, checkouts),
    }
    sys.stdout.write(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
