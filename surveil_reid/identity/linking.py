"""Linking: which tracklets, over all cameras, are one person."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

import numpy as np

from surveil_reid.core import ArrayError, Doubles, Floats, InputError, Integers, Tracklet
from surveil_reid.identity.clustering import cluster
from surveil_reid.identity.constraints import (
    NO_CONSTRAINTS,
    Constraints,
    conflicts,
    must_groups,
    positions_of,
)

NOTHING_KNOWN: Mapping[int, int] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkOptions:
    """When tracklets are one person.

    Attributes:
        similarity: the least mean cosine similarity between two groups that are merged, -1..1.
            It belongs to the model (`ModelInfo.linking_similarity`), never to taste.

    Raises:
        InputError: when it is out of range.
    """

    similarity: float

    def __post_init__(self) -> None:
        if not -1 <= self.similarity <= 1:
            msg = f"the similarity for linking must lie in -1..1; got {self.similarity}"
            raise InputError(msg)


@dataclass(frozen=True, slots=True)
class Group:
    """Tracklets that are held to be one person.

    Attributes:
        identity: the known identity that this is, or None for a new one.
        members: ids of the tracklets, ascending, at least one.
        scores: for each member its mean cosine similarity to the others; 1 where there are none.
    """

    identity: int | None
    members: tuple[int, ...]
    scores: tuple[float, ...]


def link(
    tracklets: Sequence[Tracklet],
    options: LinkOptions,
    *,
    known: Mapping[int, int] = NOTHING_KNOWN,
    constraints: Constraints = NO_CONSTRAINTS,
) -> tuple[Group, ...]:
    """Group all tracklets anew, by average-linkage clustering of their descriptors.

    Tracklets that were in view of one camera at one moment never share a group. The order of the
    tracklets does not matter. Each group takes over the known identity with which it shares most
    members; no identity goes to two groups.

    Args:
        tracklets: all that are to be grouped.
        options: when tracklets are one person.
        known: identity by tracklet id, as it was before; other tracklets' are passed over.
        constraints: what reviewers have decided; always obeyed.

    Returns:
        Groups by first member; every tracklet is in exactly one.

    Raises:
        ArrayError: when two tracklets have one id or descriptors differ in dimension.
    """
    ordered = _by_id(tracklets)
    start = must_groups([tracklet.id for tracklet in ordered], constraints.must)
    found = _cluster(ordered, start, options, constraints)
    members = _members(ordered, found)
    heirs = _heirs(members, known)
    return _groups(ordered, found, [heirs.get(position) for position in range(len(members))])


def extend(
    tracklets: Sequence[Tracklet],
    options: LinkOptions,
    *,
    known: Mapping[int, int],
    constraints: Constraints = NO_CONSTRAINTS,
) -> tuple[Group, ...]:
    """Put new tracklets into known identities or new groups; the known ones stay as they are.

    It clusters as `link` does, only that it starts from the known identities, and merges two of
    them only where a must-link asks for it. A known identity that a cannot-link parts is taken
    apart into what must-links hold together, and what it consists of is linked anew.

    Args:
        tracklets: those of the known identities, and the new ones.
        options: when tracklets are one person.
        known: identity by tracklet id; tracklets without one are new.
        constraints: what reviewers have decided; always obeyed.

    Returns:
        Groups by first member; every tracklet is in exactly one.

    Raises:
        ArrayError: when two tracklets have one id or descriptors differ in dimension.
    """
    ordered = _by_id(tracklets)
    ids = [tracklet.id for tracklet in ordered]
    kept = _without_parted(ids, known, constraints)
    same = [pair for members in kept for pair in pairwise(members)]
    start = must_groups(ids, {*constraints.must, *same})
    row_of = {id_: row for row, id_ in enumerate(ids)}
    apart = sorted({int(start[row_of[members[0]]]) for members in kept})
    found = _cluster(ordered, start, options, constraints, apart)
    members = _members(ordered, found)
    heirs = _heirs(members, known)
    return _groups(ordered, found, [heirs.get(position) for position in range(len(members))])


def _without_parted(
    ids: Sequence[int], known: Mapping[int, int], constraints: Constraints
) -> list[list[int]]:
    """Members of the known identities that constraints leave whole.

    Identities that must-links join count as one: a cannot-link between any two of them parts all.
    """
    members: dict[int, list[int]] = {}
    for id_ in ids:
        if id_ in known:
            members.setdefault(known[id_], []).append(id_)
    same = [pair for inside in members.values() for pair in pairwise(inside)]
    group = dict(zip(ids, must_groups(ids, {*constraints.must, *same}).tolist(), strict=True))
    parted = {
        group[a]
        for a, b in constraints.cannot
        if a in group and b in group and group[a] == group[b]
    }
    return [inside for inside in members.values() if group[inside[0]] not in parted]


def _by_id(tracklets: Sequence[Tracklet]) -> list[Tracklet]:
    ordered = sorted(tracklets, key=lambda tracklet: tracklet.id)
    twice = [a.id for a, b in pairwise(ordered) if a.id == b.id]
    if twice:
        msg = f"tracklet {twice[0]} is given more than once; give each tracklet once"
        raise ArrayError(msg)
    return ordered


def _cluster(
    ordered: list[Tracklet],
    start: Integers,
    options: LinkOptions,
    constraints: Constraints,
    apart: Sequence[int] = (),
) -> Integers:
    """Group of each tracklet, named by its first member's position; `apart` never share one."""
    never = conflicts(ordered)
    never[np.ix_(apart, apart)] = True
    first, second = positions_of([t.id for t in ordered], constraints.cannot).T
    never[first, second] = never[second, first] = True
    return cluster(_descriptors(ordered), never, start, similarity=options.similarity)


