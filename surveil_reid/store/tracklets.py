"""Reads tracklets back: as linking and search see them, as a resumed run does, and their boxes."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import ColumnElement, false, func, or_, select
from sqlalchemy.orm import Session

from surveil_reid.core import (
    SIGHT,
    BoxTrack,
    Floats,
    Integers,
    Sights,
    Tracklet,
    UnknownNameError,
)
from surveil_reid.store.chunks import chunks
from surveil_reid.store.codec import decode_matrix, decode_track, decode_vector
from surveil_reid.store.crop_rows import crops_of
from surveil_reid.store.models import current_model
from surveil_reid.store.recordings import camera_id, camera_ids
from surveil_reid.store.schema import CropRow, GoneRow, TrackletRow, TrackPartRow
from surveil_reid.store.values import StoredCrop, TrackletState


def find_states(
    session: Session,
    camera: str,
    *,
    live: bool | None,
    recordings: Collection[int] | None,
    ended_within: Sequence[tuple[float, float]] | None,
) -> tuple[TrackletState, ...]:
    """A camera's tracklets, in order of their numbers."""
    query = select(TrackletRow).where(TrackletRow.camera_id == camera_id(session, camera))
    if live is not None:
        column = TrackletRow.live
        query = query.where(column.is_not(None) if live else column.is_(None))
    if ended_within is not None:
        spans = [TrackletRow.end.between(first, last) for first, last in ended_within]
        query = query.where(or_(false(), *spans))
    if recordings is None:
        rows = list(session.scalars(query))
    else:
        begun = TrackletRow.recording_id
        rows = [
            row
            for some in chunks(recordings)
            for row in session.scalars(query.where(begun.in_(some)))
        ]
    rows.sort(key=lambda row: row.id)
    crops = crops_of(session, [row.id for row in rows])
    return tuple(_state(row, camera, crops.get(row.id, ())) for row in rows)


def leaves_unfinished(session: Session, recordings: Collection[int]) -> bool:
    """Whether somebody in view has crops of these recordings that are not embedded yet."""
    query = select(CropRow.id).join(TrackletRow, TrackletRow.id == CropRow.tracklet_id)
    query = query.where(TrackletRow.live.is_not(None), CropRow.embedding.is_(None))
    return any(
        session.scalars(query.where(CropRow.recording_id.in_(some)).limit(1)).first() is not None
        for some in chunks(recordings)
    )


def read_state(session: Session, number: int) -> TrackletState:
    """One tracklet.

    Raises:
        UnknownNameError: when the store does not hold it.
    """
    row = session.get(TrackletRow, number)
    if row is None:
        raise _unknown(number)
    names = {value: name for name, value in camera_ids(session).items()}
    return _state(row, names[row.camera_id], crops_of(session, [number]).get(number, ()))


def count_begun(session: Session, recording_id: int, *, doubtful: bool) -> int:
    """How many tracklets began in a recording: the doubtful ones, or the others."""
    query = select(func.count()).select_from(TrackletRow)
    query = query.where(TrackletRow.recording_id == recording_id)
    return session.scalars(query.where(TrackletRow.doubtful.is_(doubtful))).one()


class Filters(NamedTuple):
    """Which tracklets are asked for: of `cameras` (empty for all), in view within a stretch."""

    doubtful: bool
    cameras: Sequence[str]
    after: float | None
    before: float | None


def find_tracklets(session: Session, filters: Filters) -> tuple[Tracklet, ...]:
    """Tracklets with a descriptor, in order of their numbers."""
    return _tracklets(session, _conditions(session, filters))


def _conditions(session: Session, filters: Filters) -> list[ColumnElement[bool]]:
    conditions = _described(doubtful=filters.doubtful)
    if filters.cameras:
        numbers = [camera_id(session, name) for name in filters.cameras]
        conditions.append(TrackletRow.camera_id.in_(numbers))
    if filters.after is not None:
        conditions.append(TrackletRow.end >= filters.after)
    if filters.before is not None:
        conditions.append(TrackletRow.start <= filters.before)
    return conditions


def chosen_tracklets(session: Session, numbers: Collection[int]) -> tuple[Tracklet, ...]:
    """Those of these tracklets that have a descriptor, doubtful or not, in order of numbers."""
    described = _described(doubtful=True)
    found = [
        tracklet
        for some in chunks(numbers)
        for tracklet in _tracklets(session, [*described, TrackletRow.id.in_(some)])
    ]
    return tuple(sorted(found, key=lambda tracklet: tracklet.id))


def _tracklets(session: Session, conditions: Sequence[ColumnElement[bool]]) -> tuple[Tracklet, ...]:
    # Columns of the table, not of its class: rows of a large store then come faster.
    table = TrackletRow.__table__.c
    columns = (table.id, table.camera_id, table.start, table.end, table.descriptor)
    query = select(*columns).where(*conditions)
    # Sorted here: asked to, SQLite reads the whole table in order instead of an index on time.
    rows = sorted(session.execute(query), key=lambda row: row[0])
    names = {value: name for name, value in camera_ids(session).items()}
    matrix = _matrix(session, (found.descriptor or b"" for found in rows))
    return tuple(
        Tracklet(number, names[camera], start, end, vector)
        for (number, camera, start, end, _), vector in zip(rows, matrix, strict=True)
    )


