"""Groups of tracklets, and which known identity each of them is."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from surveil_reid.core import Doubles, Floats, Integers


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


def name_groups(
    ids: Integers, descriptors: Floats, found: Integers, known: Mapping[int, int]
) -> tuple[Group, ...]:
    """Make groups of a clustering; each takes over the identity that it shares most members with.

    Args:
        ids: int64 `(n,)`, of the tracklets, each once.
        descriptors: float32 `(n, dim)`, L2-normalised.
        found: int64 `(n,)`, whoever has the same number is in one group.
        known: identity by tracklet id, as it was before.

    Returns:
        Groups by first member; no identity goes to two.
    """
    if len(ids) == 0:
        return ()
    order = np.lexsort((ids, found))
    inside = np.split(order, np.flatnonzero(np.diff(found[order])) + 1)
    inside.sort(key=lambda rows: int(ids[rows[0]]))
    members = [ids[rows].tolist() for rows in inside]
    heirs = _heirs(members, known)
    return tuple(
        Group(heirs.get(position), tuple(numbers), tuple(_scores(descriptors[rows]).tolist()))
        for position, (numbers, rows) in enumerate(zip(members, inside, strict=True))
    )


def _heirs(members: Sequence[Sequence[int]], known: Mapping[int, int]) -> dict[int, int]:
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


def _scores(descriptors: Floats) -> Doubles:
    """Mean cosine of each member to the others of its group."""
    others = len(descriptors) - 1
    if others == 0:
        return np.ones(1)
    wide = descriptors.astype(np.float64)
    own = np.einsum("ij,ij->i", wide, wide)
    scores: Doubles = (wide @ wide.sum(axis=0) - own) / others
    return scores
