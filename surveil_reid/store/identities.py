"""Identities and who belongs to them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from surveil_reid.core import UnknownNameError, vouched
from surveil_reid.store.decisions import changed_meanwhile, standing
from surveil_reid.store.journal import log
from surveil_reid.store.memberships import (
    Member,
    all_members,
    members_of,
    put_members,
    wanted_members,
)
from surveil_reid.store.models import current_model
from surveil_reid.store.schema import CameraRow, LinkingRow, MembershipRow, TrackletRow
from surveil_reid.store.values import Identity, IdentityGroup, LinkingBasis


def read_memberships(session: Session, by: str | None = None) -> dict[int, int]:
    """The identity of each tracklet that has one, from whoever says so, or from `by` alone."""
    query = select(MembershipRow.tracklet_id, MembershipRow.identity_id)
    if by is not None:
        query = query.where(MembershipRow.made_by == by)
    return dict(session.execute(query.order_by(MembershipRow.tracklet_id)).all())


def read_identities_of(session: Session, tracklets: Collection[int]) -> dict[int, int]:
    """The identity of each of these tracklets that has one."""
    found = members_of(session, tracklets)
    return {number: member.identity for number, member in found.items()}


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


def read_basis(session: Session) -> LinkingBasis:
    """What linking goes by beside the tracklets."""
    told = session.get(LinkingRow, 1)
    return LinkingBasis(
        model=current_model(session),
        decisions=standing(session),
        memberships=read_memberships(session),
        options={} if told is None else told.options,
    )


def set_identities(
    session: Session,
    groups: Sequence[IdentityGroup],
    basis: LinkingBasis | None,
    options: Mapping[str, Any] | None,
) -> tuple[int, ...]:
    """Replace the whole assignment; rows that stay the same are not touched.

    Who a reviewer put to an identity is marked so, whatever the group says.

    Args:
        session: in a write transaction.
        groups: all of it.
        basis: what the groups were worked out from; None checks nothing.
        options: what linking was told, plain JSON values; None leaves what stands there.

    Returns:
        The identities' numbers, parallel to `groups`.

    Raises:
        UnknownNameError: when an identity or tracklet is not there.
        ArrayError: when a tracklet or an identity comes twice.
        BusyError: when that is no longer what the store holds.
    """
    if basis is not None and basis != read_basis(session):
        raise changed_meanwhile()
    numbers, wanted = wanted_members(session, groups, vouched(standing(session)))
    held = all_members(session)
    gone: dict[int, Member | None] = dict.fromkeys(held.keys() - wanted.keys())
    changed = put_members(session, held, gone | wanted)
    if options is not None:
        session.merge(LinkingRow(id=1, options=dict(options)))
    log(session, "identities", {"identities": len(groups), "memberships_changed": changed})
    return numbers
