"""Removes cameras, recordings and people with all that was drawn from them."""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from surveil_reid.core import Floats, InputError, UnknownNameError, describe
from surveil_reid.store.chunks import chunks
from surveil_reid.store.codec import encode_vector
from surveil_reid.store.crop_rows import crops_of
from surveil_reid.store.decisions import forget
from surveil_reid.store.journal import delete_tracklets, log, raise_revision
from surveil_reid.store.memberships import delete_empty_identities
from surveil_reid.store.recordings import camera_id
from surveil_reid.store.schema import (
    CameraRow,
    CropRow,
    RecordingRow,
    SegmentRow,
    TrackletRow,
    TrackPartRow,
)
from surveil_reid.store.values import Removed, StoredCrop


def remove_camera(session: Session, name: str) -> tuple[Removed, set[str]]:
    """Remove a camera, its recordings and tracklets.

    Returns:
        What went, and the files of its crops.

    Raises:
        UnknownNameError: naming the cameras that there are.
    """
    number = camera_id(session, name)
    mine = TrackletRow.camera_id == number
    tracklets = session.scalars(select(TrackletRow.id).where(mine)).all()
    files = _delete_tracklets(session, tracklets)
    recordings = session.scalars(
        select(RecordingRow.id).where(RecordingRow.camera_id == number)
    ).all()
    session.execute(delete(RecordingRow).where(RecordingRow.camera_id == number))
    session.execute(delete(CameraRow).where(CameraRow.id == number))
    removed = Removed(len(recordings), len(tracklets), len(files))
    _conclude(session, {"camera": name}, removed)
    return removed, set(files)


def remove_recording(session: Session, path_or_sha256: str) -> tuple[Removed, set[str]]:
    """Remove a recording; tracklets that cross into another one keep what lies there.

    Returns:
        What went, and the files of its crops.

    Raises:
        UnknownNameError: naming the recordings that there are.
        InputError: when several have this path, which a file had that was replaced.
    """
    recordings = [_find(session, path_or_sha256)]
    touched = _touched(session, recordings)
    files = _delete_content(session, recordings)
    whole, trimmed = _sort_out(session, touched)
    files += _delete_tracklets(session, whole)
    for number in trimmed:
        _trim(session, number, trimmed[number])
    session.execute(delete(RecordingRow).where(RecordingRow.id.in_(recordings)))
    removed = Removed(len(recordings), len(whole), len(files))
    _conclude(session, {"recording": path_or_sha256}, removed)
    return removed, set(files)


def remove_tracklets(
    session: Session, what: dict[str, Any], tracklets: Collection[int]
) -> tuple[Removed, set[str]]:
    """Remove tracklets whole; the recordings they were seen in stay.

    Args:
        session: in a write transaction.
        what: is removed, for the log.
        tracklets: all of them in the store.

    Returns:
        What went, and the files of its crops.
    """
    files = _delete_tracklets(session, tracklets)
    removed = Removed(0, len(tracklets), len(files))
    _conclude(session, what, removed)
    return removed, set(files)


def _conclude(session: Session, what: dict[str, Any], removed: Removed) -> None:
    delete_empty_identities(session)
    raise_revision(session)
    counts = {"recordings": removed.recordings, "tracklets": removed.tracklets}
    log(session, "remove", {**what, **counts, "crops": removed.crops})


def _find(session: Session, key: str) -> int:
    names = {key, str(Path(key).absolute()), str(Path(key).resolve())}
    fits = (RecordingRow.sha256 == key) | RecordingRow.path.in_(names)
    columns = (RecordingRow.id, RecordingRow.start, RecordingRow.sha256, CameraRow.name)
    query = select(*columns).join(CameraRow, CameraRow.id == RecordingRow.camera_id)
    found = session.execute(query.where(fits).order_by(RecordingRow.start)).all()
    if not found:
        held = session.scalars(
            select(RecordingRow.path).order_by(RecordingRow.start).limit(6)
        ).all()
        listed = ", ".join(held[:5]) + (", …" if len(held) > 5 else "")
        msg = f"the store holds no recording {key}; it holds {listed or 'none'}"
        raise UnknownNameError(msg)
    if len(found) > 1:
        listed = ", ".join(
            f"{sha256} ({camera}, from {datetime.fromtimestamp(start, UTC):%Y-%m-%dT%H:%M:%SZ})"
            for _, start, sha256, camera in found
        )
        msg = (
            f"{len(found)} recordings of the store lay at {key}; name the one that is meant by its "
            f"SHA-256 in place of the path: {listed}"
        )
        raise InputError(msg)
    number: int = found[0].id
    return number


def _touched(session: Session, recordings: Collection[int]) -> set[int]:
    touched = set[int]()
    for some in chunks(recordings):
        for query in (
            select(TrackletRow.id).where(TrackletRow.recording_id.in_(some)),
            select(TrackPartRow.tracklet_id).where(TrackPartRow.recording_id.in_(some)),
            select(CropRow.tracklet_id).where(CropRow.recording_id.in_(some)),
        ):
            touched |= set(session.scalars(query))
    return touched


def _delete_content(session: Session, recordings: Collection[int]) -> list[str]:
    files: list[str] = []
    for some in chunks(recordings):
        files += session.scalars(select(CropRow.file).where(CropRow.recording_id.in_(some)))
        for table in (CropRow, TrackPartRow, SegmentRow):
            session.execute(delete(table).where(table.recording_id.in_(some)))
    return files


def _sort_out(
    session: Session, tracklets: Iterable[int]
) -> tuple[list[int], dict[int, tuple[StoredCrop, ...]]]:
    """Tracklets of which nothing to go by remains, and the crops of the others."""
    numbers = sorted(tracklets)
    crops = crops_of(session, numbers)
    seen = set[int]()
    for some in chunks(numbers):
        parts = select(TrackPartRow.tracklet_id).where(TrackPartRow.tracklet_id.in_(some))
        seen |= set(session.scalars(parts.distinct()))
    rest = {number: crops[number] for number in numbers if number in crops and number in seen}
    return [number for number in numbers if number not in rest], rest


def _delete_tracklets(session: Session, tracklets: Collection[int]) -> list[str]:
    files: list[str] = []
    for some in chunks(tracklets):
        files += session.scalars(select(CropRow.file).where(CropRow.tracklet_id.in_(some)))
    delete_tracklets(session, tracklets)
    forget(session, tracklets)
    return files


def _trim(session: Session, number: int, crops: Sequence[StoredCrop]) -> None:
    mine = TrackPartRow.tracklet_id == number
    span = select(func.min(TrackPartRow.start), func.max(TrackPartRow.end)).where(mine)
    start, end = session.execute(span).one()
    begun = select(TrackPartRow.recording_id).where(mine).order_by(TrackPartRow.start)
    values: dict[str, Any] = {
        "start": start,
        "end": end,
        "recording_id": session.scalars(begun.limit(1)).one(),
    }
    descriptor = _describe(crops)
    if descriptor is None:
        values |= {"descriptor": None, "model_id": None}
    else:
        values["descriptor"] = encode_vector(descriptor)
    session.execute(update(TrackletRow).where(TrackletRow.id == number).values(**values))


def _describe(crops: Sequence[StoredCrop]) -> Floats | None:
    known = [crop for crop in crops if crop.embedding is not None]
    if not known:
        return None
    embeddings = np.stack([crop.embedding for crop in known if crop.embedding is not None])
    return describe(embeddings, np.array([crop.quality for crop in known], np.float32))