def read_descriptors(session: Session, *, doubtful: bool) -> tuple[Integers, Floats]:
    """All descriptors: ids int64 `(n,)`, rising, and float32 `(n, dim)`, read-only."""
    query = select(TrackletRow.id, TrackletRow.descriptor)
    query = query.where(*_described(doubtful=doubtful)).order_by(TrackletRow.id)
    return _descriptors(session, [(row.id, row.descriptor) for row in session.execute(query)])


def read_chosen_descriptors(session: Session, numbers: Integers) -> tuple[Integers, Floats]:
    """As `read_descriptors`, of those of these tracklets that have one, doubtful or not."""
    return _descriptors(session, _chosen_rows(session, numbers))


def read_search_rows(session: Session, numbers: Integers) -> tuple[Integers, Floats, Sights]:
    """As `read_chosen_descriptors`, with what a search can choose by: parallel, in one reading."""
    table = TrackletRow.__table__.c
    rows = _chosen_rows(session, numbers, table.camera_id, table.start, table.end, table.doubtful)
    ids, matrix = _descriptors(session, [row[:2] for row in rows])
    return ids, matrix, np.array([row[2:] for row in rows], SIGHT)


def _chosen_rows(
    session: Session, numbers: Integers, *more: ColumnElement[Any]
) -> list[tuple[Any, ...]]:
    """Number, descriptor and more columns of those that have a descriptor, by their numbers."""
    table = TrackletRow.__table__.c  # columns of the table: rows come faster
    query = select(table.id, table.descriptor, *more).where(table.descriptor.is_not(None))
    found: list[tuple[Any, ...]] = []
    for some in chunks(numbers.tolist()):
        found += [tuple(row) for row in session.execute(query.where(table.id.in_(some)))]
    return sorted(found, key=lambda row: row[0])


def find_changed(session: Session, revision: int) -> Integers:
    """The numbers of tracklets that changed or went after a revision, rising: int64 `(n,)`."""
    changed = select(TrackletRow.id).where(TrackletRow.revision > revision)
    gone = select(GoneRow.tracklet_id).where(GoneRow.revision > revision)
    numbers = [*session.scalars(changed), *session.scalars(gone)]
    return np.sort(np.array(numbers, np.int64))


def read_track(session: Session, number: int) -> BoxTrack:
    """A tracklet's boxes in all recordings.

    Raises:
        UnknownNameError: when the store does not hold the tracklet.
    """
    if session.get(TrackletRow, number) is None:
        raise _unknown(number)
    query = select(TrackPartRow.track).where(TrackPartRow.tracklet_id == number)
    return _assemble(session.scalars(query.order_by(TrackPartRow.start, TrackPartRow.id)))


def read_tracks(session: Session, recording_id: int, *, doubtful: bool) -> dict[int, BoxTrack]:
    """The boxes within one recording, by tracklet; those of doubtful ones too, or not."""
    parts: dict[int, list[bytes]] = defaultdict(list)
    query = (
        select(TrackPartRow.tracklet_id, TrackPartRow.track)
        .where(TrackPartRow.recording_id == recording_id)
        .order_by(TrackPartRow.tracklet_id, TrackPartRow.start, TrackPartRow.id)
    )
    if not doubtful:
        query = query.join(TrackletRow, TrackletRow.id == TrackPartRow.tracklet_id)
        query = query.where(TrackletRow.doubtful.is_(False))
    for number, blob in session.execute(query):
        parts[number].append(blob)
    return {number: _assemble(blobs) for number, blobs in parts.items()}


def _described(*, doubtful: bool) -> list[ColumnElement[bool]]:
    described = TrackletRow.descriptor.is_not(None)
    return [described] if doubtful else [described, TrackletRow.doubtful.is_(False)]


def _descriptors(
    session: Session, rows: Sequence[tuple[int, bytes | None]]
) -> tuple[Integers, Floats]:
    ids = np.fromiter((number for number, _ in rows), np.int64, len(rows))
    return ids, _matrix(session, (blob or b"" for _, blob in rows))


def _matrix(session: Session, blobs: Iterable[bytes]) -> Floats:
    model = current_model(session)
    return decode_matrix(blobs, 0 if model is None else model.dim)


def _assemble(blobs: Iterable[bytes]) -> BoxTrack:
    """Join parts; those of absorbed tracklets may interleave, so the rows are put in order."""
    parts = [decode_track(blob) for blob in blobs]
    times = np.concatenate([np.zeros(0), *(part.times for part in parts)])
    order = np.argsort(times, kind="stable")
    return BoxTrack(
        frames=np.concatenate([np.zeros(0, np.int64), *(p.frames for p in parts)])[order],
        times=times[order],
        boxes=np.concatenate([np.zeros((0, 4), np.float32), *(p.boxes for p in parts)])[order],
        confidences=np.concatenate([np.zeros(0, np.float32), *(p.confidences for p in parts)])[
            order
        ],
    )


def _state(row: TrackletRow, camera: str, crops: tuple[StoredCrop, ...]) -> TrackletState:
    return TrackletState(
        id=row.id,
        camera=camera,
        recording_id=row.recording_id,
        start=row.start,
        end=row.end,
        live=row.live,
        doubtful=row.doubtful,
        descriptor=None if row.descriptor is None else decode_vector(row.descriptor),
        crops=crops,
    )


def _unknown(number: int) -> UnknownNameError:
    return UnknownNameError(f"the store holds no tracklet {number}")
