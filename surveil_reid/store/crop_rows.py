"""Rows of crops: replacing a tracklet's, reading them, and deleting files that none refers to."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.orm import Session

from surveil_reid.core import Crop
from surveil_reid.store.chunks import chunks
from surveil_reid.store.codec import decode_vector, encode_vector
from surveil_reid.store.crop_files import CropFolder, crop_name
from surveil_reid.store.engine import Database
from surveil_reid.store.schema import CropRow
from surveil_reid.store.timeline import Timeline
from surveil_reid.store.values import StoredCrop, TrackletUpdate

_Stored = Row[int, int, str, int, float]  # id, tracklet, file, frame, time


def replace_crops(
    session: Session, tracklet_id: int, change: TrackletUpdate, timeline: Timeline
) -> set[str]:
    """Make the listed crops what the tracklet has; those of absorbed tracklets may be among them.

    Returns:
        Files of the crops that went; other rows may still refer to them.
    """
    if change.crops is None and not change.absorbs:
        return set()
    stored = _stored(session, (tracklet_id, *change.absorbs))
    if change.crops is None:
        kept = {row.id for row in stored if row.tracklet_id == tracklet_id}
    else:
        kept = _keep_listed(session, tracklet_id, change, stored, timeline)
    gone = {row.id: row.file for row in stored if row.id not in kept}
    for numbers in chunks(gone):
        session.execute(delete(CropRow).where(CropRow.id.in_(numbers)))
    return set(gone.values())


def _stored(session: Session, tracklets: Collection[int]) -> list[_Stored]:
    columns = (CropRow.id, CropRow.tracklet_id, CropRow.file, CropRow.frame, CropRow.time)
    query = select(*columns).order_by(CropRow.id.desc())
    return [
        row
        for numbers in chunks(tracklets)
        for row in session.execute(query.where(CropRow.tracklet_id.in_(numbers)))
    ]


def _keep_listed(
    session: Session,
    tracklet_id: int,
    change: TrackletUpdate,
    stored: Sequence[_Stored],
    timeline: Timeline,
) -> set[int]:
    free: dict[tuple[str, int, float], list[int]] = defaultdict(list)
    for row in stored:
        free[row.file, row.frame, row.time].append(row.id)
    kept = set[int]()
    new: list[dict[str, Any]] = []
    for place, crop in enumerate(change.crops or ()):
        values = _values(tracklet_id, crop)
        if change.embeddings is not None:
            values["embedding"] = encode_vector(change.embeddings[place])
        same = free[values["file"], values["frame"], values["time"]]
        if same:
            kept.add(same[-1])
            session.execute(update(CropRow).where(CropRow.id == same.pop()).values(**values))
        else:
            recording_id = timeline.at(crop.time)
            new.append({"recording_id": recording_id, "embedding": None, **values})
    if new:
        session.execute(insert(CropRow), new)
    return kept


def _values(tracklet_id: int, crop: Crop) -> dict[str, Any]:
    return {
        "tracklet_id": tracklet_id,
        "frame": int(crop.frame),
        "time": float(crop.time),
        "box": encode_vector(crop.box),
        "quality": float(crop.quality),
        "file": crop_name(crop.jpeg),
    }


def crops_of(session: Session, tracklets: Collection[int]) -> dict[int, tuple[StoredCrop, ...]]:
    """The crops of each tracklet that has some, in order of time."""
    found: dict[int, list[StoredCrop]] = defaultdict(list)
    for numbers in chunks(tracklets):
        query = select(CropRow).where(CropRow.tracklet_id.in_(numbers))
        for row in session.scalars(query.order_by(CropRow.time, CropRow.id)):
            found[row.tracklet_id].append(_stored_crop(row))
    return {number: tuple(crops) for number, crops in found.items()}


def _stored_crop(row: CropRow) -> StoredCrop:
    return StoredCrop(
        id=row.id,
        tracklet_id=row.tracklet_id,
        recording_id=row.recording_id,
        frame=row.frame,
        time=row.time,
        box=decode_vector(row.box),
        quality=row.quality,
        file=row.file,
        embedding=None if row.embedding is None else decode_vector(row.embedding),
    )


def delete_unreferred(database: Database, folder: CropFolder, files: Iterable[str]) -> int:
    """Delete those of the files that no row refers to; return how many.

    Nobody else can write meanwhile, and a commit looks for its files once it is the one to write,
    so no file goes that a row is about to name.
    """
    doomed = set(files)
    if not doomed:
        return 0
    with database.writing() as session:
        for names in chunks(sorted(doomed)):
            doomed -= set(session.scalars(select(CropRow.file).where(CropRow.file.in_(names))))
        folder.remove(doomed)
    return len(doomed)


def sweep(database: Database, folder: CropFolder, before: float) -> int:
    """Delete files last touched before a moment that no row refers to; return how many."""
    database.require_writable()
    crops = delete_unreferred(database, folder, folder.older_than(before))
    return crops + folder.remove_temporary(before)
