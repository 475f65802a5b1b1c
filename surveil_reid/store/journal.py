"""The event log and the revision number: what happened, and whether an index is stale."""

import time
from collections.abc import Collection
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from surveil_reid.core import login_name
from surveil_reid.store.chunks import chunks
from surveil_reid.store.schema import EventRow, GoneRow, RevisionRow, TrackletRow
from surveil_reid.store.values import Event


def log(session: Session, kind: str, detail: dict[str, Any], who: str | None = None) -> None:
    """Add a line to the log, dated now; by whoever is logged in where nobody is named."""
    row = {"at": time.time(), "who": who or login_name(), "kind": kind, "detail": detail}
    session.execute(insert(EventRow), [row])


def list_events(
    session: Session, limit: int, kinds: Collection[str], without: Collection[str]
) -> tuple[Event, ...]:
    """The newest lines, newest first."""
    query = select(EventRow).where(EventRow.kind.not_in(without))
    if kinds:
        query = query.where(EventRow.kind.in_(kinds))
    rows = session.scalars(query.order_by(EventRow.id.desc()).limit(limit))
    return tuple(Event(row.id, row.at, row.who, row.kind, row.detail) for row in rows)


def read_revision(session: Session) -> int:
    """How often tracklets, descriptors or doubtful flags have changed."""
    return session.scalars(select(RevisionRow.number)).one()


def read_key(session: Session) -> str:
    """The store's random name."""
    return session.scalars(select(RevisionRow.store)).one()


def raise_revision(session: Session) -> None:
    """Tell every derived index that it is stale."""
    session.execute(update(RevisionRow).values(number=RevisionRow.number + 1))


def delete_tracklets(session: Session, numbers: Collection[int]) -> None:
    """Delete tracklets, and write down for derived indexes that they are gone."""
    for some in chunks(numbers):
        session.execute(delete(TrackletRow).where(TrackletRow.id.in_(some)))
        session.execute(insert(GoneRow), [{"tracklet_id": number} for number in some])
