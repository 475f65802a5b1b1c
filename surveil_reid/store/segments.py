"""Commits a segment's results as a whole, and reads its detections back for a replay."""

import contextlib
from collections.abc import Iterator
from itertools import count
from typing import Any, cast

from sqlalchemy import CursorResult, insert, select, update
from sqlalchemy.orm import Session

from surveil_reid.core import BusyError, StoreError, UnknownNameError
from surveil_reid.store.codec import decode_detections, encode_detections
from surveil_reid.store.crop_files import CropFolder
from surveil_reid.store.crop_rows import delete_unreferred
from surveil_reid.store.engine import Database
from surveil_reid.store.journal import log, raise_revision
from surveil_reid.store.models import require_model, save_model
from surveil_reid.store.schema import RecordingRow, SegmentRow
from surveil_reid.store.timeline import Timeline
from surveil_reid.store.updates import Work, apply_update
from surveil_reid.store.values import SegmentCommit, SegmentDetections


def commit_segment(
    database: Database, folder: CropFolder, commit: SegmentCommit
) -> tuple[int, ...]:
    """Store a segment: crop files first, then all rows in one transaction.

    A process killed on the way leaves nothing but files that no row refers to.

    Returns:
        The tracklets' numbers, parallel to `commit.updates`.

    Raises:
        BusyError: when another process has committed this segment.
        UnknownNameError: when the recording or a tracklet is not there.
        ModelMismatchError: when the store's descriptors were made by another model.
        SpaceError: when the disk is full; nothing half-written remains.
        StoreError: when the store cannot be written.
    """
    database.require_writable()
    jpegs = [crop.jpeg for change in commit.updates for crop in change.crops or ()]
    new = folder.write(jpegs)
    try:
        with database.writing() as session:
            numbers, dropped = _apply(session, commit)
            # A file that was already there may have been deleted until nobody else could write.
            folder.write(jpegs)
    except BaseException:
        _tidy(database, folder, new)
        raise
    _tidy(database, folder, dropped)
    return numbers


def _tidy(database: Database, folder: CropFolder, files: tuple[str, ...] | set[str]) -> None:
    # The outcome of the commit stands; files that cannot be deleted now wait for the next sweep.
    with contextlib.suppress(StoreError):
        delete_unreferred(database, folder, files)


def _apply(session: Session, commit: SegmentCommit) -> tuple[tuple[int, ...], set[str]]:
    recording = _claim(session, commit)
    require_model(session, commit.model)
    if commit.detections is not None:
        blob = encode_detections(commit.detections)
        row = {"recording_id": recording.id, "number": commit.detections.number}
        session.execute(insert(SegmentRow), [{**row, "detections": blob}])
    numbers: list[int] = []
    dropped: set[str] = set()
    if commit.updates:
        model_id = save_model(session, commit.model)
        work = Work(recording, Timeline.of(session, recording), model_id, commit.model.dim)
        for change in commit.updates:
            number, files = apply_update(session, work, change)
            numbers.append(number)
            dropped |= files
        raise_revision(session)
    log(session, "segment", _detail(recording, commit))
    return tuple(numbers), dropped


def _claim(session: Session, commit: SegmentCommit) -> RecordingRow:
    """Compare and swap the progress mark, so that each segment is stored once."""
    mine = update(RecordingRow).where(RecordingRow.id == commit.recording_id)
    values: dict[str, Any] = {
        "frames": commit.frames,
        "analysed": commit.analysed,
        "complete": commit.complete,
        "note": commit.note,
        "state": commit.state,
    }
    if commit.detections is not None:
        number = commit.detections.number
        mine = mine.where(RecordingRow.progress == number)
        values["progress"] = number + 1
    swapped = cast("CursorResult[Any]", session.execute(mine.values(**values))).rowcount
    recording = session.get(RecordingRow, commit.recording_id)
    if recording is None:
        msg = f"the store holds no recording {commit.recording_id}; it may have been removed"
        raise UnknownNameError(msg)
    if not swapped:
        msg = (
            f"another process is working on {recording.path}: "
            f"it has committed {recording.progress} segments; let it finish"
        )
        raise BusyError(msg)
    return recording


def _detail(recording: RecordingRow, commit: SegmentCommit) -> dict[str, object]:
    return {
        "recording": recording.path,
        "segment": None if commit.detections is None else commit.detections.number,
        "tracklets": len(commit.updates),
        "complete": commit.complete,
    }


def read_segments(database: Database, recording_id: int, first: int) -> Iterator[SegmentDetections]:
    """The committed segments from number `first` on, one at a time, holding no transaction."""
    for number in count(first):
        query = select(SegmentRow.detections).where(SegmentRow.recording_id == recording_id)
        with database.reading() as session:
            blob = session.scalars(query.where(SegmentRow.number == number)).first()
        if blob is None:
            return
        yield decode_detections(number, blob)
