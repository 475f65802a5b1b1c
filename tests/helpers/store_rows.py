"""Small, quick to make values for the store's tests; nothing here decodes a picture."""

import hashlib
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from surveil_reid.core import BoxTrack, Crop, Detections, Floats, ModelInfo, OperatingPoint
from surveil_reid.store import (
    NewRecording,
    Recording,
    SegmentCommit,
    SegmentDetections,
    Store,
    TrackletUpdate,
    open_store,
)

DIM = 8
MODEL = ModelInfo(
    name="small",
    sha256="a" * 64,
    dim=DIM,
    preprocessing={"size": [256, 128], "colour": "RGB"},
    linking=(OperatingPoint(0.6, 0.001, 0.7, "a test"),),
    linking_similarity=0.55,
    source="models/small.safetensors",
)
WIDE_DIM = 48
WIDE = replace(MODEL, dim=WIDE_DIM, linking_similarity=0.6)
"""For looks that are to be told apart: in few dimensions, some of many are alike by chance."""
OTHER_MODEL = ModelInfo(name="other", sha256="b" * 64, dim=4)


def store_at(folder: Path, *, read_only: bool = False) -> Store:
    url = f"sqlite:///{folder / 'x.db'}?timeout=20"
    return open_store(url, folder=folder / "x.files", read_only=read_only)


def new_recording(
    name: str = "one", *, camera: str = "gate", start: float = 1000.0
) -> NewRecording:
    return NewRecording(
        camera=camera,
        path=f"footage/{name}.mp4",
        sha256=hashlib.sha256(name.encode()).hexdigest(),
        start=start,
        start_known=True,
        duration=None,
        fps=25.0,
        width=640,
        height=480,
        options={"fps": 5, "detector": {"name": "x"}},
    )


def unit(seed: int, dim: int = DIM) -> Floats:
    vector = np.random.default_rng(seed).normal(size=dim)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def units(*seeds: int) -> Floats:
    return np.stack([unit(seed) for seed in seeds])


def box(seed: int) -> Floats:
    x, y, w, h = np.random.default_rng(seed).uniform(1, 200, 4)
    return np.array([x, y, x + w, y + h], np.float32)


def track(*times: float, first_frame: int = 1) -> BoxTrack:
    count = len(times)
    return BoxTrack(
        frames=np.arange(first_frame, first_frame + count),
        times=np.array(times, np.float64),
        boxes=np.array([box(n) for n in range(count)], np.float32).reshape(-1, 4),
        confidences=np.linspace(0.3, 0.9, count, dtype=np.float32),
    )


def crop(seed: int, *, time: float = 1000.0, quality: float = 0.5) -> Crop:
    """Bytes that stand for a JPEG; the store does not look into them."""
    return Crop(frame=seed, time=time, box=box(seed), quality=quality, jpeg=b"jpeg %d" % seed)


def segment(number: int, *, frames: int = 3, seed: int = 0) -> SegmentDetections:
    random = np.random.default_rng(seed)
    found = []
    for n in range(frames):
        count = n % 3
        corner = random.uniform(0, 100, (count, 2))
        boxes = np.concatenate([corner, corner + random.uniform(1, 50, (count, 2))], axis=1)
        found.append(Detections(boxes.astype(np.float32), random.random(count, np.float32)))
    return SegmentDetections(
        number=number,
        frames=np.arange(frames) * 5 + 1,
        times=np.arange(frames) / 5,
        gated=np.arange(frames) % 2 == 0,
        detections=tuple(found),
    )


def commit(
    recording: Recording | int, number: int | None, *updates: TrackletUpdate, **more: object
) -> SegmentCommit:
    values: dict[str, Any] = {"frames": 10, "analysed": 5, "model": MODEL, **more}
    return SegmentCommit(
        recording_id=recording if isinstance(recording, int) else recording.id,
        detections=None if number is None else segment(number),
        updates=updates,
        **values,
    )


def described(
    *crops: Crop, times: Sequence[float] = (1000.0, 1001.0), seed: int = 0, **more: object
) -> TrackletUpdate:
    """An update with one embedding for each crop, made from its frame number."""
    return TrackletUpdate(
        track=track(*times),
        crops=crops,
        embeddings=units(*(c.frame for c in crops)) if crops else np.zeros((0, DIM), np.float32),
        descriptor=unit(seed) if crops else None,
        **more,
    )


def near(seed: int, wobble: int, *, dim: int = DIM, share: float = 0.15) -> Floats:
    """A direction close to that of `seed`; where dimensions are many, cosine is about 0.98."""
    vector = unit(seed, dim) + share * unit(10_000 + wobble, dim)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def sighting(number: int, descriptor: Floats, **more: object) -> TrackletUpdate:
    """Tracklet `number` of a camera, ten seconds after the one before."""
    time = 1000.0 + 10 * number
    made = described(crop(number, time=time), times=(time, time + 5), seed=number, **more)
    return replace(made, embeddings=descriptor[None], descriptor=descriptor)


def files_of(store: Store) -> set[str]:
    return {path.name for path in (store.folder / "crops").rglob("*") if path.is_file()}


def rows(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    """Ask the database file behind the store's back."""
    connection = sqlite3.connect(folder / "x.db")
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def assert_sound(store: Store, folder: Path) -> None:
    """No damage, no orphan row, no orphan or missing file."""
    assert rows(folder, "PRAGMA integrity_check") == [("ok",)]
    assert rows(folder, "PRAGMA foreign_key_check") == []
    assert {name for (name,) in rows(folder, "SELECT file FROM crop")} == files_of(store)
    empty = "SELECT id FROM identity WHERE id NOT IN (SELECT identity_id FROM membership)"
    assert rows(folder, empty) == []
    bare = "SELECT id FROM tracklet WHERE id NOT IN (SELECT tracklet_id FROM track_part)"
    assert rows(folder, bare) == []
    mixed = "SELECT id FROM tracklet WHERE descriptor IS NOT NULL AND model_id IS NULL"
    assert rows(folder, mixed) == []
