"""Cameras and their recordings."""

from sqlalchemy import Select, insert, select, update
from sqlalchemy.orm import Session

from surveil_reid.core import BusyError, UnknownNameError
from surveil_reid.store.journal import log
from surveil_reid.store.schema import CameraRow, RecordingRow
from surveil_reid.store.values import NewRecording, Recording


def camera_ids(session: Session) -> dict[str, int]:
    """The cameras' numbers by name, in order of name."""
    rows = session.execute(select(CameraRow.name, CameraRow.id).order_by(CameraRow.name))
    return dict(rows.all())


def camera_id(session: Session, name: str) -> int:
    """The camera's number.

    Raises:
        UnknownNameError: naming the cameras that there are.
    """
    known = camera_ids(session)
    if name not in known:
        msg = f"the store holds no camera {name!r}; it holds {', '.join(known) or 'none'}"
        raise UnknownNameError(msg)
    return known[name]


def undated_cameras(session: Session) -> tuple[str, ...]:
    """In order of name."""
    query = select(CameraRow.name).join(RecordingRow, RecordingRow.camera_id == CameraRow.id)
    undated = query.where(~RecordingRow.start_known).distinct().order_by(CameraRow.name)
    return tuple(session.scalars(undated))


def list_recordings(session: Session, camera: str | None) -> tuple[Recording, ...]:
    """In order of their start; of all cameras when `camera` is None."""
    query = _recordings().order_by(RecordingRow.start, RecordingRow.id)
    if camera is not None:
        query = query.where(RecordingRow.camera_id == camera_id(session, camera))
    return tuple(_recording(row, name) for row, name in session.execute(query))


def read_recording(session: Session, number: int) -> Recording:
    """One recording.

    Raises:
        UnknownNameError: when there is no such recording.
    """
    found = session.execute(_recordings().where(RecordingRow.id == number)).first()
    if found is None:
        msg = f"the store holds no recording {number}"
        raise UnknownNameError(msg)
    return _recording(found[0], found[1])


def find_recording(session: Session, sha256: str) -> Recording | None:
    """The recording of a file with this content, if the store holds one."""
    found = session.execute(_recordings().where(RecordingRow.sha256 == sha256)).first()
    return None if found is None else _recording(found[0], found[1])


def recording_before(
    session: Session, camera: str, start: float, number: int | None
) -> Recording | None:
    """The last complete recording of a camera that began before a moment, or the one named."""
    query = _recordings().where(
        CameraRow.name == camera, RecordingRow.complete, RecordingRow.start < start
    )
    if number is not None:
        query = query.where(RecordingRow.id == number)
    latest = query.order_by(RecordingRow.start.desc(), RecordingRow.id.desc()).limit(1)
    found = session.execute(latest).first()
    return None if found is None else _recording(found[0], found[1])


def add_recording(session: Session, new: NewRecording) -> Recording:
    """Add a recording with nothing processed yet, and its camera where that is new.

    Raises:
        BusyError: when the store holds the file already.
    """
    held = find_recording(session, new.sha256)
    if held is not None:
        msg = (
            f"{new.path} is already in the store as {held.path} of camera {held.camera}; "
            "another process may be working on it"
        )
        raise BusyError(msg)
    if new.camera not in camera_ids(session):
        session.execute(insert(CameraRow), [{"name": new.camera}])
    row = RecordingRow(
        camera_id=camera_id(session, new.camera),
        path=str(new.path),
        sha256=new.sha256,
        start=new.start,
        start_known=new.start_known,
        duration=new.duration,
        fps=new.fps,
        width=new.width,
        height=new.height,
        options=new.options,
    )
    session.add(row)
    session.flush()
    log(session, "recording", {"camera": new.camera, "path": row.path, "sha256": row.sha256})
    return _recording(row, new.camera)


def move_recording(session: Session, number: int, path: str) -> None:
    """Write down where a recording lies now."""
    session.execute(update(RecordingRow).where(RecordingRow.id == number).values(path=path))
    log(session, "move", {"recording": number, "path": path})


def _recordings() -> Select[RecordingRow, str]:
    query = select(RecordingRow, CameraRow.name)
    return query.join(CameraRow, CameraRow.id == RecordingRow.camera_id)


def _recording(row: RecordingRow, camera: str) -> Recording:
    return Recording(
        id=row.id,
        camera=camera,
        path=row.path,
        sha256=row.sha256,
        start=row.start,
        start_known=row.start_known,
        duration=row.duration,
        fps=row.fps,
        width=row.width,
        height=row.height,
        options=row.options,
        frames=row.frames,
        analysed=row.analysed,
        progress=row.progress,
        complete=row.complete,
        state=row.state,
        note=row.note,
    )
