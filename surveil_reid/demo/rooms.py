"""One man walks through two rooms: process both cameras, link, and search for him by a picture."""

import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from surveil_reid.config import site_of
from surveil_reid.config.site import parse_camera
from surveil_reid.core import InputError
from surveil_reid.detection import load_detector
from surveil_reid.embedding import load_embedder
from surveil_reid.pipeline import (
    ProcessReport,
    Progress,
    SearchOptions,
    SearchResult,
    describe_pictures,
    process,
    search,
)
from surveil_reid.store import Identity, open_store
from surveil_reid.video import read_picture

DATA_VARIABLE = "SURVEIL_REID_DATA"
DETECTOR = "weights/detectors/yolo11n_int8_openvino_model"
EMBEDDER = "weights/reid-0277/person-reidentification-retail-0277.xml"


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoReport:
    """What the demonstration saw.

    Attributes:
        seconds: wall time.
        store: URL of the store that it made.
        processed: what became of the recordings.
        identities: everybody seen.
        query: the picture searched for, a crop from the first camera.
        found: what the search in the second camera gave.
    """

    seconds: float
    store: str
    processed: ProcessReport
    identities: tuple[Identity, ...]
    query: Path
    found: SearchResult


def demo(out: Path, *, progress: Progress | None = None) -> DemoReport:
    """Run the main job on the two `rooms` recordings and keep everything in a folder.

    Args:
        out: made if need be; the store that an earlier demonstration left there is replaced.
        progress: told how far the work has come.

    Raises:
        InputError: when the footage and weights are not there.
    """
    began = time.perf_counter()
    data = _data()
    url = f"sqlite:///{_fresh(out) / 'rooms.db'}"
    site = site_of(
        parse_camera(f"{name}={data / 'footage/rooms' / f'{name}.mp4'}@{start}")
        # The files carry no time; the man leaves the first room before he enters the second.
        for name, start in (("cam1", "2026-03-01T08:00:00Z"), ("cam2", "2026-03-01T08:00:10Z"))
    )
    embedder = load_embedder(data / EMBEDDER)
    with open_store(url) as store:
        processed = process(
            site,
            store,
            detector=load_detector(data / DETECTOR),
            embedder=embedder,
            progress=progress,
        )
        longest = max(
            (t for t in store.tracklets(cameras=("cam1",))), key=lambda t: t.end - t.start
        )
        best = max(store.tracklet(longest.id).crops, key=lambda crop: crop.quality)
        query = store.crops.path(best.file)
        found = search(
            store,
            describe_pictures([read_picture(query)], embedder),
            SearchOptions(cameras=("cam2",)),
        )
        identities = store.identities()
    return DemoReport(
        seconds=time.perf_counter() - began,
        store=url,
        processed=processed,
        identities=identities,
        query=query,
        found=found,
    )


def _fresh(out: Path) -> Path:
    """The folder, without an earlier demonstration's store; nothing else in it is touched."""
    out.mkdir(parents=True, exist_ok=True)
    for leftover in out.glob("rooms.db*"):
        leftover.unlink()
    shutil.rmtree(out / "rooms.files", ignore_errors=True)
    return out


def _data() -> Path:
    folder = os.environ.get(DATA_VARIABLE)
    needed = [Path(folder or "") / part for part in ("footage/rooms/cam1.mp4", DETECTOR, EMBEDDER)]
    if folder is None or not all(path.exists() for path in needed):
        msg = (
            f"the demonstration needs {DATA_VARIABLE} to name a folder with footage/rooms, "
            f"{DETECTOR} and {EMBEDDER}; no sample footage or weights ship with the package yet"
        )
        raise InputError(msg)
    return Path(folder)
