"""Rows of memberships: which tracklet belongs to which identity, written as little as possible."""

import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from surveil_reid.core import ArrayError, UnknownNameError
from surveil_reid.store.chunks import chunks
from surveil_reid.store.schema import IdentityRow, MembershipRow, TrackletRow
from surveil_reid.store.values import IdentityGroup

MANY = 10_000
"""Numbers from which on a whole column is read rather than asked for each of them."""


class Member(NamedTuple):
    """A membership as the table has it."""

    identity: int
    score: float
    by: str


def all_members(session: Session) -> dict[int, Member]:
    """The membership of each tracklet that has one."""
    return {number: Member(*rest) for number, *rest in session.execute(_COLUMNS)}


def members_of(session: Session, tracklets: Collection[int]) -> dict[int, Member]:
    """The membership of each of these tracklets that has one."""
    found: dict[int, Member] = {}
    for some in chunks(tracklets):
        query = _COLUMNS.where(MembershipRow.tracklet_id.in_(some))
        found |= {number: Member(*rest) for number, *rest in session.execute(query)}
    return found


def members_in(session: Session, identities: Collection[int]) -> set[int]:
    """The tracklets of these identities."""
    found = set[int]()
    for some in chunks(identities):
        query = select(MembershipRow.tracklet_id).where(MembershipRow.identity_id.in_(some))
        found |= set(session.scalars(query))
    return found


def wanted_members(
    session: Session, groups: Sequence[IdentityGroup], trusted: Collection[int]
) -> tuple[tuple[int, ...], dict[int, Member]]:
    """What groups ask for; new identities get their numbers.

    Args:
        session: in a write transaction.
        groups: tracklets to be held for one person.
        trusted: tracklets that a reviewer put where they are, whatever their group says.

    Returns:
        The identities' numbers, parallel to `groups`, and the membership of each tracklet.

    Raises:
        UnknownNameError: when an identity or tracklet is not there.
        ArrayError: when a tracklet or an identity comes twice.
    """
    _check_groups(session, groups)
    numbers = _numbers(session, groups)
    wanted = {
        tracklet: Member(number, float(score), "reviewer" if tracklet in trusted else group.by)
        for number, group in zip(numbers, groups, strict=True)
        for tracklet, score in zip(group.members, group.scores, strict=True)
    }
    return numbers, wanted


def put_members(
    session: Session, held: Mapping[int, Member], wanted: Mapping[int, Member | None]
) -> int:
    """Change memberships from what they are to what is wanted; None takes one away.

    Identities that are no longer there come back under their numbers; those left without a member
    vanish.

    Args:
        session: in a write transaction.
        held: memberships of these tracklets now.
        wanted: memberships of these tracklets from now on; others stay.

    Returns:
        How many memberships changed.
    """
    gone = [number for number, goal in wanted.items() if goal is None and number in held]
    for some in chunks(gone):
        session.execute(delete(MembershipRow).where(MembershipRow.tracklet_id.in_(some)))
    changed = {n: goal for n, goal in wanted.items() if goal is not None and held.get(n) != goal}
    _bring_back(session, {member.identity for member in changed.values()})
    moved = {number: member for number, member in changed.items() if number in held}
    if moved:
        session.execute(update(MembershipRow), _rows(moved))
    new = {number: member for number, member in changed.items() if number not in held}
    if new:
        session.execute(insert(MembershipRow), _rows(new))
    delete_empty_identities(session)
    return len(gone) + len(changed)


def delete_empty_identities(session: Session) -> None:
    """Identities vanish with their last member."""
    members = select(MembershipRow.tracklet_id).where(MembershipRow.identity_id == IdentityRow.id)
    session.execute(delete(IdentityRow).where(~members.exists()))


# Columns of the table, not of its class: rows of a large store then come twice as fast.
_TABLE = MembershipRow.__table__.c
_COLUMNS = select(_TABLE.tracklet_id, _TABLE.identity_id, _TABLE.score, _TABLE.made_by)


def _check_groups(session: Session, groups: Sequence[IdentityGroup]) -> None:
    tracklets = [number for group in groups for number in group.members]
    identities = [group.identity for group in groups if group.identity is not None]
    known = {"tracklet": TrackletRow.id, "identity": IdentityRow.id}
    for word, numbers in (("tracklet", tracklets), ("identity", identities)):
        twice = [number for number, times in Counter(numbers).items() if times > 1]
        if twice:
            msg = f"{word} {twice[0]} comes twice in one assignment"
            raise ArrayError(msg)
        if missing := set(numbers) - _present(session, known[word], numbers):
            msg = f"the store holds no {word} {min(missing)}"
            raise UnknownNameError(msg)


def _present(
    session: Session, column: InstrumentedAttribute[int], numbers: Sequence[int]
) -> set[int]:
    """Those of these numbers that a column holds, and more of it where it is read whole."""
    if len(numbers) > MANY:
        return set(session.scalars(select(column)))
    return {
        number
        for some in chunks(numbers)
        for number in session.scalars(select(column).where(column.in_(some)))
    }


def _numbers(session: Session, groups: Sequence[IdentityGroup]) -> tuple[int, ...]:
    now = time.time()
    new = [IdentityRow(made_at=now) for group in groups if group.identity is None]
    session.add_all(new)
    session.flush()
    fresh = iter([row.id for row in new])
    return tuple(next(fresh) if group.identity is None else group.identity for group in groups)


def _bring_back(session: Session, identities: Collection[int]) -> None:
    missing = set(identities)
    for some in chunks(identities):
        missing -= set(session.scalars(select(IdentityRow.id).where(IdentityRow.id.in_(some))))
    if missing:
        now = time.time()
        rows = [{"id": number, "made_at": now} for number in sorted(missing)]
        session.execute(insert(IdentityRow), rows)


def _rows(members: dict[int, Member]) -> list[dict[str, Any]]:
    return [
        {"tracklet_id": number, "identity_id": m.identity, "score": m.score, "made_by": m.by}
        for number, m in sorted(members.items())
    ]
