"""Linking: which tracklets, over all cameras, are one person."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

import numpy as np

from surveil_reid.core import ArrayError, Doubles, Floats, InputError, Integers, Tracklet
from surveil_reid.identity.clustering import cluster
from surveil_reid.identity.constraints import conflicts

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
    tracklets: Sequence[Tracklet], options: LinkOptions, *, known: Mapping[int, int] = NOTHING_KNOWN
) -> tuple[Group, ...]:
    """Group all tracklets anew, by average-linkage clustering of their descriptors.

    Tracklets that were in view of one camera at one moment never share a group. The order of the
    tracklets does not matter. Each group takes over the known identity with which it shares most
    members; no identity goes to two groups.

    Args:
        tracklets: all that are to be grouped.
        options: when tracklets are one person.
        known: identity by tracklet id, as it was before; other tracklets' are passed over.

    Returns:
        Groups by first member; every tracklet is in exactly one.

    Raises:
        ArrayError: when two tracklets have one id or descriptors differ in dimension.
    """
    ordered = _by_id(tracklets)
    found = _cluster(ordered, np.arange(len(ordered)), options)
    members = _members(ordered, found)
    heirs = _heirs(members, known)
    return _groups(ordered, found, [heirs.get(position) for position in range(len(members))])


def extend(
    tracklets: Sequence[Tracklet], options: LinkOptions, *, known: Mapping[int, int]
) -> tuple[Group, ...]:
    """Put new tracklets into known identities or new groups; the known ones stay as they are.

    It clusters as `link` does, only that it starts from the known identities, and never merges two
    of them.

    Args:
        tracklets: those of the known identities, and the new ones.
        options: when tracklets are one person.
        known: identity by tracklet id; tracklets without one are new.

    Returns:
        Groups by first member; every tracklet is in exactly one.

    Raises:
        ArrayError: when two tracklets have one id or descriptors differ in dimension.
    """
    ordered = _by_id(tracklets)
    first_of: dict[int, int] = {}
    start = np.arange(len(ordered))
    for position, tracklet in enumerate(ordered):
        if tracklet.id in known:
            start[position] = first_of.setdefault(known[tracklet.id], position)
    found = _cluster(ordered, start, options, apart=list(first_of.values()))
    identities: dict[int, int] = {
        int(found[first]): identity for identity, first in first_of.items()
    }
    return _groups(ordered, found, [identities.get(int(row)) for row in np.unique(found)])


def _by_id(tracklets: Sequence[Tracklet]) -> list[Tracklet]:
    ordered = sorted(tracklets, key=lambda tracklet: tracklet.id)
    twice = [a.id for a, b in pairwise(ordered) if a.id == b.id]
    if twice:
        msg = f"tracklet {twice[0]} is given more than once; give each tracklet once"
        raise ArrayError(msg)
    return ordered


def _cluster(
    ordered: list[Tracklet], start: Integers, options: LinkOptions, apart: Sequence[int] = ()
) -> Integers:
    """Group of each tracklet, named by its first member's position; `apart` never share one."""
    never = conflicts(ordered)
    never[np.ix_(apart, apart)] = True
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
