"""Applies one tracklet's update within a commit."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from surveil_reid.core import ArrayError, BoxTrack, UnknownNameError
from surveil_reid.store.chunks import chunks
from surveil_reid.store.codec import encode_track, encode_vector
from surveil_reid.store.crop_rows import replace_crops
from surveil_reid.store.decisions import rename
from surveil_reid.store.journal import delete_tracklets
from surveil_reid.store.schema import RecordingRow, TrackletRow, TrackPartRow
from surveil_reid.store.timeline import Timeline
from surveil_reid.store.values import TrackletUpdate


@dataclass(frozen=True, slots=True)
class Work:
    """What all updates of a commit share.

    Attributes:
        recording: the one at work.
        timeline: of its camera.
        model_id: of the embedder in use.
        dim: of its embeddings.
    """

    recording: RecordingRow
    timeline: Timeline
    model_id: int
    dim: int


class _Span(NamedTuple):
    start: float
    end: float
    recording_id: int


def apply_update(session: Session, work: Work, change: TrackletUpdate) -> tuple[int, set[str]]:
    """Write the update.

    Returns:
        The tracklet's number, and the files of crops that went.

    Raises:
        UnknownNameError: when a tracklet is not there.
        ArrayError: when an embedding is not of the model's length.
    """
    _check_lengths(change, work.dim)
    parts = list(work.timeline.split(change.track))
    known = change.absorbs if change.id is None else (change.id, *change.absorbs)
    spans = [*_spans(session, known), *(_span_of(*part) for part in parts)]
    values: dict[str, Any] = {
        "start": min(spans).start,
        "end": max(span.end for span in spans),
        "recording_id": min(spans).recording_id,
        "live": change.live,
        "doubtful": change.doubtful,
        **_description(work, change),
    }
    tracklet_id = _save(session, work, change.id, values)
    _append_parts(session, tracklet_id, parts)
    _take_parts(session, tracklet_id, change.absorbs)
    dropped = replace_crops(session, tracklet_id, change, work.timeline)
    rename(session, change.absorbs, tracklet_id)
    delete_tracklets(session, change.absorbs)
    return tracklet_id, dropped


def _check_lengths(change: TrackletUpdate, dim: int) -> None:
    for vectors in (change.embeddings, change.descriptor):
        if vectors is not None and vectors.size and vectors.shape[-1] != dim:
            msg = f"embeddings of this model have length {dim}, not {vectors.shape[-1]}"
            raise ArrayError(msg)


def _spans(session: Session, numbers: Sequence[int]) -> list[_Span]:
    columns = (TrackletRow.id, TrackletRow.start, TrackletRow.end, TrackletRow.recording_id)
    found: dict[int, _Span] = {}
    for some in chunks(numbers):
        for row in session.execute(select(*columns).where(TrackletRow.id.in_(some))):
            found[row[0]] = _Span(*row[1:])
    missing = [number for number in numbers if number not in found]
    if missing:
        msg = f"the store holds no tracklet {missing[0]}; another process may have removed it"
        raise UnknownNameError(msg)
    return list(found.values())


def _span_of(recording_id: int, piece: BoxTrack) -> _Span:
    return _Span(float(piece.times[0]), float(piece.times[-1]), recording_id)


def _description(work: Work, change: TrackletUpdate) -> dict[str, Any]:
    if change.crops == ():
        return {"descriptor": None, "model_id": None}
    values: dict[str, Any] = {}
    if change.embeddings is not None or change.descriptor is not None:
        values["model_id"] = work.model_id
    if change.descriptor is not None:
        values["descriptor"] = encode_vector(change.descriptor)
    return values


def _save(session: Session, work: Work, number: int | None, values: dict[str, Any]) -> int:
    if number is not None:
        session.execute(update(TrackletRow).where(TrackletRow.id == number).values(**values))
        return number
    row = TrackletRow(camera_id=work.recording.camera_id, **values)
    session.add(row)
    session.flush()
    return row.id


def _append_parts(
    session: Session, tracklet_id: int, parts: Sequence[tuple[int, BoxTrack]]
) -> None:
    rows = [
        {
            "tracklet_id": tracklet_id,
            "recording_id": recording_id,
            "start": float(piece.times[0]),
            "end": float(piece.times[-1]),
            "track": encode_track(piece),
        }
        for recording_id, piece in parts
    ]
    if rows:
        session.execute(insert(TrackPartRow), rows)


def _take_parts(session: Session, tracklet_id: int, others: Sequence[int]) -> None:
    for numbers in chunks(others):
        theirs = TrackPartRow.tracklet_id.in_(numbers)
        session.execute(update(TrackPartRow).where(theirs).values(tracklet_id=tracklet_id))