def _descriptors(tracklets: Sequence[Tracklet]) -> Floats:
    dims = {t.descriptor.shape for t in tracklets}
    if len(dims) > 1:
        msg = f"descriptors differ in shape ({sorted(dims)}); re-embed the store with one model"
        raise ArrayError(msg)
    return np.array([t.descriptor for t in tracklets], np.float32)


def _members(ordered: list[Tracklet], found: Integers) -> list[list[int]]:
    """Ids in each group, groups by first member."""
    members: dict[int, list[int]] = {}
    for tracklet, row in zip(ordered, found.tolist(), strict=True):
        members.setdefault(row, []).append(tracklet.id)
    return list(members.values())


def _heirs(members: list[list[int]], known: Mapping[int, int]) -> dict[int, int]:
    """The known identity that each group takes over, by the group's position.

    The pair that shares most members goes first; ties go to the older identity, then to the group
    that stands first.
    """
    shared: Counter[tuple[int, int]] = Counter()
    for position, ids in enumerate(members):
        shared.update((known[id_], position) for id_ in ids if id_ in known)
    heirs: dict[int, int] = {}
    given: set[int] = set()
    for identity, position in sorted(shared, key=lambda pair: (-shared[pair], pair)):
        if position not in heirs and identity not in given:
            heirs[position] = identity
            given.add(identity)
    return heirs


def _groups(
    ordered: list[Tracklet], found: Integers, identities: Sequence[int | None]
) -> tuple[Group, ...]:
    descriptors = _descriptors(ordered).astype(np.float64)
    rows = [np.flatnonzero(found == row) for row in np.unique(found)]
    return tuple(
        Group(
            identity=identity,
            members=tuple(ordered[row].id for row in inside),
            scores=tuple(_scores(descriptors[inside]).tolist()),
        )
        for inside, identity in zip(rows, identities, strict=True)
    )


def _scores(descriptors: Doubles) -> Doubles:
    """Mean cosine of each member to the others of its group."""
    others = len(descriptors) - 1
    if others == 0:
        return np.ones(1)
    own = np.einsum("ij,ij->i", descriptors, descriptors)
    scores: Doubles = (descriptors @ descriptors.sum(axis=0) - own) / others
    return scores
