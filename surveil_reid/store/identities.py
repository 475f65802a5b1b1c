"""Identities and who belongs to them."""

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import Select, delete, insert, select, update
from sqlalchemy.orm import Session

from surveil_reid.core import ArrayError, UnknownNameError
from surveil_reid.store.chunks import chunks
from surveil_reid.store.journal import log
from surveil_reid.store.schema import CameraRow, IdentityRow, MembershipRow, TrackletRow
from surveil_reid.store.values import Identity, IdentityGroup


class _Member(NamedTuple):
    """A membership as the table has it."""

    identity: int
    score: float
    by: str


_MEMBER_COLUMNS = (MembershipRow.identity_id, MembershipRow.score, MembershipRow.made_by)


def read_memberships(session: Session, by: str | None = None) -> dict[int, int]:
    """The identity of each tracklet that has one, from whoever says so, or from `by` alone."""
    query = select(MembershipRow.tracklet_id, MembershipRow.identity_id)
    if by is not None:
        query = query.where(MembershipRow.made_by == by)
    return dict(session.execute(query.order_by(MembershipRow.tracklet_id)).all())


def list_identities(session: Session) -> tuple[Identity, ...]:
    """All identities, in order of their numbers."""
    return tuple(_identities(session, _sightings()))


def read_identity(session: Session, number: int) -> Identity:
    """One identity.

    Raises:
        UnknownNameError: when the store does not hold it.
    """
    found = list(_identities(session, _sightings().where(MembershipRow.identity_id == number)))
    if not found:
        msg = f"the store holds no identity {number}"
        raise UnknownNameError(msg)
    return found[0]


def _sightings() -> Select[int, int, float, str, float, float]:
    return (
        select(
            MembershipRow.identity_id,
            MembershipRow.tracklet_id,
            MembershipRow.score,
            CameraRow.name,
            TrackletRow.start,
            TrackletRow.end,
        )
        .join(TrackletRow, TrackletRow.id == MembershipRow.tracklet_id)
        .join(CameraRow, CameraRow.id == TrackletRow.camera_id)
        .order_by(MembershipRow.identity_id, TrackletRow.start, TrackletRow.id)
    )


def _identities(
    session: Session, query: Select[int, int, float, str, float, float]
) -> Iterable[Identity]:
    for number, rows in groupby(session.execute(query), key=lambda row: row[0]):
        _, tracklets, scores, cameras, starts, ends = zip(*rows, strict=True)
        once = tuple(dict.fromkeys(cameras))
        yield Identity(number, tracklets, scores, once, min(starts), max(ends))


def set_identities(session: Session, groups: Sequence[IdentityGroup]) -> tuple[int, ...]:
    """Replace the whole assignment; rows that stay the same are not touched.

    Returns:
        The identities' numbers, parallel to `groups`.

    Raises:
        UnknownNameError: when an identity or tracklet is not there.
        ArrayError: when a tracklet or an identity comes twice.
    """
    _check_groups(session, groups)
    numbers = _numbers(session, groups)
    wanted = {
        tracklet: _Member(number, float(score), group.by)
        for number, group in zip(numbers, groups, strict=True)
        for tracklet, score in zip(group.members, group.scores, strict=True)
    }
    changed = _replace(session, wanted)
    delete_empty_identities(session)
    log(session, "identities", {"identities": len(groups), "memberships_changed": changed})
    return tuple(numbers)


def delete_empty_identities(session: Session) -> None:
    """Identities vanish with their last member."""
    members = select(MembershipRow.tracklet_id).where(MembershipRow.identity_id == IdentityRow.id)
    session.execute(delete(IdentityRow).where(~members.exists()))


def _check_groups(session: Session, groups: Sequence[IdentityGroup]) -> None:
    tracklets = [number for group in groups for number in group.members]
    identities = [group.identity for group in groups if group.identity is not None]
    known = {"tracklet": TrackletRow.id, "identity": IdentityRow.id}
    for word, numbers in (("tracklet", tracklets), ("identity", identities)):
        twice = [number for number, times in Counter(numbers).items() if times > 1]
        if twice:
            msg = f"{word} {twice[0]} comes twice in one assignment"
            raise ArrayError(msg)
        missing = set(numbers)
        for some in chunks(numbers):
            missing -= set(session.scalars(select(known[word]).where(known[word].in_(some))))
        if missing:
            msg = f"the store holds no {word} {min(missing)}"
            raise UnknownNameError(msg)


def _numbers(session: Session, groups: Sequence[IdentityGroup]) -> list[int]:
    now = time.time()
    new = [IdentityRow(made_at=now) for group in groups if group.identity is None]
    session.add_all(new)
    session.flush()
    fresh = iter([row.id for row in new])
    return [next(fresh) if group.identity is None else group.identity for group in groups]


def _replace(session: Session, wanted: dict[int, _Member]) -> int:
    query = select(MembershipRow.tracklet_id, *_MEMBER_COLUMNS)
    held = {row[0]: _Member(*row[1:]) for row in session.execute(query)}
    gone = held.keys() - wanted.keys()
    for numbers in chunks(gone):
        session.execute(delete(MembershipRow).where(MembershipRow.tracklet_id.in_(numbers)))
    moved = {n: member for n, member in wanted.items() if n in held and held[n] != member}
    if moved:
        session.execute(update(MembershipRow), _rows(moved))
    new = {n: member for n, member in wanted.items() if n not in held}
    if new:
        session.execute(insert(MembershipRow), _rows(new))
    return len(gone) + len(moved) + len(new)


def _rows(members: dict[int, _Member]) -> list[dict[str, Any]]:
    return [
        {"tracklet_id": number, "identity_id": m.identity, "score": m.score, "made_by": m.by}
        for number, m in sorted(members.items())
    ]
