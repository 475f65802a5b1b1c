"""Reviewers' decisions, with what they changed, so that each can be taken back and made again.

Those undone always stand behind all others, in order of their numbers: undoing takes the last that
is not undone, redoing the first that is, and a new decision deletes what could be redone. The log
keeps all of it.
"""

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from surveil_reid.core import BusyError, InputError, ReviewDecision, effective, vouched
from surveil_reid.store.journal import log
from surveil_reid.store.memberships import (
    Member,
    members_in,
    members_of,
    put_members,
    wanted_members,
)
from surveil_reid.store.schema import DecisionRow
from surveil_reid.store.values import IdentityGroup

_Changes = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Reverted:
    """What undoing or redoing did.

    Attributes:
        decisions: in the order in which they were taken back or made again.
        stale: whether linking had moved some of their tracklets since, which stay where they are.
    """

    decisions: tuple[ReviewDecision, ...]
    stale: bool


def standing(session: Session) -> tuple[ReviewDecision, ...]:
    """All decisions that are not undone, the oldest first."""
    return tuple(_decision(row) for row in _rows(session, undone=False))


def require_standing(decisions: Sequence[ReviewDecision], ids: Sequence[int]) -> None:
    """Raise BusyError unless the decisions are these."""
    if [decision.id for decision in decisions] != list(ids):
        raise changed_meanwhile()


def decide(
    session: Session,
    decision: ReviewDecision,
    groups: Sequence[IdentityGroup],
    seen: Mapping[int, int],
) -> ReviewDecision:
    """Store a decision and put its tracklets where it says.

    The same decision as the one that would be redone is redone, so that it gives the same numbers.

    Args:
        session: in a write transaction.
        decision: what was decided.
        groups: identities that change, with all their members.
        seen: identity by tracklet, of all in the groups, by which they were worked out.

    Raises:
        BusyError: when the identities are others by now.
        UnknownNameError: when an identity or tracklet is not there.
    """
    undone = _rows(session, undone=True)[:1]
    if undone and _is_again(session, undone[0], decision):
        return _revert(session, undone, decision.who, undone=False).decisions[0]
    session.execute(delete(DecisionRow).where(DecisionRow.undone_at.is_not(None)))
    changes = _apply(session, groups, vouched([*standing(session), decision]), seen)
    row = DecisionRow(
        kind=decision.kind,
        payload=_payload(decision),
        changes=changes,
        made_at=time.time(),
        made_by=decision.who,
    )
    session.add(row)
    session.flush()
    made = _decision(row)
    log(session, decision.kind, {"decision": made.id, **row.payload}, decision.who)
    return made


def _apply(
    session: Session,
    groups: Sequence[IdentityGroup],
    trusted: Collection[int],
    seen: Mapping[int, int],
) -> _Changes:
    held = members_of(session, [number for group in groups for number in group.members])
    identities = [group.identity for group in groups if group.identity is not None]
    inside = members_in(session, identities)
    if {n: m.identity for n, m in held.items()} != dict(seen) or not inside <= held.keys():
        raise changed_meanwhile()
    _, wanted = wanted_members(session, groups, trusted)
    put_members(session, held, wanted)
    return [
        {"tracklet": number, "before": held.get(number), "after": wanted[number]}
        for number in sorted(wanted)
        if held.get(number) != wanted[number]
    ]


def undo(session: Session, steps: int, who: str | None) -> Reverted:
    """Take back the last decisions.

    Raises:
        InputError: when there are not so many.
    """
    rows = _rows(session, undone=False)[::-1]
    return _revert(session, _first(rows, steps, "undo"), who, undone=True)


def redo(session: Session, steps: int, who: str | None) -> Reverted:
    """Make decisions again that were taken back last.

    Raises:
        InputError: when there are not so many.
    """
    rows = _rows(session, undone=True)
    return _revert(session, _first(rows, steps, "redo"), who, undone=False)


def _first(rows: Sequence[DecisionRow], steps: int, verb: str) -> Sequence[DecisionRow]:
    if len(rows) < steps:
        held = f"only {len(rows)}" if rows else "none"
        msg = f"{steps} decision{'s' * (steps > 1)} to {verb}, but the store holds {held}"
        raise InputError(msg)
    return rows[:steps]


def _is_again(session: Session, row: DecisionRow, decision: ReviewDecision) -> bool:
    """Whether a decision is the one of this row, and everybody is where they were before it."""
    current = members_of(session, [change["tracklet"] for change in row.changes])
    same = row.kind == decision.kind and row.payload == _payload(decision)
    return same and all(
        _same(current.get(change["tracklet"]), _member(change["before"])) for change in row.changes
    )


