"""The event log and the revision number: what happened, and whether an index is stale."""

import time
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from surveil_reid.store.schema import EventRow, RevisionRow
from surveil_reid.store.values import Event


def log(session: Session, kind: str, detail: dict[str, Any], who: str | None = None) -> None:
    """Add a line to the log, dated now."""
    row = {"at": time.time(), "who": who, "kind": kind, "detail": detail}
    session.execute(insert(EventRow), [row])


def list_events(session: Session, limit: int) -> tuple[Event, ...]:
    """The newest lines, newest first."""
    rows = session.scalars(select(EventRow).order_by(EventRow.id.desc()).limit(limit))
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
