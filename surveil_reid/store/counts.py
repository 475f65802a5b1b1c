"""What the store holds, in numbers."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sqlalchemy import Integer, Select, func, select
from sqlalchemy.orm import Session

from surveil_reid.store.models import model_info
from surveil_reid.store.recordings import camera_ids
from surveil_reid.store.schema import CropRow, IdentityRow, ModelRow, RecordingRow, TrackletRow
from surveil_reid.store.values import CameraCounts, StoreCounts


def count_rows(session: Session, bytes_on_disk: int) -> StoreCounts:
    """Counts by camera, in order of name, and over all."""
    complete = func.sum(RecordingRow.complete.cast(Integer))
    recordings = _by_camera(
        session,
        select(
            RecordingRow.camera_id, func.count(), complete, func.sum(RecordingRow.frames)
        ).group_by(RecordingRow.camera_id),
    )
    doubtful = func.sum(TrackletRow.doubtful.cast(Integer))
    tracklets = _by_camera(
        session,
        select(TrackletRow.camera_id, func.count(), doubtful).group_by(TrackletRow.camera_id),
    )
    crops = _by_camera(
        session,
        select(RecordingRow.camera_id, func.count())
        .join(CropRow, CropRow.recording_id == RecordingRow.id)
        .group_by(RecordingRow.camera_id),
    )
    cameras = tuple(
        CameraCounts(
            name,
            *recordings.get(number, (0, 0, 0)),
            *tracklets.get(number, (0, 0)),
            *crops.get(number, (0,)),
        )
        for name, number in camera_ids(session).items()
    )
    identities = session.scalars(select(func.count()).select_from(IdentityRow)).one()
    models = session.scalars(select(ModelRow).order_by(ModelRow.id))
    return StoreCounts(cameras, identities, tuple(model_info(row) for row in models), bytes_on_disk)


def _by_camera(session: Session, query: Select[*tuple[Any, ...]]) -> dict[int, tuple[int, ...]]:
    return {camera: tuple(int(n) for n in counts) for camera, *counts in session.execute(query)}


def size_on_disk(paths: Iterable[Path]) -> int:
    """Bytes in these files and in all files under these folders; what is not there counts 0."""
    total = 0
    for path in paths:
        for file in [path, *path.rglob("*")]:
            # A file may go while its folder is read.
            total += file.stat().st_size if file.is_file() else 0
    return total