def _revert(
    session: Session, rows: Sequence[DecisionRow], who: str | None, *, undone: bool
) -> Reverted:
    source, target = ("after", "before") if undone else ("before", "after")
    stale = False
    for row in rows:
        current = members_of(session, [change["tracklet"] for change in row.changes])
        found = {c["tracklet"]: (_member(c[source]), _member(c[target])) for c in row.changes}
        kept = {n: goal for n, (now, goal) in found.items() if _same(current.get(n), now)}
        put_members(session, current, kept)
        stale = stale or len(kept) < len(found)
        row.undone_at = time.time() if undone else None
    session.flush()
    decisions = tuple(_decision(row) for row in rows)
    verb = "undo" if undone else "redo"
    log(session, verb, {"decisions": [decision.id for decision in decisions]}, who)
    return Reverted(decisions, stale)


def forget(session: Session, tracklets: Collection[int]) -> None:
    """Take tracklets out of all decisions; those that then say nothing are deleted."""
    gone = set(tracklets)
    _rewrite(session, gone, None, lambda decision: decision.without(gone))


def rename(session: Session, old: Collection[int], new: int) -> None:
    """Let decisions about tracklets that turned out to be another one be about that one."""
    known = set(old)
    _rewrite(session, known, new, lambda decision: decision.renamed(known, new))


def _rewrite(
    session: Session,
    gone: set[int],
    new: int | None,
    changed: Callable[[ReviewDecision], ReviewDecision],
) -> None:
    if not gone:
        return
    standing = _rows(session, undone=False)
    rows = [*standing, *_rows(session, undone=True)]
    lefts = [changed(_decision(row)) for row in rows]
    back = _taken_back([_decision(row) for row in standing], lefts[: len(standing)], gone, new)
    for row, said in zip(rows, lefts, strict=True):
        left = said.without(back.get(row.id, ()))
        if left.is_void:
            session.delete(row)
            continue
        if (payload := _payload(left)) != row.payload:
            row.payload = payload
        # What became of another tracklet is kept: undoing then finds it gone, and links anew.
        kept = [change for change in row.changes if change["tracklet"] not in gone]
        if new is None and len(kept) < len(row.changes):
            row.changes = kept
    session.flush()


def _taken_back(
    before: Sequence[ReviewDecision],
    after: Sequence[ReviewDecision],
    gone: Collection[int],
    new: int | None,
) -> dict[int, set[int]]:
    """Whom each decision would claim again after a later one had taken them out, by its number.

    A confirmation with somebody who has gone since takes nobody anywhere any more; yet nobody has
    said that they are what an earlier decision held them for.
    """
    found = {}
    for was, said, says in zip(before, effective(before), effective(after), strict=True):
        held, taken = _numbers(said), _numbers(was) - _numbers(said)
        if new is not None and not taken.isdisjoint(gone) and held.isdisjoint({*gone, new}):
            taken.add(new)
        found[was.id] = taken & _numbers(says)
    return found


def _numbers(decision: ReviewDecision) -> set[int]:
    return {number for side in decision.sides for number in side}


def _rows(session: Session, *, undone: bool) -> Sequence[DecisionRow]:
    column = DecisionRow.undone_at
    query = select(DecisionRow).where(column.is_not(None) if undone else column.is_(None))
    return session.scalars(query.order_by(DecisionRow.id)).all()


def _decision(row: DecisionRow) -> ReviewDecision:
    return ReviewDecision(
        kind=row.kind,  # type: ignore[arg-type]  # the table checks it
        identities=tuple(row.payload["identities"]),
        sides=tuple(map(tuple, row.payload["sides"])),
        named=row.payload["named"],
        id=row.id,
        at=row.made_at,
        who=row.made_by,
    )


def _payload(decision: ReviewDecision) -> dict[str, Any]:
    return {
        "identities": list(decision.identities),
        "sides": [list(side) for side in decision.sides],
        "named": decision.named,
    }


def _member(value: Iterable[Any] | None) -> Member | None:
    return None if value is None else Member(*value)


def _same(current: Member | None, expected: Member | None) -> bool:
    """Whether linking has left a tracklet where it was put; its score may differ."""
    if current is None or expected is None:
        return current is expected
    return current.identity == expected.identity


def changed_meanwhile() -> BusyError:
    """The error that says that something was worked out from what no longer holds."""
    return BusyError("identities have changed meanwhile; run the command again")
